package region

import (
	"context"

	"aurora-dsql-dr/sandbox/awserr"
)

// Invoker runs functions of the region: sandbox/lambda. SNS and EventBridge reach it through Env, which keeps them from
// importing it.
type Invoker interface {
	// InvokeAsync queues an event for a function and returns once it is accepted. Principal is the service that calls
	// ("events.amazonaws.com") and sourceARN what it calls for (the rule's ARN); the function's resource policy must
	// allow them. Errors: an awserr.ErrDenied or awserr.ErrNotFound is final, anything else is worth a retry.
	InvokeAsync(ctx context.Context, functionARN string, payload []byte, principal, sourceARN string) error
}

// SetInvoker attaches the function service of the region.
func (e *Env) SetInvoker(i Invoker) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.invoker = i
}

// InvokeAsync is Invoker.InvokeAsync of the attached function service, after asking whether it is available.
func (e *Env) InvokeAsync(ctx context.Context, functionARN string, payload []byte, principal, sourceARN string) error {
	if err := e.Available("lambda"); err != nil {
		return err
	}
	e.mu.RLock()
	invoker := e.invoker
	e.mu.RUnlock()
	if invoker == nil {
		return awserr.NotFound(404, "ResourceNotFoundException", "Function not found: %s", functionARN)
	}
	return invoker.InvokeAsync(ctx, functionARN, payload, principal, sourceARN)
}
