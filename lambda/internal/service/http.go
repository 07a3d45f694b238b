package service

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/projection"
	"aurora-dsql-dr/lambda/internal/transaction"
)

// answer is a response before it is encoded, or err.
type answer struct {
	status  int
	body    any
	headers map[string]string
	retries int
	// id is the order's, once it has one.
	id  string
	err error
}

type endpointFunc func(*Service, context.Context, events.APIGatewayV2HTTPRequest) answer

// routes are the paths with their methods; {id} is one segment. contract.Routes lists them for the infrastructure.
var routes = map[string]map[string]endpointFunc{
	"/transactions":      {http.MethodPost: (*Service).post, http.MethodGet: (*Service).list},
	"/transactions/{id}": {http.MethodGet: (*Service).get},
	"/totals":            {http.MethodGet: (*Service).totals},
	"/healthz":           {http.MethodGet: (*Service).health},
}

// serve answers a request of the HTTP API.
func (s *Service) serve(
	ctx context.Context, request events.APIGatewayV2HTTPRequest,
) (events.APIGatewayV2HTTPResponse, int, error) {
	methods := routes[template(request)]
	serve, ok := methods[request.RequestContext.HTTP.Method]
	switch {
	case methods == nil:
		response, err := refuse(newProblem(http.StatusNotFound, "no such path"))
		return response, 0, err
	case !ok:
		p := newProblem(http.StatusMethodNotAllowed, "no such method here")
		p.allow = strings.Join(slices.Sorted(maps.Keys(methods)), ", ")
		response, err := refuse(p)
		return response, 0, err
	}
	a := serve(s, ctx, request)
	if a.err != nil {
		p := problemOf(a.err)
		if p == nil {
			return events.APIGatewayV2HTTPResponse{}, a.retries, a.err
		}
		s.explain(ctx, p, a.err, a.id)
		response, err := refuse(p)
		return response, a.retries, err
	}
	headers := map[string]string{"Content-Type": "application/json"}
	maps.Copy(headers, a.headers)
	response, err := respond(a.status, headers, a.body)
	return response, a.retries, err
}

func refuse(p *problem) (events.APIGatewayV2HTTPResponse, error) {
	return respond(p.Status, p.headers(), p)
}

func respond(status int, headers map[string]string, body any) (events.APIGatewayV2HTTPResponse, error) {
	text, err := json.Marshal(body)
	headers["Cache-Control"] = "no-store"
	return events.APIGatewayV2HTTPResponse{StatusCode: status, Headers: headers, Body: string(text)}, err
}

// segments are the parts of the path. API Gateway puts the name of a stage other than $default before it.
func segments(request events.APIGatewayV2HTTPRequest) []string {
	path := request.RawPath
	if stage := request.RequestContext.Stage; stage != "" && stage != "$default" {
		path = strings.TrimPrefix(path, "/"+stage)
	}
	return strings.Split(strings.TrimPrefix(path, "/"), "/")
}

func template(request events.APIGatewayV2HTTPRequest) string {
	parts := segments(request)
	if len(parts) == 2 && parts[0] == "transactions" {
		return "/transactions/{id}"
	}
	return "/" + strings.Join(parts, "/")
}

// transactionBody is a transaction as clients see it.
type transactionBody struct {
	ID string `json:"transaction_id"`
	// Amount is the exact decimal, as text, since many clients' numbers are floats.
	Amount    string    `json:"amount"`
	Reference string    `json:"reference,omitempty"`
	Details   string    `json:"details,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	Region    string    `json:"region"`
	Status    string    `json:"status"`
}

func bodyOf(t transaction.Transaction) transactionBody {
	return transactionBody{
		ID:        t.ID,
		Amount:    t.Amount.String(),
		Reference: t.Reference,
		Details:   t.Details,
		CreatedAt: t.CreatedAt.UTC(),
		Region:    t.Region,
		Status:    t.Status,
	}
}

func (s *Service) post(ctx context.Context, request events.APIGatewayV2HTTPRequest) answer {
	body := []byte(request.Body)
	if request.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(request.Body); err != nil {
			return answer{err: transaction.Problems{{Detail: "want one JSON object in UTF-8"}}}
		}
	}
	order, err := transaction.DecodeOrder(body)
	if err != nil {
		return answer{err: err}
	}
	written, err := s.write(ctx, &order)
	a := answer{
		status:  http.StatusOK,
		retries: written.Retries,
		id:      order.ID,
		err:     err,
		body:    bodyOf(written.Transaction),
	}
	if written.EventID != "" {
		a.status, a.headers = http.StatusCreated, map[string]string{"Location": "/transactions/" + url.PathEscape(order.ID)}
	}
	return a
}

func (s *Service) get(ctx context.Context, request events.APIGatewayV2HTTPRequest) answer {
	id, err := url.PathUnescape(segments(request)[1])
	if err != nil || !transaction.ValidID(id) {
		return answer{err: transaction.Problems{{Field: "id", Detail: transaction.IDForm}}}
	}
	found, err := s.Ledger.Find(ctx, id)
	return answer{status: http.StatusOK, body: bodyOf(found), err: err}
}

type pageBody struct {
	Transactions []transactionBody `json:"transactions"`
	Unreadable   []unreadableBody  `json:"unreadable,omitempty"`
	NextCursor   string            `json:"next_cursor,omitempty"`
}

type unreadableBody struct {
	ID        string    `json:"transaction_id"`
	CreatedAt time.Time `json:"created_at"`
	Detail    string    `json:"detail"`
}

func (s *Service) list(ctx context.Context, request events.APIGatewayV2HTTPRequest) answer {
	limit, after, err := transaction.ParsePage(request.QueryStringParameters["limit"],
		request.QueryStringParameters["cursor"])
	if err != nil {
		return answer{err: err}
	}
	page, err := s.Ledger.Page(ctx, limit, after)
	if err != nil {
		return answer{err: err}
	}
	body := pageBody{Transactions: []transactionBody{}}
	for _, t := range page.Transactions {
		body.Transactions = append(body.Transactions, bodyOf(t))
	}
	for _, u := range page.Unreadable {
		body.Unreadable = append(body.Unreadable, unreadableBody{ID: u.ID, CreatedAt: u.CreatedAt, Detail: u.Why})
		s.Log.ErrorContext(ctx, "a transaction cannot be read", "transaction", u.ID, "reason", u.Why)
	}
	s.count(contract.MetricTransactionsUnreadable, len(page.Unreadable))
	if !page.Next.IsZero() {
		body.NextCursor = page.Next.Cursor()
	}
	return answer{status: http.StatusOK, body: body}
}

type totalsBody struct {
	Region string             `json:"region"`
	Totals []projection.Total `json:"totals"`
}

func (s *Service) totals(ctx context.Context, _ events.APIGatewayV2HTTPRequest) answer {
	totals, err := s.Ledger.Totals(ctx)
	if totals == nil {
		totals = []projection.Total{}
	}
	return answer{status: http.StatusOK, body: totalsBody{Region: s.Region, Totals: totals}, err: err}
}

type healthBody struct {
	Status string `json:"status"`
	Region string `json:"region"`
}

func (s *Service) health(ctx context.Context, _ events.APIGatewayV2HTTPRequest) answer {
	return answer{status: http.StatusOK, body: healthBody{Status: "ok", Region: s.Region}, err: s.Ledger.Ping(ctx)}
}
