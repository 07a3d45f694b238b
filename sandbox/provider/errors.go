package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/awserr"
)

// errCancelled is why an operation ended when the engine has sent Cancel.
var errCancelled = errors.New("the operation was cancelled")

// failed is an operation's error with the resource's name, as terraform-provider-aws words it: "creating SNS Topic
// (alerts): …".
func failed(verb string, k *kind, name string, err error) error {
	return fmt.Errorf("%s %s (%s): %w", verb, k.title, name, err)
}

// gone is the error of a resource that the real provider takes for deleted.
func gone(format string, args ...any) error {
	return awserr.NotFound(http.StatusNotFound, "NotFoundException", format, args...)
}

// isNotFound reports whether the resource does not exist.
func isNotFound(err error) bool { return errors.Is(err, awserr.ErrNotFound) }

// nobody is the service of an answer that the provider knows by itself.
const nobody = ""

// globalServices are those whose API, with everything that is read or changed through it, is in aws.GlobalHome.
var globalServices = []string{"iam", "route53"}

// home is the region whose service does an operation.
func (p *awsProvider) home(service, name string) (*aws.Region, error) {
	if r := p.opts.Account.Region(aws.GlobalHome); r != nil && slices.Contains(globalServices, service) {
		return r, nil
	}
	return p.region(name)
}

// SDK retries: terraform-provider-aws's default number of attempts, and the backoff between two.
const (
	defaultAttempts = 25
	firstBackoff    = 100 * time.Millisecond
	longestBackoff  = 2 * time.Second
)

// retrying calls a service like the AWS SDK: an unavailable service, or region, is tried a bounded number of
// times with growing pauses. The provider's maxRetries is that number: it becomes the SDK's RetryMaxAttempts.
func retrying(ctx context.Context, region *aws.Region, service string, c config, do func() error) error {
	attempts := defaultAttempts
	if c.MaxRetries != nil {
		attempts = *c.MaxRetries
	}
	backoff := firstBackoff
	for attempt := 1; ; attempt++ {
		err := available(region, service)
		if err == nil {
			err = do()
		}
		if !errors.Is(err, awserr.ErrUnavailable) {
			return err
		}
		if attempt >= attempts {
			return fmt.Errorf("operation error %s in %s, exceeded maximum number of attempts, %d: %w",
				strings.ToUpper(service), region.Env.Name, attempt, err)
		}
		if err := region.Env.Clock.Sleep(ctx, backoff); err != nil {
			return err
		}
		backoff = min(2*backoff, longestBackoff)
	}
}

func available(region *aws.Region, service string) error {
	if service == nobody {
		return nil
	}
	return region.Env.Available(service)
}
