// Package load has clients call something at the same time, each as fast as it is answered, and tells how long the
// calls took.
package load

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// warmUps are each client's first calls, which are not measured: they connect, and start what is not running yet.
const warmUps = 3

// Call is what a client does again and again.
type Call func(ctx context.Context) error

// Run has so many clients call for so long. The first error ends it.
func Run(ctx context.Context, clients int, lasting time.Duration, call Call) (Latencies, error) {
	if _, err := together(ctx, clients, call, func(calls int) bool { return calls < warmUps }); err != nil {
		return Latencies{}, err
	}
	start := time.Now()
	calls, err := together(ctx, clients, call, func(int) bool { return time.Since(start) < lasting })
	return Of(calls, time.Since(start)), err
}

// together returns how long the calls of all clients took; a client goes on as long as more says so.
func together(ctx context.Context, clients int, call Call, more func(calls int) bool) ([]time.Duration, error) {
	took := make([][]time.Duration, clients)
	group, ctx := errgroup.WithContext(ctx)
	for client := range clients {
		group.Go(func() error {
			for more(len(took[client])) {
				start := time.Now()
				if err := call(ctx); err != nil {
					return err
				}
				took[client] = append(took[client], time.Since(start))
			}
			return nil
		})
	}
	err := group.Wait()
	return slices.Concat(took...), err
}
