// Command adopt has a stack take a pair of clusters that exists already: one that somebody made by hand or with another
// tool, into a stack that has none, or one that `make restore` made, in the place of what the stack has lost.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"aurora-dsql-dr/internal/input"
	"aurora-dsql-dr/internal/pair"
	"aurora-dsql-dr/internal/pulumi"
	"aurora-dsql-dr/internal/reason"
)

func main() { os.Exit(status()) }

// status does what the arguments say, and is the exit status.
func status() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "adopt:", reason.Told(err))
		return 1
	}
	return 0
}

// request is what the command line asks for. What is not given of the last three is read from the clusters' tags.
type request struct {
	stack                          string
	clusters                       [2]pair.Cluster // the primary first
	environment, owner, costCenter string
}

// run does what the arguments say.
func run(ctx context.Context, args []string, out io.Writer) error {
	asked, err := parse(args)
	if err != nil {
		return err
	}
	project, err := workspace.LoadProject(filepath.Join(pulumi.Dir(), "Pulumi.yaml"))
	if err != nil {
		return err
	}
	there, err := pulumi.Exists(ctx, asked.stack)
	if err != nil {
		return err
	}
	a := adoption{request: asked, project: project, out: out, there: there}
	if there {
		if a.state, a.exported, err = pulumi.Export(ctx, asked.stack); err != nil {
			return err
		}
	}
	reach, err := connect(ctx)
	if err != nil {
		return err
	}
	if a.pair, err = reach.pair(ctx, asked.clusters); err != nil {
		return err
	}
	switch own, other := a.idOf(primary), a.idOf(secondary); {
	case own == "" && other == "":
		return a.begin(ctx)
	case own == a.pair.sides[primary].ID && other == a.pair.sides[secondary].ID:
		return fmt.Errorf("stack %[1]s has this pair already: make preview STACK=%[1]s", a.stack)
	default:
		return a.swap(ctx)
	}
}

// stackPattern is what Pulumi accepts.
var stackPattern = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,100}$`)

func parse(args []string) (r request, err error) {
	flags := flag.NewFlagSet("adopt", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the error is enough
	flags.StringVar(&r.stack, "stack", "", "")
	clusters := flags.String("clusters", "", "")
	flags.StringVar(&r.environment, "environment", "", "")
	flags.StringVar(&r.owner, "owner", "", "")
	flags.StringVar(&r.costCenter, "cost-center", "", "")
	if err := flags.Parse(args); err != nil {
		return r, err
	}
	var problems []error
	if !stackPattern.MatchString(r.stack) {
		problems = append(problems, input.Refusal("STACK", r.stack, "the name of a stack, such as prod"))
	}
	r.clusters, err = named(*clusters)
	return r, errors.Join(append(problems, err)...)
}

// adoption is a pair on its way into a stack.
type adoption struct {
	request
	project *workspace.Project
	out     io.Writer
	pair    pairOf
	// there is whether the stack exists; if it does, state is its state, and exported the same as it is.
	there    bool
	state    pulumi.State
	exported []byte
}

// say writes a line.
func (a adoption) say(format string, values ...any) { fmt.Fprintf(a.out, format+"\n", values...) }

// remind is how long nothing is said of what goes on.
const remind = 30 * time.Second

// during says that something is begun, and every half minute that it goes on.
func (a adoption) during(what string, do func() error) error {
	done := make(chan error, 1)
	go func() { done <- do() }()
	for {
		a.say("%s  %s", time.Now().Format("15:04:05"), what)
		select {
		case err := <-done:
			return err
		case <-time.After(remind):
		}
	}
}
