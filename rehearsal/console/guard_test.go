package console

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/rehearsal/fault"
)

func TestEveryAnswerKeepsThePageOnThisMachine(t *testing.T) {
	s := newScene(t)
	for _, path := range []string{"", "static/console.js", "static/vendor/uplot/uPlot.esm.js", "nothing"} {
		_, header, _ := s.get(t, path)
		assert.Equal(t, contentSecurityPolicy, header.Get("Content-Security-Policy"), path)
		assert.Equal(t, "nosniff", header.Get("X-Content-Type-Options"), path)
		assert.Empty(t, header.Get("Access-Control-Allow-Origin"), path)
	}
	assert.True(t, strings.HasPrefix(contentSecurityPolicy, "default-src 'self';"))
	assert.NotContains(t, contentSecurityPolicy, "unsafe")
}

func TestOnlyThePageItselfChangesAnything(t *testing.T) {
	s := newScene(t)
	for name, tt := range map[string]struct {
		edit   func(*http.Request)
		status int
		says   string
	}{
		"without the token": {
			func(r *http.Request) { r.Header.Del(tokenHeader) },
			http.StatusForbidden,
			"reload the page",
		},
		"with another token": {
			func(r *http.Request) { r.Header.Set(tokenHeader, newToken()) },
			http.StatusForbidden,
			"reload the page",
		},
		"from another site": {
			func(r *http.Request) { r.Header.Set("Origin", "https://example.com") },
			http.StatusForbidden,
			"own page only",
		},
		"from nowhere": {
			func(r *http.Request) { r.Header.Del("Origin") },
			http.StatusForbidden,
			"own page only",
		},
		"under another name": {
			func(r *http.Request) { r.Host = "rebound.example.com" },
			http.StatusMisdirectedRequest,
			"not as rebound.example.com",
		},
		"as a form of another site": {
			func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
			http.StatusUnsupportedMediaType,
			"application/json",
		},
		"under the loopback's alias": {
			func(r *http.Request) { r.Host = strings.Replace(r.Host, "127.0.0.1", "localhost", 1) },
			http.StatusForbidden,
			"own page only",
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, path := range []string{"faults", "faults/undo", "faults/undo-all", "rehearsals", "rehearsals/stop"} {
				status, answer := s.post(t, path, `{"name":"witness-lost"}`, tt.edit)
				assert.Equal(t, tt.status, status, path)
				assert.Contains(t, answer, tt.says, path)
			}
			assert.Empty(t, s.faults.Active())
		})
	}
}

func TestARequestWithGetChangesNothing(t *testing.T) {
	s := newScene(t)
	for _, path := range []string{"faults", "faults/undo", "faults/undo-all", "rehearsals", "rehearsals/stop"} {
		status, _, _ := s.get(t, path)
		assert.Equal(t, http.StatusMethodNotAllowed, status, path)
	}
}

func TestFaultsAreInjectedAndUndoneFromThePage(t *testing.T) {
	s := newScene(t)
	status, _ := s.post(t, "faults", `{"name":"region-lost","with":{"region":"primary"}}`, nil)
	require.Equal(t, http.StatusNoContent, status)
	active := s.faults.Active()
	require.Len(t, active, 1)
	assert.Equal(t, fault.Spec{Name: "region-lost", With: map[string]string{"region": "primary"}}, active[0].Spec)

	status, _ = s.post(t, "faults/undo", `{"id":1}`, nil)
	assert.Equal(t, http.StatusNoContent, status)
	assert.Empty(t, s.faults.Active())

	for range 2 {
		status, _ = s.post(t, "faults", `{"name":"witness-lost"}`, nil)
		assert.Equal(t, http.StatusNoContent, status)
	}
	status, _ = s.post(t, "faults/undo-all", `{}`, nil)
	assert.Equal(t, http.StatusNoContent, status)
	assert.Empty(t, s.faults.Active())
}

func TestWhatGoesWrongIsSaidToThePerson(t *testing.T) {
	s := newScene(t)
	for name, tt := range map[string]struct {
		path, request string
		status        int
		says          string
	}{
		"a fault that is unknown": {
			"faults",
			`{"name":"meteor"}`,
			http.StatusUnprocessableEntity,
			"want one of region-lost",
		},
		"a request that is no JSON": {"faults", `region-lost`, http.StatusBadRequest, "cannot be read"},
		"a request with more than that": {
			"faults",
			`{"name":"witness-lost","force":true}`,
			http.StatusBadRequest,
			`unknown field \"force\"`,
		},
		"a request without an end": {
			"faults",
			`{"name":"` + strings.Repeat("x", maxRequest),
			http.StatusBadRequest,
			"too large",
		},
		"a rehearsal there is not": {
			"rehearsals",
			`{"name":"x"}`,
			http.StatusUnprocessableEntity,
			`no rehearsal \"x\": want one of calm`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			status, answer := s.post(t, tt.path, tt.request, nil)
			assert.Equal(t, tt.status, status)
			assert.Contains(t, answer, tt.says)
		})
	}
}

func TestEveryStartHasATokenOfItsOwn(t *testing.T) {
	one, other := newScene(t), newScene(t)
	assert.NotEqual(t, one.pageToken(t), other.pageToken(t))
}

func TestThePageIsServedOnLoopbackOnly(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "localhost:0", "127.0.0.1"} {
		_, err := Start(Config{}, address)
		assert.ErrorContains(t, err, "want 127.0.0.1:PORT", address)
	}
	s := newScene(t)
	_, err := Start(Config{}, strings.Trim(strings.TrimPrefix(s.URL, "http:"), "/"))
	assert.ErrorContains(t, err, "choose another address")
}
