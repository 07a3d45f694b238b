// Package lambda is Lambda on the AWS face.
package lambda

import (
	_ "embed" // operations.txt
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/s3"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/lambda"
)

//go:embed operations.txt
var operations string

// All are the operations that the service has on AWS.
var All = wire.ReadOperations(operations)

// Operations are those that are modelled.
var Operations = []call.Operation{
	call.On("Invoke", invoke).At("POST", "/2015-03-31/functions/{FunctionName}/invocations",
		wire.RawBody("Payload"),
		wire.StatusIn("StatusCode"),
		qualified,
		wire.InHeader(
			map[string]string{
				"X-Amz-Invocation-Type": "InvocationType",
				"X-Amz-Log-Type":        "LogType",
			},
			map[string]string{
				"X-Amz-Function-Error":   "FunctionError",
				"X-Amz-Log-Result":       "LogResult",
				"X-Amz-Executed-Version": "ExecutedVersion",
			},
		),
	),
	call.On("CreateFunction", create).At("POST", "/2015-03-31/functions", wire.Created()),
	call.On("DeleteFunction", remove).At("DELETE", "/2015-03-31/functions/{FunctionName}", qualified,
		wire.StatusIn("StatusCode")),
	call.On("GetFunction", get).At("GET", "/2015-03-31/functions/{FunctionName}", qualified),
	call.On("ListFunctions", list).At("GET", "/2015-03-31/functions", wire.InQuery(map[string]string{
		"Marker":   "Marker",
		"MaxItems": "MaxItems",
	})),
	call.On("GetAccountSettings", settings).At("GET", "/2016-08-19/account-settings"),
	call.On("GetFunctionConcurrency", concurrency).At("GET", "/2019-09-30/functions/{FunctionName}/concurrency"),
}

var qualified = wire.InQuery(map[string]string{"Qualifier": "Qualifier"})

func invoke(c *call.Call, in *sdk.InvokeInput) (*sdk.InvokeOutput, error) {
	name := aws.ToString(in.FunctionName)
	if err := checkQualifier(name, in.Qualifier); err != nil {
		return nil, err
	}
	switch in.InvocationType {
	case "", types.InvocationTypeRequestResponse:
		result, err := c.Region.Lambda.Invoke(c, c.Caller, name, in.Payload, c.Conditions)
		if err != nil {
			return nil, err
		}
		out := &sdk.InvokeOutput{StatusCode: http.StatusOK, ExecutedVersion: aws.String("$LATEST"), Payload: result.Payload,
			FunctionError: wire.Optional(result.FunctionError)}
		if in.LogType == types.LogTypeTail {
			out.LogResult = aws.String(base64.StdEncoding.EncodeToString(result.LogTail))
		}
		return out, nil
	case types.InvocationTypeEvent:
		_, err := c.Region.Lambda.InvokeEvent(c.Caller, name, in.Payload, c.Conditions)
		return &sdk.InvokeOutput{StatusCode: http.StatusAccepted}, err
	default:
		return nil, awserr.Invalid("InvalidParameterValueException", "InvocationType %s is not modelled by the sandbox; "+
			"want RequestResponse or Event", in.InvocationType)
	}
}

// find finds a function, by its name or its ARN, that the caller may do something with.
func find(c *call.Call, action string, of, qualifier *string) (lambda.Function, error) {
	name := aws.ToString(of)
	if _, suffix, isARN := strings.Cut(name, ":function:"); isARN {
		name = suffix
	}
	if err := c.Authorize("lambda:"+action, c.Region.ARN("lambda", "function:"+name), nil); err != nil {
		return lambda.Function{}, err
	}
	if err := checkQualifier(name, qualifier); err != nil {
		return lambda.Function{}, err
	}
	return c.Region.Lambda.Function(name)
}

