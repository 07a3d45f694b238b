// Command traffic takes a region of a deployed stack out of traffic, and returns it, by the health check of one of its
// observers: nothing on AWS's control planes is needed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"aurora-dsql-dr/internal/pulumi"
	"aurora-dsql-dr/internal/reason"
	"aurora-dsql-dr/stacks"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "traffic:", reason.Told(err))
		os.Exit(1)
	}
}

// run does what the arguments say.
func run(ctx context.Context, args []string, out io.Writer) error {
	asked, err := parse(args)
	if err != nil {
		return err
	}
	outputs, err := outputsOf(ctx, asked.stack)
	if err != nil {
		return errors.Join(asked.check(), err)
	}
	event, err := asked.event(outputs, time.Now())
	if err != nil {
		return err
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	functions := functions{
		names: outputs.MonitorFunctionNames,
		in: func(region string) invoker {
			return lambda.NewFromConfig(cfg, func(o *lambda.Options) { o.Region = region })
		},
		limit: patience,
	}
	withdrawal, err := functions.ask(ctx, event, asked.region)
	if err != nil {
		return err
	}
	return asked.tell(out, withdrawal)
}

// outputsOf are the outputs of the stack, which the pulumi on PATH is asked for.
func outputsOf(ctx context.Context, stack string) (stacks.Outputs, error) {
	values, err := pulumi.Outputs(ctx, stack)
	if err != nil {
		return stacks.Outputs{}, err
	}
	return stacks.OutputsOf(values)
}

// parse reads the command line: withdraw or return, then flags.
func parse(args []string) (request, error) {
	var r request
	if len(args) > 0 {
		r.act = args[0]
	}
	if r.act != actWithdraw && r.act != actReturn {
		return r, errors.New(
			"usage: make withdraw STACK=<stack> REGION=<region> FOR=2h REASON=<why>, " +
				"or make return STACK=<stack> REGION=<region>")
	}
	flags := flag.NewFlagSet(r.act, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the error is enough
	flags.StringVar(&r.stack, "stack", "", "")
	flags.StringVar(&r.region, "region", "", "")
	flags.StringVar(&r.by, "by", "", "")
	if r.act == actWithdraw {
		flags.StringVar(&r.lasts, "for", "", "")
		flags.StringVar(&r.reason, "reason", "", "")
	}
	return r, flags.Parse(args[1:])
}
