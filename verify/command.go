// Package verify asks an AWS account whether what the pages of docs claim about AWS is so. docs/verify-aws.md says how.
package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"aurora-dsql-dr/internal/input"
	"aurora-dsql-dr/internal/reason"
	"aurora-dsql-dr/verify/claims"
)

// Exit codes.
const (
	nothingDiffers = 0
	somethingIs    = 1 // different, left behind, not written down, or cut short
	badInput       = 2
)

// Command is where the command runs. The fields up to Interval are required.
type Command struct {
	// Dir is the project's directory, which has docs and build.
	Dir      string
	Env      func(string) string
	Out, Err io.Writer
	// Interval is the time between two looks at something that changes.
	Interval time.Duration
	// Revision is what the program was built from.
	Revision string
	// Load is how the SDK is configured otherwise; nil for in no other way.
	Load []func(*config.LoadOptions) error
}

// Run does what the arguments say, and returns the exit code.
func (c Command) Run(ctx context.Context, args []string) int {
	asked, err := parse(args, c.Env)
	var who *caller
	if !errors.Is(err, errInCI) {
		var problem error
		who, problem = c.identify(ctx, asked)
		err = errors.Join(err, problem)
	}
	if err != nil {
		fmt.Fprintf(c.Err, "verify-aws: %s\n", reason.Told(err))
		return badInput
	}
	return c.verify(ctx, asked, who)
}

// attempts are how often a throttled call is made, with pauses of up to 20 seconds: Route 53 takes five calls a second.
const attempts = 8

// patient repeats what is throttled. LimitExceededException is for some services a throttle, and for those that claims
// are about an answer.
func patient() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = attempts
		limit := retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
			if refused, ok := errors.AsType[smithy.APIError](err); ok && refused.ErrorCode() == "LimitExceededException" {
				return aws.FalseTernary
			}
			return aws.UnknownTernary
		})
		o.Retryables = append([]retry.IsErrorRetryable{limit}, o.Retryables...)
	})
}

// caller is who the credentials are, and the configuration that has them.
type caller struct {
	config       aws.Config
	account, arn string
}

// identify asks STS who calls, and refuses an account that was not confirmed.
func (c Command) identify(ctx context.Context, asked settings) (*caller, error) {
	region := asked.regions[0]
	if region == "" {
		region = "us-east-1"
	}
	load := append([]func(*config.LoadOptions) error{config.WithRegion(region), config.WithRetryer(patient)}, c.Load...)
	loaded, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return nil, err
	}
	out, err := sts.NewFromConfig(loaded).GetCallerIdentity(ctx, nil)
	if err != nil {
		return nil, err
	}
	who := &caller{config: loaded, account: aws.ToString(out.Account), arn: aws.ToString(out.Arn)}
	if accountForm.MatchString(asked.confirm) && asked.confirm != who.account {
		return nil, input.Refusal("CONFIRM", asked.confirm, who.account+", the account of "+who.arn)
	}
	return who, nil
}

// verify asks the claims, and cleans up whatever happens.
func (c Command) verify(ctx context.Context, asked settings, who *caller) int {
	began := time.Now().UTC()
	run := claims.New(claims.Options{
		Config:   who.config,
		Account:  who.account,
		Regions:  asked.regions,
		SQL:      func(region string) string { return asked.sql[region] },
		Docs:     os.DirFS(filepath.Join(c.Dir, "docs")),
		Say:      c.say,
		Interval: c.Interval,
	}, began)
	c.announce(run, asked, who)
	limit := claims.Longest - claims.CleaningLimit
	limited, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("the run has lasted %s", limit))
	defer cancel()
	c.say("Looking for what earlier runs have left")
	if err := run.Sweep(limited, began); err != nil {
		c.say("  could not look everywhere: %v", err)
	}
	findings := c.ask(limited, run, asked)
	c.say("Cleaning up, for at most %s", claims.CleaningLimit)
	left := run.Clean(context.WithoutCancel(ctx))
	for _, sentence := range left {
		c.say("  LEFT BEHIND %s", sentence)
	}
	r := report{
		Date:     began,
		Run:      run.ID,
		Account:  who.account,
		Caller:   who.arn,
		Regions:  asked.regions[:],
		SDK:      aws.SDKVersion,
		Revision: c.Revision,
		Left:     left,
	}
	code := c.conclude(r.with(findings))
	if limited.Err() != nil {
		c.say("It was cut short: %v", context.Cause(limited))
		code = somethingIs
	}
	return code
}

func (c Command) ask(ctx context.Context, run *claims.Run, asked settings) (findings []claims.Finding) {
	for i, claim := range asked.asked {
		var found claims.Finding
		if claim.Clusters() && !asked.clusters {
			found = claims.Finding{Claim: claim, Verdict: claims.NotAsked, Unasked: []string{"CLUSTERS=no"}}
		} else {
			found = run.Ask(ctx, claim)
		}
		c.say("%3d/%d  %-28s %s", i+1, len(asked.asked), claim.ID, found.Verdict)
		for _, sentence := range found.Differs {
			c.say("          %s", sentence)
		}
		for _, sentence := range found.Unasked {
			c.say("          %s", sentence)
		}
		findings = append(findings, found)
	}
	return findings
}

// conclude writes the report and says how it ended.
func (c Command) conclude(r report) int {
	path, err := r.save(filepath.Join(c.Dir, "build", "verify-aws"))
	if err != nil {
		fmt.Fprintf(c.Err, "verify-aws: %v\n", err)
		return somethingIs
	}
	c.say("%s\n%s", r.summary(), path)
	if r.count(claims.Differs) > 0 || len(r.Left) > 0 {
		return somethingIs
	}
	return nothingDiffers
}

func (c Command) say(format string, values ...any) { fmt.Fprintf(c.Out, format+"\n", values...) }
