package claims

import (
	"fmt"
	"io/fs"
	"strings"
)

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
