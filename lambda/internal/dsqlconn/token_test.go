package dsqlconn

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// signature computes Signature Version 4 of a presigned GET from its specification (IAM User Guide, "Create a signed
// AWS API request"), independently of the SDK.
func signature(host string, query url.Values, secret, date, region string) string {
	mac := func(key []byte, text string) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return hex.EncodeToString(sum[:])
	}
	canonicalQuery := strings.ReplaceAll(query.Encode(), "+", "%20")
	canonical := strings.Join([]string{"GET", "/", canonicalQuery, "host:" + host, "", "host", hash("")}, "\n")
	scope := strings.Join([]string{date[:8], region, "dsql", "aws4_request"}, "/")
	text := strings.Join([]string{"AWS4-HMAC-SHA256", date, scope, hash(canonical)}, "\n")
	key := mac(mac(mac(mac([]byte("AWS4"+secret), date[:8]), region), "dsql"), "aws4_request")
	return hex.EncodeToString(mac(key, text))
}

func TestATokenIsAPresignedRequestWithoutItsScheme(t *testing.T) {
	for name, tc := range map[string]struct {
		dialer      Dialer
		user        string
		wantAction  string
		wantExpires string
	}{
		"a mapped role, AWS's default life": {Dialer{}, "dr_monitor", "DbConnect", "900"},
		"admin, a life of its own":          {Dialer{TokenLife: time.Minute}, "admin", "DbConnectAdmin", "60"},
	} {
		t.Run(name, func(t *testing.T) {
			tc.dialer.Credentials = credentials
			token, err := tc.dialer.Token(t.Context(), endpoint, region, tc.user)
			require.NoError(t, err)
			require.True(t, strings.HasPrefix(token, endpoint+"/?"), token)

			parsed, err := url.Parse("https://" + token)
			require.NoError(t, err)
			query := parsed.Query()
			date, got := query.Get("X-Amz-Date"), query.Get("X-Amz-Signature")
			assert.Equal(t, tc.wantAction, query.Get("Action"))
			assert.Equal(t, tc.wantExpires, query.Get("X-Amz-Expires"))
			assert.Equal(t, "session/token", query.Get("X-Amz-Security-Token"))
			assert.Equal(t, "AKIDEXAMPLE/"+date[:8]+"/us-east-1/dsql/aws4_request", query.Get("X-Amz-Credential"))
			query.Del("X-Amz-Signature")
			assert.Equal(t, signature(endpoint, query, "wJalrXUtnFEMI", date, region), got)
		})
	}
}
