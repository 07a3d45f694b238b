package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"aurora-dsql-dr/sandbox/engine"
)

// quiet is the longest time without a line while something is going on.
const quiet = time.Second

// printer writes what happens, with the time since the start of the program.
type printer struct {
	start time.Time

	mu   sync.Mutex
	out  io.Writer
	last time.Time
}

func newPrinter(out io.Writer) *printer { return &printer{out: out, start: time.Now()} }

// line prints one line after the time.
func (p *printer) line(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = time.Now()
	fmt.Fprintf(p.out, "%6.1fs  %s\n", time.Since(p.start).Seconds(), fmt.Sprintf(format, args...))
}

// text prints a block as it is, its lines indented below the times.
func (p *printer) text(block string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = time.Now()
	for line := range strings.Lines(block) {
		if line != "\n" {
			line = "         " + line
		}
		fmt.Fprint(p.out, line)
	}
}

// begin prints a heading and, for as long as the returned function is not called, a sign of life.
func (p *printer) begin(heading string) (done func(result string)) {
	return p.follow(heading, quiet, func() string { return "…" })
}

// follow is begin with a word on how far it has come, after every so much time without a line.
func (p *printer) follow(heading string, every time.Duration, progress func() string) (done func(result string)) {
	p.line("▶ %s", heading)
	started, stop := time.Now(), make(chan struct{})
	var ticking sync.WaitGroup
	ticking.Go(func() {
		ticker := time.NewTicker(every / 4)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				if p.silentFor() > every {
					p.line("    %s", progress())
				}
			case <-stop:
				return
			}
		}
	})
	var once sync.Once
	return func(result string) {
		once.Do(func() {
			close(stop)
			ticking.Wait()
			if result != "" {
				p.line("✔ %s (%.1fs)", result, time.Since(started).Seconds())
			}
		})
	}
}

func (p *printer) silentFor() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Since(p.last)
}

// table prints rows in aligned columns, the first row being the heading.
func (p *printer) table(rows [][]string) {
	var block strings.Builder
	w := tabwriter.NewWriter(&block, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	_ = w.Flush() // into memory
	p.text(block.String())
}

// deployment prints an operation of the engine: the steps worth a line, and otherwise how many and which are under way.
type deployment struct {
	p *printer

	mu              sync.Mutex
	refreshed, done int
	running         []string
}

// telling are the types whose steps get a line of their own: those that take time on AWS, and those that run code.
var telling = []string{
	"aws:dsql/cluster:Cluster",
	"aws:dsql/clusterPeering:ClusterPeering",
	"aws:lambda/invocation:Invocation",
}

// stackType is the resource that all others belong to: saying that it is worked at says nothing.
const stackType = "pulumi:pulumi:Stack"

func (d *deployment) step(s engine.Step) {
	d.mu.Lock()
	switch {
	case s.State == engine.Started && s.Type != stackType:
		d.running = append(d.running, s.Name)
	case s.State == engine.Started:
	case s.Op == "refresh":
		d.refreshed++
	default:
		d.done++
	}
	if s.State != engine.Started {
		d.running = slices.DeleteFunc(d.running, func(name string) bool { return name == s.Name })
	}
	d.mu.Unlock()
	told := slices.Contains(telling, s.Type) && s.Op != "same" && s.Op != "refresh"
	if s.State == engine.Failed || s.State == engine.Finished && told {
		d.p.line("    %-8s %-32s %-22s %5.1fs", verb(s), s.Name, s.Type[strings.LastIndex(s.Type, ":")+1:], s.Took.Seconds())
	}
}

func verb(s engine.Step) string {
	if s.State == engine.Failed {
		return "failed"
	}
	return past(s.Op)
}

// past is the past participle of an engine's operation, as far as it has a plain one.
func past(op string) string {
	if op == "same" {
		return "unchanged"
	}
	return strings.TrimSuffix(op, "e") + "ed"
}

// progress is how far the engine has come and what it works on.
func (d *deployment) progress() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	const shown = 3
	names := slices.Compact(slices.Sorted(slices.Values(d.running)))
	line := fmt.Sprintf("%d resources done", d.done)
	if d.done == 0 && d.refreshed > 0 {
		line = fmt.Sprintf("%d resources read", d.refreshed)
	}
	if len(names) == 0 {
		return line + ", waiting for the engine"
	}
	return line + ", at " + strings.Join(names[:min(shown, len(names))], ", ")
}
