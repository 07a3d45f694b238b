// Command recipients stands before `make preview` and `make up`: it compares the recipients of alerts with what an
// earlier version deployed, and refuses the one deployment that would leave people without a subscription.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"aurora-dsql-dr/internal/pulumi"
	"aurora-dsql-dr/stacks"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: make recipients STACK=<stack>")
		os.Exit(2)
	}
	if err := check(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "recipients:", err)
		os.Exit(1)
	}
}

// check asks the pulumi on PATH for the stack's state and configuration. Secrets stay in this process.
func check(ctx context.Context, stack string) error {
	project, err := workspace.LoadProject("Pulumi.yaml")
	if err != nil {
		return err
	}
	exported, err := pulumi.Output(ctx, "stack", "export", "--stack", stack)
	if err != nil {
		return err
	}
	settings, err := pulumi.Output(ctx, "config", "--stack", stack, "--json", "--show-secrets")
	if err != nil {
		return err
	}
	var values map[string]struct{ Value string }
	if err := json.Unmarshal(settings, &values); err != nil {
		return fmt.Errorf("pulumi config: %w", err)
	}
	return stacks.CheckRecipients(exported, values[string(project.Name)+":alerts"].Value)
}
