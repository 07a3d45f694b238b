package claims

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/jackc/pgx/v5"
)

// Users and the actions of their tokens (User Guide, "Using database roles and IAM authentication").
const (
	admin          = "admin"
	connectAdmin   = "DbConnectAdmin"
	connectOther   = "DbConnect"
	tokenLife      = 15 * time.Minute
	connectTimeout = 30 * time.Second
)

// token is what a password is made of: a presigned request (User Guide, "Generating an authentication token").
type token struct {
	host, region, action string
	at                   time.Time
}

// tokenFor is the one for a user of a cluster.
func tokenFor(a *aCluster, user string) token {
	t := token{host: a.endpoint, region: a.config.Region, action: connectOther, at: time.Now()}
	if user == admin {
		t.action = connectAdmin
	}
	return t
}

func (t token) sign(ctx context.Context, credentials aws.CredentialsProvider) (string, error) {
	address := fmt.Sprintf("https://%s/?Action=%s&X-Amz-Expires=%d", t.host, t.action, int(tokenLife.Seconds()))
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return "", err
	}
	signer, err := credentials.Retrieve(ctx)
	if err != nil {
		return "", err
	}
	empty := sha256.Sum256(nil)
	signed, _, err := v4.NewSigner().PresignHTTP(ctx, signer, request, hex.EncodeToString(empty[:]), "dsql", t.region,
		t.at)
	return strings.TrimPrefix(signed, "https://"), err
}

// connect connects to a cluster as somebody; change may change how.
func (c *Case) connect(a *aCluster, user string, change func(*pgx.ConnConfig)) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig("host=localhost sslmode=verify-full")
	if err != nil {
		return nil, err
	}
	config.Host, config.Port, config.User, config.Database, config.Fallbacks = a.endpoint, 5432, user, "postgres", nil
	config.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: a.endpoint}
	config.ConnectTimeout = connectTimeout
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	if config.Password, err = tokenFor(a, user).sign(c, a.config.Credentials); err != nil {
		return nil, err
	}
	if address := c.run.SQL(a.config.Region); address != "" {
		config.LookupFunc = func(context.Context, string) ([]string, error) { return []string{address}, nil }
	}
	if change != nil {
		change(config)
	}
	return pgx.ConnectConfig(c, config)
}

// session is a connection as admin, which ends with the claim.
func (c *Case) session(a *aCluster) (*pgx.Conn, error) {
	conn, err := c.connect(a, admin, nil)
	if err != nil {
		return nil, unaskable{fmt.Errorf("no connection to %s: %w", a.endpoint, err)}
	}
	c.atEnd(func() { _ = conn.Close(context.WithoutCancel(c)) })
	return conn, nil
}

// attempts are how often what prepares a claim is repeated when it meets a conflict: a session may not know the schema
// yet (User Guide, "Concurrency control").
const attempts = 5

// prepare executes statements, each a transaction.
func prepare(ctx context.Context, conn *pgx.Conn, statements ...string) error {
	for _, statement := range statements {
		var err error
		for range attempts {
			if _, err = conn.Exec(ctx, statement); err == nil || !isConflict(err) {
				break
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

func isConflict(err error) bool {
	code, _ := codeOf(err)
	return code == "40001"
}

// codes execute statements one after the other, and give the SQLSTATE of each, "" for success.
func codes(ctx context.Context, conn *pgx.Conn, statements []string) ([]string, error) {
	var all []string
	for _, statement := range statements {
		_, err := conn.Exec(ctx, statement)
		code, _ := codeOf(err)
		if err != nil && code == "" {
			return nil, err
		}
		all = append(all, code)
	}
	return all, nil
}

// scan reads one value.
func scan[T any](ctx context.Context, conn *pgx.Conn, query string) (value T, err error) {
	err = conn.QueryRow(ctx, query).Scan(&value)
	return value, err
}