func get(c *call.Call, in *sdk.GetFunctionInput) (*sdk.GetFunctionOutput, error) {
	f, err := find(c, "GetFunction", in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	out := &sdk.GetFunctionOutput{Configuration: functionConfiguration(c, f), Tags: f.Tags}
	if len(f.Code) > 0 {
		location, err := s3.Location(c, f)
		if err != nil {
			return nil, err
		}
		out.Code = &types.FunctionCodeLocation{RepositoryType: aws.String("S3"), Location: &location}
	}
	if n := f.ReservedConcurrentExecutions; n != nil && *n >= 0 {
		out.Concurrency = &types.Concurrency{ReservedConcurrentExecutions: wire.Small(*n)}
	}
	return out, nil
}

// checkQualifier knows the unpublished version only.
func checkQualifier(name string, qualifier *string) error {
	if qualifier == nil || *qualifier == "$LATEST" {
		return nil
	}
	return awserr.NotFound(http.StatusNotFound, "ResourceNotFoundException", "Function not found: %s:%s", name, *qualifier)
}

// Pages of functions (API Reference, ListFunctions): more may be asked for, fifty are given.
const (
	functionsPerPage = 50
	maxFunctions     = 10_000
)

func list(c *call.Call, in *sdk.ListFunctionsInput) (*sdk.ListFunctionsOutput, error) {
	if err := c.Authorize("lambda:ListFunctions", "*", nil); err != nil {
		return nil, err
	}
	size, err := wire.Limit(in.MaxItems, functionsPerPage, maxFunctions, "maxItems", "ValidationException")
	if err != nil {
		return nil, err
	}
	functions, next, ok := wire.Page(c.Region.Lambda.Functions(), in.Marker, min(size, functionsPerPage))
	if !ok {
		return nil, awserr.Invalid("InvalidParameterValueException", "The marker is not valid.")
	}
	out := &sdk.ListFunctionsOutput{Functions: []types.FunctionConfiguration{}, NextMarker: next}
	for _, f := range functions {
		out.Functions = append(out.Functions, *functionConfiguration(c, f))
	}
	return out, nil
}

func functionConfiguration(c *call.Call, f lambda.Function) *types.FunctionConfiguration {
	to := &types.FunctionConfiguration{
		FunctionName:     &f.Name,
		FunctionArn:      &f.ARN,
		Role:             &f.Role,
		Handler:          &f.Handler,
		Description:      &f.Description,
		Runtime:          types.Runtime(f.Runtime),
		PackageType:      types.PackageType(f.PackageType),
		Version:          aws.String("$LATEST"),
		Architectures:    []types.Architecture{types.Architecture(f.Architectures[0])},
		CodeSha256:       &f.SourceCodeHash,
		CodeSize:         int64(len(f.Code)),
		MemorySize:       wire.Small(f.MemorySize),
		Timeout:          wire.Small(f.Timeout),
		LastModified:     aws.String(c.Wall(f.LastModified).UTC().Format("2006-01-02T15:04:05.000+0000")),
		State:            types.StateActive,
		LastUpdateStatus: types.LastUpdateStatusSuccessful,
		EphemeralStorage: &types.EphemeralStorage{Size: aws.Int32(512)},
		TracingConfig:    &types.TracingConfigResponse{Mode: types.TracingMode(f.Tracing.Mode)},
		LoggingConfig: &types.LoggingConfig{LogFormat: types.LogFormat(f.Logging.LogFormat), LogGroup: &f.Logging.LogGroup,
			ApplicationLogLevel: types.ApplicationLogLevel(f.Logging.ApplicationLogLevel),
			SystemLogLevel:      types.SystemLogLevel(f.Logging.SystemLogLevel)},
	}
	if f.Environment != nil {
		to.Environment = &types.EnvironmentResponse{Variables: f.Environment.Variables}
	}
	if f.DeadLetter != nil {
		to.DeadLetterConfig = &types.DeadLetterConfig{TargetArn: &f.DeadLetter.TargetARN}
	}
	return to
}
