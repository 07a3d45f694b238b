package main

import (
	"context"
	"fmt"
	"net/http"

	"aurora-dsql-dr/sandbox"
)

// api is the transaction service's HTTP API in a region, for a client that signs its requests.
type api struct {
	url    string
	caller sandbox.Caller
}

func (d *deployed) api() api {
	return api{d.outputs.TransactionAPIURLs[d.region], sandbox.Caller{
		Region:      d.region,
		Credentials: d.Account.IAM.Admin(),
		HTTP:        &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: manyClients}}, // each keeps its connection
	}}
}

func (a api) write(ctx context.Context, id string) error {
	return a.request(ctx, http.MethodPost, "/transactions", map[string]string{
		"transaction_id": id,
		"amount":         "100.50",
		"details":        details,
	})
}

func (a api) read(ctx context.Context, id string) error {
	return a.request(ctx, http.MethodGet, "/transactions/"+id, nil)
}

// request takes everything but a success for an error.
func (a api) request(ctx context.Context, method, path string, body any) error {
	status, answer, err := a.caller.Call(ctx, method, a.url+path, body)
	if err == nil && status >= http.StatusMultipleChoices {
		err = fmt.Errorf("%s %s: %d: %s", method, path, status, answer)
	}
	return err
}
