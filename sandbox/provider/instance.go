package provider

import (
	"context"
	"sync"
)

// instance is one provider resource of the program: what was configured over its connection.
type instance struct {
	mu        sync.Mutex
	config    config
	cancelled chan struct{}
	once      sync.Once
}

// config is the part of the provider's configuration that the sandbox heeds.
type config struct {
	Region      string `json:"region"`
	MaxRetries  *int   `json:"maxRetries"`
	DefaultTags struct {
		Tags map[string]string `json:"tags"`
	} `json:"defaultTags"`
}

func newInstance() *instance { return &instance{cancelled: make(chan struct{})} }

func (i *instance) configure(c config) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.config = c
}

func (i *instance) configured() config {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.config
}

// cancel ends all operations of the instance: the engine's Cancel, after Ctrl-C.
func (i *instance) cancel() { i.once.Do(func() { close(i.cancelled) }) }

// context ends with the request and with the instance.
func (i *instance) context(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := make(chan struct{})
	go func() {
		select {
		case <-i.cancelled:
			cancel(errCancelled)
		case <-stop:
		}
	}()
	return ctx, func() {
		close(stop)
		cancel(nil)
	}
}
