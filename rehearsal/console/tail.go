package console

import (
	"strings"
	"sync"
	"time"

	"aurora-dsql-dr/sandbox/logs"
)

const (
	// maxLines is how many lines wait for a page at most; older ones are left out and counted.
	maxLines = 500
	// maxLineLength cuts lines, in bytes.
	maxLineLength = 8 << 10
)

// logBatch is the new lines of the followed function, oldest first.
type logBatch struct {
	Lines []logLine `json:"lines"`
	// Skipped lines came before the first.
	Skipped int `json:"skipped"`
}

type logLine struct {
	Time    time.Time `json:"time"`
	Message string    `json:"message"`
}

// tail holds lines that a page has not got yet.
type tail struct {
	// arrived has a value when there are some.
	arrived chan struct{}

	mu    sync.Mutex
	batch logBatch
}

func newTail() *tail { return &tail{arrived: make(chan struct{}, 1)} }

func (t *tail) add(e logs.Event) {
	message := strings.TrimRight(e.Message, "\n")
	if len(message) > maxLineLength {
		message = strings.ToValidUTF8(message[:maxLineLength], "") + " …"
	}
	t.mu.Lock()
	t.batch.Lines = append(t.batch.Lines, logLine{e.Time, message})
	if len(t.batch.Lines) > maxLines {
		t.batch.Lines = t.batch.Lines[1:]
		t.batch.Skipped++
	}
	t.mu.Unlock()
	select {
	case t.arrived <- struct{}{}:
	default:
	}
}

// take hands out what there is, if anything.
func (t *tail) take() (batch logBatch, found bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	batch, t.batch = t.batch, logBatch{}
	return batch, len(batch.Lines) > 0
}
