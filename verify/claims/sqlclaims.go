package claims

import (
	"github.com/jackc/pgx/v5"
)

const sqlPage = "sandbox-sql.md"

// sqlClaims are about what clusters answer to SQL.
var sqlClaims = []Claim{{
	ID:    "sql-new-is-empty",
	Says:  "a new cluster is empty",
	Page:  dsqlPage,
	Row:   "a new cluster is empty",
	Makes: []*Kind{lone},
	ask:   aNewClusterIsEmpty,
}, {
	ID:    "sql-tls",
	Says:  "a connection without TLS is refused",
	Page:  sqlPage,
	Row:   "TLS with SNI only",
	Makes: []*Kind{lone},
	ask:   plaintextIsRefused,
}, {
	ID:    "sql-token",
	Says:  "a token is for its host, region, action and a quarter of an hour: 08006, access denied",
	Page:  sqlPage,
	Row:   "the token: signature, session, life, host, region, service, action",
	Makes: []*Kind{lone},
	ask:   tokensAreForOneThing,
}, {
	ID:    "sql-words",
	Says:  "every statement of the table is refused with its code and in its words",
	Page:  sqlPage,
	Row:   "what is refused, by name and with 0A000",
	Makes: []*Kind{lone},
	ask:   statementsAreRefused,
}, {
	ID:    "sql-transactions",
	Says:  "repeatable read only; one DDL statement a transaction, and no DML beside it; 3,000 rows",
	Page:  sqlPage,
	Row:   "repeatable read only; one DDL statement a transaction",
	Makes: []*Kind{lone},
	ask:   transactionsHaveRules,
}, {
	ID:    "sql-conflict",
	Says:  "of two transactions that change a row one fails with 40001, OC000; one that wrote nothing never does",
	Page:  sqlPage,
	Row:   "a conflict is 40001 with OC000",
	Makes: []*Kind{lone},
	ask:   oneOfTwoWritersLoses,
}, {
	ID:    "sql-duplicate",
	Says:  "a duplicate that the transaction can see is 23505",
	Page:  sqlPage,
	Row:   "a conflict is 40001 with OC000",
	Makes: []*Kind{lone},
	ask:   aVisibleDuplicateIsPlain,
}, {
	ID:    "sql-index",
	Says:  "CREATE INDEX ASYNC returns a job, which sys.jobs shows; a unique one over duplicates fails and is INVALID",
	Page:  sqlPage,
	Row:   "`CREATE INDEX ASYNC` returns a `job_id`",
	Makes: []*Kind{lone},
	ask:   indexesAreBuiltByJobs,
}, {
	ID:    "sql-admin",
	Says:  "admin makes roles and schemas, and is no superuser",
	Page:  sqlPage,
	Row:   "`admin` makes roles and schemas, and is no superuser",
	Makes: []*Kind{lone},
	ask:   adminIsNoSuperuser,
}, {
	ID:    "sql-roles",
	Says:  "AWS IAM GRANT lets its principal in as the role, by DbConnect, and REVOKE ends it; others are refused: 08006",
	Page:  sqlPage,
	Row:   "`dsql:DbConnect` and `dsql:DbConnectAdmin` by the principal's policies",
	Makes: []*Kind{lone},
	ask:   rolesAreMapped,
}, {
	ID:    "sql-both-endpoints",
	Says:  "what one endpoint of a pair has acknowledged the other shows",
	Page:  sqlPage,
	Row:   "two clusters, synchronously replicated",
	Makes: []*Kind{pair},
	ask:   bothEndpointsShowTheSame,
}, {
	ID:    "sql-conflict-regions",
	Says:  "a conflict between the regions of a pair is 40001, OC000",
	Page:  sqlPage,
	Row:   "a conflict is 40001 with OC000",
	Makes: []*Kind{pair},
	ask:   writersInTwoRegionsConflict,
}}

// asAdmin is a connection to the cluster that claims share.
func (c *Case) asAdmin() (*aCluster, *pgx.Conn, error) {
	a, err := needed(c.lone())
	if err != nil {
		return nil, nil, err
	}
	conn, err := c.session(a)
	return a, conn, err
}
