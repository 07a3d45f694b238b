package liveness

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"aurora-dsql-dr/lambda/internal/dsqlconn"
)

// What a look finds against an endpoint that answers.
var (
	ErrWithdrawn = errors.New("it is withdrawn, or was until some minutes ago")
	ErrLost      = errors.New("an incident of it is open, or was until some minutes ago")
)

// lifetime is how long a connection is kept: below the 60 minutes after which the server cuts it (Aurora DSQL User
// Guide, "Cluster quotas and database limits").
const lifetime = 50 * time.Minute

// Endpoint is the region's own, looked at over one connection that is kept from look to look. Looks are not concurrent.
type Endpoint struct {
	Dialer             dsqlconn.Dialer
	Host, Region, Role string
	// Hold is how long a withdrawal or an incident counts after its end, by the database's clock.
	Hold time.Duration

	conn  *pgx.Conn
	since time.Time
}

// Look is why clients should not come here, nil if they may. A kept connection may have died while the environment was
// frozen, and say nothing: after half of the time a new one is made.
func (e *Endpoint) Look(ctx context.Context) error {
	if e.conn != nil && time.Since(e.since) < lifetime {
		deadline, _ := ctx.Deadline()
		half, cancel := context.WithTimeout(ctx, time.Until(deadline)/2)
		defer cancel()
		if problem, err := e.ask(half); err == nil {
			return problem
		}
	}
	e.close(ctx)
	conn, err := e.Dialer.Connect(ctx, e.Host, e.Region, e.Role) // signs a token of its own
	if err != nil {
		return err
	}
	e.conn, e.since = conn, time.Now()
	problem, err := e.ask(ctx)
	if err != nil {
		e.close(ctx)
		return err
	}
	return problem
}

func (e *Endpoint) close(ctx context.Context) {
	if e.conn != nil {
		_ = e.conn.Close(ctx) // it may be dead already
		e.conn = nil
	}
}

// ask is the one statement of a look. Both tables are read by key; err is a look that failed.
func (e *Endpoint) ask(ctx context.Context) (problem, err error) {
	var withdrawn, lost bool
	err = e.conn.QueryRow(ctx, `
		SELECT
			EXISTS (SELECT 1 FROM dr.withdrawal WHERE endpoint = $1::text AND ended_how IS DISTINCT FROM 'lapsed'
				AND least(until, ended_at) > now() - $2::float8 * interval '1 second'),
			coalesce((SELECT closed_at IS NULL OR closed_at > now() - $2::float8 * interval '1 second'
				FROM dr.incident WHERE endpoint = $1::text ORDER BY number DESC LIMIT 1), false)`,
		e.Host, e.Hold.Seconds()).Scan(&withdrawn, &lost)
	switch {
	case err != nil:
		return nil, err
	case withdrawn:
		return ErrWithdrawn, nil
	case lost:
		return ErrLost, nil
	}
	return nil, nil
}
