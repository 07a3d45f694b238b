package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"aurora-dsql-dr/internal/reason"
	"aurora-dsql-dr/lambda/contract"
)

// patience is how long one observer is waited for: the function tries both endpoints and tells people.
const patience = 30 * time.Second

// invoker is the part of the Lambda client that asking needs.
type invoker interface {
	Invoke(ctx context.Context, in *lambda.InvokeInput, opts ...func(*lambda.Options)) (*lambda.InvokeOutput, error)
}

// functions are the health checks of a stack.
type functions struct {
	names map[string]string // by region
	in    func(region string) invoker
	limit time.Duration
}

// ask asks one observer after the other until one has done it, or has refused it, which the next would too. The one in
// the region that it is about is asked last: it may be the reason.
func (f functions) ask(ctx context.Context, event contract.CheckEvent, about string) (contract.Withdrawal, error) {
	payload, err := json.Marshal(event)
	if err != nil {
		return contract.Withdrawal{}, err
	}
	var failures []error
	regions := f.order(about)
	for _, region := range regions {
		withdrawal, err := f.invoke(ctx, region, payload)
		var refused contract.Refusal
		if err == nil || errors.As(err, &refused) {
			return withdrawal, err
		}
		failures = append(failures, err)
	}
	return contract.Withdrawal{}, nobody(regions, failures)
}

// nobody is why none of the regions' observers could be asked; what is the same for all is told once.
func nobody(regions []string, failures []error) error {
	same := !slices.ContainsFunc(failures, func(err error) bool { return reason.Told(err) != reason.Told(failures[0]) })
	if len(failures) > 1 && same {
		return fmt.Errorf("no observer could be asked, in %s: %w", strings.Join(regions, ", "), failures[0])
	}
	for i, region := range regions {
		failures[i] = fmt.Errorf("the observer in %s: %w", region, failures[i])
	}
	return fmt.Errorf("no observer could be asked:\n%w", errors.Join(failures...))
}

func (f functions) order(last string) []string {
	regions := slices.Sorted(maps.Keys(f.names))
	slices.SortStableFunc(regions, func(a, b string) int {
		switch last {
		case a:
			return 1
		case b:
			return -1
		default:
			return strings.Compare(a, b)
		}
	})
	return regions
}

func (f functions) invoke(ctx context.Context, region string, payload []byte) (contract.Withdrawal, error) {
	ctx, cancel := context.WithTimeout(ctx, f.limit)
	defer cancel()
	out, err := f.in(region).Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(f.names[region]), Payload: payload})
	if err != nil {
		return contract.Withdrawal{}, err
	}
	if out.FunctionError != nil {
		return contract.Withdrawal{}, failure(out.Payload)
	}
	var report contract.HealthReport
	switch err := json.Unmarshal(out.Payload, &report); {
	case err == nil && report.Refused != "":
		return contract.Withdrawal{}, contract.Refusal{Reason: report.Refused}
	case err != nil || report.Withdrawal == nil:
		return contract.Withdrawal{}, fmt.Errorf("it answered %s: want a withdrawal; is it of an earlier version?",
			out.Payload)
	}
	return *report.Withdrawal, nil
}

// failure is a function's error as Lambda gives it.
func failure(payload []byte) error {
	var told struct{ ErrorMessage string }
	if json.Unmarshal(payload, &told) != nil {
		return errors.New(string(payload))
	}
	return errors.New(told.ErrorMessage)
}
