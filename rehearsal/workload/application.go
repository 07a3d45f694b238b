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

// Application is the deployed application behind its regional APIs, for clients with an IAM role that may call these
// and nothing else.
type Application struct {
	identity *identity
	urls     map[string]string // by region
}

// PrepareApplication makes the role. URLs are the APIs' by region, the program's output transactionApiUrls.
func PrepareApplication(s *sandbox.Sandbox, urls map[string]string) (*Application, error) {
	if len(urls) == 0 {
		return nil, errors.New(
			`the stack has no application for the workload to write to: deploy it with "application: enabled"`)
	}
	var arns []string
	for region := range urls {
		for _, api := range s.Account.Region(region).APIGateway.APIs() {
			arns = append(arns, api.ExecutionArn+"/*")
		}
	}
	identity, err := newIdentity(s, "execute-api:Invoke", arns)
	return &Application{identity, urls}, err
}

// Remove removes the role. The transactions stay: the application has no way to delete one.
func (a *Application) Remove(context.Context) error { return a.identity.remove() }

// Dial is the workload's Dial: the API of a region, for a client in another or the same.
func (a *Application) Dial(client, endpoint string) Endpoint {
	return &apiEndpoint{
		application: a,
		client:      client,
		region:      endpoint,
		http:        &http.Client{Transport: &http.Transport{}},
	}
}

// apiEndpoint keeps its connections between requests.
type apiEndpoint struct {
	application    *Application
	client, region string
	http           *http.Client
}

// Write records a transaction; the API answers 201, and 200 to one that it has.
func (e *apiEndpoint) Write(ctx context.Context, id string) error {
	return e.call(ctx, http.MethodPost, "/transactions", map[string]string{"transaction_id": id, "amount": amount}, nil)
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
		if err := e.call(ctx, http.MethodGet, "/transactions?"+query.Encode(), nil, &page); err != nil {
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

// call sends a signed request; an answer that is no success is an error.
func (e *apiEndpoint) call(ctx context.Context, method, path string, body, into any) error {
	credentials, err := e.application.identity.credentials(e.client)
	if err != nil {
		return err
	}
	caller := sandbox.Caller{Region: e.region, HTTP: e.http, Credentials: credentials}
	status, answer, err := caller.Call(ctx, method, e.application.urls[e.region]+path, body)
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
