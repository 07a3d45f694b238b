package sandbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"aurora-dsql-dr/sandbox/iam"
)

// Caller sends requests to the HTTP APIs of a region.
type Caller struct {
	Region string
	HTTP   *http.Client
	// Credentials sign the requests, unless there is a Token to show.
	Credentials iam.Credentials
	Token       string
}

// Call sends a request with a JSON body, unless it is nil, and returns the answer, whatever its status.
func (c Caller) Call(ctx context.Context, method, url string, body any) (status int, answer []byte, err error) {
	var payload []byte
	if body != nil {
		if payload, err = json.Marshal(body); err != nil {
			return 0, nil, err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(payload))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if err := c.authorize(request, payload); err != nil {
		return 0, nil, err
	}
	response, err := c.HTTP.Do(request)
	if err != nil {
		return 0, nil, err
	}
	answer, err = io.ReadAll(response.Body)
	return response.StatusCode, answer, errors.Join(err, response.Body.Close())
}

// authorize shows who calls.
func (c Caller) authorize(request *http.Request, payload []byte) error {
	if c.Token != "" {
		request.Header.Set("Authorization", "Bearer "+c.Token)
		return nil
	}
	sum := sha256.Sum256(payload)
	return v4.NewSigner().SignHTTP(
		request.Context(),
		signer(c.Credentials),
		request,
		hex.EncodeToString(sum[:]),
		"execute-api",
		c.Region,
		time.Now(),
	)
}

// signer are credentials as an AWS SDK signs with them.
func signer(c iam.Credentials) sdk.Credentials {
	return sdk.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}
}

// Admin are the account's administrator's credentials for an AWS SDK.
func (s *Sandbox) Admin() sdk.CredentialsProvider {
	return sdk.CredentialsProviderFunc(func(context.Context) (sdk.Credentials, error) {
		return signer(s.Account.IAM.Admin()), nil
	})
}
