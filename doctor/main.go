// Command doctor asks an account whether a stack can be deployed there, and of one that is deployed whether it can
// page, route and restore. It changes nothing; with -page it sends a test message.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"time"

	"aurora-dsql-dr/internal/input"
)

// Exit statuses: something is wrong with the stack or its account, or with the command's own input.
const (
	exitFailed = 1
	exitUsage  = 2
)

func main() { os.Exit(status()) }

// status asks, and is the exit status.
func status() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	healthy, err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "doctor:", err)
		return exitUsage
	case !healthy:
		return exitFailed
	default:
		return 0
	}
}

// request is what the command line asks for.
type request struct {
	stack string
	// deployer is the ARN of the user or role that deploys; "" is the caller.
	deployer   string
	json, page bool
}

// run asks, tells, and says whether nothing has failed.
func run(ctx context.Context, args []string, out, progress io.Writer) (healthy bool, err error) {
	r, err := parse(args)
	if err != nil {
		return false, err
	}
	fmt.Fprintf(progress, "Asking about stack %s (up to a minute)\n", r.stack)
	s, err := open(ctx, r.stack)
	if err != nil {
		return false, err
	}
	s.deployer = cmp.Or(r.deployer, s.caller)
	findings := examine(ctx, s, checks(s, r.page), follow(progress))
	if ctx.Err() != nil {
		return false, errors.New("interrupted")
	}
	if r.json {
		err = write(out, s, findings, time.Now())
	} else {
		tell(out, s, findings, time.Now())
	}
	return !slices.ContainsFunc(findings, func(f Finding) bool { return f.Status == Failed }), err
}

// follow says every two seconds how far the checks are.
func follow(out io.Writer) func(done, of int) {
	said := time.Now()
	return func(done, of int) {
		if time.Since(said) > 2*time.Second && done < of {
			said = time.Now()
			fmt.Fprintf(out, "  %d of %d checks\n", done, of)
		}
	}
}

// parse reads the command line. What make is given as yes or nothing is -json yes and -page yes here.
func parse(args []string) (request, error) {
	var r request
	flags := flag.NewFlagSet("doctor", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the error is enough
	flags.StringVar(&r.stack, "stack", "", "")
	flags.StringVar(&r.deployer, "deployer", "", "")
	words := map[string]*string{"JSON": flags.String("json", "", ""), "PAGE": flags.String("page", "", "")}
	if err := flags.Parse(args); err != nil {
		return r, err
	}
	var problems []error
	for _, name := range sorted(words) {
		if word := *words[name]; word != "" && word != "yes" {
			problems = append(problems, input.Refusal(name, word, "yes, or nothing"))
		}
	}
	if _, err := identityOf(r.deployer); r.deployer != "" && err != nil {
		problems = append(problems, input.Refusal("DEPLOYER", r.deployer, "the ARN of a role or a user, such as "+
			"arn:aws:iam::123456789012:role/deployer, or nothing for the caller"))
	}
	if r.stack == "" {
		problems = append(problems, errors.New("usage: make doctor STACK=<stack> [DEPLOYER=<ARN of a role>] [JSON=yes] "+
			"[PAGE=yes]"))
	}
	r.json, r.page = *words["JSON"] == "yes", *words["PAGE"] == "yes"
	return r, errors.Join(problems...)
}
