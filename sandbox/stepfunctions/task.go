package stepfunctions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/stepfunctions/asl"
)

// task tries a Task until it succeeds or no Retrier is left for its failure, which a Catcher may lead elsewhere.
func (v *visit) task(ctx context.Context) (next string, output any, err error) {
	tries := make([]int, len(v.state.Retry))
	for retries := 0; ; retries++ {
		output, err = v.attempt(ctx, retries)
		var failure *asl.Failure
		if !errors.As(err, &failure) {
			return v.state.Next, output, err
		}
		i := v.state.Retrier(failure)
		if i < 0 || tries[i] >= v.state.Retry[i].MaxAttempts {
			return v.caught(failure)
		}
		tries[i]++
		pause := v.state.Retry[i].Pause(tries[i], rand.Float64()) //nolint:gosec // jitter is no secret
		if err := v.s.sleep(ctx, v.s.env.Now().Add(pause)); err != nil {
			return "", nil, err
		}
	}
}

// caught is where a failure leads: out of the execution, if nothing catches it.
func (v *visit) caught(failure *asl.Failure) (next string, output any, err error) {
	next, output, err = v.state.Caught(failure, v.input)
	switch {
	case err != nil:
		return "", nil, v.failed(err)
	case next == "":
		return "", nil, failure
	default:
		return next, output, nil
	}
}

// Words of the events of tasks, all of which are of Lambda's optimized integration.
const (
	TaskResource = "invoke"
	TaskType     = "lambda"
)

// attempt runs the task once and returns the state's output.
func (v *visit) attempt(ctx context.Context, retries int) (any, error) {
	scope := v.scope()
	scope.Context.(map[string]any)["State"].(map[string]any)["RetryCount"] = number(retries)
	parameters, err := v.state.Input(scope)
	if err != nil {
		return nil, v.failed(err)
	}
	timeout := time.Duration(0)
	if v.state.Timeout != nil {
		if timeout, err = v.state.Timeout.Of(scope); err != nil {
			return nil, v.failed(err)
		}
	}
	result, err := v.invocation(ctx, parameters, timeout)
	if err != nil {
		return nil, err
	}
	output, err := v.state.Output(scope, result)
	return output, v.failed(err)
}

// errTaskTimedOut is why a task's context ends.
var errTaskTimedOut = errors.New("the task has timed out")

// invocation invokes the function and records how that went.
func (v *visit) invocation(ctx context.Context, parameters any, timeout time.Duration) (any, error) {
	scheduled := Details{Parameters: asl.Encode(parameters), Timeout: int64(timeout.Seconds())}
	if _, err := v.s.record(v.e, "TaskScheduled", scheduled); err != nil {
		return nil, err
	}
	if _, err := v.s.record(v.e, "TaskStarted", Details{}); err != nil {
		return nil, err
	}
	limited, cancel := ctx, context.CancelFunc(func() {})
	if timeout > 0 {
		limited, cancel = context.WithTimeoutCause(ctx, v.s.env.Clock.Wall(timeout), errTaskTimedOut)
	}
	defer cancel()
	result, err := v.invoke(limited, parameters)
	if err := v.s.standBy(ctx); err != nil {
		return nil, err
	}
	var failure *asl.Failure
	switch {
	case err == nil:
		_, err = v.s.record(v.e, "TaskSucceeded", Details{Output: asl.Encode(result)})
		return result, err
	case errors.Is(err, errTaskTimedOut):
		failure = &asl.Failure{Name: asl.Timeout}
		_, err = v.s.record(v.e, "TaskTimedOut", Details{Error: failure.Name})
	case errors.As(err, &failure):
		_, err = v.s.record(v.e, "TaskFailed", Details{Error: failure.Name, Cause: failure.Cause})
	}
	if err != nil {
		return nil, err
	}
	return nil, failure
}

