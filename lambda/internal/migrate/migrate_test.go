package migrate

import (
	"context"
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/schema"
)

const (
	alice = "arn:aws:iam::123456789012:role/alice"
	bob   = "arn:aws:iam::123456789012:role/bob"
	carol = "arn:aws:iam::123456789012:role/carol"
)

var allFiles = []string{
	"00001_schema.sql", "00002_marker.sql", "00003_incident.sql", "00010_application.sql", "00011_transaction.sql",
	"00012_transaction_time.sql",
	"00013_transaction_region.sql", "00014_outbox.sql", "00015_outbox_unsent.sql", "00016_projection.sql",
	"00017_keyset.sql",
	"00018_outbox_parked.sql", "00019_outbox_parked_reason.sql", "00020_outbox_counted.sql", "00021_outbox_uncounted.sql",
	"00022_transaction_total.sql",
	"00023_transaction_history.sql", "00024_projection_counted.sql", "00025_projection_uncounted.sql",
	"00026_projection_total.sql", "00027_publisher.sql",
	"00028_transaction_position.sql", "00029_incident_due.sql",
	"00030_withdrawal.sql", "00031_withdrawal_guard.sql",
}

const lastVersion = 31

func monitors(arns ...string) contract.MigrateEvent {
	return contract.MigrateEvent{Roles: map[string][]string{schema.RoleMonitor: arns}}
}

// files are migrations 1, 2, …, of one statement each, after the one that makes the schema.
func files(statements ...string) fstest.MapFS {
	fs := fstest.MapFS{}
	for i, statement := range append([]string{"CREATE SCHEMA IF NOT EXISTS dr"}, statements...) {
		fs[fmt.Sprintf("%05d_test.sql", i+1)] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + statement + ";\n")}
	}
	return fs
}

func (d testDB) mappings(t *testing.T) []string {
	t.Helper()
	return d.column(t, "SELECT pg_role_name || ' ' || arn FROM sys.iam_pg_role_mappings ORDER BY 1")
}

func TestRun(t *testing.T) {
	db := startDatabase(t)
	for name, test := range map[string]func(*testing.T, testDB){
		"a second run finds nothing to do":                            aSecondRunFindsNothingToDo,
		"every function may do its work and nothing else":             everyFunctionMayDoItsWorkAndNothingElse,
		"who verifies reads everything and writes nothing":            whoVerifiesReadsEverythingAndWritesNothing,
		"who verifies is let in and nothing else changes":             whoVerifiesIsLetInAndNothingElseChanges,
		"only wanted mappings of our roles remain":                    onlyWantedMappingsOfOurRolesRemain,
		"a step that meets a schema conflict is repeated":             aStepThatMeetsASchemaConflictIsRepeated,
		"a conflict without end is reported":                          aConflictWithoutEndIsReported,
		"a run that lost its connection is finished by the next":      aRunThatLostItsConnectionIsFinishedByTheNext,
		"what ran but was not recorded runs again":                    whatRanButWasNotRecordedRunsAgain,
		"a failed statement is reported with its file and what to do": aStatementThatFailsIsReportedWithItsFileAndWhatToDo,
		"a file that came too late is reported":                       aFileThatCameTooLateIsReported,
		"a grant that fails is reported":                              aGrantThatFailsIsReported,
		"the function answers before its time is up":                  theFunctionAnswersBeforeItsTimeIsUp,
		"what another run has just made is no failure":                whatAnotherRunHasJustMadeIsNoFailure,
		"runs at the same time both succeed":                          runsAtTheSameTimeBothSucceed,
		"a keyset is made once and rotated when asked for":            aKeysetIsMadeOnceAndRotatedWhenAskedFor,
		"runs at the same time agree on one keyset":                   runsAtTheSameTimeAgreeOnOneKeyset,
		"a key that cannot be used is reported":                       aKeyThatCannotBeUsedIsReported,
		"a keyset of another key fails the deployment":                aKeysetOfAnotherKeyFailsTheDeployment,
		"a keyset is begun anew only when asked for":                  aKeysetIsBegunAnewOnlyWhenAskedFor,
		"access that comes late is waited for":                        accessThatComesLateIsWaitedFor,
		"access that never comes is reported":                         accessThatNeverComesIsReported,
		"an endpoint that refuses is reported":                        anEndpointThatRefusesIsReported,
		"an index is waited for before its migration counts":          anIndexIsWaitedForBeforeItsMigrationCounts,
		"an index that cannot be built is reported, and built later":  anIndexThatCannotBeBuiltIsReported,
	} {
		t.Run(name, func(t *testing.T) {
			t.Cleanup(func() { db.reset(t) })
			test(t, db)
		})
	}
}

