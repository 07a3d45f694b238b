package migrate

import (
	"context"
	"fmt"
	"time"
)

// patience is how long access that is refused is asked for again, and how often.
type patience struct{ Total, Pause time.Duration }

// propagation is what IAM may take: a new role or policy is not in force everywhere at once (IAM User Guide, "Changes
// that I make are not always immediately visible", which advises to verify that it is before relying on it). Two
// minutes is what terraform-provider-aws waits for (internal/service/iam, propagationTimeout).
var propagation = patience{Total: 2 * time.Minute, Pause: 2 * time.Second}

// whileRefused runs fn again for as long as it is refused access and there is patience. The error of a refusal to the
// end says how long it was asked for.
func (m *Migrator) whileRefused(ctx context.Context, refused func(error) bool, fn func(context.Context) error) error {
	begun := time.Now()
	for {
		err := fn(ctx)
		if err == nil || !refused(err) {
			return err
		}
		asked := time.Since(begun)
		if asked+m.patience.Pause > m.patience.Total {
			return fmt.Errorf("refused for %v, so that this is not IAM on its way: %w", asked.Round(time.Second), err)
		}
		m.log.InfoContext(ctx, "access refused, which a role just made may be", "error", err.Error())
		select {
		case <-time.After(m.patience.Pause):
		case <-ctx.Done():
			return err
		}
	}
}
