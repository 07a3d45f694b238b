package lambda

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"aurora-dsql-dr/sandbox/iam"
)

const (
	// initTimeout is how long the init phase may take ("Lambda execution environment lifecycle", Lambda Developer Guide).
	// It is wall time: the machine starts a process no faster when the sandbox's clock does.
	initTimeout = 10 * time.Second
	// memoryWatch is how often a working process's resident memory is read.
	memoryWatch = 20 * time.Millisecond
)

// fault is why an execution environment could not answer: an error type of Lambda's and its message.
type fault struct{ errorType, message string }

func (f *fault) Error() string { return f.errorType + ": " + f.message }

// payload is the fault as the function's caller sees it.
func (f *fault) payload(requestID string) []byte {
	return errorPayload(f.errorType, "RequestId: "+requestID+" Error: "+f.message)
}

// environment is one execution environment: a process that polls a Runtime API of its own. It serves one invocation at
// a time; it is idle only after the process has polled again.
type environment struct {
	blueprint   blueprint
	credentials iam.Credentials
	variables   []string
	logs        *stream
	leases      int // how often the environment was taken again

	process *process
	api     *runtimeAPI
	output  *output
	peak    int64 // bytes of resident memory
}

// blueprint is all that decides how an environment is started.
type blueprint struct {
	revision int
	function Function
	taskRoot string
	platform string // the sandbox's variables, encoded for comparison
}

// same reports whether environments of both can stand in for one another.
func (b blueprint) same(other blueprint) bool {
	return b.revision == other.revision && b.platform == other.platform
}

// expires reports whether the environment's credentials might not last through an invocation.
func (e *environment) expires(now time.Time) bool {
	needed := time.Duration(e.blueprint.function.Timeout)*time.Second + time.Minute
	return e.credentials.Expiration.Sub(now) < needed
}

// start starts the process and waits for its first poll; the fault, if any, is Lambda's for a failed init phase.
func (e *environment) start(ctx context.Context) error {
	if e.blueprint.function.Stub != nil {
		return nil
	}
	if err := checkEntrypoint(e.blueprint.taskRoot, e.blueprint.function.Architectures[0]); err != nil {
		return &fault{"Runtime.InvalidEntrypoint", err.Error()}
	}
	api, err := startRuntimeAPI(ctx)
	if err != nil {
		return err
	}
	e.api = api
	out, write, err := newOutput(e.logs.line)
	if err != nil {
		return err
	}
	e.output = out
	defer func() { _ = write.Close() }()
	bootstrap := filepath.Join(e.blueprint.taskRoot, "bootstrap")
	cmd := exec.CommandContext(context.WithoutCancel(ctx), bootstrap)
	cmd.Dir, cmd.Env = e.blueprint.taskRoot, slices.Concat(e.variables, []string{"AWS_LAMBDA_RUNTIME_API=" + api.addr})
	cmd.Stdout, cmd.Stderr = write, write
	process, err := startProcess(cmd)
	if err != nil {
		return &fault{"Runtime.InvalidEntrypoint", err.Error()}
	}
	e.process = process
	ctx, cancel := context.WithTimeoutCause(ctx, initTimeout, &fault{"Sandbox.Timedout",
		fmt.Sprintf("Task timed out after %.2f seconds", initTimeout.Seconds())})
	defer cancel()
	_, err = await(ctx, e, e.api.polled)
	e.output.drain()
	return err
}

// run gives the work to the process and returns its reply once it has polled for more, so that the environment is idle
// or gone. ctx ends at the function's timeout, with the fault as its cause.
func (e *environment) run(ctx context.Context, job work) (reply, error) {
	if stub := e.blueprint.function.Stub; stub != nil {
		return stub.run(ctx, job.payload)
	}
	defer e.output.drain()
	if err := e.api.give(ctx, job); err != nil {
		return reply{}, err
	}
	r, err := await(ctx, e, e.api.replies)
	if err != nil {
		return reply{}, err
	}
	// A process that answers and exits has answered; one that neither polls nor exits uses up its time.
	if _, err := await(ctx, e, e.api.polled); err != nil && !e.exited() {
		return reply{}, err
	}
	return r, nil
}

// await waits for what the process is to do, and watches what may happen to it instead.
func await[T any](ctx context.Context, e *environment, awaited <-chan T) (T, error) {
	var none T
	tick := time.NewTicker(memoryWatch)
	defer tick.Stop()
	for {
		select {
		case got := <-awaited:
			e.measure()
			return got, nil
		case body := <-e.api.initError:
			return none, &initError{body}
		case <-ctx.Done():
			return none, context.Cause(ctx)
		case <-e.process.exited:
			select {
			case got := <-awaited: // it did so before it ended
				return got, nil
			case body := <-e.api.initError:
				return none, &initError{body}
			default:
				return none, &fault{"Runtime.ExitError", "Runtime exited " + exitReason(e.process.state)}
			}
		case <-tick.C:
			if e.measure() > int64(e.blueprint.function.MemorySize)<<20 {
				e.process.kill()
				return none, &fault{"Runtime.OutOfMemory", "Runtime exited with error: signal: killed"}
			}
		}
	}
}

// measure returns the process's resident memory in bytes and remembers its peak.
func (e *environment) measure() int64 {
	now, peak := e.process.memory()
	e.peak = max(e.peak, peak)
	return now
}

// initError is what a runtime posted to /init/error, passed on as it is.
type initError struct{ body []byte }

func (e *initError) Error() string { return "Runtime.InitError: " + string(e.body) }

// exitReason is Lambda's wording of how a process ended.
func exitReason(state *os.ProcessState) string {
	if state.Success() {
		return "without providing a reason"
	}
	return "with error: " + state.String()
}

// exited reports whether the environment can serve no more.
func (e *environment) exited() bool {
	if e.process == nil {
		return e.blueprint.function.Stub == nil
	}
	select {
	case <-e.process.exited:
		return true
	default:
		return false
	}
}

// stop ends the process and everything it started; its output so far has been logged when it returns.
func (e *environment) stop() {
	if e.process != nil {
		e.process.kill()
	}
	if e.output != nil {
		e.output.close()
	}
	if e.api != nil {
		e.api.close()
	}
}
