package sandbox

import (
	"context"
	"time"

	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/sqlendpoint"
)

// AdminUser is Aurora DSQL's administrator, whose tokens are for another action than everybody else's.
const AdminUser = "admin"

// Token signs the password with which a user connects to a cluster, valid for a quarter of an hour.
func Token(ctx context.Context, c dsql.Cluster, user string, credentials iam.Credentials) (string, error) {
	return sqlendpoint.Token(ctx, signer(credentials), c.Endpoint, c.Region, sqlendpoint.ActionOf(user), time.Now())
}
