package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3"
)

// interruptPatience is how long an interrupted engine may take to finish what it has begun.
const interruptPatience = 10 * time.Second

// command runs a Pulumi CLI as a child that cannot outlive this process. It implements auto.PulumiCommand.
type command struct {
	path    string
	version semver.Version
	// env is the child's whole environment but for what the Automation API adds.
	env []string
	// extra is appended to the arguments of the operation that runs.
	extra []string
}

// findCommand finds the CLI: the one given, else on PATH, else the one that `make pulumi` builds under dir.
func findCommand(ctx context.Context, given, dir string) (path string, version semver.Version, err error) {
	candidates := []string{given}
	if given == "" {
		onPath, _ := exec.LookPath("pulumi")
		candidates = []string{onPath, filepath.Join(dir, "build", "bin", "pulumi")}
	}
	var problems []error
	for _, path := range candidates {
		if path == "" {
			continue
		}
		version, err := cliVersion(ctx, path)
		if err == nil {
			return path, version, nil
		}
		problems = append(problems, err)
	}
	return "", version, fmt.Errorf("no usable Pulumi CLI (run `make pulumi`, which builds version %s into build/bin):\n%w",
		sdk.Version, errors.Join(problems...))
}

// cliVersion asks a CLI for its version and refuses one that the SDK cannot drive: another major version, or an older
// one.
func cliVersion(ctx context.Context, path string) (semver.Version, error) {
	cmd := exec.CommandContext(ctx, path, "version")
	cmd.Env = []string{"PULUMI_SKIP_UPDATE_CHECK=true", "HOME=" + os.TempDir()}
	out, err := cmd.Output()
	if err != nil {
		return semver.Version{}, fmt.Errorf("%s version: %w", path, err)
	}
	version, err := semver.ParseTolerant(strings.TrimSpace(string(out)))
	if err != nil {
		return semver.Version{}, fmt.Errorf("%s version says %q: %w", path, strings.TrimSpace(string(out)), err)
	}
	if version.Major != sdk.Version.Major || version.LT(sdk.Version) {
		return semver.Version{}, fmt.Errorf(
			"%s is version %s: want %s or a later %d.x",
			path,
			version,
			sdk.Version,
			sdk.Version.Major,
		)
	}
	return version, nil
}

// Version is the CLI's version.
func (c *command) Version() semver.Version { return c.version }

// unread answers what the Automation API asks after an operation although nothing here reads it: the stack's history,
// and the outputs without the secret ones, from which it learns which ones those are. Each question would cost a start
// of the CLI, most of which goes into deriving the key from the passphrase.
func unread(args []string) (answer string, ok bool) {
	switch asked := strings.Join(args[:min(2, len(args))], " "); {
	case asked == "stack history":
		return "[]", true
	case asked == "stack output" && !slices.Contains(args, "--show-secrets"):
		return "{}", true
	default:
		return "", false
	}
}

// Run executes one CLI command. An ended context interrupts it, as Ctrl-C would, so that the engine saves its state.
func (c *command) Run(
	ctx context.Context,
	dir string,
	stdin io.Reader,
	out, errOut []io.Writer,
	env []string,
	args ...string,
) (string, string, int, error) {
	if answer, ok := unread(args); ok {
		return answer, "", 0, nil
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, c.path, c.arguments(args)...)
	cmd.Dir, cmd.Stdin = dir, stdin
	cmd.Env = append(append(append([]string{}, c.env...), env...), "PULUMI_AUTOMATION_API=true")
	cmd.Stdout, cmd.Stderr = io.MultiWriter(append(out, &stdout)...), io.MultiWriter(append(errOut, &stderr)...)
	// A group of its own, so that Ctrl-C in a terminal reaches only this process, which interrupts the engine once.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = interruptPatience
	err := runHeld(cmd)
	code := -1
	if cmd.ProcessState != nil {
		code = cmd.ProcessState.ExitCode()
	}
	return stdout.String(), stderr.String(), code, err
}

func (c *command) arguments(args []string) []string {
	arguments := append([]string{"--non-interactive"}, args...)
	if isOperation(args[0]) {
		arguments = append(arguments, c.extra...)
	}
	return arguments
}

func isOperation(name string) bool {
	return name == "up" || name == "preview" || name == "destroy" || name == "refresh"
}

// runHeld runs the child from one thread that lasts as long as the child: the parent-death signal is sent when the
// thread ends that started it (prctl(2), PR_SET_PDEATHSIG), and Go ends threads as it likes.
func runHeld(cmd *exec.Cmd) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		done <- cmd.Run()
	}()
	return <-done
}
