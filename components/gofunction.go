package components

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components/internal/part"
	"aurora-dsql-dr/components/internal/policy"
)

// GoFunctionArgs configures a GoFunction.
type GoFunctionArgs struct {
	// Region of the function. Required.
	Region Region
	// Packages hold the binaries, and Function is the name of one of them. Required.
	Packages *Packages
	Function string
	// Description says what it does, for the console. Required.
	Description string
	// MemoryMB is the memory in MiB, which also sets the share of CPU. Required.
	MemoryMB int
	// TimeoutSeconds ends a run. Required.
	TimeoutSeconds int
	// LogRetentionDays is one of the retentions CloudWatch Logs accepts. Required.
	LogRetentionDays int
	// ReservedConcurrency is the number of runs at a time. Optional; 0 leaves it to the account's pool.
	ReservedConcurrency int
	// Tracing records runs with X-Ray. Optional; defaults to off.
	Tracing bool
	// Asynchronous are the terms of runs that nobody waits for. Optional; nil for a function that is only called and
	// waited for.
	Asynchronous *AsynchronousTerms
	// Environment of the function. Optional.
	Environment pulumi.StringMap
	// Access is the identity policy of what the function does. Required; logging and tracing are added to it.
	Access pulumi.StringInput
}

// AsynchronousTerms bound an asynchronous run. What fails or comes too late ends in a dead-letter queue of the
// function's own, with the reason.
type AsynchronousTerms struct {
	// Retries after a failed run, 0 to 2.
	Retries int
	// MaximumAgeSeconds is how old an event may be when its run starts, 60 to 21,600.
	MaximumAgeSeconds int
}

// GoFunction is a Lambda function of this repository with a role and a log group of its own.
type GoFunction struct {
	pulumi.ResourceState

	// Function is the Lambda function; it depends on its policies, so that whoever depends on it can invoke it.
	Function *lambda.Function
	// Role is the function's execution role.
	Role *iam.Role
	// DeadLetters holds the asynchronous runs that came to nothing; nil without AsynchronousTerms.
	DeadLetters *sqs.Queue
	// CodeHash changes when the code does.
	CodeHash string

	region Region
}

// NewGoFunction packages the binary and creates log group, role, policies and function.
func NewGoFunction(
	ctx *pulumi.Context, name string, args *GoFunctionArgs, opts ...pulumi.ResourceOption,
) (*GoFunction, error) {
	f := &GoFunction{}
	if err := part.Open(ctx, "GoFunction", name, f, args.validate(), opts); err != nil {
		return nil, err
	}
	f.region = args.Region
	zip := args.Packages.zips[args.Function]
	f.CodeHash = zip.OutputBase64sha256
	// Auto-named and handed to the function: a group named after the function would have to know its name before it
	// exists.
	logs, err := cloudwatch.NewLogGroup(ctx, name+"-logs",
		&cloudwatch.LogGroupArgs{RetentionInDays: pulumi.Int(args.LogRetentionDays)}, args.Region.Child(f)...)
	if err != nil {
		return nil, err
	}
	if args.Asynchronous != nil {
		if f.DeadLetters, err = longLivedQueue(ctx, name+"-dead-letters", f, args.Region); err != nil {
			return nil, err
		}
	}
	policies, err := f.role(ctx, name, args, logs)
	if err != nil {
		return nil, err
	}
	function := &lambda.FunctionArgs{
		Description:    pulumi.String(args.Description),
		Role:           f.Role.Arn,
		Runtime:        pulumi.String("provided.al2023"),
		Handler:        pulumi.String("bootstrap"),
		Architectures:  pulumi.StringArray{pulumi.String(args.Packages.Architecture)},
		Code:           pulumi.NewFileArchive(zip.OutputPath),
		SourceCodeHash: pulumi.String(zip.OutputBase64sha256),
		MemorySize:     pulumi.Int(args.MemoryMB),
		Timeout:        pulumi.Int(args.TimeoutSeconds),
		Environment:    lambda.FunctionEnvironmentArgs{Variables: args.Environment},
		LoggingConfig:  lambda.FunctionLoggingConfigArgs{LogFormat: pulumi.String("JSON"), LogGroup: logs.Name},
		TracingConfig:  lambda.FunctionTracingConfigArgs{Mode: pulumi.String(tracingMode(args.Tracing))},
	}
	if args.ReservedConcurrency > 0 {
		function.ReservedConcurrentExecutions = pulumi.Int(args.ReservedConcurrency)
	}
	if f.Function, err = lambda.NewFunction(ctx, name, function,
		args.Region.Child(f, pulumi.DependsOn(policies))...); err != nil {
		return nil, err
	}
	if args.Asynchronous != nil {
		if err := f.onTerms(ctx, name, args.Region, *args.Asynchronous); err != nil {
			return nil, err
		}
	}
	return f, ctx.RegisterResourceOutputs(f, pulumi.Map{"functionName": f.Function.Name, "roleArn": f.Role.Arn})
}

