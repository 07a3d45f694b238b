package asl

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// choose is whether a rule holds.
func choose(t *testing.T, rule, data string) (bool, error) {
	t.Helper()
	m, problems := Parse(`{"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[` + rule[:len(rule)-1] +
		`,"Next":"Yes"}],"Default":"No"},"Yes":{"Type":"Succeed"},"No":{"Type":"Succeed"}}}`)
	require.Empty(t, problems, rule)
	next, err := m.States["S"].Chosen(scope(t, data))
	return next == "Yes", err
}

const things = `{"s":"b","n":2.5,"whole":2.50,"t":"2026-03-14T01:59:00Z","same":"2026-03-14T02:59:00+01:00","true":true,
	"null":null,"list":[1]}`

func TestComparisonOperators(t *testing.T) {
	for rule, want := range map[string]bool{
		`{"Variable":"$.s","StringEquals":"b"}`:                                                           true,
		`{"Variable":"$.s","StringEquals":"B"}`:                                                           false,
		`{"Variable":"$.s","StringLessThan":"c"}`:                                                         true,
		`{"Variable":"$.s","StringLessThan":"b"}`:                                                         false,
		`{"Variable":"$.s","StringGreaterThan":"a"}`:                                                      true,
		`{"Variable":"$.s","StringLessThanEquals":"b"}`:                                                   true,
		`{"Variable":"$.s","StringGreaterThanEquals":"c"}`:                                                false,
		`{"Variable":"$.s","StringEqualsPath":"$.s"}`:                                                     true,
		`{"Variable":"$.s","StringGreaterThanPath":"$.t"}`:                                                true,
		`{"Variable":"$.n","StringEquals":"2.5"}`:                                                         false, // of another type
		`{"Variable":"$.n","NumericEquals":2.50}`:                                                         true,
		`{"Variable":"$.n","NumericEqualsPath":"$.whole"}`:                                                true,
		`{"Variable":"$.n","NumericLessThan":3}`:                                                          true,
		`{"Variable":"$.n","NumericGreaterThan":25e-1}`:                                                   false,
		`{"Variable":"$.n","NumericGreaterThanEquals":2.5}`:                                               true,
		`{"Variable":"$.n","NumericLessThanEqualsPath":"$.list[0]"}`:                                      false,
		`{"Variable":"$.s","NumericLessThan":3}`:                                                          false,
		`{"Variable":"$.n","NumericEqualsPath":"$.s"}`:                                                    false,
		`{"Variable":"$.t","TimestampEqualsPath":"$.same"}`:                                               true,
		`{"Variable":"$.t","TimestampEquals":"2026-03-14T01:59:00.000Z"}`:                                 true,
		`{"Variable":"$.t","TimestampLessThan":"2026-03-14T01:59:00.001Z"}`:                               true,
		`{"Variable":"$.t","TimestampGreaterThanEquals":"2026-03-14T02:00:00Z"}`:                          false,
		`{"Variable":"$.s","TimestampLessThan":"2026-03-14T01:59:00.001Z"}`:                               false,
		`{"Variable":"$.true","BooleanEquals":true}`:                                                      true,
		`{"Variable":"$.true","BooleanEquals":false}`:                                                     false,
		`{"Variable":"$.true","BooleanEqualsPath":"$.true"}`:                                              true,
		`{"Variable":"$.s","BooleanEquals":true}`:                                                         false,
		`{"Variable":"$.null","IsNull":true}`:                                                             true,
		`{"Variable":"$.s","IsNull":false}`:                                                               true,
		`{"Variable":"$.null","IsPresent":true}`:                                                          true,
		`{"Variable":"$.none","IsPresent":true}`:                                                          false,
		`{"Variable":"$.none.more[3]","IsPresent":false}`:                                                 true,
		`{"Variable":"$.n","IsNumeric":true}`:                                                             true,
		`{"Variable":"$.s","IsNumeric":true}`:                                                             false,
		`{"Variable":"$.s","IsString":true}`:                                                              true,
		`{"Variable":"$.true","IsBoolean":true}`:                                                          true,
		`{"Variable":"$.t","IsTimestamp":true}`:                                                           true,
		`{"Variable":"$.s","IsTimestamp":false}`:                                                          true,
		`{"Variable":"$.t","StringMatches":"2026-*:59:*Z"}`:                                               true,
		`{"Variable":"$.t","StringMatches":"*"}`:                                                          true,
		`{"Variable":"$.t","StringMatches":"2026"}`:                                                       false,
		`{"Variable":"$.s","StringMatches":"\\*"}`:                                                        false,
		`{"Variable":"$$.Execution.Name","StringMatches":"restore-*"}`:                                    true,
		`{"Not":{"Variable":"$.s","StringEquals":"b"}}`:                                                   false,
		`{"And":[{"Variable":"$.s","StringEquals":"b"},{"Variable":"$.n","NumericLessThan":2}]}`:          false,
		`{"Or":[{"Variable":"$.s","StringEquals":"b"},{"Variable":"$.none","NumericLessThan":2}]}`:        true, // is not looked at
		`{"And":[{"Variable":"$.none","IsPresent":true},{"Variable":"$.none","NumericLessThan":2}]}`:      false,
		`{"Not":{"Or":[{"Variable":"$.s","IsNumeric":true},{"Not":{"Variable":"$.s","IsString":true}}]}}`: true,
	} {
		got, err := choose(t, rule, things)
		require.NoError(t, err, rule)
		assert.Equal(t, want, got, rule)
	}
	stars, err := choose(t, `{"Variable":"$","StringMatches":"a\\*\\\\*z"}`, `"a*\\…\nz"`)
	require.NoError(t, err)
	assert.True(t, stars, "a star and a backslash of their own, and any characters")
}

// Only IsPresent may ask for what is not there (Developer Guide, "Choice workflow state").
func TestAVariableThatIsNotThereFailsTheChoice(t *testing.T) {
	for _, rule := range []string{
		`{"Variable":"$.none","StringEquals":"b"}`,
		`{"Variable":"$.none","IsNull":true}`,
		`{"Variable":"$.s","StringEqualsPath":"$.none"}`,
		`{"Not":{"Variable":"$.none","IsString":true}}`,
		`{"Or":[{"Variable":"$.s","StringEquals":"x"},{"Variable":"$.none","IsString":true}]}`,
	} {
		_, err := choose(t, rule, things)
		assert.Equal(t, &Failure{Runtime, "Invalid path '$.none': The choice state's condition path references an invalid value."},
			err, rule)
	}
}

func TestAChoiceWithoutARuleThatHoldsFails(t *testing.T) {
	m, problems := Parse(`{"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[
		{"Variable":"$.a","NumericEquals":1,"Next":"One"}]},"One":{"Type":"Succeed"}}}`)
	require.Empty(t, problems)
	_, err := m.States["S"].Chosen(scope(t, `{"a":2}`))
	assert.Equal(t, &Failure{
		Runtime,
		"Failed to transition out of the state. The state does not point to a next state.",
	}, err)
}
