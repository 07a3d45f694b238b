package lambda

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"aurora-dsql-dr/sandbox/edge"
	"aurora-dsql-dr/sandbox/internal/must"
)

// maxPayload is Lambda's quota for a synchronous payload, request and response alike, in bytes.
const maxPayload = 6 << 20

// work is one invocation on its way through an execution environment.
type work struct {
	requestID   string
	functionARN string
	traceID     string
	deadline    time.Time // wall time
	payload     []byte
}

// reply is what the runtime posted for an invocation.
type reply struct {
	payload []byte
	failed  bool
}

// runtimeAPI is the Lambda Runtime API of one execution environment ("Using the Lambda runtime API", Lambda Developer
// Guide). Each environment has a listener of its own, so that no function sees another's events.
type runtimeAPI struct {
	server *http.Server
	addr   string

	polled    chan struct{} // the runtime has asked for work
	next      chan work
	replies   chan reply
	initError chan []byte

	mu      sync.Mutex
	current string // request ID the runtime owes a reply for
}

func startRuntimeAPI(ctx context.Context) (*runtimeAPI, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a := &runtimeAPI{
		addr:      listener.Addr().String(),
		polled:    make(chan struct{}, 1),
		next:      make(chan work),
		replies:   make(chan reply, 1),
		initError: make(chan []byte, 1),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", a.serveNext)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", a.serveReply(false))
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", a.serveReply(true))
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", a.serveInitError)
	a.server = &http.Server{Handler: edge.Handler("Runtime API", mux), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = a.server.Serve(listener) }()
	return a, nil
}

func (a *runtimeAPI) close() { _ = a.server.Close() }

func (a *runtimeAPI) serveNext(w http.ResponseWriter, r *http.Request) {
	select {
	case a.polled <- struct{}{}:
	default: // asked twice without working: still one request for work
	}
	select {
	case <-r.Context().Done():
	case job := <-a.next:
		a.mu.Lock()
		a.current = job.requestID
		a.mu.Unlock()
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Lambda-Runtime-Aws-Request-Id", job.requestID)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(job.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", job.functionARN)
		h.Set("Lambda-Runtime-Trace-Id", job.traceID)
		_, _ = w.Write(job.payload)
	}
}

func (a *runtimeAPI) serveReply(failed bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !a.owes(r.PathValue("id")) {
			answer(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPayload))
		var tooLarge *http.MaxBytesError
		switch {
		case errors.As(err, &tooLarge):
			a.replies <- reply{failed: true, payload: errorPayload("Function.ResponseSizeTooLarge",
				"Response payload size exceeded maximum allowed payload size (6291556 bytes).")}
			answer(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "Exceeded maximum allowed payload size.")
		case err != nil:
			a.replies <- reply{failed: true, payload: errorPayload("Runtime.TruncatedResponse", "Response was truncated")}
			answer(w, http.StatusBadRequest, "Runtime.TruncatedResponse", "Response was truncated")
		default:
			a.replies <- reply{payload: body, failed: failed} // before the answer: a runtime may exit on it
			answer(w, http.StatusAccepted, "", "")
		}
	}
}

func (a *runtimeAPI) serveInitError(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPayload))
	select {
	case a.initError <- body:
	default:
	}
	answer(w, http.StatusAccepted, "", "")
}

// owes reports whether a reply for the invocation is due, and takes it as given.
func (a *runtimeAPI) owes(requestID string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	due := a.current != "" && a.current == requestID
	if due {
		a.current = ""
	}
	return due
}

// give hands the work to the runtime, which has polled.
func (a *runtimeAPI) give(ctx context.Context, job work) error {
	select {
	case a.next <- job:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// answer writes the Runtime API's own answer: a status, or an error with its type.
func answer(w http.ResponseWriter, status int, errorType, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if errorType == "" {
		_, _ = io.WriteString(w, `{"status":"OK"}`)
		return
	}
	_, _ = w.Write(errorPayload(errorType, message))
}

// errorPayload is the body of an error that Lambda, not the function, reports.
func errorPayload(errorType, message string) []byte {
	return must.JSON(struct {
		Type    string `json:"errorType"`
		Message string `json:"errorMessage"`
	}{errorType, message})
}
