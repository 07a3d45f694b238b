package lambda

import (
	"context"
	"time"
)

// Function is a function's configuration. JSON names are those of Pulumi's aws.lambda.FunctionArgs; the zero value of a
// field means AWS's default, except that ReservedConcurrentExecutions is unset when nil.
type Function struct {
	Name          string            `json:"name"`
	Description   string            `json:"description,omitempty"`
	Role          string            `json:"role"`
	PackageType   string            `json:"packageType,omitempty"`
	Runtime       string            `json:"runtime"`
	Handler       string            `json:"handler"`
	Architectures []string          `json:"architectures,omitempty"`
	MemorySize    int               `json:"memorySize,omitempty"` // MiB
	Timeout       int               `json:"timeout,omitempty"`    // seconds
	Environment   *Environment      `json:"environment,omitempty"`
	DeadLetter    *DeadLetterConfig `json:"deadLetterConfig,omitempty"`
	Logging       *LoggingConfig    `json:"loggingConfig,omitempty"`
	Tracing       *TracingConfig    `json:"tracingConfig,omitempty"`
	Tags          map[string]string `json:"tags,omitempty"`
	// SourceCodeHash is the package's base64 SHA-256. It is set from Code.
	SourceCodeHash string `json:"sourceCodeHash,omitempty"`
	// ReservedConcurrentExecutions reserves and limits concurrency; nil or -1 is no reservation, 0 stops the function.
	ReservedConcurrentExecutions *int `json:"reservedConcurrentExecutions,omitempty"`

	// ARN, LastModified and Revision are set by the service. Revision grows with every change.
	ARN          string    `json:"arn,omitempty"`
	LastModified time.Time `json:"lastModified,omitzero"`
	Revision     int       `json:"-"`

	// Code is the deployment package, a zip file with an executable named bootstrap at its root.
	Code []byte `json:"-"`
	// Stub, if set, runs in the sandbox's own process instead of Code: for soaks of days in which starting processes is
	// not the subject. Its context ends at the function's timeout.
	Stub Stub `json:"-"`
}

// Stub is a function's handler in the sandbox's own process. An error's type is its name to callers, as in Go; with
// ErrExited the process has ended.
type Stub func(ctx context.Context, payload []byte) ([]byte, error)

// Environment holds a function's variables.
type Environment struct {
	Variables map[string]string `json:"variables,omitempty"`
}

// DeadLetterConfig names the queue for events that could not be processed.
type DeadLetterConfig struct {
	TargetARN string `json:"targetArn"`
}

// LoggingConfig is where a function logs and in which form.
type LoggingConfig struct {
	LogFormat           string `json:"logFormat"`          // Text or JSON: the form of Lambda's own lines
	LogGroup            string `json:"logGroup,omitempty"` // name; defaults to /aws/lambda/<function>
	ApplicationLogLevel string `json:"applicationLogLevel,omitempty"`
	SystemLogLevel      string `json:"systemLogLevel,omitempty"`
}

// TracingConfig is Active (sample and trace) or PassThrough.
type TracingConfig struct {
	Mode string `json:"mode"`
}

// EventInvokeConfig governs a function's asynchronous invocations. JSON names are those of Pulumi's
// aws.lambda.FunctionEventInvokeConfigArgs.
type EventInvokeConfig struct {
	FunctionName string `json:"functionName"`
	// MaximumRetryAttempts is how often a failed invocation is repeated: 0 to 2, nil is 2.
	MaximumRetryAttempts *int `json:"maximumRetryAttempts,omitempty"`
	// MaximumEventAgeInSeconds is how long an event may wait: 60 to 21600, nil is 21600 (6 hours).
	MaximumEventAgeInSeconds *int               `json:"maximumEventAgeInSeconds,omitempty"`
	DestinationConfig        *DestinationConfig `json:"destinationConfig,omitempty"`
}

// DestinationConfig holds the destination of records of failed events.
type DestinationConfig struct {
	OnFailure *Destination `json:"onFailure,omitempty"`
}

// Destination is an SQS queue by ARN.
type Destination struct {
	Destination string `json:"destination"`
}

// Permission is a statement of a function's resource policy. JSON names are those of Pulumi's
// aws.lambda.PermissionArgs.
type Permission struct {
	StatementID   string `json:"statementId"`
	Action        string `json:"action"`
	Function      string `json:"function"`
	Principal     string `json:"principal"`
	SourceARN     string `json:"sourceArn,omitempty"`
	SourceAccount string `json:"sourceAccount,omitempty"`
}
