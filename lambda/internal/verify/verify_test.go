package verify

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/apptest"
	"aurora-dsql-dr/lambda/schema"
	"aurora-dsql-dr/sandbox/sqlendpoint"
)

func TestVerify(t *testing.T) {
	w := newWorld(t)
	whatIsAsItShouldBePasses(t, w)
	countsInStepsAreExact(t, w)
	everyFaultIsFound(t, w)
	whatIsNoFaultIsNoted(t, w)
	whoIsNotLetInSaysSo(t, w)
	anEmptyDatabaseProvesNothing(t, w)
}

func whatIsAsItShouldBePasses(t *testing.T, w *world) {
	before := time.Now()
	v := w.verify(t)
	assert.Empty(t, v.Findings)
	assert.Empty(t, v.Notes)
	assert.Equal(t, schema.Version(), v.SchemaVersion)
	assert.Equal(t, v.WantedHash, v.SchemaHash)
	assert.Len(t, v.SchemaHash, 64)
	assert.Equal(t, noon, *v.NewestMarker)
	assert.Equal(t, contract.FieldOpened, v.EncryptedField)
	assert.False(t, v.AnsweredAt.Before(before))
	counts := map[string]contract.TableCount{}
	for _, table := range v.Tables {
		counts[table.Table] = table
	}
	assert.Equal(t, contract.TableCount{Table: "app.transaction", Restored: 3, Source: 3, AppendOnly: true},
		counts["app.transaction"], "up to a minute before the newest marker, what was written then included")
	assert.Equal(t, contract.TableCount{Table: "dr.marker", Restored: 2, Source: 2}, counts["dr.marker"])
	assert.Contains(t, counts, "app.outbox")
	assert.NotContains(t, counts, "app.transaction_position", "a view")
}

func countsInStepsAreExact(t *testing.T, w *world) {
	d, err := w.verifier().connect(t.Context(), w.source.Hosts[apptest.East], false)
	require.NoError(t, err)
	defer d.close()
	for step := int64(1); step <= 6; step++ {
		rows, err := d.countTransactions(t.Context(), noon.Add(24*time.Hour), step)
		require.NoError(t, err)
		assert.EqualValues(t, 5, rows, "in steps of %d", step)
	}
}

// everyFaultIsFound spoils the restored database, or the source, in one way after the other.
func everyFaultIsFound(t *testing.T, w *world) {
	restored, source := w.restored.Exec, w.source.Exec
	for _, tt := range []struct {
		intent       string
		spoil, mend  []string
		spoilsSource bool
		want         string
	}{
		{"A row that was not restored.",
			[]string{"UPDATE app.transaction SET created_at = '2026-01-05 00:00Z' WHERE id = 't1'"},
			[]string{"UPDATE app.transaction SET created_at = '2026-01-04 10:00Z' WHERE id = 't1'"}, false,
			"app.transaction has 2 rows up to 2026-01-04T11:59:00Z in the restored database and 3 in the source"},
		{"A row that the source has lost.",
			[]string{"UPDATE app.transaction SET created_at = '2026-01-05 00:00Z' WHERE id = 't3'"},
			[]string{"UPDATE app.transaction SET created_at = '2026-01-04 11:59Z' WHERE id = 't3'"}, true,
			"app.transaction has 3 rows up to 2026-01-04T11:59:00Z in the restored database and 2 in the source"},
		{"A column that is none of ours.",
			[]string{"ALTER TABLE dr.marker ADD COLUMN extra text"},
			nil, false, "the restored schema is not what the migrations up to version 31 make"},
		{"A grant that is gone.",
			[]string{"REVOKE INSERT ON app.outbox FROM dr_transactions", "REVOKE USAGE ON SCHEMA dr FROM dr_livez"},
			[]string{"GRANT INSERT ON app.outbox TO dr_transactions", "GRANT USAGE ON SCHEMA dr TO dr_livez"}, false,
			"dr_livez may not USAGE dr, dr_transactions may not INSERT app.outbox"},
		{"A newer schema than the program's.",
			[]string{"INSERT INTO public.goose_db_version VALUES (99, 99, true)"},
			[]string{"DELETE FROM public.goose_db_version WHERE id = 99"}, false,
			"the restored schema has version 99, newer than this program's 31"},
		{"A version that never was.",
			[]string{"UPDATE public.goose_db_version SET is_applied = version_id < 5",
				"INSERT INTO public.goose_db_version VALUES (98, 5, true)"},
			[]string{"DELETE FROM public.goose_db_version WHERE id = 98",
				"UPDATE public.goose_db_version SET is_applied = true"}, false,
			"the restored schema has version 5, which is none of the program's migrations"},
		{"A field that was changed.",
			[]string{"UPDATE app.transaction SET id = 'moved' WHERE id = 't2'"},
			[]string{"UPDATE app.transaction SET id = 't2' WHERE id = 'moved'"}, false,
			"an encrypted field could not be opened"},
		{"A keyset that was not restored.",
			[]string{"UPDATE app.keyset SET id = -1, wrapped = ''"},
			nil, false, "there is no keyset in app.keyset"},
	} {
		exec := restored
		if tt.spoilsSource {
			exec = source
		}
		exec(t, tt.spoil...)
		assert.Contains(t, strings.Join(w.verify(t).Findings, "\n"), tt.want, tt.intent)
		exec(t, tt.mend...)
	}
	// what no statement of Aurora DSQL takes back
	superuser(t, w, "ALTER TABLE dr.marker DROP COLUMN extra")
	w.restored.Exec(t, "UPDATE app.keyset SET id = 1, wrapped = '"+keyset(t, w)+"'")
	assert.Empty(t, w.verify(t).Findings, "everything is mended")

	const valid = "UPDATE pg_index SET indisvalid = %t WHERE indexrelid = 'app.transaction_time'::regclass"
	superuser(t, w, fmt.Sprintf(valid, false))
	assert.Contains(t, strings.Join(w.verify(t).Findings, "\n"), "the restored schema is not what the migrations", "an index "+
		"that was not built")
	superuser(t, w, fmt.Sprintf(valid, true))

	w.kms.Disabled.Store(true)
	v := w.verify(t)
	w.kms.Disabled.Store(false)
	assert.Contains(t, strings.Join(v.Findings, "\n"), "an encrypted field could not be opened: field encryption: cannot unwrap")
	assert.Contains(t, v.EncryptedField, "not opened: ")
}

