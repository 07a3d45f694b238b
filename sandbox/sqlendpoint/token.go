package sqlendpoint

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"aurora-dsql-dr/sandbox/internal/sigv4"
)

const signingService = "dsql"

// Credential is what the sandbox knows of an access key.
type Credential struct {
	SecretAccessKey string
	// SessionToken is that of temporary credentials; "" for long-lived ones.
	SessionToken string
	// PrincipalARN is whom the key belongs to, for an assumed role the role's ARN: what AWS IAM GRANT names.
	PrincipalARN string
	// Region is where the key is used; "" is outside AWS.
	Region string
}

// Token signs a password for a host: a presigned GET https://<host>/?Action=… without its scheme, valid for a quarter
// of an hour (Aurora DSQL User Guide, "Generating an authentication token"). The action is DbConnect or DbConnectAdmin.
func Token(ctx context.Context, c aws.Credentials, host, region, action string, at time.Time) (string, error) {
	address := "https://" + host + "/?Action=" + action + "&X-Amz-Expires=900"
	signed, err := sigv4.Presign(ctx, c, address, signingService, region, at)
	return strings.TrimPrefix(signed, "https://"), err
}

// ActionOf is the action that a user's token has to ask for.
func ActionOf(user string) string {
	if user == adminRole {
		return "DbConnectAdmin"
	}
	return "DbConnect"
}

// verifier checks the tokens of one region.
type verifier struct {
	region      string
	credentials func(accessKeyID string) (Credential, bool)
	// written is the time that a caller in a region has read from its clock.
	written func(region string, t time.Time) time.Time
	now     func() time.Time
}

// verify returns who signed the password for host and user, and the IAM action it asks for.
func (v verifier) verify(password, host, user string) (signer Credential, action string, denied *failure) {
	r, signed, denied := parseToken(password)
	if denied != nil {
		return signer, "", denied
	}
	credential, known := v.credentials(signed.AccessKey)
	switch {
	case r.Host != host:
		return signer, "", accessDenied("The token is for %s, the connection to %s", r.Host, host)
	case signed.Region != v.region || signed.Service != signingService:
		return signer, "", accessDenied(
			"Credential should be scoped to a valid region and service: %s in %s is not %s in %s",
			signed.Service,
			signed.Region,
			signingService,
			v.region,
		)
	case !known || credential.SessionToken != signed.SessionToken:
		return signer, "", accessDenied("The security token included in the request is invalid")
	case !signed.Matches(r, nil, credential.SecretAccessKey):
		return signer, "", accessDenied("The request signature we calculated does not match the signature you provided")
	}
	if err := signed.CheckTime(v.written(credential.Region, signed.Time), v.now()); err != nil {
		return signer, "", accessDenied("%v", err)
	}
	if action = r.URL.Query().Get("Action"); ActionOf(user) != action {
		return signer, "", accessDenied("Wrong user to action mapping. user: %s, action: %s", user, action)
	}
	return credential, "dsql:" + action, nil
}

// parseToken makes the password the request that it is.
func parseToken(password string) (*http.Request, sigv4.Signature, *failure) {
	u, err := url.Parse("https://" + password)
	if err != nil || u.RawQuery == "" {
		return nil, sigv4.Signature{}, accessDenied("The password is not an authentication token")
	}
	r := &http.Request{Method: http.MethodGet, URL: u, Host: u.Host}
	signed, err := sigv4.Parse(r)
	if err != nil {
		return nil, sigv4.Signature{}, accessDenied("%v", err)
	}
	if len(signed.Headers) != 1 || strings.Trim(u.Path, "/") != "" {
		return nil, sigv4.Signature{}, accessDenied("The token must sign a GET of / and its host header")
	}
	return r, signed, nil
}
