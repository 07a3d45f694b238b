package sqlendpoint

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	signingAlgorithm = "AWS4-HMAC-SHA256"
	signingService   = "dsql"
	timeFormat       = "20060102T150405Z"
	maxTokenLife     = 7 * 24 * time.Hour // of any presigned request
	clockSkew        = 5 * time.Minute    // what AWS forgives a signer whose clock runs ahead
	// emptyPayload is the SHA-256 of nothing: a token is a GET.
	emptyPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

// Credential is what the sandbox knows of an access key.
type Credential struct {
	SecretAccessKey string
	// SessionToken is that of temporary credentials; "" for long-lived ones.
	SessionToken string
	// PrincipalARN is whom the key belongs to, for an assumed role the role's ARN: what AWS IAM GRANT names.
	PrincipalARN string
	// Region is where the key is used; "" is outside AWS.
	Region string
	// Skew is how far the clock of whoever signs with it is ahead.
	Skew time.Duration
}

// authToken is a password: a presigned GET https://<host>/?Action=… without its scheme (Aurora DSQL User Guide,
// "Generating an authentication token").
type authToken struct {
	host      string
	query     url.Values
	accessKey string
	scope     string // <date>/<region>/dsql/aws4_request
	signedAt  time.Time
	life      time.Duration
}

// verifier checks the tokens of one region.
type verifier struct {
	region      string
	credentials func(accessKeyID string) (Credential, bool)
	now         func() time.Time
}

// verify returns who signed the password for host and user, and the IAM action it asks for.
func (v verifier) verify(password, host, user string) (signer Credential, action string, denied *failure) {
	t, denied := parseToken(password)
	if denied != nil {
		return signer, "", denied
	}
	action = t.query.Get("Action")
	credential, known := v.credentials(t.accessKey)
	switch now := v.now().Add(-credential.Skew); {
	case t.host != host:
		return signer, "", accessDenied("The token is for %s, the connection to %s", t.host, host)
	case t.scope != t.signedAt.Format("20060102")+"/"+v.region+"/"+signingService+"/aws4_request":
		return signer, "", accessDenied(
			"Credential should be scoped to a valid region and service: %s is not for %s in %s",
			t.scope,
			signingService,
			v.region,
		)
	case !known:
		return signer, "", accessDenied("The security token included in the request is invalid")
	case credential.SessionToken != t.query.Get("X-Amz-Security-Token"):
		return signer, "", accessDenied("The security token included in the request is invalid")
	case !hmac.Equal([]byte(t.sign(credential.SecretAccessKey)), []byte(t.query.Get("X-Amz-Signature"))):
		return signer, "", accessDenied("The request signature we calculated does not match the signature you provided")
	case t.signedAt.Add(t.life).Before(now):
		return signer, "", accessDenied(
			"Signature expired: %s is now earlier than %s",
			t.signedAt.Add(t.life).Format(timeFormat),
			now.UTC().Format(timeFormat),
		)
	case t.signedAt.After(now.Add(clockSkew)):
		return signer, "", accessDenied(
			"Signature not yet current: %s is still later than %s",
			t.signedAt.Format(timeFormat),
			now.UTC().Format(timeFormat),
		)
	case actionOf(user) != action:
		return signer, "", accessDenied("Wrong user to action mapping. user: %s, action: %s", user, action)
	}
	return credential, "dsql:" + action, nil
}

// actionOf is the action that a user's token has to ask for.
func actionOf(user string) string {
	if user == adminRole {
		return "DbConnectAdmin"
	}
	return "DbConnect"
}

func parseToken(password string) (authToken, *failure) {
	u, err := url.Parse("https://" + password)
	if err != nil || u.RawQuery == "" {
		return authToken{}, accessDenied("The password is not an authentication token")
	}
	t := authToken{host: u.Host, query: u.Query()}
	accessKey, scope, scoped := strings.Cut(t.query.Get("X-Amz-Credential"), "/")
	signedAt, dateErr := time.Parse(timeFormat, t.query.Get("X-Amz-Date"))
	seconds, lifeErr := strconv.Atoi(t.query.Get("X-Amz-Expires"))
	t.accessKey, t.scope, t.signedAt, t.life = accessKey, scope, signedAt, time.Duration(seconds)*time.Second
	switch {
	case t.query.Get("X-Amz-Algorithm") != signingAlgorithm:
		return authToken{}, accessDenied("X-Amz-Algorithm must be %s", signingAlgorithm)
	case !scoped || dateErr != nil:
		return authToken{}, accessDenied("X-Amz-Credential or X-Amz-Date is missing or malformed")
	case lifeErr != nil || t.life <= 0 || t.life > maxTokenLife:
		return authToken{}, accessDenied("X-Amz-Expires must be between 1 and %d seconds", int(maxTokenLife.Seconds()))
	case t.query.Get("X-Amz-SignedHeaders") != "host" || strings.Trim(u.Path, "/") != "":
		return authToken{}, accessDenied("The token must sign a GET of / and its host header")
	}
	return t, nil
}

// sign computes the signature that the token should have (IAM User Guide, "Create a signed AWS API request").
func (t authToken) sign(secret string) string {
	query := url.Values{}
	for key, values := range t.query {
		if key != "X-Amz-Signature" {
			query[key] = values
		}
	}
	request := strings.Join([]string{
		"GET", "/", strings.ReplaceAll(query.Encode(), "+", "%20"), "host:" + t.host, "", "host", emptyPayload,
	}, "\n")
	digest := sha256.Sum256([]byte(request))
	text := strings.Join(
		[]string{signingAlgorithm, t.query.Get("X-Amz-Date"), t.scope, hex.EncodeToString(digest[:])},
		"\n",
	)
	key := []byte("AWS4" + secret)
	for part := range strings.SplitSeq(t.scope, "/") {
		key = mac(key, part)
	}
	return hex.EncodeToString(mac(key, text))
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
