package apigateway

import (
	"regexp"
	"strconv"
	"strings"

	"aurora-dsql-dr/sandbox/internal/must"
)

var contextVariable = regexp.MustCompile(`\$context\.[A-Za-z0-9_.]*[A-Za-z0-9_]`)

// log writes the access log's line of a request; a variable without a value is "-" ("Customize HTTP API access logs",
// API Gateway Developer Guide).
func (s *Service) log(q *request, a answer) {
	settings := q.stage.AccessLogSettings
	if settings == nil {
		return
	}
	now := s.env.Now()
	values := map[string]string{
		"requestId":        q.id,
		"requestTime":      q.begun.UTC().Format(timeForm),
		"requestTimeEpoch": strconv.FormatInt(q.begun.UnixMilli(), 10),
		"accountId":        s.env.Account,
		"apiId":            q.api.ID,
		"stage":            q.stage.Name,
		"domainName":       q.Host,
		"domainPrefix":     q.prefix(),
		"routeKey":         q.route.RouteKey,
		"httpMethod":       q.Method,
		"path":             q.URL.Path,
		"protocol":         q.Proto,
		"status":           strconv.Itoa(a.status),
		"responseLength": strconv.Itoa(
			len(a.body),
		),
		"responseLatency":    strconv.FormatInt(now.Sub(q.begun).Milliseconds(), 10),
		"identity.sourceIp":  q.sourceIP(),
		"identity.userAgent": q.UserAgent(),
		"identity.userArn":   q.caller.ARN,
	}
	if a.cause != nil {
		values["error.message"] = a.cause.Error()
	}
	line := contextVariable.ReplaceAllStringFunc(settings.Format, func(variable string) string {
		value := values[strings.TrimPrefix(variable, "$context.")]
		if value == "" {
			return "-"
		}
		return inJSON(value)
	})
	_ = s.deps.Logs.Deliver(
		groupOf(settings.DestinationArn),
		q.api.ID,
		now,
		line,
	) // CloudWatch Logs down: the line is lost, as on AWS
}

// inJSON escapes a value as part of a JSON string, which most formats are.
func inJSON(value string) string {
	quoted := must.JSON(value)
	return string(quoted[1 : len(quoted)-1])
}

// groupOf is the log group's name in its ARN, which may end in ":*".
func groupOf(arn string) string {
	_, name, _ := strings.Cut(arn, ":log-group:")
	return strings.TrimSuffix(name, ":*")
}
