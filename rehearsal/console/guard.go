package console

import (
	"crypto/rand"
	"crypto/subtle"
	"net"
	"net/http"
	"strings"
)

// tokenHeader carries the page's token in every request that changes something.
const tokenHeader = "X-Console-Token"

// contentSecurityPolicy lets the page load and call nothing but its own server, run no inline script and be framed by
// nobody.
const contentSecurityPolicy = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
	"object-src 'none'"

// newToken is 128 random bits: new with every start, known to the page alone.
func newToken() string { return rand.Text() }

// guard admits only requests that name the server by its loopback address, so that no other site can reach it under a
// name of its own (DNS rebinding), and says what the page may load.
func guard(address string, next http.Handler) http.Handler {
	names := hostNames(address)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", contentSecurityPolicy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Cache-Control", "no-store")
		if !names[r.Host] {
			fail(w, http.StatusMisdirectedRequest, "This server answers under http://"+address+"/ only, not as "+r.Host+".")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// hostNames are the values of Host that mean this server.
func hostNames(address string) map[string]bool {
	_, port, _ := net.SplitHostPort(address) // a listener's own address
	return map[string]bool{address: true, net.JoinHostPort("localhost", port): true}
}

// sameOrigin admits only requests of the page itself: from its origin and with its token.
func (c *Console) sameOrigin(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch token := r.Header.Get(tokenHeader); {
		case r.Header.Get("Origin") != "http://"+r.Host:
			fail(w, http.StatusForbidden, "Requests that change something come from the console's own page only.")
		case subtle.ConstantTimeCompare([]byte(token), []byte(c.token)) != 1:
			fail(w, http.StatusForbidden, "The page's token is missing or of an earlier start of the sandbox: reload the page.")
		case !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json"):
			fail(w, http.StatusUnsupportedMediaType, "The request must be application/json.")
		default:
			next(w, r)
		}
	}
}
