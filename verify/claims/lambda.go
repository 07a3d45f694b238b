package claims

import (
	"archive/zip"
	"bytes"
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

var lambdaClaims = []Claim{{
	ID:   "lambda-refusals",
	Says: "CreateFunction refuses what is out of bounds, reserved variables and a role that Lambda may not assume",
	Page: "sandbox-aws.md",
	Row:  "a function is refused for its name, memory (128 to 10,240 MB)",
	ask:  functionsAreRefused,
}}

var function = &Kind{
	Name:  "function",
	Basis: "nothing until it is invoked",
	list: func(ctx context.Context, config aws.Config) (found []thing, err error) {
		for p := lambda.NewListFunctionsPaginator(lambda.NewFromConfig(config), nil); p.HasMorePages(); {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, f := range page.Functions {
				if name := aws.ToString(f.FunctionName); strings.HasPrefix(name, prefix) {
					found = append(found, thing{name: name})
				}
			}
		}
		return found, nil
	},
	remove: func(ctx context.Context, config aws.Config, t thing) error {
		_, err := lambda.NewFromConfig(config).DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: t.key()})
		return err
	},
}

// archive is a package with an empty bootstrap.
func archive() ([]byte, error) {
	var zipped bytes.Buffer
	w := zip.NewWriter(&zipped)
	if _, err := w.Create("bootstrap"); err != nil {
		return nil, err
	}
	err := w.Close()
	return zipped.Bytes(), err
}

func functionsAreRefused(c *Case) error {
	client := lambda.NewFromConfig(c.primary())
	code, err := archive()
	if err != nil {
		return err
	}
	const invalid, validation = "InvalidParameterValueException", "ValidationException"
	variables := func(name, value string) func(*lambda.CreateFunctionInput) {
		return func(in *lambda.CreateFunctionInput) {
			in.Environment = &types.Environment{Variables: map[string]string{name: value}}
		}
	}
	for _, wrong := range []struct {
		what, code string
		change     func(*lambda.CreateFunctionInput)
	}{
		{"a space in its name", validation, func(in *lambda.CreateFunctionInput) {
			in.FunctionName = aws.String(*in.FunctionName + " x")
		}},
		{"64 MB", validation, func(in *lambda.CreateFunctionInput) { in.MemorySize = aws.Int32(64) }},
		{"901 seconds", validation, func(in *lambda.CreateFunctionInput) { in.Timeout = aws.Int32(901) }},
		{"a runtime of nobody's", validation, func(in *lambda.CreateFunctionInput) { in.Runtime = "cobol85" }},
		{"an architecture of nobody's", validation, func(in *lambda.CreateFunctionInput) {
			in.Architectures = []types.Architecture{"amd64"}
		}},
		{"a description of 257 characters", validation, func(in *lambda.CreateFunctionInput) {
			in.Description = aws.String(strings.Repeat("d", 257))
		}},
		{"a variable 1ST", validation, variables("1ST", "x")},
		{"a variable AWS_REGION", invalid, variables("AWS_REGION", "x")},
		{"variables of more than 4 KB", invalid, variables("BIG", strings.Repeat("x", 4096))},
		{"a package that is no zip", invalid, func(in *lambda.CreateFunctionInput) {
			in.Code = &types.FunctionCode{ZipFile: []byte("bootstrap")}
		}},
		{"a role that is not there", invalid, func(*lambda.CreateFunctionInput) {}},
	} {
		_, err := c.make(function, c.primary(), "f", func(name string) (string, error) {
			in := &lambda.CreateFunctionInput{
				FunctionName: &name,
				Role:         aws.String(c.noRole()),
				Runtime:      types.RuntimeProvidedal2023,
				Handler:      aws.String("bootstrap"),
				Code:         &types.FunctionCode{ZipFile: code},
			}
			wrong.change(in)
			_, err := client.CreateFunction(c, in)
			return *in.FunctionName, err
		})
		c.refused("CreateFunction with "+wrong.what, err, wrong.code)
	}
	return nil
}
