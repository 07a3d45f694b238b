// Command go connects to an Aurora DSQL endpoint as an application should: as a database role of its own, with a token
// for each connection, and with transactions that are repeated as a whole.
//
// It reads libpq's variables: PGHOST, the region's endpoint, and PGUSER, the role; AWS's own for the credentials. For
// the sandbox also PGHOSTADDR, PGPORT and PGSSLROOTCERT, as `make sandbox` prints them.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	pool, err := open(ctx, settings.Credentials, os.Getenv("PGHOST"), os.Getenv("PGUSER"))
	if err != nil {
		return err
	}
	defer pool.Close()
	orders, err := record(ctx, pool, "order-1", "100.50")
	if err != nil {
		return err
	}
	fmt.Printf("order-1 is one of %d\n", orders)
	return nil
}

// open returns a pool of connections to a region's endpoint.
func open(ctx context.Context, credentials aws.CredentialsProvider, host, user string) (*pgxpool.Pool, error) {
	// Without sslrootcert pgx trusts the machine's own certificates, among them Amazon's.
	c, err := pgxpool.ParseConfig(fmt.Sprintf("host=%s user=%s dbname=postgres sslmode=verify-full", host, user))
	if err != nil {
		return nil, err
	}
	c.ConnConfig.ConnectTimeout = 5 * time.Second
	if address := os.Getenv("PGHOSTADDR"); address != "" { // libpq's, which pgx does not know: where the sandbox is
		address = net.JoinHostPort(address, fmt.Sprint(c.ConnConfig.Port))
		c.ConnConfig.LookupFunc = func(context.Context, string) ([]string, error) { return []string{address}, nil }
	}
	// A token is only looked at when a connection begins, and lasts a quarter of an hour: one for each connection.
	c.BeforeConnect = func(ctx context.Context, c *pgx.ConnConfig) (err error) {
		c.Password, err = token(ctx, credentials, host)
		return err
	}
	// Aurora DSQL ends a connection after 60 minutes; the jitter keeps a pool from being made anew all at once.
	c.MaxConnLifetime, c.MaxConnLifetimeJitter = 50*time.Minute, 5*time.Minute
	return pgxpool.NewWithConfig(ctx, c)
}

// token signs a password: a presigned GET of https://<host>/?Action=DbConnect, without the scheme. The module
// github.com/aws/aws-sdk-go-v2/feature/dsql/auth has it as auth.GenerateDbConnectAuthToken.
func token(ctx context.Context, provider aws.CredentialsProvider, host string) (string, error) {
	const (
		nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" // SHA-256 of an empty body
		query   = "/?Action=DbConnect&X-Amz-Expires=900"
	)
	labels := strings.Split(host, ".") // <identifier>.dsql.<region>.on.aws
	if len(labels) != 5 {
		return "", fmt.Errorf("PGHOST is %q: want <identifier>.dsql.<region>.on.aws", host)
	}
	credentials, err := provider.Retrieve(ctx) // fresh ones: a role's expire, and take their tokens with them
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+query, nil) //nolint:gosec // not sent
	if err != nil {
		return "", err
	}
	signed, _, err := v4.NewSigner().PresignHTTP(ctx, credentials, request, nothing, "dsql", labels[2], time.Now())
	return strings.TrimPrefix(signed, "https://"), err
}

// record records an order once, however often it is asked to, and returns how many there are.
func record(ctx context.Context, pool *pgxpool.Pool, id, amount string) (orders int, err error) {
	err = repeat(ctx, func() error {
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			const insert = "INSERT INTO shop.orders (id, amount) VALUES ($1, $2::numeric) ON CONFLICT (id) DO NOTHING"
			if _, err := tx.Exec(ctx, insert, id, amount); err != nil {
				return err
			}
			return tx.QueryRow(ctx, "SELECT count(*) FROM shop.orders").Scan(&orders)
		})
	})
	return orders, err
}

// repeat runs a whole transaction again while it may be repeated. The transaction has to bear that, since the one
// before may have been committed: it tells its rows by keys of its own.
func repeat(ctx context.Context, transaction func() error) error {
	const attempts = 10
	for attempt := 1; ; attempt++ {
		err := transaction()
		if err == nil || !repeatable(err) || attempt == attempts {
			return err
		}
		longest := min(10*time.Millisecond<<attempt, time.Second)
		select {
		case <-time.After(rand.N(longest)): //nolint:gosec // jitter is no secret
		case <-ctx.Done():
			return err
		}
	}
}

// repeatable says that a transaction lost against another (40001, with OC000 for data or OC001 for the schema), that
// the server was unavailable (XX000; the commit is uncertain), or that the connection was refused or lost (08, or no
// SQLSTATE; so is the commit).
func repeatable(err error) bool {
	var failed *pgconn.PgError
	if !errors.As(err, &failed) {
		return true
	}
	unavailable := failed.Code == "XX000" && strings.Contains(failed.Message, "unavailable")
	return failed.Code == "40001" || unavailable || strings.HasPrefix(failed.Code, "08")
}
