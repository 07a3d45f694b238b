// Package verify reads a restored database and compares it with the program's schema and with the source: whether it
// could take the source's place. It reads and changes nothing.
package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/fieldcrypt"
	"aurora-dsql-dr/lambda/schema"
)

const (
	// transactions is the table that only grows: no row of it is ever changed or deleted.
	transactions = "app.transaction"
	// settled is how long before the newest restored marker all rows were committed: a request takes seconds.
	settled = time.Minute
	// countStep is how many rows are counted in a statement.
	countStep = 100_000
)

// Dialer connects to endpoints; dsqlconn.Dialer does.
type Dialer interface {
	Connect(ctx context.Context, endpoint, region, user string) (*pgx.Conn, error)
}

// Verifier verifies restored databases. Key is nil if no key is configured; everything else is required.
type Verifier struct {
	Dialer Dialer
	// Role is the database role to connect as, Source the host name of the own region's endpoint.
	Role, Source string
	Key          *fieldcrypt.Wrapper
}

// look is one verification.
type look struct {
	Verifier
	restored, source database
	found            contract.Verification
	tables           []string // of the restored database
}

// Run verifies what the test has restored, as far as it can be read. Its error is NotGranted if the restored database
// does not let the verifier read it, and any other if something could not be reached; what is wrong with the data is
// among the Findings, which fail a test as well.
func (v Verifier) Run(ctx context.Context, event contract.RestoreTestEvent) (contract.RestoreTest, error) {
	test := event.Test
	if len(test.Restored) == 0 {
		return test, errors.New("nothing is restored yet: poll says what is")
	}
	l := &look{Verifier: v}
	var err error
	if l.restored, err = v.connect(ctx, test.Restored[0].Endpoint, true); err != nil {
		return test, err
	}
	defer l.restored.close()
	if l.source, err = v.connect(ctx, v.Source, false); err != nil {
		return test, err
	}
	defer l.source.close()
	if test.Granted {
		l.note("the restore brought no mapping or grants for %s: restoregrant made them", v.Role)
	}
	for _, step := range []func(context.Context) error{l.schema, l.marker, l.field, l.roles, l.count} {
		if err := step(ctx); err != nil {
			return test, err
		}
	}
	for _, peer := range test.Restored[1:] {
		if err := l.peer(ctx, peer); err != nil {
			return test, err
		}
	}
	l.found.AnsweredAt = time.Now().UTC()
	if err := l.compare(ctx); err != nil {
		return test, err
	}
	test.Verification = &l.found
	return test, nil
}

func (l *look) finding(format string, args ...any) {
	l.found.Findings = append(l.found.Findings, fmt.Sprintf(format, args...))
}

func (l *look) note(format string, args ...any) {
	l.found.Notes = append(l.found.Notes, fmt.Sprintf(format, args...))
}

// schema compares the schema with what the program's migrations make up to the version that the database names.
func (l *look) schema(ctx context.Context) (err error) {
	f := &l.found
	f.ProgramVersion = schema.Version()
	if f.SchemaVersion, err = l.restored.version(ctx); err != nil {
		return err
	}
	if f.SchemaHash, err = fingerprint(ctx, l.restored.conn); err != nil {
		return l.restored.failure("read the schema", err)
	}
	if l.tables, err = l.restored.tables(ctx); err != nil {
		return err
	}
	var known bool
	f.WantedHash, known = schema.Fingerprint(f.SchemaVersion)
	switch {
	case f.SchemaVersion > f.ProgramVersion:
		l.finding("the restored schema has version %d, newer than this program's %d: it was restored from a later one",
			f.SchemaVersion, f.ProgramVersion)
	case !known:
		l.finding("the restored schema has version %d, which is none of the program's migrations", f.SchemaVersion)
	case f.SchemaHash != f.WantedHash:
		l.finding("the restored schema is not what the migrations up to version %d make: something is missing, or was "+
			"changed by hand", f.SchemaVersion)
	case f.SchemaVersion < f.ProgramVersion:
		l.note("the restored schema has version %d, older than this program's %d", f.SchemaVersion, f.ProgramVersion)
	}
	return nil
}

// marker reads how new the data is. A database without any has not been in use: nothing was verified.
func (l *look) marker(ctx context.Context) (err error) {
	if !slices.Contains(l.tables, "dr.marker") {
		l.finding("dr.marker is missing: how new the data is cannot be said")
		return nil
	}
	if l.found.NewestMarker, err = l.restored.newestMarker(ctx); err != nil {
		return err
	}
	if l.found.NewestMarker == nil {
		l.finding("dr.marker has no row: how new the data is cannot be said, and an empty database proves nothing")
	}
	return nil
}

// peer looks at the second endpoint of a pair, which shows the same database.
func (l *look) peer(ctx context.Context, peer contract.RestoredCluster) error {
	d, err := l.connect(ctx, peer.Endpoint, true)
	if err != nil {
		return err
	}
	defer d.close()
	at, err := d.newestMarker(ctx)
	if err != nil {
		return err
	}
	if first := l.found.NewestMarker; (at == nil) != (first == nil) || at != nil && !at.Equal(*first) {
		l.finding("the endpoint in %s shows another newest marker than the one in the own region: %v, not %v", peer.Region,
			at, first)
	}
	return nil
}
