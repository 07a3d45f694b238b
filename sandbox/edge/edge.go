// Package edge keeps a mistake of the sandbox's own to the one request it happens in: a panic becomes a failed request,
// said aloud with its stack, and never the end of the process.
package edge

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
)

var (
	mu  sync.Mutex
	out io.Writer = os.Stderr
)

// Output has panics reported to w until the returned function is called, which puts standard error back.
func Output(w io.Writer) (restore func()) {
	mu.Lock()
	defer mu.Unlock()
	before := out
	out = w
	return func() {
		mu.Lock()
		defer mu.Unlock()
		out = before
	}
}

// Recover ends a panic of the function that defers it and reports it as one of this work. Failed, if not nil, hears of
// it. http.ErrAbortHandler, which is no mistake, goes on.
func Recover(work string, failed func(error)) {
	reason := recover() // works only in the function that is deferred, which this one is
	if reason == nil {
		return
	}
	if err, ok := reason.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(reason)
	}
	mu.Lock()
	fmt.Fprintf(out, "sandbox: %s: a mistake of the sandbox's own: %v\n%s\n", work, reason, debug.Stack())
	mu.Unlock()
	if failed != nil {
		failed(fmt.Errorf("%s: a mistake of the sandbox's own: %v", work, reason))
	}
}

// Handler answers 500 for a handler that panics, unless it has answered already.
func Handler(face string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer Recover(face+": "+r.Method+" "+r.URL.Path, func(err error) {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		})
		next.ServeHTTP(w, r)
	})
}
