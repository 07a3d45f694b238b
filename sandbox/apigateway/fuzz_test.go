package apigateway

import (
	"encoding/json"
	"testing"
	"time"
)

func FuzzClaims(f *testing.F) {
	for _, seed := range []string{`{"iss":"i","aud":["a",1,null],"exp":1e400,"nbf":-1,"scope":"a b"}`, `{"aud":{},"exp":"x","scp":[[]]}`, `null`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(_ *testing.T, text []byte) {
		var says claims
		if json.Unmarshal(text, &says) == nil {
			_ = says.check(JWTConfiguration{Issuer: "i", Audiences: []string{"a"}}, time.Unix(0, 0))
			says.scopes()
			says.texts()
		}
	})
}
