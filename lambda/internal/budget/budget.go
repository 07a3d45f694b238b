// Package budget tells how long a run of a function may still begin something.
package budget

import (
	"context"
	"time"
)

// reserve is kept of a function's time: what is not begun before it is left to the next run.
const reserve = 5 * time.Second

// HasTime tells whether there is time to begin something that takes less than the reserve. Without a deadline there
// always is, until the context ends.
func HasTime(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ctx.Err() == nil && (!ok || time.Until(deadline) > reserve)
}
