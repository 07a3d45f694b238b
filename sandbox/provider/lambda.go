package provider

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	awslambda "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"

	"aurora-dsql-dr/sandbox/lambda"
)

var lambdaKinds = map[string]*kind{
	"aws:lambda/function:Function": {
		title:    "Lambda Function",
		service:  "lambda",
		args:     awslambda.FunctionArgs{}.ElementType(),
		state:    awslambda.FunctionState{}.ElementType(),
		name:     &autoName{limit: 64},
		replaces: []string{"name", "packageType"},
		computed: []string{
			"architectures",
			"packageType",
			"memorySize",
			"timeout",
			"loggingConfig",
			"tracingConfig",
			"reservedConcurrentExecutions",
		},
		writeOnly: []string{"code", "publish", "skipDestroy"},
		handlers: over(operations[function]{
			id: func(f function) string { return f.Name },
			create: func(c *call, f function) (function, error) {
				return f.put(c, c.region.Lambda.CreateFunction)
			},
			read: func(c *call) (function, error) { return describe(c.region.Lambda.Function(c.id)) },
			update: func(c *call, f function) (function, error) {
				return f.put(c, c.region.Lambda.UpdateFunction)
			},
			delete: func(c *call) error { return c.region.Lambda.DeleteFunction(c.id) },
		}),
	},
	"aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": {
		title:    "Lambda Function Event Invoke Config",
		service:  "lambda",
		args:     awslambda.FunctionEventInvokeConfigArgs{}.ElementType(),
		state:    awslambda.FunctionEventInvokeConfigState{}.ElementType(),
		replaces: []string{"functionName", "qualifier"},
		handlers: over(operations[lambda.EventInvokeConfig]{
			id:     func(e lambda.EventInvokeConfig) string { return e.FunctionName },
			create: putEventInvokeConfig,
			read:   func(c *call) (lambda.EventInvokeConfig, error) { return c.region.Lambda.EventInvokeConfig(c.id) },
			update: putEventInvokeConfig,
			delete: func(c *call) error { return c.region.Lambda.DeleteEventInvokeConfig(c.id) },
		}),
	},
	"aws:lambda/permission:Permission": {
		title: "Lambda Permission", service: "lambda",
		args: awslambda.PermissionArgs{}.ElementType(), state: awslambda.PermissionState{}.ElementType(),
		required: []string{"function"},
		replaces: []string{"action", "eventSourceToken", "function", "functionUrlAuthType", "principal", "principalOrgId",
			"qualifier", "sourceAccount", "sourceArn", "statementId", "statementIdPrefix"},
		computed: []string{"statementId"},
		handlers: over(operations[lambda.Permission]{
			id: func(p lambda.Permission) string { return p.StatementID },
			create: func(c *call, p lambda.Permission) (lambda.Permission, error) {
				if p.StatementID == "" {
					p.StatementID = madeUpID()
				}
				return c.region.Lambda.AddPermission(p)
			},
			read: func(c *call) (lambda.Permission, error) {
				return c.region.Lambda.Permission(text(c.old, "function"), c.id)
			},
			update: func(*call, lambda.Permission) (lambda.Permission, error) {
				return lambda.Permission{}, errors.New("not supported: every change of a permission replaces it")
			},
			delete: func(c *call) error { return c.region.Lambda.RemovePermission(text(c.old, "function"), c.id) },
		}),
	},
	"aws:lambda/invocation:Invocation": {
		title: "Lambda Invocation", service: "lambda",
		args: awslambda.InvocationArgs{}.ElementType(), state: awslambda.InvocationState{}.ElementType(),
		replaces: []string{"functionName", "input", "qualifier", "triggers"},
		handlers: handlers{
			create: invoke,
			read:   func(c *call) (map[string]any, error) { return c.old, nil },
			update: func(c *call) (map[string]any, error) { return c.old, nil },
		},
	},
}