func (a *GoFunctionArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	problems := []error{part.Required(a.Region.Required("Region"), map[string]bool{
		"Description":      a.Description != "",
		"MemoryMB":         a.MemoryMB > 0,
		"TimeoutSeconds":   a.TimeoutSeconds > 0,
		"LogRetentionDays": a.LogRetentionDays > 0,
		"Access":           a.Access != nil,
	})}
	if !a.Packages.has(a.Function) {
		problems = append(problems, fmt.Errorf("Function is %q: want one of Packages", a.Function))
	}
	return errors.Join(problems...)
}

func tracingMode(on bool) string {
	if on {
		return "Active"
	}
	return "PassThrough"
}

// role creates the execution role and its two policies: what every function does, and what this one does.
func (f *GoFunction) role(
	ctx *pulumi.Context, name string, args *GoFunctionArgs, logs *cloudwatch.LogGroup,
) ([]pulumi.Resource, error) {
	trust, err := policy.AssumedBy("lambda.amazonaws.com")
	if err != nil {
		return nil, err
	}
	if f.Role, err = iam.NewRole(ctx, name+"-role", &iam.RoleArgs{
		Description:      pulumi.String(args.Description),
		AssumeRolePolicy: pulumi.String(trust),
	}, args.Region.Child(f)...); err != nil {
		return nil, err
	}
	deadLetters := pulumi.String("").ToStringOutput()
	if f.DeadLetters != nil {
		deadLetters = f.DeadLetters.Arn
	}
	telemetry, err := iam.NewRolePolicy(ctx, name+"-telemetry", &iam.RolePolicyArgs{
		Role: f.Role.ID(),
		Policy: pulumi.All(logs.Arn, deadLetters).ApplyT(func(v []any) (string, error) {
			return telemetryPolicy(v[0].(string), v[1].(string), args.Tracing)
		}).(pulumi.StringOutput),
	}, args.Region.Child(f)...)
	if err != nil {
		return nil, err
	}
	access, err := iam.NewRolePolicy(ctx, name+"-access", &iam.RolePolicyArgs{
		Role:   f.Role.ID(),
		Policy: args.Access,
	}, args.Region.Child(f)...)
	return []pulumi.Resource{telemetry, access}, err
}

func (f *GoFunction) onTerms(ctx *pulumi.Context, name string, region Region, terms AsynchronousTerms) error {
	_, err := lambda.NewFunctionEventInvokeConfig(ctx, name+"-async", &lambda.FunctionEventInvokeConfigArgs{
		FunctionName:             f.Function.Name,
		MaximumRetryAttempts:     pulumi.Int(terms.Retries),
		MaximumEventAgeInSeconds: pulumi.Int(terms.MaximumAgeSeconds),
		DestinationConfig: lambda.FunctionEventInvokeConfigDestinationConfigArgs{
			OnFailure: lambda.FunctionEventInvokeConfigDestinationConfigOnFailureArgs{Destination: f.DeadLetters.Arn},
		},
	}, region.Child(f)...)
	return err
}

// telemetryPolicy lets a function write its own log group, report its failed runs to its own queue if it has one, and,
// if traced, write to X-Ray, which has no resources to name ("Actions, resources, and condition keys for AWS X-Ray").
func telemetryPolicy(logGroupARN, deadLetterARN string, tracing bool) (string, error) {
	statements := []policy.Statement{
		policy.Allow("WriteOwnLogs", "logs:CreateLogStream", "logs:PutLogEvents").On(logGroupARN + ":*"),
	}
	if deadLetterARN != "" {
		statements = append(statements, policy.Allow("ReportFailedRuns", "sqs:SendMessage").On(deadLetterARN))
	}
	if tracing {
		trace := policy.Allow("Trace", "xray:PutTelemetryRecords", "xray:PutTraceSegments").On("*")
		statements = append(statements, trace)
	}
	return policy.Document(statements...)
}
