// Command restoreverify reads a restored database and compares it with the program's schema and with the source. A
// state machine invokes it.
//
// Environment: DATABASE_ENDPOINT (the own region's), DATABASE_ROLE (dr_verify); KEY_ARN is set if the application
// encrypts fields; DSQL_HOSTADDR is optional. What its role has to be allowed, beside writing its log:
//
//   - dsql:DbConnect on cluster/* of both data regions: restored clusters have ids that nobody knows before, and the
//     second of a pair is in the other region; the own region's cluster of the stack is read as the source
//   - kms:Decrypt on the key of KEY_ARN, with whose help the keyset is opened (encryption context as the application's)
package main

import (
	"context"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"aurora-dsql-dr/lambda/internal/boot"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/env"
	"aurora-dsql-dr/lambda/internal/fieldcrypt"
	"aurora-dsql-dr/lambda/internal/verify"
)

func main() {
	boot.Start(env.ParseRestoreVerify,
		func(ctx context.Context, e env.RestoreVerify, cfg aws.Config, _ *slog.Logger) (any, error) {
			verifier, err := configure(ctx, e, cfg)
			return verifier.Run, err
		})
}

func configure(ctx context.Context, e env.RestoreVerify, cfg aws.Config) (verify.Verifier, error) {
	v := verify.Verifier{
		Dialer: dsqlconn.Dialer{Credentials: cfg.Credentials, HostAddr: e.HostAddr},
		Role:   e.Role,
		Source: e.Endpoint.Host,
	}
	if e.KeyARN == "" {
		return v, nil
	}
	var err error
	v.Key, err = fieldcrypt.NewWrapper(ctx, e.KeyARN, kms.NewFromConfig(cfg))
	return v, err
}
