package dsqlconn

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// poolLifetime and poolJitter stay below the 60 minutes after which the server cuts a connection (Aurora DSQL User
	// Guide, "Cluster quotas and database limits").
	poolLifetime = 50 * time.Minute
	poolJitter   = 4 * time.Minute
	// poolIdle is short: a connection that slept through a freeze of its environment is often dead.
	poolIdle = 10 * time.Minute
	// poolPing is how long a connection that was idle may take to prove that it lives; after it, a new one is made.
	poolPing = time.Second
	// poolConnect bounds a connection that is made in the background, where no request's deadline ends it: it holds one of
	// the pool's places until then. It is as long as a request may take.
	poolConnect = 5 * time.Second
)

// Pool returns a pool of at most size connections to the endpoint in the region as the user, each made as Config says
// when it is first needed, with a token of its own. It suits a function's environment, which is frozen between
// invocations: no connection is kept ready, and one that was idle for a second is pinged before it is used.
func (d Dialer) Pool(ctx context.Context, endpoint, region, user string, size int32) (*pgxpool.Pool, error) {
	connection, err := d.Config(ctx, endpoint, region, user)
	if err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig("host=localhost sslmode=verify-full") // pgxpool, too, accepts only what it parsed
	if err != nil {
		return nil, err
	}
	config.ConnConfig = connection
	config.ConnConfig.ConnectTimeout = poolConnect
	config.BeforeConnect = func(ctx context.Context, c *pgx.ConnConfig) (err error) {
		c.Password, err = d.Token(ctx, endpoint, region, user)
		return err
	}
	config.MaxConns, config.MinConns, config.MinIdleConns = size, 0, 0
	config.MaxConnLifetime, config.MaxConnLifetimeJitter = poolLifetime, poolJitter
	config.MaxConnIdleTime, config.PingTimeout = poolIdle, poolPing
	return pgxpool.NewWithConfig(ctx, config)
}
