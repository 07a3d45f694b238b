// Package control lets another process of the same user break and mend a running sandbox, and connect to its clusters:
// a server on loopback that asks for a token, which only that user can read, in the sandbox's private directory.
package control

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"aurora-dsql-dr/rehearsal/fault"
	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/edge"
)

// fileName is where a sandbox leaves its address and token.
const fileName = "control.json"

// maxBody bounds requests and answers, in bytes.
const maxBody = 1 << 20

type address struct {
	URL   string `json:"url"`
	Token string `json:"token"`
}

// Serve serves a sandbox's faults, and passwords for its clusters, until the returned function is called.
func Serve(s *sandbox.Sandbox, faults *fault.Injector) (stop func(), err error) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("the sandbox's control: %w", err)
	}
	at := address{URL: "http://" + listener.Addr().String(), Token: rand.Text()}
	text, err := json.Marshal(at)
	if err == nil {
		err = os.WriteFile(s.Path(fileName), text, 0o600)
	}
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	server := &http.Server{
		Handler:           edge.Handler("control", handler(faults, administrator(s), at.Token)),
		ReadHeaderTimeout: 5 * time.Second,
	}
	go func() { _ = server.Serve(listener) }() // ends with Close
	return func() { _ = server.Close() }, nil
}

// handler answers whoever has the token. A page of another origin has not, and cannot send the header without being
// asked for by a preflight, which is refused like everything without a token.
func handler(faults *fault.Injector, password sign, token string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /password", func(w http.ResponseWriter, r *http.Request) {
		signed, err := password(r.Context(), r.FormValue("host"), r.FormValue("user"))
		answer(w, signed, err)
	})
	mux.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) { answer(w, faults.Active(), nil) })
	mux.HandleFunc("POST /faults", func(w http.ResponseWriter, r *http.Request) {
		var spec fault.Spec
		if err := json.NewDecoder(io.LimitReader(r.Body, maxBody)).Decode(&spec); err != nil {
			answer(w, nil, fmt.Errorf("the request is no fault: %w", err))
			return
		}
		_, err := faults.Inject(spec)
		answer(w, faults.Active(), err)
	})
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, _ *http.Request) {
		err := faults.UndoAll()
		answer(w, faults.Active(), err)
	})
	mux.HandleFunc("DELETE /faults/{id}", func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.Atoi(r.PathValue("id"))
		if err == nil {
			err = faults.Undo(id)
		}
		answer(w, faults.Active(), err)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if subtle.ConstantTimeCompare([]byte(given), []byte(token)) != 1 {
			http.Error(w, "the token is missing or wrong", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func answer(w http.ResponseWriter, body any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body) // the client has gone
}

// Client talks to one running sandbox.
type Client struct{ address }

// Find finds the sandbox that this user runs and that can be controlled. None and several are errors.
func Find() (*Client, error) {
	dirs, err := sandbox.Running()
	if err != nil {
		return nil, err
	}
	var found []*Client
	for _, dir := range dirs {
		c, err := Open(dir)
		if errors.Is(err, os.ErrNotExist) {
			continue // a demonstration or a rehearsal
		}
		if err != nil {
			return nil, err
		}
		found = append(found, c)
	}
	switch len(found) {
	case 0:
		return nil, errors.New("no sandbox is running: start one with `make sandbox` or `sandbox serve`")
	case 1:
		return found[0], nil
	default:
		return nil, fmt.Errorf("%d sandboxes are running: end all but one", len(found))
	}
}

// Open is the sandbox that has the private directory; os.ErrNotExist if that is gone or cannot be controlled.
func Open(dir string) (*Client, error) {
	path := filepath.Join(dir, fileName)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c := &Client{}
	if err := json.Unmarshal(text, &c.address); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// Password is a token with which a user connects to the cluster at a host, signed by the account's administrator and
// valid for a quarter of an hour.
func (c *Client) Password(ctx context.Context, host, user string) (password string, err error) {
	query := url.Values{"host": {host}, "user": {user}}
	return password, c.do(ctx, http.MethodGet, "/password?"+query.Encode(), nil, &password)
}

// Active are the active faults.
func (c *Client) Active(ctx context.Context) (active []fault.Active, err error) {
	return active, c.do(ctx, http.MethodGet, "/faults", nil, &active)
}

// Inject injects a fault and returns all that are active.
func (c *Client) Inject(ctx context.Context, spec fault.Spec) (active []fault.Active, err error) {
	body, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}
	return active, c.do(ctx, http.MethodPost, "/faults", body, &active)
}

// Undo undoes a fault by its ID and returns those that are still active.
func (c *Client) Undo(ctx context.Context, id int) (active []fault.Active, err error) {
	return active, c.do(ctx, http.MethodDelete, "/faults/"+strconv.Itoa(id), nil, &active)
}

// UndoAll undoes all faults.
func (c *Client) UndoAll(ctx context.Context) (active []fault.Active, err error) {
	return active, c.do(ctx, http.MethodDelete, "/faults", nil, &active)
}

func (c *Client) do(ctx context.Context, method, path string, body []byte, into any) error {
	r, err := http.NewRequestWithContext(ctx, method, c.URL+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+c.Token)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxBody))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return errors.New(strings.TrimSpace(string(text)))
	}
	return json.Unmarshal(text, into)
}
