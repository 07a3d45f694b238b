package lambda

import (
	"bytes"
	"errors"
	"os"
	"sync"
	"syscall"

	"aurora-dsql-dr/sandbox/edge"
)

// maxLine is the largest line taken from a function's output; CloudWatch Logs takes events of 256 KiB at most (1 MiB
// since 2025), and a longer one is split.
const maxLine = 256 << 10

// output turns what a process writes to its standard streams into lines. Reading and handing over happen under one
// lock, so that drain can promise that every complete line written before it has been handed over.
type output struct {
	read *os.File
	line func(string)

	mu      sync.Mutex
	partial []byte
	done    chan struct{}
}

// newOutput returns an output and the file a process must inherit as standard output and error.
func newOutput(line func(string)) (*output, *os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	o := &output{read: r, done: make(chan struct{}), line: func(text string) {
		defer edge.Recover("log line of a function", nil) // the next line is read all the same
		line(text)
	}}
	go o.follow()
	return o, w, nil
}

// follow reads until every writer has closed its end.
func (o *output) follow() {
	defer close(o.done)
	if conn, err := o.read.SyscallConn(); err == nil {
		_ = conn.Read(o.take)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.partial) > 0 {
		o.line(string(o.partial))
	}
}

// close hands over what is left and stops reading, whoever may still hold the other end.
func (o *output) close() {
	o.drain()
	_ = o.read.Close()
	<-o.done
}

// drain hands over everything written so far.
func (o *output) drain() {
	if conn, err := o.read.SyscallConn(); err == nil {
		_ = conn.Control(func(fd uintptr) { o.take(fd) })
	}
}

// take reads until the pipe is empty and reports whether it has ended.
func (o *output) take(fd uintptr) (ended bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var buf [8 << 10]byte
	for {
		n, err := syscall.Read(int(fd), buf[:])
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EAGAIN):
			return false
		case err != nil || n == 0:
			return true
		}
		o.split(buf[:n])
	}
}

func (o *output) split(chunk []byte) {
	for {
		head, tail, found := bytes.Cut(chunk, []byte{'\n'})
		o.partial = append(o.partial, head...)
		if !found && len(o.partial) < maxLine {
			return
		}
		if len(o.partial) > 0 {
			o.line(string(o.partial))
		}
		o.partial = o.partial[:0]
		if !found {
			return
		}
		chunk = tail
	}
}
