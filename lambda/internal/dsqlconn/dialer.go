// Package dsqlconn connects to one Aurora DSQL endpoint, says why a connection or a statement failed, and repeats
// transactions that lost a conflict.
package dsqlconn

import (
	"context"
	"crypto/x509"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/jackc/pgx/v5"
)

// Admin is the database user every cluster is born with. It needs dsql:DbConnectAdmin; every other user needs
// dsql:DbConnect and a mapping made by AWS IAM GRANT.
const Admin = "admin"

const (
	port            = 5432
	database        = "postgres" // a cluster has exactly one
	applicationName = "aurora-dsql-dr"
)

// Dialer connects to DSQL endpoints. Only Credentials is required. A Dialer is safe for concurrent use.
type Dialer struct {
	// Credentials sign the token that is the password.
	Credentials aws.CredentialsProvider
	// HostAddr maps an endpoint's host name to the ip:port dialled instead of what DNS and the standard port say; see
	// ParseHostAddr. SNI, certificate verification and the token keep the host name.
	HostAddr map[string][]string
	// RootCAs verify the server; nil means the system's.
	RootCAs *x509.CertPool
	// TokenLife is how long a token may be used to connect, a connection outlives it; 0 means 15 minutes, AWS's default.
	TokenLife time.Duration
	// Patience is how long the first address of an endpoint that has several may be silent before the others are tried
	// beside it; 0 means a second.
	Patience time.Duration
}

// Config returns the configuration of one connection to the endpoint in the region as the user: TLS with full
// verification (DialFunc makes the handshake, pgx takes its connection as it is), a freshly signed token, no second
// host or weaker mode to fall back to. A pool must sign again for every new connection (see Token).
//
// Queries with arguments run in pgx.QueryExecModeExec: one round trip and no statement kept on the server, where a
// schema change made by another session would invalidate it (OC001).
func (d Dialer) Config(ctx context.Context, endpoint, region, user string) (*pgx.ConnConfig, error) {
	token, err := d.Token(ctx, endpoint, region, user)
	if err != nil {
		return nil, err
	}
	// pgx accepts only configurations that it parsed. Whatever it reads from PG* variables is overwritten.
	cfg, err := pgx.ParseConfig("host=localhost sslmode=verify-full")
	if err != nil {
		return nil, &localError{fmt.Errorf("connection defaults: %w", err)}
	}
	cfg.Host = endpoint
	cfg.Port = port
	cfg.Database = database
	cfg.User = user
	cfg.Password = token
	cfg.DialFunc, cfg.TLSConfig = d.dialer(endpoint, new(progress)), nil // the dialer itself makes the handshake
	cfg.Fallbacks, cfg.ValidateConnect = nil, nil
	cfg.RuntimeParams = map[string]string{"application_name": applicationName}
	cfg.ConnectTimeout = 0 // the context's deadline alone decides
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
	// so does the dialer
	cfg.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	return cfg, nil
}

// Connect opens one connection within the context's deadline. Its errors are *ConnectError; Classify names the reason.
func (d Dialer) Connect(ctx context.Context, endpoint, region, user string) (*pgx.Conn, error) {
	cfg, err := d.Config(ctx, endpoint, region, user)
	if err != nil {
		return nil, &ConnectError{Endpoint: endpoint, step: stepPrepare, err: err}
	}
	at := new(progress)
	cfg.DialFunc = d.dialer(endpoint, at)
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, &ConnectError{Endpoint: endpoint, step: at.step(), err: err}
	}
	return conn, nil
}
