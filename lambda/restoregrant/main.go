// Command restoregrant lets the function restoreverify into a restored database. A state machine invokes it if that was
// refused: whether a restore brings the mappings of IAM roles is not documented.
//
// Environment: DATABASE_ROLE, VERIFIER_ROLE; DSQL_HOSTADDR is optional. What its role has to be allowed, beside writing
// its log:
//
//   - dsql:DbConnectAdmin on cluster/* of its own region, the stack's clusters denied
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/aws"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/boot"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/env"
	"aurora-dsql-dr/lambda/internal/migrate"
	"aurora-dsql-dr/lambda/schema"
)

func main() {
	boot.Start(env.ParseRestoreGrant,
		func(_ context.Context, e env.RestoreGrant, cfg aws.Config, log *slog.Logger) (any, error) {
			return configure(e, cfg, log)
		})
}

type handler = func(context.Context, contract.RestoreTestEvent) (contract.RestoreTest, error)

// configure makes the handler. A pair shows one database: its first cluster is enough.
func configure(e env.RestoreGrant, cfg aws.Config, log *slog.Logger) (handler, error) {
	role, found := schema.RoleNamed(e.Role)
	if !found {
		return nil, fmt.Errorf("%s is %q: want a role of package schema, %s", contract.EnvDatabaseRole, e.Role,
			schema.RoleVerify)
	}
	dialer := dsqlconn.Dialer{Credentials: cfg.Credentials, HostAddr: e.HostAddr}
	return func(ctx context.Context, event contract.RestoreTestEvent) (contract.RestoreTest, error) {
		test := event.Test
		if len(test.Restored) == 0 {
			return test, errors.New("nothing is restored yet: poll says what is")
		}
		err := migrate.LetIn(ctx, dialer, test.Restored[0].Endpoint, role, e.VerifierARN, log)
		test.Granted = err == nil
		return test, err
	}, nil
}