func aSecondRunFindsNothingToDo(t *testing.T, db testDB) {
	first, err := db.migrator(schema.FS()).Run(t.Context(), monitors(alice, bob))
	require.NoError(t, err)
	assert.Equal(t, contract.MigrateResult{
		Version: lastVersion,
		Applied: allFiles,
		Granted: []string{"dr_monitor " + alice, "dr_monitor " + bob},
		Revoked: []string{},
	}, first)

	second, err := db.migrator(schema.FS()).Run(t.Context(), monitors(bob, alice))
	require.NoError(t, err)
	assert.Equal(t, contract.MigrateResult{
		Version: lastVersion,
		Applied: []string{},
		Granted: []string{},
		Revoked: []string{},
	}, second)
	assert.Equal(t, []string{"dr_monitor " + alice, "dr_monitor " + bob}, db.mappings(t))
}

func onlyWantedMappingsOfOurRolesRemain(t *testing.T, db testDB) {
	_, err := db.migrator(schema.FS()).Run(t.Context(), monitors(alice, bob))
	require.NoError(t, err)
	db.exec(t,
		"CREATE ROLE dr_retired LOGIN", "SELECT sandbox.iam_grant('dr_retired', '"+alice+"')",
		"CREATE ROLE app LOGIN", "SELECT sandbox.iam_grant('app', '"+alice+"')",
	)
	result, err := db.migrator(schema.FS()).Run(t.Context(), monitors(bob, carol))
	require.NoError(t, err)
	assert.Equal(t, []string{"dr_monitor " + carol}, result.Granted)
	assert.Equal(t, []string{"dr_monitor " + alice, "dr_retired " + alice}, result.Revoked)
	assert.Equal(t, []string{"app " + alice, "dr_monitor " + bob, "dr_monitor " + carol}, db.mappings(t))
}

func TestAnEventThatIsWrongTouchesNothing(t *testing.T) {
	m := &Migrator{roles: schema.Roles()} // nowhere to connect to
	_, err := m.Run(t.Context(), contract.MigrateEvent{})
	assert.ErrorContains(t, err, "migrate event: roles.dr_monitor is empty")
}

func TestAMigrationThatRunsOutOfTimeIsToBeContinued(t *testing.T) {
	err := failure(&goose.PartialError{
		Failed: &goose.MigrationResult{Source: &goose.Source{Path: "00001_schema.sql"}},
		Err:    context.DeadlineExceeded,
	})
	assert.EqualError(t, err,
		"migration 00001_schema.sql: out of time: context deadline exceeded; deploy again to continue where it stopped")
}

func TestAMigrationThatFindsTheServerUnavailableIsToBeContinued(t *testing.T) {
	err := failure(&pgconn.PgError{Code: "XX000", Message: "server unavailable"})
	assert.ErrorContains(t, err, "server unavailable")
	assert.ErrorContains(t, err, "deploy again to continue where it stopped")
}

// trap runs body, in PL/pgSQL, at the end of every DDL statement with one of the tags, goose's own table apart. The
// sequence public.trapped counts through rollbacks.
func (d testDB) trap(t *testing.T, tag, body string) {
	t.Helper()
	d.exec(t,
		"CREATE SEQUENCE public.trapped",
		`CREATE FUNCTION public.trap() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
			IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE schema_name = 'public') THEN RETURN; END IF; `+body+
			" END $$",
		"CREATE EVENT TRIGGER trap ON ddl_command_end WHEN TAG IN ("+tag+") EXECUTE FUNCTION public.trap()",
	)
}

const conflict = `RAISE EXCEPTION 'schema has been updated by another transaction, please retry: (OC001)'
	USING ERRCODE = '40001';`

func aStepThatMeetsASchemaConflictIsRepeated(t *testing.T, db testDB) {
	db.trap(t, "'CREATE SCHEMA', 'CREATE TABLE', 'GRANT'",
		"IF nextval('public.trapped') % 3 <> 0 THEN "+conflict+" END IF;")
	result, err := db.migrator(schema.FS()).Run(t.Context(), monitors(alice))
	require.NoError(t, err)
	assert.Equal(t, allFiles, result.Applied)
	assert.Equal(t, []string{"171"}, db.column(t, "SELECT last_value::text FROM public.trapped"),
		"13 files, 43 grants and the mapping, 3 times each")
}

func aConflictWithoutEndIsReported(t *testing.T, db testDB) {
	db.trap(t, "'CREATE SCHEMA'", conflict)
	_, err := db.migrator(schema.FS()).Run(t.Context(), monitors(alice))
	assert.ErrorContains(t, err, "migration 00001_schema.sql")
	assert.ErrorContains(t, err, "(OC001) (SQLSTATE 40001)")
	assert.ErrorContains(t, err, "wait for them to end and deploy again")
}

