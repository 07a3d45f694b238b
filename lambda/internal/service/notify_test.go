package service_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/internal/service"
)

type invoker func(ctx context.Context, in *lambda.InvokeInput) error

func (i invoker) Invoke(
	ctx context.Context, in *lambda.InvokeInput, _ ...func(*lambda.Options),
) (*lambda.InvokeOutput, error) {
	return &lambda.InvokeOutput{}, i(ctx, in)
}

func TestThePublisherIsInvokedAsynchronouslyWithTheEvent(t *testing.T) {
	var got *lambda.InvokeInput
	notify := service.NotifyPublisher(invoker(func(_ context.Context, in *lambda.InvokeInput) error {
		got = in
		return nil
	}), "publisher")
	require.NoError(t, notify(t.Context(), "e-1"))
	assert.Equal(t, "publisher", *got.FunctionName)
	assert.Equal(t, types.InvocationTypeEvent, got.InvocationType)
	assert.JSONEq(t, `{"ids":["e-1"]}`, string(got.Payload))
}

func TestAClientWaitsASecondAtMostForThePublisher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		notify := service.NotifyPublisher(invoker(func(ctx context.Context, _ *lambda.InvokeInput) error {
			<-ctx.Done()
			return ctx.Err()
		}), "publisher")
		start := time.Now()
		err := notify(t.Context(), "e-1")
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(start))
	})
	notify := service.NotifyPublisher(invoker(func(context.Context,
		*lambda.InvokeInput) error {
		return errors.New("throttled")
	}), "publisher")
	assert.EqualError(t, notify(t.Context(), "e-1"), "invoke publisher: throttled")
}
