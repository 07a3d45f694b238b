package lambda

import (
	"maps"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/lambda"
)

func create(c *call.Call, in *sdk.CreateFunctionInput) (*sdk.CreateFunctionOutput, error) {
	name := aws.ToString(in.FunctionName)
	if err := c.Authorize("lambda:CreateFunction", c.Region.ARN("lambda", "function:"+name), nil); err != nil {
		return nil, err
	}
	passed := iam.Context{"iam:PassedToService": "lambda.amazonaws.com"}
	if err := c.Authorize("iam:PassRole", aws.ToString(in.Role), passed); err != nil {
		return nil, err
	}
	if err := notModelled(in); err != nil {
		return nil, err
	}
	made, err := c.Region.Lambda.CreateFunction(asked(in))
	if err != nil {
		return nil, err
	}
	f := functionConfiguration(c, made)
	return &sdk.CreateFunctionOutput{
		FunctionName:     f.FunctionName,
		FunctionArn:      f.FunctionArn,
		Role:             f.Role,
		Handler:          f.Handler,
		Description:      f.Description,
		Runtime:          f.Runtime,
		PackageType:      f.PackageType,
		Version:          f.Version,
		Architectures:    f.Architectures,
		CodeSha256:       f.CodeSha256,
		CodeSize:         f.CodeSize,
		MemorySize:       f.MemorySize,
		Timeout:          f.Timeout,
		LastModified:     f.LastModified,
		State:            f.State,
		LastUpdateStatus: f.LastUpdateStatus,
		TracingConfig:    f.TracingConfig,
		LoggingConfig:    f.LoggingConfig,
		Environment:      f.Environment,
		DeadLetterConfig: f.DeadLetterConfig,
	}, nil
}

// notModelled refuses what is asked for and not modelled, by its name.
func notModelled(in *sdk.CreateFunctionInput) error {
	code := in.Code
	if code == nil {
		code = &types.FunctionCode{}
	}
	given := map[string]bool{
		"CapacityProviderConfig": in.CapacityProviderConfig != nil,
		"Code.ImageUri":          code.ImageUri != nil,
		"Code.S3Bucket":          code.S3Bucket != nil,
		"CodeSigningConfigArn":   in.CodeSigningConfigArn != nil,
		"DurableConfig":          in.DurableConfig != nil,
		"EphemeralStorage":       in.EphemeralStorage != nil,
		"FileSystemConfigs":      len(in.FileSystemConfigs) > 0,
		"ImageConfig":            in.ImageConfig != nil,
		"KMSKeyArn":              in.KMSKeyArn != nil,
		"Layers":                 len(in.Layers) > 0,
		"Publish":                in.Publish,
		"PublishTo":              in.PublishTo != "",
		"RuntimeConfig":          in.RuntimeConfig != nil,
		"SnapStart":              in.SnapStart != nil,
		"TenancyConfig":          in.TenancyConfig != nil,
		"VpcConfig":              in.VpcConfig != nil,
	}
	for _, member := range slices.Sorted(maps.Keys(given)) {
		if given[member] {
			return wire.NotImplemented("lambda: %s of CreateFunction is not modelled by the sandbox", member)
		}
	}
	return nil
}

func asked(in *sdk.CreateFunctionInput) lambda.Function {
	f := lambda.Function{
		Name:        aws.ToString(in.FunctionName),
		Description: aws.ToString(in.Description),
		Role:        aws.ToString(in.Role),
		PackageType: string(in.PackageType),
		Runtime:     string(in.Runtime),
		Handler:     aws.ToString(in.Handler),
		MemorySize:  int(aws.ToInt32(in.MemorySize)),
		Timeout:     int(aws.ToInt32(in.Timeout)),
		Tags:        in.Tags,
	}
	for _, a := range in.Architectures {
		f.Architectures = append(f.Architectures, string(a))
	}
	if in.Code != nil {
		f.Code = in.Code.ZipFile
	}
	if in.Environment != nil {
		f.Environment = &lambda.Environment{Variables: in.Environment.Variables}
	}
	if in.DeadLetterConfig != nil {
		f.DeadLetter = &lambda.DeadLetterConfig{TargetARN: aws.ToString(in.DeadLetterConfig.TargetArn)}
	}
	if l := in.LoggingConfig; l != nil {
		f.Logging = &lambda.LoggingConfig{
			LogFormat:           string(l.LogFormat),
			LogGroup:            aws.ToString(l.LogGroup),
			ApplicationLogLevel: string(l.ApplicationLogLevel),
			SystemLogLevel:      string(l.SystemLogLevel),
		}
	}
	if in.TracingConfig != nil {
		f.Tracing = &lambda.TracingConfig{Mode: string(in.TracingConfig.Mode)}
	}
	return f
}

func remove(c *call.Call, in *sdk.DeleteFunctionInput) (*sdk.DeleteFunctionOutput, error) {
	name := aws.ToString(in.FunctionName)
	if err := c.Authorize("lambda:DeleteFunction", c.Region.ARN("lambda", "function:"+name), nil); err != nil {
		return nil, err
	}
	if err := checkQualifier(name, in.Qualifier); err != nil {
		return nil, err
	}
	return &sdk.DeleteFunctionOutput{StatusCode: http.StatusNoContent}, c.Region.Lambda.DeleteFunction(name)
}
