package sigv4

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/iam"
)

func FuzzSignatures(f *testing.F) {
	identities := iam.New("123456789012", clock.New(1))
	key := identities.Admin().AccessKeyID
	for _, credential := range []string{key + "/20260101/us-east-1/sns/aws4_request", key + "////aws4_request", "", "/"} {
		f.Add("AWS4-HMAC-SHA256 Credential="+credential+", SignedHeaders=host;x-amz-date, Signature=00", "20260101T000000Z", "Action=x")
		f.Add("", "", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="+credential+"&X-Amz-Date=20260101T000000Z&X-Amz-Expires=1&X-Amz-SignedHeaders=host&X-Amz-Signature=zz")
	}
	f.Fuzz(func(t *testing.T, authorization, date, query string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1/", http.NoBody)
		r.URL.RawQuery = query
		r.Header.Set("Authorization", authorization)
		r.Header.Set("X-Amz-Date", date)
		written := func(_ string, t time.Time) time.Time { return t }
		if _, err := Verify(identities, r, nil, written); err == nil {
			t.Fatal("nobody can have signed this")
		}
	})
}