func whatIsNoFaultIsNoted(t *testing.T, w *world) {
	verifier := w.verifier()
	verifier.Key = nil
	test := w.test()
	test.Granted = true
	after, err := verifier.Run(t.Context(), contract.RestoreTestEvent{Test: test})
	require.NoError(t, err)
	assert.Empty(t, after.Verification.Findings)
	assert.Equal(t, []string{"the restore brought no mapping or grants for dr_verify: restoregrant made them"},
		after.Verification.Notes)
	assert.Equal(t, "not verified: no key is configured", after.Verification.EncryptedField)

	w.restored.Exec(t, "UPDATE app.transaction SET details = 'text:x' WHERE id = 't2'")
	assert.Equal(t, "not verified: none of the newest 1000 transactions has an encrypted field", w.verify(t).EncryptedField)

	// a point from before the latest migration: its table is not there yet, nor the grants on it
	superuser(t, w, "DROP TABLE dr.withdrawal_guard", "DELETE FROM public.goose_db_version WHERE version_id = 31",
		"REVOKE SELECT ON dr.incident FROM dr_livez")
	v := w.verify(t)
	assert.Empty(t, v.Findings)
	assert.Equal(t, []string{
		"the restored schema has version 30, older than this program's 31",
		"roles or grants are missing, which the bootstrap makes: dr_livez may not SELECT dr.incident; " +
			"the restored schema is older, too",
	}, v.Notes)
}

func whoIsNotLetInSaysSo(t *testing.T, w *world) {
	run := func() error {
		_, err := w.verifier().Run(t.Context(), contract.RestoreTestEvent{Test: w.test()})
		return err
	}
	w.restored.Exec(t, "REVOKE SELECT ON dr.marker FROM dr_verify")
	err := run()
	assert.Equal(t, contract.ErrorNotGranted, reflect.TypeOf(err).Name(), "Lambda's errorType is the type's name: %v", err)
	assert.ErrorContains(t, err, w.restored.Hosts[apptest.East]+": read the newest marker: ")
	w.restored.Exec(t, "GRANT SELECT ON dr.marker TO dr_verify")

	w.restored.Exec(t, "AWS IAM REVOKE dr_verify FROM '"+principal+"'")
	err = run()
	assert.Equal(t, contract.ErrorNotGranted, reflect.TypeOf(err).Name(), "%v", err)
	w.restored.Exec(t, "AWS IAM GRANT dr_verify TO '"+principal+"'")

	w.source.Exec(t, "AWS IAM REVOKE dr_verify FROM '"+principal+"'")
	err = run()
	require.Error(t, err)
	assert.NotEqual(t, contract.ErrorNotGranted, reflect.TypeOf(err).Name(), "nobody grants anything in the source")
	w.source.Exec(t, "AWS IAM GRANT dr_verify TO '"+principal+"'")

	second := w.restored.Endpoints[apptest.Ohio]
	require.NoError(t, second.SetFault(sqlendpoint.Fault{Refuse: true}))
	assert.ErrorContains(t, run(), w.restored.Hosts[apptest.Ohio], "both endpoints of a pair are looked at")
	require.NoError(t, second.SetFault(sqlendpoint.Fault{}))

	_, err = w.verifier().Run(t.Context(), contract.RestoreTestEvent{})
	assert.EqualError(t, err, "nothing is restored yet: poll says what is")
}

// B10: a test that verified nothing fails.
func anEmptyDatabaseProvesNothing(t *testing.T, w *world) {
	for _, env := range []func(testing.TB, ...string){w.restored.Exec, w.source.Exec} {
		env(t, "DELETE FROM dr.marker", "DELETE FROM app.transaction")
	}
	v := w.verify(t)
	assert.Equal(t, []string{
		"dr.marker has no row: how new the data is cannot be said, and an empty database proves nothing",
	}, v.Findings)
	assert.Nil(t, v.NewestMarker)
	superuser(t, w, "DROP TABLE dr.marker")
	v = w.verifyFirst(t)
	assert.Contains(t, v.Findings, "dr.marker is missing: how new the data is cannot be said")
}

func TestViewsAreComparedWithoutWhatVersionsWriteDifferently(t *testing.T) {
	const of15 = "app.transaction_position  SELECT transaction.created_at,\n    transaction.id\n   FROM app.transaction;"
	const of16 = "app.transaction_position  SELECT created_at,\n    id\n   FROM app.transaction;"
	assert.Equal(t, viewText(of15), viewText(of16))
	assert.NotEqual(t, viewText(of15), viewText(strings.ReplaceAll(of15, "id", "amount")))
}

func TestEveryGrantCanBeParsed(t *testing.T) {
	for _, role := range schema.Roles() {
		for _, grant := range role.Grants {
			privileges, object := parseGrant(grant)
			assert.Equal(t, grant, fmt.Sprintf("%s ON %s%s", strings.Join(privileges, ", "),
				map[bool]string{true: "SCHEMA "}[privileges[0] == "USAGE"], object))
		}
	}
}
