package dsqlconn

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	defaultTokenLife = 15 * time.Minute
	// emptyPayloadHash is the SHA-256 of nothing: a GET has no body.
	emptyPayloadHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

// Token signs the password of a new connection: a presigned GET of https://<endpoint>/?Action=DbConnect (DbConnectAdmin
// for the user admin) for the service dsql, without its scheme (Aurora DSQL User Guide, "Generating an authentication
// token"). Signing is local; the token is checked only when a connection starts. A failure to get credentials is
// reported as an error that Classify calls ReasonLocal.
func (d Dialer) Token(ctx context.Context, endpoint, region, user string) (string, error) {
	action := "DbConnect"
	if user == Admin {
		action = "DbConnectAdmin"
	}
	life := d.TokenLife
	if life == 0 {
		life = defaultTokenLife
	}
	if d.Credentials == nil {
		return "", &localError{errors.New("no AWS credentials are configured")}
	}
	credentials, err := d.Credentials.Retrieve(ctx)
	if err != nil {
		return "", &localError{fmt.Errorf("AWS credentials for the token of %s: %w", endpoint, err)}
	}
	query := url.Values{
		"Action":        {action},
		"X-Amz-Expires": {strconv.Itoa(int(life.Seconds()))},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+endpoint+"/?"+query.Encode(), nil)
	if err != nil {
		return "", &localError{fmt.Errorf("token of %q: %w", endpoint, err)}
	}
	signed, _, err := v4.NewSigner().PresignHTTP(ctx, credentials, request, emptyPayloadHash, "dsql", region, time.Now())
	if err != nil {
		return "", &localError{fmt.Errorf("sign the token of %s: %w", endpoint, err)}
	}
	return strings.TrimPrefix(signed, "https://"), nil
}
