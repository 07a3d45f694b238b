// Package pulumi asks the pulumi on PATH.
package pulumi

import (
	"cmp"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
)

// Dir is where the settings of stacks are, Pulumi.<stack>.yaml: the project's directory, which is the working one,
// unless STACK_DIR says another. It does for a stack in the sandbox.
func Dir() string { return cmp.Or(os.Getenv("STACK_DIR"), ".") }

// Output is what the command prints. Its error has what it says on standard error.
func Output(ctx context.Context, arguments ...string) ([]byte, error) {
	var said strings.Builder
	command := exec.CommandContext(ctx, "pulumi", arguments...)
	command.Dir = Dir()
	command.Stdin, command.Stderr = os.Stdin, &said // it may ask for the passphrase of the stack's secrets
	out, err := command.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return nil, errors.New("pulumi is not on PATH: install the Pulumi CLI and log in to the stack's state, " +
			"as docs/deploying.md#by-hand says")
	}
	if err != nil {
		return nil, Refusal(strings.Join(arguments, " "), cmp.Or(said.String(), err.Error()))
	}
	return out, nil
}