// function is a function with the properties that AWS derives.
type function struct {
	lambda.Function
	CodeSha256     string `json:"codeSha256,omitempty"`
	InvokeArn      string `json:"invokeArn,omitempty"`
	QualifiedArn   string `json:"qualifiedArn,omitempty"`
	SourceCodeSize int    `json:"sourceCodeSize,omitempty"`
	Version        string `json:"version,omitempty"`
}

// put creates or updates a function with the code of the call.
func (f function) put(c *call, service func(lambda.Function) (lambda.Function, error)) (function, error) {
	if c.code == nil {
		return f, errors.New("code is required: the sandbox runs zip archives, not images or S3 objects")
	}
	code, err := readArchive(c.code, c.dir)
	if err != nil {
		return f, fmt.Errorf("read the deployment package: %w", err)
	}
	f.Code = code
	return describe(onceInForce(c, func() (lambda.Function, error) { return service(f.Function) }))
}

func putEventInvokeConfig(c *call, e lambda.EventInvokeConfig) (lambda.EventInvokeConfig, error) {
	return onceInForce(c, func() (lambda.EventInvokeConfig, error) { return c.region.Lambda.PutEventInvokeConfig(e) })
}

// Lambda checks the policy of a function's role when a queue is named, and the policy may not be in force yet.
// terraform-provider-aws repeats such calls (internal/service/lambda, retryFunctionOp and lambdaPropagationTimeout).
const (
	lambdaPropagation = 5 * time.Minute
	propagationPause  = time.Second
)

func onceInForce[T any](c *call, do func() (T, error)) (T, error) {
	clk := c.region.Env.Clock
	for deadline := clk.Now().Add(lambdaPropagation); ; {
		out, err := do()
		const refused = "execution role does not have permissions"
		if err == nil || !strings.Contains(err.Error(), refused) || clk.Now().After(deadline) {
			return out, err
		}
		if clk.Sleep(c.ctx, propagationPause) != nil {
			return out, err
		}
	}
}

func describe(f lambda.Function, err error) (function, error) {
	return function{
		Function:       f,
		CodeSha256:     f.SourceCodeHash,
		QualifiedArn:   f.ARN + ":$LATEST",
		Version:        "$LATEST",
		SourceCodeSize: len(f.Code),
		InvokeArn:      invokeARN(f.ARN),
	}, err
}

// invokeARN is how API Gateway names a function.
func invokeARN(function string) string {
	if function == "" {
		return ""
	}
	region := strings.Split(function, ":")[3]
	return "arn:aws:apigateway:" + region + ":lambda:path/2015-03-31/functions/" + function + "/invocations"
}

// readArchive is the zip file of an archive whose path may be relative to the project.
func readArchive(a *archive.Archive, dir string) ([]byte, error) {
	if path, ok := a.GetPath(); ok && !filepath.IsAbs(path) {
		absolute, err := archive.FromPath(filepath.Join(dir, path))
		if err != nil {
			return nil, err
		}
		a = absolute
	}
	return a.Bytes(archive.ZIPArchive)
}

// invoke calls the function and waits; a failure of the function is one of the deployment.
func invoke(c *call) (string, map[string]any, error) {
	name, input := text(c.inputs, "functionName"), text(c.inputs, "input")
	if !json.Valid([]byte(input)) {
		return "", nil, errors.New("input must be a JSON document")
	}
	if scope := text(c.inputs, "lifecycleScope"); scope != "" && scope != "CREATE_ONLY" {
		return "", nil, fmt.Errorf("lifecycleScope is %q; the sandbox models CREATE_ONLY", scope)
	}
	result, err := c.region.Lambda.Invoke(c.ctx, c.cloud.IAM.Admin().Principal, name, []byte(input), nil)
	if err != nil {
		return "", nil, fmt.Errorf("invoking Lambda Function (%s): %w", name, err)
	}
	if result.FunctionError != "" {
		return "", nil, fmt.Errorf("invoking Lambda Function (%s): %s\n%s", name, result.Payload, result.LogTail)
	}
	sum := sha256.Sum256([]byte(input))
	return name + "_$LATEST_" + hex.EncodeToString(sum[:16]), map[string]any{"result": string(result.Payload)}, nil
}
