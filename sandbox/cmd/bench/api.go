package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// api is the transaction service's HTTP API in a region, for a client that signs its requests.
type api struct {
	url, region string
	credentials aws.Credentials
	client      *http.Client
}

func (d *deployed) api() api {
	urls, _ := d.outputs["transactionApiUrls"].(map[string]any)
	return api{
		url: fmt.Sprint(urls[d.region]), region: d.region, credentials: d.admin(),
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: manyClients}}, // each keeps its connection
	}
}

func (a api) write(ctx context.Context, id string) error {
	return a.request(ctx, http.MethodPost, "/transactions", `{"transaction_id":"`+id+`","amount":100.50,"details":"`+details+`"}`)
}

func (a api) read(ctx context.Context, id string) error {
	return a.request(ctx, http.MethodGet, "/transactions/"+id, "")
}

// request takes everything but a success for an error.
func (a api) request(ctx context.Context, method, path, body string) error {
	r, err := http.NewRequestWithContext(ctx, method, a.url+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	if err := v4.NewSigner().SignHTTP(ctx, a.credentials, r, payloadHash([]byte(body)), "execute-api", a.region, time.Now()); err != nil {
		return err
	}
	response, err := a.client.Do(r)
	if err != nil {
		return err
	}
	answer, err := io.ReadAll(response.Body)
	_ = response.Body.Close() // it has been read
	if err == nil && response.StatusCode >= http.StatusMultipleChoices {
		err = fmt.Errorf("%s %s: %s: %s", method, path, response.Status, answer)
	}
	return err
}

// payloadHash is what a signature holds of a request's body.
func payloadHash(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
