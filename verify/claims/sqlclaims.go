package claims

import (
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
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

func aNewClusterIsEmpty(c *Case) error {
	_, conn, err := c.asAdmin()
	if err != nil {
		return err
	}
	n, err := scan[int](c, conn, "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'")
	if err == nil {
		c.is("tables in public", n, 0)
	}
	return err
}

func plaintextIsRefused(c *Case) error {
	a, _, err := c.asAdmin() // it answers
	if err != nil {
		return err
	}
	conn, err := c.connect(a, admin, func(config *pgx.ConnConfig) { config.TLSConfig = nil })
	if err == nil {
		_ = conn.Close(c)
	}
	c.holds("a connection without TLS", said(err), err != nil, "refused")
	return nil
}

// said is what an error says, or that there was none.
func said(err error) string {
	if err == nil {
		return "accepted"
	}
	return sentence(err)
}

func tokensAreForOneThing(c *Case) error {
	a, _, err := c.asAdmin() // the right one is let in
	if err != nil {
		return err
	}
	for _, wrong := range []struct {
		what   string
		change func(*token)
	}{
		{"for another action", func(t *token) { t.action = connectOther }},
		{"for another host", func(t *token) { t.host = "x" + t.host }},
		{"of another region", func(t *token) { t.region = c.run.Regions[1] }},
		{"that has expired", func(t *token) { t.at = t.at.Add(-tokenLife - time.Minute) }},
	} {
		asked := tokenFor(a, admin)
		wrong.change(&asked)
		password, err := asked.sign(c, a.config.Credentials)
		if err != nil {
			return err
		}
		c.isKeptOut("a token "+wrong.what, a, admin, password)
	}
	c.isKeptOut("a password that is no token", a, admin, "password")
	return nil
}

// isKeptOut wants nobody to be let in with a password.
func (c *Case) isKeptOut(what string, a *aCluster, user, password string) {
	conn, err := c.connect(a, user, func(config *pgx.ConnConfig) { config.Password = password })
	if err == nil {
		_ = conn.Close(c)
	}
	c.refused(what, err, "08006", "unable to accept connection, access denied")
}

// refusedStatement is a row of the page's table: a statement, and the code and the words with which it is refused.
type refusedStatement struct{ sql, code, words string }

// refusedStatements are the rows of the table, but those of which nothing is known of Aurora DSQL.
func (r *Run) refusedStatements() (rows []refusedStatement, err error) {
	page, err := fs.ReadFile(r.Docs, sqlPage)
	if err != nil {
		return nil, unaskable{err}
	}
	_, section, _ := strings.Cut(string(page), "\n## What is refused, and in which words\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != 3 || !strings.HasPrefix(cells[0], " `") || strings.TrimSpace(cells[2]) == "sandbox" {
			continue
		}
		row := refusedStatement{sql: strings.Trim(cells[0], " `"), code: "0A000", words: strings.Trim(cells[1], " `")}
		if code, words, _ := strings.Cut(row.words, " "); code == "42704" || code == "42601" {
			row.code, row.words = code, words
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// statementsAreRefused has the table t at hand, so that no statement fails for want of it.
func statementsAreRefused(c *Case) error {
	rows, err := c.run.refusedStatements()
	if err != nil {
		return err
	}
	a, conn, err := c.asAdmin()
	if err != nil {
		return err
	}
	if err := prepare(c, conn, "CREATE TABLE t (id int PRIMARY KEY, a int, b text)"); err != nil {
		return err
	}
	for _, row := range rows {
		_, err := conn.Exec(c, row.sql)
		c.refused(row.sql, err, row.code, row.words)
		if _, err := conn.Exec(c, "ROLLBACK"); err == nil {
			continue
		}
		if conn, err = c.session(a); err != nil {
			return err
		}
	}
	return prepare(c, conn, "DROP TABLE t")
}

func transactionsHaveRules(c *Case) error {
	_, conn, err := c.asAdmin()
	if err != nil {
		return err
	}
	if err := prepare(c, conn, "CREATE TABLE bulk (id int)"); err != nil {
		return err
	}
	for _, test := range []struct {
		what       string
		statements []string
		claimed    []string
	}{
		{"two DDL statements", []string{
			"BEGIN", "CREATE TABLE x (id int)", "CREATE TABLE y (id int)", "SELECT 1", "ROLLBACK",
		}, []string{"", "", "0A000", "25P02", ""}},
		{"DML behind DDL", []string{"BEGIN", "CREATE TABLE x (id int)", "INSERT INTO bulk VALUES (1)", "ROLLBACK"},
			[]string{"", "", "0A000", ""}},
		{"DDL behind DML", []string{"BEGIN", "INSERT INTO bulk VALUES (1)", "CREATE TABLE x (id int)", "ROLLBACK"},
			[]string{"", "", "0A000", ""}},
		{"grants are DDL", []string{"BEGIN", "CREATE TABLE x (id int)", "GRANT SELECT ON x TO PUBLIC", "ROLLBACK"},
			[]string{"", "", "0A000", ""}},
		{"3,000 rows", []string{"BEGIN", "INSERT INTO bulk SELECT generate_series(1, 3000)", "ROLLBACK"},
			[]string{"", "", ""}},
		{"3,001 rows", []string{"INSERT INTO bulk SELECT generate_series(1, 3001)"}, []string{"54000"}},
		{"3,000 rows and one more", []string{
			"BEGIN", "INSERT INTO bulk SELECT generate_series(1, 3000)", "INSERT INTO bulk VALUES (1)", "ROLLBACK",
		}, []string{"", "", "54000", ""}},
		{"repeatable read", []string{"BEGIN ISOLATION LEVEL REPEATABLE READ", "COMMIT"}, []string{"", ""}},
		{"a refusal fails its transaction", []string{"BEGIN", "TRUNCATE bulk", "SELECT 1", "COMMIT"},
			[]string{"", "0A000", "25P02", ""}},
	} {
		got, err := codes(c, conn, test.statements)
		if err != nil {
			return err
		}
		c.is(test.what, fmt.Sprintf("%q", got), fmt.Sprintf("%q", test.claimed))
	}
	level, err := scan[string](c, conn, "SHOW transaction_isolation")
	if err != nil {
		return err
	}
	c.is("transaction_isolation", level, "repeatable read")
	return prepare(c, conn, "DROP TABLE bulk")
}

// hotTable has one row.
var hotTable = []string{"CREATE TABLE hot (id int PRIMARY KEY, n int)", "INSERT INTO hot VALUES (1, 0)"}

// race has two sessions change one row at the same time, and gives what either was told. Which of the two loses, and at
// its statement or at its COMMIT, is left open.
func race(c *Case, first, second *pgx.Conn) (lost int, failure error, err error) {
	for _, conn := range []*pgx.Conn{first, second} {
		// The first SELECT is for the catalog, which may be older than the table.
		if err := prepare(c, conn, "SELECT * FROM hot", "BEGIN", "SELECT * FROM hot"); err != nil {
			return 0, nil, err
		}
	}
	for _, statement := range []string{"UPDATE hot SET n = n + 1 WHERE id = 1", "COMMIT"} {
		for _, conn := range []*pgx.Conn{first, second} {
			if _, err := conn.Exec(c, statement); err != nil {
				lost++
				failure = err
			}
		}
	}
	return lost, failure, nil
}

func oneOfTwoWritersLoses(c *Case) error {
	a, first, err := c.asAdmin()
	if err != nil {
		return err
	}
	if err := prepare(c, first, hotTable...); err != nil {
		return err
	}
	second, err := c.session(a)
	if err != nil {
		return err
	}
	if err := c.loses(first, second); err != nil {
		return err
	}
	if err := prepare(c, first, "BEGIN", "SELECT * FROM hot"); err != nil {
		return err
	}
	if err := prepare(c, second, "UPDATE hot SET n = n + 1 WHERE id = 1"); err != nil {
		return err
	}
	_, err = first.Exec(c, "COMMIT")
	c.accepted("COMMIT of a transaction that read a row which was changed meanwhile", err)
	return prepare(c, first, "DROP TABLE hot")
}

// loses wants one of two writers to lose.
func (c *Case) loses(first, second *pgx.Conn) error {
	lost, failure, err := race(c, first, second)
	if err != nil {
		return err
	}
	c.is("writers that failed", lost, 1)
	c.refused("the one that lost", failure, "40001", "OC000")
	n, err := scan[int](c, first, "SELECT n FROM hot")
	if err == nil {
		c.is("how often the row was changed", n, 1)
	}
	return err
}

func aVisibleDuplicateIsPlain(c *Case) error {
	_, conn, err := c.asAdmin()
	if err != nil {
		return err
	}
	if err := prepare(c, conn, "CREATE TABLE keyed (id int PRIMARY KEY)", "INSERT INTO keyed VALUES (1)"); err != nil {
		return err
	}
	_, err = conn.Exec(c, "INSERT INTO keyed VALUES (1)")
	c.refused("INSERT of a key that is there", err, "23505")
	return prepare(c, conn, "DROP TABLE keyed")
}

func indexesAreBuiltByJobs(c *Case) error {
	_, conn, err := c.asAdmin()
	if err != nil {
		return err
	}
	err = prepare(c, conn, "CREATE TABLE indexed (id int PRIMARY KEY, v int)", "INSERT INTO indexed VALUES (1, 7), (2, 7)")
	if err != nil {
		return err
	}
	for _, index := range []struct{ sql, status string }{
		{"CREATE INDEX ASYNC by_v ON indexed (v)", "completed"},
		{"CREATE UNIQUE INDEX ASYNC once_v ON indexed (v)", "failed"},
	} {
		job, err := scan[string](c, conn, index.sql)
		if !c.accepted(index.sql, err) {
			continue
		}
		c.holds("its job", job, len(job) == 26, "26 characters")
		err = c.await("job "+job, short, func() (string, bool, error) {
			status, err := scan[string](c, conn, fmt.Sprintf("SELECT status FROM sys.jobs WHERE job_id = '%s'", job))
			return status, status == "completed" || status == "failed", err
		})
		if err != nil {
			return err
		}
		status, err := scan[string](c, conn, fmt.Sprintf("SELECT status FROM sys.jobs WHERE job_id = '%s'", job))
		if err != nil {
			return err
		}
		c.is("the job's status", status, index.status)
	}
	valid, err := scan[bool](c, conn, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'once_v'::regclass")
	if err != nil {
		return err
	}
	c.is("the failed index is valid", valid, false)
	return prepare(c, conn, "DROP TABLE indexed")
}

func adminIsNoSuperuser(c *Case) error {
	_, conn, err := c.asAdmin()
	if err != nil {
		return err
	}
	off, err := scan[string](c, conn, "SHOW is_superuser")
	if err != nil {
		return err
	}
	c.is("is_superuser", off, "off")
	for _, statement := range []string{
		"CREATE SCHEMA own", "CREATE TABLE own.t (id int)", "CREATE ROLE reader WITH LOGIN",
		"GRANT USAGE ON SCHEMA own TO reader", "DROP SCHEMA own CASCADE", "DROP ROLE reader",
	} {
		c.accepted(statement, prepare(c, conn, statement))
	}
	return nil
}

// principal is what AWS IAM GRANT calls the caller: a user, or the role of its session.
func (c *Case) principal() (string, error) {
	who, err := sts.NewFromConfig(c.primary()).GetCallerIdentity(c, nil)
	if err != nil {
		return "", err
	}
	arn := aws.ToString(who.Arn)
	_, session, assumed := strings.Cut(arn, ":assumed-role/")
	if !assumed {
		return arn, nil
	}
	role, _, _ := strings.Cut(session, "/")
	if strings.HasPrefix(role, "AWSReservedSSO_") {
		return "", unaskable{fmt.Errorf("%s is of IAM Identity Center, and its role's path is not in the ARN", arn)}
	}
	return c.arn("iam", "", "role/"+role), nil
}

func rolesAreMapped(c *Case) error {
	who, err := c.principal()
	if err != nil {
		return err
	}
	a, conn, err := c.asAdmin()
	if err != nil {
		return err
	}
	const user = "verifier"
	if err := prepare(c, conn, "CREATE ROLE "+user+" WITH LOGIN"); err != nil {
		return err
	}
	password, err := tokenFor(a, user).sign(c, a.config.Credentials)
	if err != nil {
		return err
	}
	c.isKeptOut("a role that is mapped to nobody", a, user, password)
	if err := prepare(c, conn, fmt.Sprintf("AWS IAM GRANT %s TO '%s'", user, who)); err != nil {
		return err
	}
	mapped, err := scan[string](c, conn, "SELECT arn FROM sys.iam_pg_role_mappings WHERE pg_role_name = '"+user+"'")
	if err != nil {
		return err
	}
	c.is("sys.iam_pg_role_mappings", mapped, who)
	own, err := c.connect(a, user, nil)
	if c.accepted("a role that is mapped to the caller", err) {
		_, err = own.Exec(c, "CREATE TABLE public.own (id int)")
		c.refused("CREATE TABLE in public as the role", err, "42501")
		_ = own.Close(c)
	}
	if err := prepare(c, conn, fmt.Sprintf("AWS IAM REVOKE %s FROM '%s'", user, who)); err != nil {
		return err
	}
	c.isKeptOut("a role whose mapping was revoked", a, user, password)
	return prepare(c, conn, "DROP ROLE "+user)
}

// inBoth are connections to both clusters of the pair.
func (c *Case) inBoth() (first, second *pgx.Conn, err error) {
	both, err := needed(c.pair())
	if err != nil {
		return nil, nil, err
	}
	if first, err = c.session(both[0]); err != nil {
		return nil, nil, err
	}
	second, err = c.session(both[1])
	return first, second, err
}

func bothEndpointsShowTheSame(c *Case) error {
	first, second, err := c.inBoth()
	if err != nil {
		return err
	}
	if err := prepare(c, first, "CREATE TABLE shared (id int PRIMARY KEY)", "INSERT INTO shared VALUES (1)"); err != nil {
		return err
	}
	n, err := scan[int](c, second, "SELECT count(*) FROM shared")
	if err != nil {
		return err
	}
	c.is("rows in "+c.run.Regions[1]+" after the first's COMMIT", n, 1)
	if err := prepare(c, second, "INSERT INTO shared VALUES (2)"); err != nil {
		return err
	}
	n, err = scan[int](c, first, "SELECT count(*) FROM shared")
	if err != nil {
		return err
	}
	c.is("rows in "+c.run.Regions[0]+" after the second's COMMIT", n, 2)
	return prepare(c, first, "DROP TABLE shared")
}

func writersInTwoRegionsConflict(c *Case) error {
	first, second, err := c.inBoth()
	if err != nil {
		return err
	}
	if err := prepare(c, first, hotTable...); err != nil {
		return err
	}
	if err := c.loses(first, second); err != nil {
		return err
	}
	return prepare(c, first, "DROP TABLE hot")
}
