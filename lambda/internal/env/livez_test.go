package env

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
)

func parseLivez(environment map[string]string) (Livez, error) {
	return ParseLivez(func(key string) (string, bool) { value, ok := environment[key]; return value, ok })
}

func TestTheEnvironmentOfLivez(t *testing.T) {
	environment := map[string]string{
		"AWS_REGION":        "us-east-1",
		"DATABASE_ENDPOINT": "aaa.dsql.us-east-1.on.aws",
		"DATABASE_ROLE":     "dr_livez",
	}
	e, err := parseLivez(environment)
	require.NoError(t, err)
	assert.Equal(t, Endpoint{Host: "aaa.dsql.us-east-1.on.aws", Region: "us-east-1"}, e.Endpoint)
	assert.Equal(t, "dr_livez", e.Role)
	assert.Equal(t, []time.Duration{8 * time.Minute, 5 * time.Second, 1500 * time.Millisecond},
		[]time.Duration{e.Hold, e.Interval, e.Limit})

	for key := range contract.LivezDurations() {
		environment[key] = "600ms"
	}
	e, err = parseLivez(environment)
	require.NoError(t, err)
	for _, d := range []time.Duration{e.Hold, e.Interval, e.Limit} {
		assert.Equal(t, 600*time.Millisecond, d)
	}

	_, err = parseLivez(map[string]string{"LIVEZ_LIMIT": "soon"})
	assert.EqualError(t, err, `environment of livez:
AWS_REGION is missing: want a region name such as us-east-1
DATABASE_ENDPOINT is missing: want <identifier>.dsql.<region>.on.aws
DATABASE_ROLE is missing: want a lower-case PostgreSQL role name
LIVEZ_LIMIT is "soon": want a positive Go duration such as 15s`)
}
