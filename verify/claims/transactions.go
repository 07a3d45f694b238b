package claims

import (
	"fmt"

	"github.com/jackc/pgx/v5"
)

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
