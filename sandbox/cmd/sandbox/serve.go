package main

import (
	"context"
	"strings"

	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/sns"
)

// serve deploys and then shows what reaches people until it is interrupted.
func serve(ctx context.Context, p *printer, s *sandbox.Sandbox) error {
	_, result, err := deployFirst(ctx, p, s)
	if err != nil {
		return err
	}
	if err := checkAll(ctx, p, s, result.Outputs, 1); err != nil {
		return err
	}
	showOutputs(p, result.Outputs)
	p.line("The sandbox is up until Ctrl-C. For the AWS CLI or an SDK:")
	p.text("export " + strings.Join(s.Environment(), "\nexport ") + "\n")
	p.line("For example:")
	p.text(strings.Join([]string{
		"aws dsql list-clusters",
		"aws dsql get-cluster --identifier " + texts(result.Outputs["clusterIdentifiers"])["us-east-1"],
		"aws lambda invoke --function-name " + texts(result.Outputs["monitorFunctionNames"])["us-east-1"] +
			` --payload fileb:///dev/stdin /dev/stdout <<<'{"probes":1}'`,
	}, "\n") + "\n")
	p.line("What reaches oncall@example.com:")
	for seen := 0; ; seen++ {
		at := 0
		m, err := s.Account.Inbox.Await(ctx, func(sns.Message) bool { at++; return at > seen })
		if err != nil {
			return nil // interrupted: the only way out
		}
		p.line("    %s  %s", m.Region, about(m))
	}
}
