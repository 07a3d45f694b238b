// Package engine drives the real Pulumi engine through the Automation API: an inline program, a local file backend, and
// the providers of a sandbox instead of plugins.
//
// Everything the engine writes is in one private directory that Close removes. Secrets are encrypted with a passphrase
// that exists only in memory and in the environment of the engine, and of whoever is given Environment.
package engine

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrefresh"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"go.yaml.in/yaml/v3"
)

// Options describe a stack and where it is deployed to.
type Options struct {
	// Program is the Pulumi program. Required.
	Program pulumi.RunFunc
	// Dir is the project's directory, with Pulumi.yaml; the engine resolves relative paths against it. Required.
	Dir string
	// Stack is the stack's name. Required.
	Stack string
	// Config are the values of Pulumi.<stack>.yaml, by full key ("project:key"); structured values stay structured.
	Config map[string]any
	// Providers are the addresses of attached providers by package name. Required.
	Providers map[string]string
	// Home is the directory to make the private directory in; defaults to the system's.
	Home string
	// CLI is the Pulumi CLI; defaults to the one on PATH, else build/bin/pulumi under Dir.
	CLI string
}

// Engine is one stack. It does one operation at a time.
type Engine struct {
	opts    Options
	home    string
	command *command
	// variables are those that Pulumi reads.
	variables []string
	project   *workspace.Project
	stack     auto.Stack
	language  *language
}

// Run says how an operation is done.
type Run struct {
	// Progress is told of every step as it happens, one at a time. Optional.
	Progress func(Step)
	// SkipRefresh is --refresh=false, against the project's "refresh: always".
	SkipRefresh bool
	// Targets limits the operation to these URNs and is --target.
	Targets []string
	// Turn is held while the operation runs, by those who take turns. Optional.
	Turn sync.Locker
	// Parallel limits concurrent resource operations; 0 is the engine's default.
	Parallel int
}

// Result is what an operation did.
type Result struct {
	// Steps are the finished and failed steps in order.
	Steps []Step
	// Counts are numbers of resources by operation: create, update, delete, same, replace.
	Counts map[string]int
	// Warnings are the program's and the engine's, in order.
	Warnings []Diagnostic
	// Outputs are the stack's outputs after an Up.
	Outputs map[string]any
	// Took is the operation's wall time.
	Took time.Duration
}

// Changes counts what is not "same".
func (r Result) Changes() (n int) {
	for op, count := range r.Counts {
		if op != string(apitype.OpSame) {
			n += count
		}
	}
	return n
}

// Error is a failed operation.
type Error struct {
	// Operation is up, preview, refresh or destroy.
	Operation string
	// Problems are the engine's error messages.
	Problems []Diagnostic
	cause    error
}

func (e *Error) Error() string {
	lines := []string{"pulumi " + e.Operation + " failed:"}
	for _, problem := range e.Problems {
		lines = append(lines, "  "+strings.ReplaceAll(problem.String(), "\n", "\n  "))
	}
	if len(e.Problems) == 0 {
		lines = append(lines, "  "+e.cause.Error())
	}
	return strings.Join(lines, "\n")
}

// Unwrap is the Automation API's error.
func (e *Error) Unwrap() error { return e.cause }

// New prepares the stack; nothing is deployed yet.
func New(ctx context.Context, opts Options) (_ *Engine, err error) {
	if opts.Dir, err = filepath.Abs(opts.Dir); err != nil {
		return nil, err
	}
	path, version, err := findCommand(ctx, opts.CLI, opts.Dir)
	if err != nil {
		return nil, err
	}
	project, err := workspace.LoadProject(filepath.Join(opts.Dir, "Pulumi.yaml"))
	if err != nil {
		return nil, err
	}
	home, err := os.MkdirTemp(opts.Home, "engine-")
	if err != nil {
		return nil, err
	}
	e := &Engine{opts: opts, home: home, project: project}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.Close())
		}
	}()
	if e.language, err = serveLanguage(opts.Dir); err != nil {
		return nil, err
	}
	e.variables = e.pulumi()
	e.command = &command{path: path, version: version, env: e.environment()}
	if err := e.prepare(ctx); err != nil {
		return nil, fmt.Errorf("prepare stack %s: %w", opts.Stack, err)
	}
	return e, nil
}

