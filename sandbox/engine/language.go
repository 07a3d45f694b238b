package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"

	"github.com/pulumi/pulumi/sdk/v3"
	"github.com/pulumi/pulumi/sdk/v3/go/common/constant"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// language runs the project's program for a Pulumi CLI elsewhere, which attaches to it by PULUMI_DEBUG_LANGUAGES. It
// does what pulumi-language-go does, the host of Go programs that comes with an installed Pulumi: build the program,
// and run it with what the engine says in variables. This engine's own operations need no host, their program is in
// this process.
//
// Whoever is on this machine can attach. So it runs what is in dir and nothing else, however it is asked.
type language struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	dir  string
	port int
	stop chan bool
	// engine is the address of the CLI's engine that has come last. A stack is locked while one is at work on it.
	engine atomic.Pointer[string]
}

// serveLanguage begins to serve the program in dir on loopback. Close ends it.
func serveLanguage(dir string) (*language, error) {
	l := &language{dir: filepath.Clean(dir), stop: make(chan bool)}
	l.engine.Store(new(string)) // until a CLI attaches
	served, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: l.stop,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, l)
			return nil
		},
	})
	if err != nil {
		return nil, fmt.Errorf("serve the Pulumi language host on loopback: %w", err)
	}
	l.port = served.Port
	return l, nil
}

// Handshake answers a CLI that attaches.
func (l *language) Handshake(
	_ context.Context, r *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	l.engine.Store(&r.EngineAddress)
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

// GetPluginInfo is the version that the program's SDK has.
func (l *language) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: sdk.Version.String()}, nil
}

// GetRequiredPackages names none: the providers are attached.
func (l *language) GetRequiredPackages(
	context.Context, *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

// Run builds the program and runs it to its end. What it has to say it tells the engine itself.
func (l *language) Run(ctx context.Context, r *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	if asked := r.GetInfo().GetProgramDirectory(); filepath.Clean(asked) != l.dir {
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("the program is in %q: want that of the sandbox's stack, in %s",
			asked, l.dir)}, nil
	}
	dir, err := os.MkdirTemp("", "pulumi-program-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "program")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, l.dir)
	build.Dir = l.dir
	if said, err := build.CombinedOutput(); err != nil {
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("go build: %v\n%s", err, said)}, nil
	}
	run := exec.CommandContext(ctx, program)
	run.Dir = l.dir
	if run.Env, err = l.environment(r); err != nil {
		return nil, err
	}
	run.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var said tail
	run.Stdout, run.Stderr = &said, &said
	var exit *exec.ExitError
	switch err := runHeld(run); {
	case err == nil:
		return &pulumirpc.RunResponse{}, nil
	case errors.As(err, &exit) && exit.ExitCode() == constant.ExitStatusLoggedError:
		return &pulumirpc.RunResponse{Bail: true}, nil
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("the program: %v\n%s", err, said)}, nil
	}
}

// environment is what the SDK reads of the engine, and where programs and the home directory are.
func (l *language) environment(r *pulumirpc.RunRequest) ([]string, error) {
	config, err := json.Marshal(r.Config)
	if err != nil {
		return nil, err
	}
	secrets, err := json.Marshal(r.ConfigSecretKeys)
	if err != nil {
		return nil, err
	}
	return []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + os.Getenv("HOME"),
		pulumi.EnvOrganization + "=" + r.Organization,
		pulumi.EnvProject + "=" + r.Project,
		pulumi.EnvStack + "=" + r.Stack,
		pulumi.EnvPulumiRootDirectory + "=" + r.Info.RootDirectory,
		pulumi.EnvConfig + "=" + string(config),
		pulumi.EnvConfigSecretKeys + "=" + string(secrets),
		pulumi.EnvDryRun + "=" + strconv.FormatBool(r.DryRun),
		pulumi.EnvParallel + "=" + strconv.Itoa(int(r.Parallel)),
		pulumi.EnvMonitor + "=" + r.MonitorAddress,
		pulumi.EnvEngine + "=" + *l.engine.Load(),
	}, nil
}

// tail keeps the end of what is written to it: of a panic, more than anybody reads.
type tail []byte

func (t *tail) Write(b []byte) (int, error) {
	*t = append(*t, b...)
	*t = (*t)[max(0, len(*t)-8<<10):]
	return len(b), nil
}

// Close serves no more.
func (l *language) Close() { close(l.stop) }
