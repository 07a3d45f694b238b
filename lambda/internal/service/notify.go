package service

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"aurora-dsql-dr/lambda/contract"
)

// notifyLimit is what a client waits for at most, beyond its write.
const notifyLimit = time.Second

// Lambda is the part of the Lambda client that notifying needs.
type Lambda interface {
	Invoke(ctx context.Context, in *lambda.InvokeInput, opts ...func(*lambda.Options)) (*lambda.InvokeOutput, error)
}

// NotifyPublisher returns a Service.Notify that invokes the publisher function asynchronously.
func NotifyPublisher(client Lambda, function string) func(ctx context.Context, eventID string) error {
	return func(ctx context.Context, eventID string) error {
		ctx, cancel := context.WithTimeout(ctx, notifyLimit)
		defer cancel()
		payload, err := json.Marshal(contract.PublishEvent{IDs: []string{eventID}})
		if err != nil {
			return err
		}
		if _, err := client.Invoke(ctx, &lambda.InvokeInput{
			FunctionName:   aws.String(function),
			InvocationType: types.InvocationTypeEvent,
			Payload:        payload,
		}); err != nil {
			return fmt.Errorf("invoke %s: %w", function, err)
		}
		return nil
	}
}
