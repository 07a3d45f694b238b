package sqlendpointtest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/sqlendpoint/sqlendpointtest"
)

func TestBothEndpointsShowOneDatabase(t *testing.T) {
	const observer = "arn:aws:iam::123456789012:role/observer"
	env := sqlendpointtest.Start(t)
	env.AddRole(t, "observer", observer)
	env.Exec(t, "CREATE SCHEMA dr", "CREATE TABLE dr.marker (id int PRIMARY KEY, note text)",
		"GRANT USAGE ON SCHEMA dr TO observer", "GRANT SELECT, INSERT ON dr.marker TO observer")

	primary := env.Connect(t, sqlendpointtest.Primary, "observer", observer)
	_, err := primary.Exec(t.Context(), "INSERT INTO dr.marker VALUES ($1, $2)", 1, "written in one region")
	require.NoError(t, err)

	var note string
	secondary := env.Connect(t, sqlendpointtest.Secondary, "observer", observer)
	require.NoError(t, secondary.QueryRow(t.Context(), "SELECT note FROM dr.marker WHERE id = $1", 1).Scan(&note))
	assert.Equal(t, "written in one region", note)
}
