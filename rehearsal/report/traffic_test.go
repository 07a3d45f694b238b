package report

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"aurora-dsql-dr/rehearsal/chronicle"
	"aurora-dsql-dr/rehearsal/fault"
	"aurora-dsql-dr/rehearsal/script"
	"aurora-dsql-dr/rehearsal/workload"
)

const east, west = "us-east-1", "us-east-2"

func leads(after time.Duration, asker string, regions ...string) chronicle.Answer {
	return chronicle.Answer{Time: epoch.Add(after), Asker: asker, Regions: regions, First: after < 0}
}

func forced(a chronicle.Answer) chronicle.Answer {
	a.Forced = true
	return a
}

func servedBy(after time.Duration, client, region, by string) workload.Served {
	return workload.Served{Client: client, Region: region, By: by, At: epoch.Add(after)}
}

// movedName is a region that the name leaves after half a minute and names again after ten, with one client near each
// region, and one near the first that keeps its connection.
func movedName() Lived {
	keeps := servedBy(-time.Minute, "keeps", east, east)
	keeps.Keeps = true
	return Lived{
		Outage: fault.Outage{Start: epoch, End: epoch.Add(4 * time.Minute)},
		Seen: chronicle.Record{Answers: []chronicle.Answer{
			leads(-time.Minute, east, east), leads(-time.Minute, west, west),
			leads(30*time.Second, east, west),
			leads(14*time.Minute, east, east),
		}},
		Writes: workload.Result{
			Served: []workload.Served{
				servedBy(-time.Minute, "near", east, east), servedBy(-time.Minute, "far", west, west), keeps,
				servedBy(80*time.Second, "near", east, west), servedBy(15*time.Minute, "near", east, east),
			},
			Gaps: []workload.Gap{{Client: "keeps", Keeps: true, From: epoch.Add(time.Second), To: epoch.Add(4 * time.Minute)}},
		},
	}
}

func TestTheTimesOfAName(t *testing.T) {
	lived := movedName()
	assert.Equal(t, at(30*time.Second), moved(lived))
	assert.Equal(t, at(80*time.Second), servedElsewhere(lived, false), "whoever was elsewhere has not had to move")
	assert.Equal(t, Time{}, servedElsewhere(lived, true), "the one that keeps its connection is served where it was")
	assert.Equal(t, at(10*time.Minute), back(lived), "counted from the end")
	assert.Equal(t, at(0), recovery(epoch, lived.Writes.Gaps, false))
	assert.Equal(t, at(239*time.Second), recovery(epoch, lived.Writes.Gaps, true))

	lived.Writes.Served = lived.Writes.Served[:3]
	assert.Equal(t, Time{}, servedElsewhere(lived, false), "a client that has not moved yet")
	lived.Seen.Answers = lived.Seen.Answers[:3]
	assert.Equal(t, Time{}, back(lived), "somebody is not led back yet")
	lived.Seen.Answers = lived.Seen.Answers[:2]
	assert.Equal(t, []Time{{}, {}, {}}, []Time{moved(lived), servedElsewhere(lived, false), back(lived)}, "nothing moved")
}

func TestMovesAreFiveMinutesApartAndTheNameNeverLeadsNowhere(t *testing.T) {
	for _, tt := range []struct {
		intent       string
		answers      []chronicle.Answer
		none, apart  string
		first, moves bool
	}{
		{"away and back in time", []chronicle.Answer{
			leads(-1, east, east), leads(time.Minute, east, west), leads(6*time.Minute, east, east),
		}, "always", "yes", true, true},
		{"back too soon", []chronicle.Answer{
			leads(-1, east, east), leads(time.Minute, east, west), leads(5*time.Minute, east, east),
		}, "always", "again in us-east-1 after 4m", true, false},
		{"other askers count for themselves", []chronicle.Answer{
			leads(-1, east, east), leads(-1, west, west), leads(time.Minute, east, west), leads(2*time.Minute, west, east),
		}, "always", "yes", true, true},
		{"what routing has not chosen is no move", []chronicle.Answer{
			leads(-1, east, east), leads(time.Minute, east, west), forced(leads(2*time.Minute, east, east)),
			leads(3*time.Minute, east, west), leads(7*time.Minute, east, east),
		}, "always", "yes", true, true},
		{"nowhere", []chronicle.Answer{leads(-1, east, east), leads(time.Minute, east)}, "none in us-east-1", "yes", false, true},
	} {
		checks := nameChecks(tt.answers)
		assert.Equal(t, NewCheck("the name has an answer", "always", tt.none, tt.first), checks[0], tt.intent)
		assert.Equal(t, NewCheck("moves are apart", "at least 5m", tt.apart, tt.moves), checks[1], tt.intent)
	}
}

func TestAReportTellsWhereTheNameLed(t *testing.T) {
	r := trafficOf(&script.Rehearsal{Workload: script.WorkloadName}, movedName())
	assert.Equal(t, []string{
		"in us-east-1: us-east-1, from 30s on us-east-2, from 14m on us-east-1",
		"in us-east-2: us-east-2",
	}, r.Ways())
	assert.Equal(t, "clients that keep their connections for ever: the longest without an acknowledged write 3m59s, "+
		"moved with the name after never", r.Beside())
	assert.Equal(t, "us-east-1 (no region being fit)", Answer{Regions: []string{east}, Forced: true}.Where())
	assert.Nil(t, trafficOf(&script.Rehearsal{Workload: script.WorkloadApplication}, movedName()))
}