func aRunThatLostItsConnectionIsFinishedByTheNext(t *testing.T, db testDB) {
	db.trap(t, "'CREATE TABLE'",
		"IF nextval('public.trapped') = 2 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;")
	_, err := db.migrator(schema.FS()).Run(t.Context(), monitors(alice))
	require.ErrorContains(t, err, "migration 00003_incident.sql: the connection was lost")
	result, err := db.migrator(schema.FS()).Run(t.Context(), monitors(alice))
	require.NoError(t, err)
	assert.Equal(t, allFiles[2:], result.Applied)
}

func whatRanButWasNotRecordedRunsAgain(t *testing.T, db testDB) {
	_, err := db.migrator(schema.FS()).Run(t.Context(), monitors(alice))
	require.NoError(t, err)
	db.exec(t, "DELETE FROM public.goose_db_version") // not even the row that goose puts in first
	result, err := db.migrator(schema.FS()).Run(t.Context(), monitors(alice))
	require.NoError(t, err)
	assert.Equal(t, allFiles, result.Applied)
	assert.Equal(t, int64(lastVersion), result.Version)
}

func whatAnotherRunHasJustMadeIsNoFailure(t *testing.T, db testDB) {
	db.trap(t, "'CREATE SCHEMA', 'CREATE TABLE'", `IF nextval('public.trapped') % 2 = 1 THEN
		RAISE EXCEPTION 'type "marker" already exists' USING ERRCODE = '42710'; END IF;`)
	result, err := db.migrator(schema.FS()).Run(t.Context(), monitors(alice))
	require.NoError(t, err)
	assert.Equal(t, allFiles, result.Applied)
}

func aStatementThatFailsIsReportedWithItsFileAndWhatToDo(t *testing.T, db testDB) {
	_, err := db.migrator(files("CREATE TABLE IF NOT EXISTS dr.x (y nonsense)")).Run(t.Context(), monitors(alice))
	assert.EqualError(t, err, `migration 00002_test.sql: ERROR: type "nonsense" does not exist (SQLSTATE 42704); `+
		"correct the file and deploy again (the files before it are applied and stay so)")
	assert.Equal(t, []string{"0", "1"}, db.column(t, "SELECT version_id::text FROM public.goose_db_version ORDER BY id"))
	assert.Empty(t, db.mappings(t), "nobody is let in to a schema that is not there")
}

func aFileThatCameTooLateIsReported(t *testing.T, db testDB) {
	late := files("CREATE TABLE IF NOT EXISTS dr.a (id int PRIMARY KEY)",
		"CREATE TABLE IF NOT EXISTS dr.b (id int PRIMARY KEY)")
	early := fstest.MapFS{"00001_test.sql": late["00001_test.sql"], "00003_test.sql": late["00003_test.sql"]}
	_, err := withoutRoles(db.migrator(early)).Run(t.Context(), contract.MigrateEvent{})
	require.NoError(t, err)
	_, err = withoutRoles(db.migrator(late)).Run(t.Context(), contract.MigrateEvent{})
	assert.ErrorContains(t, err, "version 2")
	assert.ErrorContains(t, err, "correct the file and deploy again")
}

func aGrantThatFailsIsReported(t *testing.T, db testDB) {
	m := db.migrator(files())
	_, err := m.Run(t.Context(), monitors(alice))
	assert.ErrorContains(t, err,
		`GRANT SELECT, INSERT, UPDATE ON dr.marker TO dr_monitor: `+
			`ERROR: relation "dr.marker" does not exist (SQLSTATE 42P01)`)
	assert.ErrorContains(t, err, "deploy again")
}

func theFunctionAnswersBeforeItsTimeIsUp(t *testing.T, db testDB) {
	db.trap(t, "'CREATE SCHEMA'", "PERFORM pg_sleep(60);")
	ctx, cancel := context.WithTimeout(t.Context(), reserve+300*time.Millisecond)
	defer cancel()
	_, err := db.migrator(schema.FS()).Run(ctx, monitors(alice))
	assert.ErrorContains(t, err, "deadline exceeded")
	assert.NoError(t, ctx.Err(), "there is time left to answer")
}

