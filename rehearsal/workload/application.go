package workload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"aurora-dsql-dr/sandbox"
)

// amount is what every transaction of the workload is over.
const amount = "1.00"

// Application is the deployed application behind its regional APIs, for clients that show a token, or with an IAM role
// that may call these and nothing else.
type Application struct {
	identity *identity // nil with a token
	token    string
	urls     map[string]string // by region
}

// PrepareApplication makes the role, unless the APIs want a token. URLs are the APIs' by region, the program's output
// transactionApiUrls.
func PrepareApplication(s *sandbox.Sandbox, urls map[string]string, token string) (*Application, error) {
	if len(urls) == 0 {
		return nil, errors.New(
			`the stack has no application for the workload to write to: deploy it with "application: enabled"`)
	}
	if token != "" {
		return &Application{token: token, urls: urls}, nil
	}
	var arns []string
	for region := range urls {
		for _, api := range s.Account.Region(region).APIGateway.APIs() {
			arns = append(arns, api.ExecutionArn+"/*")
		}
	}
	identity, err := newIdentity(s, "execute-api:Invoke", arns)
	return &Application{identity: identity, urls: urls}, err
}

// Remove removes the role. The transactions stay: the application has no way to delete one.
func (a *Application) Remove(context.Context) error {
	if a.identity == nil {
		return nil
	}
	return a.identity.remove()
}

// Dial is the workload's Dial: the API of a region, for a client in another or the same.
func (a *Application) Dial(client, endpoint string) Endpoint {
	return &apiEndpoint{
		application: a,
		client:      client,
		region:      endpoint,
		http:        &http.Client{Transport: &http.Transport{}},
	}
}

// caller is how a client calls an API of a region.
func (a *Application) caller(client, region string, by *http.Client) (c sandbox.Caller, err error) {
	c = sandbox.Caller{Region: region, HTTP: by, Token: a.token}
	if a.identity != nil {
		c.Credentials, err = a.identity.credentials(client)
	}
	return c, err
}

// apiEndpoint keeps its connections between requests.
type apiEndpoint struct {
	application    *Application
	client, region string
	http           *http.Client
}

// Write records a transaction; the API answers 201, and 200 to one that it has.
func (e *apiEndpoint) Write(ctx context.Context, id string) (by string, err error) {
	return e.region, e.call(ctx, http.MethodPost, transactions, order(id), nil)
}

// transactions is the path of what the workload writes and reads.
const transactions = "/transactions"

// order is the body that records a transaction under an id.
func order(id string) map[string]string {
	return map[string]string{"transaction_id": id, "amount": amount}
}

// Stored reads all pages of the list.
func (e *apiEndpoint) Stored(ctx context.Context) (map[string]bool, error) {
	stored := map[string]bool{}
	for query := (url.Values{"limit": {"100"}}); ; {
		var page struct {
			Transactions []struct {
				ID string `json:"transaction_id"`
			} `json:"transactions"`
			Next string `json:"next_cursor"`
		}
		if err := e.call(ctx, http.MethodGet, transactions+"?"+query.Encode(), nil, &page); err != nil {
			return nil, err
		}
		for _, t := range page.Transactions {
			stored[t.ID] = true
		}
		if page.Next == "" {
			return stored, nil
		}
		query.Set("cursor", page.Next)
	}
}

// Close ends the connections.
func (e *apiEndpoint) Close() { e.http.CloseIdleConnections() }

// call sends a request and reads its answer.
func (e *apiEndpoint) call(ctx context.Context, method, path string, body, into any) error {
	caller, err := e.application.caller(e.client, e.region, e.http)
	if err != nil {
		return err
	}
	return call(ctx, caller, method, e.application.urls[e.region]+path, body, into)
}

// call sends a request; an answer that is no success is an error.
func call(ctx context.Context, by sandbox.Caller, method, url string, body, into any) error {
	status, answer, err := by.Call(ctx, method, url, body)
	switch {
	case err != nil:
		return err
	case status >= http.StatusMultipleChoices:
		return fmt.Errorf("%d: %s", status, answer)
	case into == nil:
		return nil
	default:
		return json.Unmarshal(answer, into)
	}
}