// invoke invokes the function that the parameters name, with the permissions of the machine's role, and returns what
// the optimized integration makes of the answer (Developer Guide, "Invoke an AWS Lambda function with Step Functions").
func (v *visit) invoke(ctx context.Context, parameters any) (any, error) {
	fields, _ := parameters.(map[string]any) // of a template
	name, ok := fields["FunctionName"].(string)
	if !ok {
		return nil, v.failed(&asl.Failure{Name: asl.Runtime, Cause: "The field 'FunctionName' is not a string."})
	}
	payload := []byte("{}")
	if given, ok := fields["Payload"]; ok {
		payload = []byte(asl.Encode(given))
	}
	if err := v.s.reachable(name); err != nil {
		return nil, serviceFailure(err)
	}
	role, err := v.s.act(v.e.machine.Machine, v.e.Name)
	if err != nil {
		return nil, &asl.Failure{Name: asl.Permissions, Cause: err.Error()}
	}
	result, err := v.s.deps.Lambda.Invoke(ctx, role, name, payload, nil)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, serviceFailure(err)
	case result.FunctionError != "":
		return nil, functionFailure(result.Payload)
	case len(result.Payload) > maxData:
		return nil, tooLarge(TaskType)
	default:
		return integrated(result), nil
	}
}

// reachable refuses functions of other regions, as Lambda does.
func (s *Service) reachable(name string) error {
	parts := strings.Split(name, ":")
	if len(parts) < 7 || parts[3] == s.env.Name {
		return nil
	}
	return awserr.NotFound(404, "ResourceNotFoundException", "Functions from '%s' are not reachable in this region ('%s')",
		parts[3], s.env.Name)
}

// lambdaErrors are the errors of Lambda's API that Step Functions calls by their names; any other is an
// AWSLambdaException.
var lambdaErrors = []string{
	"InvalidParameterValueException", "InvalidRequestContentException", "RequestTooLargeException",
	"ResourceNotFoundException", "ServiceException", "TooManyRequestsException",
}

// serviceFailure is the failure of a task whose function could not be invoked.
func serviceFailure(err error) *asl.Failure {
	known := &awserr.Error{Code: "ServiceException", Message: err.Error(), Status: 500}
	_ = errors.As(err, &known)
	name := "Lambda.AWSLambdaException"
	if slices.Contains(lambdaErrors, known.Code) {
		name = "Lambda." + known.Code
	}
	code := known.Code
	if code == "AccessDenied" {
		code = "AccessDeniedException"
	}
	return &asl.Failure{Name: name, Cause: fmt.Sprintf("%s (Service: AWSLambda; Status Code: %d; Error Code: %s; Request "+
		"ID: %s; Proxy: null)", known.Message, known.Status, code, uuid.NewString())}
}

// functionFailure is the failure of a task whose function has failed: the error's type is its name.
func functionFailure(payload []byte) *asl.Failure {
	var failed struct {
		Type string `json:"errorType"`
	}
	if err := json.Unmarshal(payload, &failed); err != nil || failed.Type == "" {
		return &asl.Failure{Name: "Lambda.Unknown", Cause: "The cause could not be determined because Lambda did not " +
			"return an error type. Returned payload: " + string(payload)}
	}
	return &asl.Failure{Name: failed.Type, Cause: string(payload)}
}

// number is a number as data have it.
func number(n int) json.Number { return json.Number(strconv.Itoa(n)) }

// integrated is an answer of Lambda's as the optimized integration gives it: with the payload as JSON.
func integrated(result lambda.Result) any {
	payload, err := asl.Decode(result.Payload)
	if err != nil {
		payload = string(result.Payload)
	}
	const version = "$LATEST"
	headers, all := map[string]any{}, map[string]any{}
	for name, value := range map[string]string{
		"Content-Length":         strconv.Itoa(len(result.Payload)),
		"Content-Type":           "application/json",
		"X-Amz-Executed-Version": version,
		"x-amzn-RequestId":       result.RequestID,
	} {
		headers[name], all[name] = value, []any{value}
	}
	return map[string]any{
		"ExecutedVersion":     version,
		"Payload":             payload,
		"SdkHttpMetadata":     map[string]any{"AllHttpHeaders": all, "HttpHeaders": headers, "HttpStatusCode": number(200)},
		"SdkResponseMetadata": map[string]any{"RequestId": result.RequestID},
		"StatusCode":          number(200),
	}
}
