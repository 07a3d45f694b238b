package sqlendpoint

import (
	"context"
	"io"
)

// readAhead reads from a connection while its user is busy with what it read before, so that a client that has hung up
// is noticed at once and not at the next read. It holds at most two chunks; a client that sends more waits.
type readAhead struct {
	chunks chan []byte
	rest   []byte
	err    error // set before chunks is closed
}

const chunkSize = 16 << 10

func newReadAhead() *readAhead { return &readAhead{chunks: make(chan []byte, 1)} }

// fill reads until an error, which it also gives to ended, or until the context ends.
func (r *readAhead) fill(ctx context.Context, from io.Reader, ended func(error)) {
	defer close(r.chunks)
	for {
		chunk := make([]byte, chunkSize)
		n, err := from.Read(chunk)
		if n > 0 {
			select {
			case r.chunks <- chunk[:n]:
			case <-ctx.Done():
				r.err = context.Cause(ctx)
				return
			}
		}
		if err != nil {
			r.err = err
			ended(err)
			return
		}
	}
}

func (r *readAhead) Read(into []byte) (int, error) {
	if len(r.rest) == 0 {
		chunk, ok := <-r.chunks
		if !ok {
			return 0, r.err
		}
		r.rest = chunk
	}
	n := copy(into, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
