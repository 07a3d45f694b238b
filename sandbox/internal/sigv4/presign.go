package sigv4

import (
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// EmptyPayload is the SHA-256 of no body.
const EmptyPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// Presign signs a GET of a URL, whose query says how long it is valid (X-Amz-Expires). It is the SDK that signs, so
// that what verifies is held to it.
func Presign(ctx context.Context, c aws.Credentials, url, service, region string, at time.Time) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	signed, _, err := v4.NewSigner().PresignHTTP(ctx, c, r, EmptyPayload, service, region, at)
	return signed, err
}
