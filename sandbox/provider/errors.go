package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

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

// global is the service of resources that live in no region: the loss of one does not stop them.
const global = ""

// SDK retries: terraform-provider-aws's default number, and the backoff between two attempts.
const (
	defaultRetries = 25
	firstBackoff   = 100 * time.Millisecond
	longestBackoff = 2 * time.Second
)

// retrying calls a service like the AWS SDK: an unavailable service, or region, is tried again a bounded number of
// times (the provider's maxRetries) with growing pauses.
func retrying(ctx context.Context, region *Region, service string, c config, do func() error) error {
	retries := defaultRetries
	if c.MaxRetries != nil {
		retries = *c.MaxRetries
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
		if attempt > retries {
			return fmt.Errorf("operation error %s in %s, exceeded maximum number of attempts, %d: %w",
				strings.ToUpper(service), region.Env.Name, attempt, err)
		}
		if err := region.Env.Clock.Sleep(ctx, backoff); err != nil {
			return err
		}
		backoff = min(2*backoff, longestBackoff)
	}
}

func available(region *Region, service string) error {
	if service == global {
		return nil
	}
	return region.Env.Available(service)
}
