// Command transactions is the transaction service: the Lambda function behind the HTTP API.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	lambdaservice "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/jackc/pgx/v5/pgxpool"

	"aurora-dsql-dr/lambda/internal/boot"
	"aurora-dsql-dr/lambda/internal/breaker"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/env"
	"aurora-dsql-dr/lambda/internal/fieldcrypt"
	"aurora-dsql-dr/lambda/internal/ledger"
	"aurora-dsql-dr/lambda/internal/service"
)

// connections are two, since an environment answers one request at a time: one works, one may be on its way out.
const connections = 2

func main() {
	boot.Start(env.ParseTransactions, func(ctx context.Context, e env.Transactions, cfg aws.Config, log *slog.Logger) (any,
		error) {
		s, err := configure(ctx, e, cfg, log)
		if err != nil {
			return nil, err
		}
		return s.Invoke, nil
	})
}

func configure(ctx context.Context, e env.Transactions, cfg aws.Config, log *slog.Logger) (*service.Service, error) {
	database, err := endpoints(ctx, e, cfg, log)
	if err != nil {
		return nil, err
	}
	books := &ledger.Ledger{Database: database, Region: e.Region, Conflicts: dsqlconn.ShortTransactions}
	books.Cipher = &fieldcrypt.Cipher{Fields: e.EncryptedFields, Load: books.Keyset}
	if e.KeyARN != "" {
		if books.Cipher.Wrapper, err = fieldcrypt.NewWrapper(ctx, e.KeyARN, kms.NewFromConfig(cfg)); err != nil {
			return nil, err
		}
	}
	return &service.Service{
		Ledger:       books,
		Region:       e.Region,
		RequestLimit: e.RequestLimit,
		Metrics:      os.Stdout,
		Log:          log,
		Notify:       service.NotifyPublisher(lambdaservice.NewFromConfig(cfg), e.PublisherFunction),
	}, nil
}

// endpoints are the region's own and, with cross-region fallback, the other region's.
func endpoints(ctx context.Context, e env.Transactions, cfg aws.Config, log *slog.Logger) (*ledger.Database, error) {
	dialer := dsqlconn.Dialer{Credentials: cfg.Credentials, HostAddr: e.HostAddr}
	hosts := []env.Endpoint{e.Endpoint}
	if e.Peer != nil {
		hosts = append(hosts, *e.Peer)
	}
	var guarded []breaker.Endpoint[*pgxpool.Pool]
	for _, host := range hosts {
		pool, err := dialer.Pool(ctx, host.Host, host.Region, e.Role, connections)
		if err != nil {
			return nil, err
		}
		guarded = append(guarded, breaker.Endpoint[*pgxpool.Pool]{Name: host.Host, Via: pool})
	}
	return breaker.New(breaker.Policy{
		Failure: dsqlconn.Unreachable,
		Ignore:  func(err error) bool { return dsqlconn.Classify(err) == dsqlconn.ReasonLocal },
		Pause:   e.BreakerPause,
		OnChange: func(endpoint string, kind breaker.Kind, from, to string) {
			log.Warn("circuit breaker changed", "endpoint", endpoint, "for", kind.String(), "from", from, "to", to)
		},
	}, guarded...), nil
}