// environment is the engine's: nothing of this process's but where programs and the home directory are, so that no
// credentials, proxies or Pulumi settings of the user reach it. It saves its state when an operation ends, as an
// interrupted one does too, and not at each of its steps, which costs more than all of the deployment. What kills the
// engine mostly takes the account with it that the state is of; an interrupted one that does not end within
// interruptPatience leaves an account of which it knows less than there is.
func (e *Engine) environment() []string {
	return append([]string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + e.home,
		"PULUMI_SKIP_CHECKPOINTS=true",
	}, e.variables...)
}

// pulumi are the variables that Pulumi reads, with a passphrase of its own.
func (e *Engine) pulumi() []string {
	var attach []string
	for _, name := range slices.Sorted(maps.Keys(e.opts.Providers)) {
		address := e.opts.Providers[name]
		attach = append(attach, name+":"+address[strings.LastIndex(address, ":")+1:])
	}
	return []string{
		"PULUMI_HOME=" + filepath.Join(e.home, "pulumi"),
		"PULUMI_CONFIG_PASSPHRASE=" + rand.Text(),
		"PULUMI_DEBUG_PROVIDERS=" + strings.Join(attach, ","),
		"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true",
		"PULUMI_SKIP_UPDATE_CHECK=true",
	}
}

// Environment is what a Pulumi CLI elsewhere needs to look at the stack, and to act on it while the engine does
// nothing.
func (e *Engine) Environment() []string {
	return append(slices.Clone(e.variables), "PULUMI_BACKEND_URL=file://"+e.state(),
		"PULUMI_DEBUG_LANGUAGES=go:"+strconv.Itoa(e.language.port))
}

// CLI is the Pulumi CLI that the engine uses.
func (e *Engine) CLI() string { return e.command.path }

// SettingsDir is where the project's and the stack's settings are, Pulumi.yaml and Pulumi.<stack>.yaml.
func (e *Engine) SettingsDir() string { return filepath.Join(e.home, "work") }

func (e *Engine) state() string { return filepath.Join(e.home, "state") }

// prepare writes project and stack settings and creates the stack.
func (e *Engine) prepare(ctx context.Context) error {
	work, state := e.SettingsDir(), e.state()
	for _, dir := range []string{work, state} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
	}
	e.project.Backend = &workspace.ProjectBackend{URL: "file://" + state}
	e.project.Main = e.opts.Dir
	settings, err := yaml.Marshal(map[string]any{"config": e.opts.Config})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(work, "Pulumi."+e.opts.Stack+".yaml"), settings, 0o600); err != nil {
		return err
	}
	e.stack, err = auto.NewStackInlineSource(ctx, e.opts.Stack, string(e.project.Name), e.opts.Program,
		auto.Project(*e.project), auto.WorkDir(work), auto.Pulumi(e.command), auto.SecretsProvider("passphrase"))
	return err
}

// SetConfig replaces one configuration value, by full key, for the operations that follow.
func (e *Engine) SetConfig(ctx context.Context, key string, value any) error {
	parsed, err := config.ParseKey(key)
	if err != nil {
		return err
	}
	settings, err := e.stack.Workspace().StackSettings(ctx, e.opts.Stack)
	if err != nil {
		return err
	}
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	settings.Config[parsed] = config.NewObjectValue(string(body))
	return e.stack.Workspace().SaveStackSettings(ctx, e.opts.Stack, settings)
}

// SetSecret replaces one configuration value by a secret, by its path ("project:key.part[0]").
func (e *Engine) SetSecret(ctx context.Context, path, value string) error {
	return e.stack.SetConfigWithOptions(
		ctx,
		path,
		auto.ConfigValue{Value: value, Secret: true},
		&auto.ConfigOptions{Path: true},
	)
}

// Up deploys the program.
func (e *Engine) Up(ctx context.Context, run Run) (Result, error) {
	var outputs auto.OutputMap
	result, err := e.operate("up", run, func(stream chan<- events.EngineEvent) error {
		up, err := e.stack.Up(ctx, optup.EventStreams(stream), optup.Target(run.Targets), optup.Parallel(run.Parallel),
			optup.SuppressProgress(), optup.Color("never"))
		outputs = up.Outputs
		return err
	})
	result.Outputs = map[string]any{}
	for name, output := range outputs {
		result.Outputs[name] = output.Value
	}
	return result, err
}

