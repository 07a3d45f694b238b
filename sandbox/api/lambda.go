package api

import (
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/lambda"
)

var lambdaOperations = []operation{
	on("Invoke", invoke).at("POST", "/2015-03-31/functions/{FunctionName}/invocations", rawBody("Payload"), statusIn("StatusCode"),
		inHeader(map[string]string{"X-Amz-Invocation-Type": "InvocationType", "X-Amz-Log-Type": "LogType"},
			map[string]string{"X-Amz-Function-Error": "FunctionError", "X-Amz-Log-Result": "LogResult", "X-Amz-Executed-Version": "ExecutedVersion"})),
	on("GetFunction", getFunction).at("GET", "/2015-03-31/functions/{FunctionName}"),
}

func invoke(c *Call, in *sdk.InvokeInput) (*sdk.InvokeOutput, error) {
	name := aws.ToString(in.FunctionName)
	switch in.InvocationType {
	case "", types.InvocationTypeRequestResponse:
		result, err := c.services.Lambda.Invoke(c, c.Caller, name, in.Payload, c.Conditions)
		if err != nil {
			return nil, err
		}
		out := &sdk.InvokeOutput{StatusCode: http.StatusOK, ExecutedVersion: aws.String("$LATEST"), Payload: result.Payload,
			FunctionError: optional(result.FunctionError)}
		if in.LogType == types.LogTypeTail {
			out.LogResult = aws.String(base64.StdEncoding.EncodeToString(result.LogTail))
		}
		return out, nil
	case types.InvocationTypeEvent:
		_, err := c.services.Lambda.InvokeEvent(c.Caller, name, in.Payload, c.Conditions)
		return &sdk.InvokeOutput{StatusCode: http.StatusAccepted}, err
	default:
		return nil, awserr.Invalid("InvalidParameterValueException", "InvocationType %s is not modelled by the sandbox; "+
			"accepted are RequestResponse and Event", in.InvocationType)
	}
}

func getFunction(c *Call, in *sdk.GetFunctionInput) (*sdk.GetFunctionOutput, error) {
	name := aws.ToString(in.FunctionName)
	if _, suffix, isARN := strings.Cut(name, ":function:"); isARN {
		name = suffix
	}
	if err := c.Authorize("lambda:GetFunction", c.services.Env.ARN("lambda", "function:"+name), nil); err != nil {
		return nil, err
	}
	f, err := c.services.Lambda.Function(name)
	if err != nil {
		return nil, err
	}
	out := &sdk.GetFunctionOutput{Configuration: functionConfiguration(f), Tags: f.Tags}
	if n := f.ReservedConcurrentExecutions; n != nil && *n >= 0 {
		out.Concurrency = &types.Concurrency{ReservedConcurrentExecutions: small(*n)}
	}
	return out, nil
}

func functionConfiguration(f lambda.Function) *types.FunctionConfiguration {
	c := &types.FunctionConfiguration{
		FunctionName: &f.Name, FunctionArn: &f.ARN, Role: &f.Role, Handler: &f.Handler, Description: &f.Description,
		Runtime: types.Runtime(f.Runtime), PackageType: types.PackageType(f.PackageType), Version: aws.String("$LATEST"),
		Architectures: []types.Architecture{types.Architecture(f.Architectures[0])}, CodeSha256: &f.SourceCodeHash,
		CodeSize: int64(len(f.Code)), MemorySize: small(f.MemorySize), Timeout: small(f.Timeout),
		LastModified: aws.String(f.LastModified.Format("2006-01-02T15:04:05.000+0000")), State: types.StateActive,
		LastUpdateStatus: types.LastUpdateStatusSuccessful,
		TracingConfig:    &types.TracingConfigResponse{Mode: types.TracingMode(f.Tracing.Mode)},
		LoggingConfig: &types.LoggingConfig{LogFormat: types.LogFormat(f.Logging.LogFormat), LogGroup: &f.Logging.LogGroup,
			ApplicationLogLevel: types.ApplicationLogLevel(f.Logging.ApplicationLogLevel),
			SystemLogLevel:      types.SystemLogLevel(f.Logging.SystemLogLevel)},
	}
	if f.Environment != nil {
		c.Environment = &types.EnvironmentResponse{Variables: f.Environment.Variables}
	}
	if f.DeadLetter != nil {
		c.DeadLetterConfig = &types.DeadLetterConfig{TargetArn: &f.DeadLetter.TargetARN}
	}
	return c
}

// small is one of Lambda's small quantities, validated when the function was created.
func small(n int) *int32 {
	return aws.Int32(int32(n)) //nolint:gosec // a thousand times smaller than an int32
}
