package config

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatLeavesPeopleUntoldIsWarnedOf(t *testing.T) {
	const recipient = `[{"protocol":"email","endpoint":"oncall@example.com"}]`
	for name, c := range map[string]struct {
		alerts, runbooks string
		want             []string
	}{
		"the defaults":         {want: []string{"alerts is empty: nobody", `runbooksUrl is "docs/runbooks.md": whoever`}},
		"no recipient":         {runbooks: "https://wiki.example.com/dr", want: []string{"alerts is empty"}},
		"an empty list":        {"[]", "https://wiki.example.com/dr", []string{"alerts is empty"}},
		"a path":               {recipient, "/dr", []string{`runbooksUrl is "/dr"`}},
		"people and an answer": {recipient, "https://wiki.example.com/dr", nil},
	} {
		t.Run(name, func(t *testing.T) {
			values := valid()
			for key, value := range map[string]string{"alerts": c.alerts, "runbooksUrl": c.runbooks} {
				if value != "" {
					values[key] = value
				}
			}
			loaded, err := load(values)
			require.NoError(t, err)
			warnings := loaded.Warnings()
			require.Len(t, warnings, len(c.want))
			for i, want := range c.want {
				assert.Contains(t, warnings[i], want)
			}
		})
	}
}
