package lambda

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"aurora-dsql-dr/sandbox/internal/constraint"
)

// What a function takes (Lambda API Reference, CreateFunction and AddPermission; Lambda Developer Guide, "Lambda
// quotas").
const (
	maxEnvironment = 4 << 10
	maxDescription = 256      // characters
	maxPolicy      = 20 << 10 // of a function's resource policy
)

var (
	handlerForm  = regexp.MustCompile(`^[^\s]{1,128}$`)
	functionName = regexp.MustCompile(`^[a-zA-Z0-9-_]{1,64}$`)
	variableName = regexp.MustCompile(`^[a-zA-Z]([a-zA-Z0-9_])+$`)
	statementID  = regexp.MustCompile(`^[a-zA-Z0-9-_]{1,100}$`)
)

// runtimes are those the host can run: they start the package's own bootstrap. Lambda knows more.
var runtimes = []string{"provided.al2023", "provided.al2"}

// reservedVariables are set by Lambda and refused in a function's configuration ("Working with Lambda environment
// variables", Lambda Developer Guide).
var reservedVariables = []string{
	"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
	"AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
	"AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY",
	"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API",
	"LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
}

// withDefaults is the function with AWS's defaults for what is not set.
func (f Function) withDefaults() Function {
	if f.PackageType == "" {
		f.PackageType = "Zip"
	}
	if len(f.Architectures) == 0 {
		f.Architectures = []string{"x86_64"}
	}
	if f.MemorySize == 0 {
		f.MemorySize = 128
	}
	if f.Timeout == 0 {
		f.Timeout = 3
	}
	logging := LoggingConfig{LogFormat: "Text"}
	if f.Logging != nil {
		logging = *f.Logging
	}
	if logging.LogGroup == "" {
		logging.LogGroup = "/aws/lambda/" + f.Name
	}
	f.Logging = &logging
	if f.Tracing == nil {
		f.Tracing = &TracingConfig{Mode: "PassThrough"}
	}
	return f
}

// validate checks a function's configuration by itself. All problems are in one error.
func (f Function) validate() error {
	var problems []string
	problem := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	oneOf := func(field, value string, accepted ...string) {
		if !slices.Contains(accepted, value) {
			problem("Value %q at '%s' failed to satisfy constraint: Member must satisfy enum value set: [%s]",
				value, field, strings.Join(accepted, ", "))
		}
	}
	between := func(field string, value, low, high int) {
		if value < low || value > high {
			problem("Value '%d' at '%s' failed to satisfy constraint: Member must be between %d and %d", value, field, low, high)
		}
	}
	if !functionName.MatchString(f.Name) {
		problem("Value %q at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: %s",
			f.Name, functionName)
	}
	oneOf("packageType", f.PackageType, "Zip")
	oneOf("runtime", f.Runtime, runtimes...)
	if f.Handler == "" {
		problem("Value at 'handler' failed to satisfy constraint: Member must not be null")
	}
	if len(f.Architectures) != 1 {
		problem("Value at 'architectures' failed to satisfy constraint: Member must have length 1")
	} else {
		oneOf("architectures", f.Architectures[0], "x86_64", "arm64")
	}
	between("memorySize", f.MemorySize, 128, 10240)
	between("timeout", f.Timeout, 1, 900)
	oneOf("loggingConfig.logFormat", f.Logging.LogFormat, "Text", "JSON")
	oneOf("tracingConfig.mode", f.Tracing.Mode, "Active", "PassThrough")
	if f.Handler != "" && !handlerForm.MatchString(f.Handler) {
		problem("Value %q at 'handler' failed to satisfy constraint: Member must satisfy regular expression pattern: %s",
			f.Handler, handlerForm)
	}
	if n := utf8.RuneCountInString(f.Description); n > maxDescription {
		problem("Value at 'description' failed to satisfy constraint: Member must have length less than or equal to %d",
			maxDescription)
	}
	if len(problems) > 0 {
		return malformed("%d validation error(s) detected: %s", len(problems), strings.Join(problems, "; "))
	}
	var c constraint.Check
	c.Tags(f.Tags)
	if err := c.Err("InvalidParameterValueException"); err != nil {
		return err
	}
	return f.validateVariables()
}

func (f Function) validateVariables() error {
	var reserved, misnamed []string
	size := 0
	for _, name := range slices.Sorted(maps.Keys(f.variables())) {
		size += len(name) + len(f.variables()[name])
		switch {
		case slices.Contains(reservedVariables, name):
			reserved = append(reserved, name)
		case !variableName.MatchString(name):
			misnamed = append(misnamed, name)
		}
	}
	switch {
	case len(reserved) > 0:
		return invalid(
			"Lambda was unable to configure your environment variables because the environment variables you have "+
				"provided contains reserved keys that are currently not supported for modification. Reserved keys used in this "+
				"request: %s",
			strings.Join(reserved, ", "),
		)
	case len(misnamed) > 0:
		return malformed("Value at 'environment.variables' failed to satisfy constraint: Map keys must satisfy regular "+
			"expression pattern: %s; these do not: %s", variableName, strings.Join(misnamed, ", "))
	case size > maxEnvironment:
		return invalid(
			"Lambda was unable to configure your environment variables because the environment variables you have "+
				"provided exceeded the 4KB limit. Size used in this request: %d bytes",
			size,
		)
	}
	return nil
}

func (f Function) variables() map[string]string {
	if f.Environment == nil {
		return nil
	}
	return f.Environment.Variables
}

// reserved is the function's reserved concurrency; ok is false when it has none.
func (f Function) reserved() (n int, ok bool) {
	if f.ReservedConcurrentExecutions == nil || *f.ReservedConcurrentExecutions < 0 {
		return 0, false
	}
	return *f.ReservedConcurrentExecutions, true
}

func (c EventInvokeConfig) validate() error {
	if n := c.retries(); n < 0 || n > 2 {
		return malformed(
			"Value '%d' at 'maximumRetryAttempts' failed to satisfy constraint: Member must be between 0 and 2",
			n,
		)
	}
	if n := int(c.maximumAge().Seconds()); n < 60 || n > 21600 {
		return malformed(
			"Value '%d' at 'maximumEventAgeInSeconds' failed to satisfy constraint: Member must be between 60 and 21600",
			n,
		)
	}
	return nil
}
