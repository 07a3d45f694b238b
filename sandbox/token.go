package sandbox

import (
	"context"
	"net/http"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/iam"
)

// AdminUser is Aurora DSQL's administrator, whose tokens are for another action than everybody else's.
const AdminUser = "admin"

// emptyPayload is the SHA-256 of no body.
const emptyPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// Token signs the password with which a user connects to a cluster, valid for a quarter of an hour (Aurora DSQL User
// Guide, "Generating an authentication token").
func Token(ctx context.Context, c dsql.Cluster, user string, credentials iam.Credentials) (string, error) {
	action := "DbConnect"
	if user == AdminUser {
		action = "DbConnectAdmin"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+c.Endpoint+"/?Action="+action+"&X-Amz-Expires=900", nil)
	if err != nil {
		return "", err
	}
	signed, _, err := v4.NewSigner().PresignHTTP(ctx, signer(credentials), request, emptyPayload, "dsql", c.Region, time.Now())
	return strings.TrimPrefix(signed, "https://"), err
}
