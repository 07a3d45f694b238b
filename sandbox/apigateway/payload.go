package apigateway

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"aurora-dsql-dr/sandbox/internal/must"
)

// timeForm is how API Gateway writes a time.
const timeForm = "02/Jan/2006:15:04:05 -0700"

// event is what the function receives: payload format 2.0 ("Create AWS Lambda proxy integrations for HTTP APIs", API
// Gateway Developer Guide). Functions live by the wall's time.
func (s *Service) event(q *request) []byte {
	now := s.env.Clock.ToWall(q.begun).UTC()
	e := events.APIGatewayV2HTTPRequest{
		Version:               "2.0",
		RouteKey:              q.route.RouteKey,
		RawPath:               q.URL.Path,
		RawQueryString:        q.URL.RawQuery,
		Headers:               q.headers(),
		Cookies:               q.cookies(),
		QueryStringParameters: joined(q.URL.Query()),
		PathParameters:        q.parameters,
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			RouteKey:     q.route.RouteKey,
			AccountID:    s.env.Account,
			Stage:        q.stage.Name,
			RequestID:    q.id,
			APIID:        q.api.ID,
			DomainName:   q.Host,
			DomainPrefix: q.prefix(),
			Time:         now.Format(timeForm),
			TimeEpoch:    now.UnixMilli(),
			Authorizer:   q.authorizer,
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{
				Method:    q.Method,
				Path:      q.URL.Path,
				Protocol:  q.Proto,
				SourceIP:  q.sourceIP(),
				UserAgent: q.UserAgent(),
			},
		},
	}
	e.Body, e.IsBase64Encoded = string(q.body), !isText(q.Header.Get("Content-Type"))
	if len(q.body) == 0 {
		e.IsBase64Encoded = false
	}
	if e.IsBase64Encoded {
		e.Body = base64.StdEncoding.EncodeToString(q.body)
	}
	return must.JSON(e)
}

// isText says whether a body travels as it is: text, JSON, JavaScript and XML do, all else in base64.
func isText(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return contentType == "" || err == nil && (strings.HasPrefix(media, "text/") || strings.HasSuffix(media, "+json") ||
		slices.Contains([]string{"application/json", "application/javascript", "application/xml"}, media))
}

// headers are in lower case, with repeated ones combined; cookies have a place of their own.
func (q *request) headers() map[string]string {
	headers := map[string]string{
		"host":              q.Host,
		"x-forwarded-for":   q.sourceIP(),
		"x-forwarded-port":  "443",
		"x-forwarded-proto": "https",
	}
	for name, values := range q.Header {
		if name != "Cookie" {
			headers[strings.ToLower(name)] = strings.Join(values, ",")
		}
	}
	return headers
}

func (q *request) cookies() (cookies []string) {
	for _, header := range q.Header.Values("Cookie") {
		cookies = append(cookies, strings.Split(header, "; ")...)
	}
	return cookies
}

func joined(query url.Values) map[string]string {
	if len(query) == 0 {
		return nil
	}
	parameters := map[string]string{}
	for name, values := range query {
		parameters[name] = strings.Join(values, ",")
	}
	return parameters
}

func (q *request) sourceIP() string {
	host, _, _ := net.SplitHostPort(q.RemoteAddr) // set by the server
	return host
}

// answerOf reads what the function has returned. Without a status code all of it is the body, in JSON.
func answerOf(payload []byte) (answer, error) {
	var shape map[string]json.RawMessage
	_ = json.Unmarshal(payload, &shape) // what is no object has no status code
	if shape["statusCode"] == nil {
		return answer{
			status: http.StatusOK,
			header: http.Header{"Content-Type": {"application/json"}},
			body:   payload,
		}, nil
	}
	var response events.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(payload, &response); err != nil {
		return answer{}, err
	}
	if response.StatusCode < 200 || response.StatusCode > 599 {
		return answer{}, fmt.Errorf("statusCode %d: want 200 to 599", response.StatusCode)
	}
	a := answer{
		status: response.StatusCode,
		header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}},
		body:   []byte(response.Body),
	}
	for name, value := range response.Headers {
		a.header.Set(name, value)
	}
	for _, cookie := range response.Cookies {
		a.header.Add("Set-Cookie", cookie)
	}
	var err error
	if response.IsBase64Encoded {
		a.body, err = base64.StdEncoding.DecodeString(response.Body)
	}
	return a, err
}
