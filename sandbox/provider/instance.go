package provider

import (
	"context"
	"sync"
)

// instance is one provider resource of the program: what was configured over its connection.
type instance struct {
	mu        sync.Mutex
	config    config
	account   string
	validated bool
	cancelled chan struct{}
	once      sync.Once
}

// config is the part of the provider's configuration that the sandbox heeds.
type config struct {
	Region                    string `json:"region"`
	MaxRetries                *int   `json:"maxRetries"`
	STSRegion                 string `json:"stsRegion"`
	SkipCredentialsValidation bool   `json:"skipCredentialsValidation"`
	SkipRequestingAccountID   bool   `json:"skipRequestingAccountId"`
	DefaultTags               struct {
		Tags map[string]string `json:"tags"`
	} `json:"defaultTags"`
}

func newInstance() *instance { return &instance{cancelled: make(chan struct{})} }

// configure keeps the configuration and the account that the provider has found, "" if it was told not to ask.
func (i *instance) configure(c config, account string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.config, i.account = c, account
}

// accountID is the account that the provider puts into the ARNs that it makes up itself.
func (i *instance) accountID() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.account
}

// firstValidation is true once.
func (i *instance) firstValidation() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	first := !i.validated
	i.validated = true
	return first
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
