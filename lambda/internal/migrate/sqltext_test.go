package migrate

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNamesAndValuesCannotLeaveTheirPlaceInAStatement(t *testing.T) {
	for name, want := range map[string]string{
		"dr_monitor":               `dr_monitor`,
		"dr_x y":                   `"dr_x y"`,
		`dr_"; DROP SCHEMA dr; --`: `"dr_""; DROP SCHEMA dr; --"`,
		"dr_Big":                   `"dr_Big"`,
		"":                         `""`,
	} {
		assert.Equal(t, want, identifier(name))
	}
	for value, want := range map[string]string{
		"arn:aws:iam::1:role/x": `'arn:aws:iam::1:role/x'`,
		"o'brien":               `'o''brien'`,
		`\'`:                    `'\'''`,
		"a\x00b":                `'ab'`,
		"":                      `''`,
	} {
		assert.Equal(t, want, literal(value))
	}
}
