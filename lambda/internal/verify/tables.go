package verify

import (
	"context"
	"slices"
	"time"

	"aurora-dsql-dr/lambda/contract"
)

// count counts the rows of the restored tables.
func (l *look) count(ctx context.Context) error {
	for _, table := range l.tables {
		rows, appendOnly, err := l.rows(ctx, l.restored, table)
		if err != nil {
			return err
		}
		l.found.Tables = append(l.found.Tables, contract.TableCount{Table: table, Restored: rows, AppendOnly: appendOnly})
		if !appendOnly && rows == contract.CountLimit {
			l.note("%s has more than %d rows, which are not counted", table, contract.CountLimit)
		}
	}
	return nil
}

// compare counts those of the source. What only grows has to be the same up to the time that both have.
func (l *look) compare(ctx context.Context) error {
	there, err := l.source.tables(ctx)
	if err != nil {
		return err
	}
	for i := range l.found.Tables {
		t := &l.found.Tables[i]
		if !slices.Contains(there, t.Table) {
			l.note("%s is not in the source", t.Table)
			continue
		}
		if t.Source, _, err = l.rows(ctx, l.source, t.Table); err != nil {
			return err
		}
		if t.AppendOnly && t.Restored != t.Source {
			l.finding("%s has %d rows up to %s in the restored database and %d in the source, and only grows: rows were "+
				"not restored, or the source has lost some", t.Table, t.Restored, l.until().Format(time.RFC3339), t.Source)
		}
	}
	return nil
}

// rows counts a table in either database. Of a table that only grows those up to a time are counted, if there is one.
func (l *look) rows(ctx context.Context, d database, table string) (rows int64, appendOnly bool, err error) {
	if table == transactions && l.found.NewestMarker != nil {
		rows, err = d.countTransactions(ctx, l.until(), countStep)
		return rows, true, err
	}
	rows, err = d.count(ctx, table)
	return rows, false, err
}

// until is the time up to which the restored database has every row.
func (l *look) until() time.Time { return l.found.NewestMarker.Add(-settled) }