func runsAtTheSameTimeBothSucceed(t *testing.T, db testDB) {
	var group errgroup.Group
	for range 3 {
		group.Go(func() error {
			_, err := db.migrator(schema.FS()).Run(t.Context(), monitors(alice, bob))
			return err
		})
	}
	require.NoError(t, group.Wait())
	assert.Equal(t, []string{"dr_monitor " + alice, "dr_monitor " + bob}, db.mappings(t))
	result, err := db.migrator(schema.FS()).Run(t.Context(), monitors(alice, bob))
	require.NoError(t, err)
	assert.Equal(t, contract.MigrateResult{
		Version: lastVersion,
		Applied: []string{},
		Granted: []string{},
		Revoked: []string{},
	}, result)
}

func anEndpointThatRefusesIsReported(t *testing.T, db testDB) {
	m := db.migrator(schema.FS())
	m.dialer.RootCAs = nil
	_, err := m.Run(t.Context(), monitors(alice))
	assert.ErrorContains(t, err, "connect to "+endpoint+" as admin")
	assert.ErrorContains(t, err, "unknown authority")
	assert.ErrorContains(t, err, "needs dsql:DbConnectAdmin")
}

const uniqueIndex = "CREATE UNIQUE INDEX ASYNC IF NOT EXISTS once ON dr.thing (name)"

// things are migrations that make a table with an index.
func things() fstest.MapFS {
	return files("CREATE TABLE IF NOT EXISTS dr.thing (id int PRIMARY KEY, name text)", uniqueIndex)
}

// withoutRoles migrates only: the tests' migrations have none of the objects that the declared roles are granted.
func withoutRoles(m *Migrator) *Migrator {
	m.roles = nil
	return m
}

// slowBuilds lets index builds end only when somebody waits for their job: the sandbox's own end at once.
func (d testDB) slowBuilds(t *testing.T) {
	t.Helper()
	d.exec(t,
		`CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
			NEW.status := 'processing';
			UPDATE pg_index SET indisvalid = false WHERE indexrelid = NEW.object_id; RETURN NEW; END $$`,
		"CREATE TRIGGER slow BEFORE INSERT ON sandbox.job FOR EACH ROW EXECUTE FUNCTION public.slow()",
		"ALTER PROCEDURE sys.wait_for_job RENAME TO wait_for_finished_job",
		`CREATE PROCEDURE sys.wait_for_job(id text, INOUT succeeded boolean DEFAULT NULL)
			LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
			UPDATE pg_index SET indisvalid = true WHERE indexrelid = (SELECT object_id FROM sandbox.job WHERE job_id = id);
			UPDATE sandbox.job SET status = 'completed' WHERE job_id = id RETURNING true INTO STRICT succeeded; END $$`,
	)
	t.Cleanup(func() {
		for _, statement := range []string{
			"DROP TRIGGER slow ON sandbox.job", "DROP FUNCTION public.slow",
			"DROP PROCEDURE sys.wait_for_job", "ALTER PROCEDURE sys.wait_for_finished_job RENAME TO wait_for_job",
		} {
			_, err := d.super.Exec(context.Background(), statement)
			require.NoError(t, err)
		}
	})
}

func anIndexIsWaitedForBeforeItsMigrationCounts(t *testing.T, db testDB) {
	db.slowBuilds(t)
	result, err := withoutRoles(db.migrator(things())).Run(t.Context(), contract.MigrateEvent{})
	require.NoError(t, err)
	assert.Equal(t, []string{"00001_test.sql", "00002_test.sql", "00003_test.sql"}, result.Applied)
	assert.Equal(t, []string{"true"}, db.column(t,
		"SELECT indisvalid::text FROM pg_index WHERE indexrelid = 'dr.once'::regclass"))
}

func anIndexThatCannotBeBuiltIsReported(t *testing.T, db testDB) {
	migrations := things()
	delete(migrations, "00003_test.sql")
	_, err := withoutRoles(db.migrator(migrations)).Run(t.Context(), contract.MigrateEvent{})
	require.NoError(t, err)
	db.exec(t, "INSERT INTO dr.thing VALUES (1, 'twice'), (2, 'twice')")

	for range 2 { // as long as it is not put right
		_, err = withoutRoles(db.migrator(things())).Run(t.Context(), contract.MigrateEvent{})
		assert.ErrorContains(t, err, "migration 00003_test.sql: index dr.once is INVALID, its build ended with")
		assert.ErrorContains(t, err, "DROP INDEX dr.once as admin, and deploy again")
	}
	db.exec(t, "DROP INDEX dr.once", "DELETE FROM dr.thing WHERE id = 2")
	result, err := withoutRoles(db.migrator(things())).Run(t.Context(), contract.MigrateEvent{})
	require.NoError(t, err)
	assert.Equal(t, []string{"00003_test.sql"}, result.Applied)
	assert.Equal(t, []string{"true"}, db.column(t,
		"SELECT indisvalid::text FROM pg_index WHERE indexrelid = 'dr.once'::regclass"))
}
