package console

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"aurora-dsql-dr/sandbox/logs"
)

const (
	// maxStreams bounds the pages that are open at a time.
	maxStreams = 16
	// writeTimeout ends the stream of a page that has gone away without saying so.
	writeTimeout = 10 * time.Second
)

// stream sends the page its sections as server-sent events, each when it changes, and the log of the function that the
// query names, if any. The clock's section changes every second, which keeps the connection alive.
func (c *Console) stream(w http.ResponseWriter, r *http.Request) {
	select {
	case c.streams <- struct{}{}:
		defer func() { <-c.streams }()
	default:
		fail(w, http.StatusServiceUnavailable, fmt.Sprintf("%d pages are open already; close one and reload.", maxStreams))
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	lines := newTail()
	if name := r.URL.Query().Get("function"); name != "" {
		go c.tail(ctx, name, lines)
	}
	w.Header().Set("Content-Type", "text/event-stream")
	c.refreshNow()
	out := &eventWriter{w: w, control: http.NewResponseController(w)}
	for seen := 0; ; {
		news, next, changed := c.feed.since(seen)
		seen = next
		for _, s := range news {
			out.send(s.name, s.data)
		}
		if batch, ok := lines.take(); ok {
			data, err := json.Marshal(batch)
			if err != nil {
				panic(err) // strings and times
			}
			out.send("log", data)
		}
		if out.flush() != nil {
			return
		}
		select {
		case <-changed:
		case <-lines.arrived:
		case <-ctx.Done():
			return
		}
	}
}

// eventWriter writes server-sent events and remembers the first error.
type eventWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	err     error
}

// send writes one event; JSON has no line breaks of its own.
func (e *eventWriter) send(name string, data []byte) {
	if e.err == nil {
		if e.err = e.control.SetWriteDeadline(time.Now().Add(writeTimeout)); e.err == nil {
			_, e.err = fmt.Fprintf(e.w, "event: %s\ndata: %s\n\n", name, data)
		}
	}
}

func (e *eventWriter) flush() error {
	if e.err == nil {
		e.err = e.control.Flush()
	}
	return e.err
}

// tail follows a function's log group until the context ends. An error is the last line.
func (c *Console) tail(ctx context.Context, name string, lines *tail) {
	f, ok := c.function(name)
	err := fmt.Errorf("there is no function %s any more", name)
	if ok {
		err = c.config.Account.Region(f.Region).Logs.Tail(ctx, f.Group, lines.add)
	}
	if err != nil {
		lines.add(logs.Event{Time: c.config.Account.Clock.Now(), Message: err.Error()})
	}
}
