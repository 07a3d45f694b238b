package input

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

var rehearsals = []string{"idle-cluster", "primary-region-lost", "primary-region-lost-5s", "region-withdrawn", "witness-lost"}

func TestTheNameThatIsMeantIsFound(t *testing.T) {
	for typed, want := range map[string]string{
		"primary-lost":        "primary-region-lost",
		"Primary-Regoin-Lost": "primary-region-lost",
		"withdrawn":           "region-withdrawn",
		"wittness-lost":       "witness-lost",
		"idle":                "idle-cluster",
		"nonsense":            "",
		"":                    "",
		"é":                   "",
	} {
		assert.Equal(t, want, Nearest(typed, rehearsals), typed)
	}
	assert.Empty(t, Nearest("anything", nil))
}

func TestAnUnknownNameIsAnsweredWithTheNearestAndAList(t *testing.T) {
	assert.EqualError(t, Unknown("R", "primary-lost", "the name of a rehearsal", rehearsals),
		`R is "primary-lost": want the name of a rehearsal, perhaps primary-region-lost. There are:
  idle-cluster            primary-region-lost-5s  witness-lost
  primary-region-lost     region-withdrawn`)
	assert.EqualError(t, Unknown("R", "nonsense", "the name of a rehearsal", rehearsals[:1]),
		"R is \"nonsense\": want the name of a rehearsal. There are:\n  idle-cluster")
}
