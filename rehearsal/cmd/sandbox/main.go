// Command sandbox runs the disaster-recovery stack in an embedded AWS on this machine.
//
//	sandbox demo    deploys it, checks it, uses it, deploys again, loses a region, destroys it
//	sandbox serve   deploys it and stays until Ctrl-C, for the AWS CLI and SDKs
//	sandbox rehearse  lives it through disasters that files describe, and reports
//	sandbox detect  measures how long it takes until a person is told of a lost region
//	sandbox fault   breaks and mends what serve keeps up
//	sandbox token   makes a password for a SQL endpoint of it, or a token for the application
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"aurora-dsql-dr/rehearsal/stack"
	"aurora-dsql-dr/sandbox"
)

const usage = `usage: sandbox demo  [-dir DIR]
       sandbox serve [-dir DIR] [-address HOST:PORT]
       sandbox rehearse [-dir DIR] [-speed N] [-jobs N] [-report DIR] [-alone] FILE...
       sandbox detect [-dir DIR] [-runs N] [-interval DURATION] [-jobs N]
       sandbox fault list | active | inject NAME [PARAMETER=VALUE...] | undo ID... | undo all
       sandbox token [-in DIR] [-user NAME] HOST

  demo   deploy the stack, check the database from all observers, write in one region and read in the other,
         deploy again, lose the primary region, destroy, leave nothing behind
  serve  deploy the stack and stay until Ctrl-C
  rehearse
         live the stack through the disasters that the files describe, each in a sandbox of its own, beside the
         public recipe; -speed 1 to 10 (budgets are judged at 1 only), -jobs how many at a time, -report for JSON,
         JUnit and HTML, -alone without the recipe; exit status 1 when one does not pass
  detect
         lose the primary region -runs times, the observers' phases and the moment drawn by lot, with a probe every
         -interval; shows the distribution of the time until a person is told; -jobs sandboxes at a time
  fault  break and mend the sandbox that "serve" keeps up
  token  print a password for the SQL endpoint HOST of that sandbox, for a quarter of an hour, signed by the account's
         administrator; -user is the database role, admin by default, -in the sandbox's directory if there are several;
         if HOST is the application's name, a token for its API instead
`

// errUsage is a command line that says nothing.
var errUsage = errors.New(usage)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second Ctrl-C ends the process at once; its children end with it.
	context.AfterFunc(ctx, stop)
	err := run(ctx, os.Stdout, os.Args[1:])
	os.Exit(end(os.Stderr, ctx.Err() != nil, err))
}

// end says how a run ended and returns the exit status. To interrupt serve, which has no other end, is no failure.
func end(out io.Writer, interrupted bool, err error) (status int) {
	switch {
	case errors.Is(err, errUsage):
		fmt.Fprint(out, usage)
		return 2
	case interrupted:
		fmt.Fprintln(out, "\ninterrupted; nothing is left behind")
		if err != nil {
			return 130
		}
		return 0
	case err != nil:
		fmt.Fprintln(out, "\nfailed:", err)
		return 1
	default:
		return 0
	}
}

func run(ctx context.Context, out io.Writer, args []string) error {
	if len(args) == 0 {
		return errUsage
	}
	switch args[0] {
	case "rehearse":
		return rehearse(ctx, newPrinter(out), args[1:])
	case "detect":
		return detect(ctx, newPrinter(out), args[1:])
	case "fault":
		return faults(ctx, newPrinter(out), args[1:])
	case "token":
		return token(ctx, out, args[1:])
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	opts := sandbox.Options{}
	flags.StringVar(&opts.Dir, "dir", ".", "")
	command := func(ctx context.Context, p *printer, s *sandbox.Sandbox) error { return demo(ctx, p, s, opts.Dir) }
	if args[0] == "serve" {
		command = func(ctx context.Context, p *printer, s *sandbox.Sandbox) error { return serve(ctx, p, s, opts.Dir) }
		flags.StringVar(&opts.Address, "address", "127.0.0.1:4510", "")
	} else if args[0] != "demo" {
		return errUsage
	}
	if err := flags.Parse(args[1:]); err != nil || flags.NArg() > 0 {
		return errUsage
	}
	return inSandbox(ctx, newPrinter(out), opts, command)
}

// inSandbox runs a command in a sandbox of its own and ends that on every way out.
func inSandbox(
	ctx context.Context, p *printer, opts sandbox.Options, command func(context.Context, *printer, *sandbox.Sandbox) error,
) (err error) {
	done := p.begin("Starting an AWS account with 3 regions on this machine")
	s, err := stack.Start(ctx, opts)
	if err != nil {
		return err
	}
	done("PostgreSQL behind the SQL endpoints, AWS API at " + s.Endpoint)
	defer func() { err = errors.Join(err, s.Close()) }()
	ctx, stop := s.Watch(ctx)
	defer stop()
	err = command(ctx, p, s)
	if cause := context.Cause(ctx); cause != nil && err != nil {
		return errors.Join(cause, err)
	}
	return err
}
