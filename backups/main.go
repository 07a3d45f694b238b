// Command backups does by hand what backups are for: it makes a recovery point, tests a restore, and restores a pair.
// It also stands before `make destroy`, and refuses what would stop it half-way.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/internal/input"
	"aurora-dsql-dr/internal/reason"
)

func main() { os.Exit(status()) }

// status does what the arguments say, and is the exit status.
func status() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	c := command{in: os.Stdin, out: os.Stdout, interval: 5 * time.Second}
	if err := c.run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "backups:", reason.Told(err))
		return 1
	}
	return 0
}

// command is where it reads a confirmation, what it writes to, and how long it waits between two looks at a job.
type command struct {
	in       io.Reader
	out      io.Writer
	interval time.Duration
}

// acts are what can be asked for, by the first word of the command line.
var acts = map[string]func(c command, ctx context.Context, r request) error{
	"backup":       command.backUp,
	"restore-test": command.testRestore,
	"restore":      command.restore,
	"destroyable":  command.destroyable,
}

// run does what the arguments say.
func (c command) run(ctx context.Context, args []string) error {
	act, asked, err := parse(args)
	if err != nil {
		return err
	}
	return acts[act](c, ctx, asked)
}

// say writes a line.
func (c command) say(format string, values ...any) { fmt.Fprintf(c.out, format+"\n", values...) }

// request is what the command line asks for.
type request struct {
	stack  string
	region string
	point  string

	pair, beside, confirmed bool
}

// parse reads the command line: the act, then flags.
func parse(args []string) (act string, r request, err error) {
	if len(args) > 0 {
		act = args[0]
	}
	if acts[act] == nil {
		return "", r, fmt.Errorf("the act is %q: want one of %s", act, strings.Join(slices.Sorted(maps.Keys(acts)), ", "))
	}
	flags := flag.NewFlagSet(act, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the error is enough
	flags.StringVar(&r.stack, "stack", "", "")
	flags.StringVar(&r.region, "region", "", "")
	flags.StringVar(&r.point, "point", "", "")
	agreed := map[string]*bool{"pair": &r.pair, "beside": &r.beside, "confirm": &r.confirmed}
	words := map[string]*string{}
	for name := range agreed {
		words[name] = flags.String(name, "", "")
	}
	if err := flags.Parse(args[1:]); err != nil {
		return "", r, err
	}
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(words)) {
		switch word := *words[name]; word {
		case "yes":
			*agreed[name] = true
		case "":
		default:
			problems = append(problems, input.Refusal(strings.ToUpper(name), word, "yes, or nothing"))
		}
	}
	return act, r, errors.Join(problems...)
}