// Preview plans a deployment. Its steps are those that an Up would take.
func (e *Engine) Preview(ctx context.Context, run Run) (Result, error) {
	return e.operate("preview", run, func(stream chan<- events.EngineEvent) error {
		_, err := e.stack.Preview(ctx, optpreview.EventStreams(stream), optpreview.Target(run.Targets),
			optpreview.Parallel(run.Parallel), optpreview.SuppressProgress(), optpreview.Color("never"))
		return err
	})
}

// Refresh brings the state up to date with what is there.
func (e *Engine) Refresh(ctx context.Context, run Run) (Result, error) {
	return e.operate("refresh", run, func(stream chan<- events.EngineEvent) error {
		_, err := e.stack.Refresh(ctx, optrefresh.EventStreams(stream), optrefresh.Target(run.Targets),
			optrefresh.Parallel(run.Parallel), optrefresh.SuppressProgress(), optrefresh.Color("never"))
		return err
	})
}

// Destroy deletes every resource of the stack. It plans first, as the command line does: only the plan refuses to
// delete a protected resource before anything else is deleted.
func (e *Engine) Destroy(ctx context.Context, run Run) (Result, error) {
	plan := Run{SkipRefresh: true, Targets: run.Targets, Parallel: run.Parallel}
	planned, err := e.operate("destroy", plan, func(stream chan<- events.EngineEvent) error {
		_, err := e.stack.PreviewDestroy(ctx, destroyOptions(plan, stream)...)
		return err
	})
	if err != nil {
		return Result{Took: planned.Took}, err
	}
	result, err := e.operate("destroy", run, func(stream chan<- events.EngineEvent) error {
		_, err := e.stack.Destroy(ctx, destroyOptions(run, stream)...)
		return err
	})
	result.Took += planned.Took
	return result, err
}

func destroyOptions(run Run, stream chan<- events.EngineEvent) []optdestroy.Option {
	return []optdestroy.Option{optdestroy.EventStreams(stream), optdestroy.Target(run.Targets),
		optdestroy.Parallel(run.Parallel), optdestroy.SuppressProgress(), optdestroy.Color("never")}
}

// operate runs one operation and follows its events.
func (e *Engine) operate(name string, run Run, do func(chan<- events.EngineEvent) error) (Result, error) {
	if run.Turn != nil {
		run.Turn.Lock()
		defer run.Turn.Unlock()
	}
	e.command.extra = nil
	if run.SkipRefresh {
		e.command.extra = []string{"--refresh=false"}
	}
	started, stream := time.Now(), make(chan events.EngineEvent)
	recorder, returned, followed := newRecorder(run.Progress), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(followed)
		recorder.follow(stream, returned)
	}()
	err := do(stream)
	close(returned)
	<-followed
	result := Result{
		Steps:    recorder.steps,
		Counts:   recorder.counts,
		Warnings: recorder.warnings,
		Took:     time.Since(started),
	}
	if err != nil {
		return result, &Error{Operation: name, Problems: recorder.problems, cause: err}
	}
	return result, nil
}

// Resource is one resource in the state.
type Resource struct {
	URN, Type, ID   string
	Protect         bool
	Inputs, Outputs map[string]any
}

// Resources are the resources in the state.
func (e *Engine) Resources(ctx context.Context) ([]Resource, error) {
	exported, err := e.stack.Export(ctx)
	if err != nil {
		return nil, err
	}
	var deployment apitype.DeploymentV3
	if err := json.Unmarshal(exported.Deployment, &deployment); err != nil {
		return nil, err
	}
	var resources []Resource
	for _, r := range deployment.Resources {
		resources = append(resources, Resource{
			URN:     string(r.URN),
			Type:    string(r.Type),
			ID:      string(r.ID),
			Protect: r.Protect,
			Inputs:  r.Inputs,
			Outputs: r.Outputs,
		})
	}
	return resources, nil
}

// Export is the stack's state as `pulumi stack export` prints it.
func (e *Engine) Export(ctx context.Context) ([]byte, error) {
	exported, err := e.stack.Export(ctx)
	if err != nil {
		return nil, err
	}
	return json.Marshal(exported)
}

// Close removes the private directory, with the state of whatever is still deployed.
func (e *Engine) Close() error {
	if e.language != nil {
		e.language.Close()
	}
	return os.RemoveAll(e.home)
}
