package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/schema"
	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/engine"
	"aurora-dsql-dr/sandbox/lambda"
)

// subject is a function as it is deployed: how to start it, and an event for it.
type subject struct {
	name, bootstrap string
	environment     []string
	event           []byte
}

// deploy brings up the stack and finds its functions in the first region.
func deploy(ctx context.Context, s *sandbox.Sandbox) ([]subject, error) {
	stack, err := s.DisasterRecovery(ctx, sandbox.StackConfig())
	if err != nil {
		return nil, err
	}
	if _, err := stack.Up(ctx, engine.Run{}); err != nil {
		return nil, err
	}
	region := s.Account.Regions()[0].Name
	var subjects []subject
	for _, f := range s.Lambda[region].Functions() {
		for name, variable := range map[string]string{"healthcheck": contract.EnvTargets, "migrate": contract.EnvDatabaseEndpoint} {
			if _, ok := f.Environment.Variables[variable]; !ok {
				continue
			}
			subject, err := subjectOf(s, region, name, f)
			if err != nil {
				return nil, err
			}
			subjects = append(subjects, subject)
		}
	}
	return subjects, nil
}

func subjectOf(s *sandbox.Sandbox, region, name string, f lambda.Function) (subject, error) {
	credentials, err := s.Account.IAM.AssumeRole("lambda.amazonaws.com", f.Role, f.Name)
	if err != nil {
		return subject{}, err
	}
	bootstrap, err := filepath.Abs(filepath.Join(lambdaDir, sandbox.Architecture(), name, "bootstrap"))
	if err != nil {
		return subject{}, err
	}
	event, err := eventFor(name, s)
	if err != nil {
		return subject{}, err
	}
	var addresses []string
	for _, c := range s.DSQL.Clusters() {
		addresses = append(addresses, c.Endpoint+"="+s.SQL[c.Region].Addr())
	}
	environment := []string{
		"AWS_REGION=" + region, "AWS_LAMBDA_FUNCTION_NAME=" + f.Name, "AWS_ACCESS_KEY_ID=" + credentials.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY=" + credentials.SecretAccessKey, "AWS_SESSION_TOKEN=" + credentials.SessionToken,
		"AWS_ENDPOINT_URL=" + s.Endpoint, "SSL_CERT_FILE=" + s.CAFile, contract.EnvHostAddr + "=" + strings.Join(addresses, ","),
		"HOME=" + os.TempDir(),
	}
	for key, value := range f.Environment.Variables {
		environment = append(environment, key+"="+value)
	}
	return subject{name: name, bootstrap: bootstrap, environment: environment, event: event}, nil
}

// eventFor is one round of probes, or the migration that the deployment has just run.
func eventFor(name string, s *sandbox.Sandbox) ([]byte, error) {
	if name == "healthcheck" {
		return json.Marshal(contract.CheckEvent{Probes: 1})
	}
	var monitors []string
	for _, functions := range s.Lambda {
		for _, f := range functions.Functions() {
			if _, ok := f.Environment.Variables[contract.EnvTargets]; ok {
				monitors = append(monitors, f.Role)
			}
		}
	}
	if len(monitors) == 0 {
		return nil, fmt.Errorf("the stack has no monitors")
	}
	return json.Marshal(contract.MigrateEvent{Roles: map[string][]string{schema.RoleMonitor: monitors}})
}
