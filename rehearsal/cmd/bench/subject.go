package main

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/rehearsal/cmd/bench/internal/builds"
	"aurora-dsql-dr/rehearsal/cmd/bench/internal/function"
	"aurora-dsql-dr/rehearsal/stack"
)

// subject is the region's function of this name as it is deployed, without events.
func (d *deployed) subject(name string) (function.Subject, error) {
	deployedName, err := d.nameOf(name)
	if err != nil {
		return function.Subject{}, err
	}
	f, err := d.Account.Region(d.region).Lambda.Function(deployedName)
	if err != nil {
		return function.Subject{}, err
	}
	credentials, err := d.Account.IAM.AssumeRole("lambda.amazonaws.com", f.Role, f.Name)
	if err != nil {
		return function.Subject{}, err
	}
	bootstrap, err := filepath.Abs(filepath.Join(builds.Directory, stack.Architecture(), name, "bootstrap"))
	if err != nil {
		return function.Subject{}, err
	}
	var addresses []string
	for _, c := range d.Account.DSQL.Clusters() {
		addresses = append(addresses, c.Endpoint+"="+d.Account.Region(c.Region).SQL.Addr())
	}
	environment := []string{
		"AWS_REGION=" + d.region, "AWS_LAMBDA_FUNCTION_NAME=" + f.Name, "AWS_ACCESS_KEY_ID=" + credentials.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY=" + credentials.SecretAccessKey, "AWS_SESSION_TOKEN=" + credentials.SessionToken,
		"AWS_ENDPOINT_URL=" + d.Endpoint,
		"SSL_CERT_FILE=" + d.CAFile,
		contract.EnvHostAddr + "=" + strings.Join(addresses, ","),
		"HOME=" + os.TempDir(),
	}
	for key, value := range f.Environment.Variables {
		environment = append(environment, key+"="+value)
	}
	return function.Subject{Name: name, Bootstrap: bootstrap, Environment: environment}, nil
}

// nameOf is the name in AWS of the region's function whose code is this binary.
func (d *deployed) nameOf(binary string) (string, error) {
	for _, r := range d.resources {
		code, _ := r.Inputs["code"].(map[string]any)
		file, _ := code["path"].(string)
		arn, _ := r.Outputs["arn"].(string)
		name, _ := r.Outputs["name"].(string)
		of := r.Type == "aws:lambda/function:Function" && path.Base(file) == binary+".zip"
		if of && strings.Contains(arn, ":"+d.region+":") {
			return name, nil
		}
	}
	return "", fmt.Errorf("the stack has no function %s in %s", binary, d.region)
}
