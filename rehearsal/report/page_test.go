package report

import (
	"bytes"
	"encoding/xml"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/rehearsal/chronicle"
	"aurora-dsql-dr/rehearsal/script"
)

var elsewhere = regexp.MustCompile(`(?i)(https?:)?//[a-z0-9]|url\(|@import|<script|<link[^>]+href="[^d]|src=`)

// The page needs nothing but itself, and what it shows cannot become part of it.
func TestThePageStandsAlone(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, HTML(&out, []*Report{example(t)}))
	text := out.String()
	assert.Empty(t, elsewhere.FindAllString(strings.ReplaceAll(text, "&lt;script", ""), -1))
	assert.Contains(t, text, "A region &lt;script&gt;")
	assert.Contains(t, text, "prefers-color-scheme: dark")
	assert.Contains(t, text, `<rect class="bar fault"`)
	assert.Contains(t, text, "DSQL LOST &amp; gone")
	assert.Contains(t, text, "Held 2026-01-01 03:00 UTC: revision 60e548d9f0a1,")
	assert.Contains(t, text, "The recipe, on its own scale")
	assert.Contains(t, text, "Events: 0 lost, 3 repeated, 24 more by catching up, the longest 4m10s on its way")
	assert.NoError(t, wellFormed(text))
}

// wellFormed reads the page's pictures as XML.
func wellFormed(text string) error {
	for _, picture := range regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAllString(text, -1) {
		if err := xml.Unmarshal([]byte(picture), new(struct{ XMLName xml.Name })); err != nil {
			return err
		}
	}
	return nil
}

func TestTheTimelineHasALaneForEveryoneAndBarsForBadTimes(t *testing.T) {
	p := example(t).draw()
	var names []string
	for _, l := range p.Lanes {
		names = append(names, l.Name)
	}
	assert.Equal(
		t,
		[]string{"fault region-lost region=primary", "us-east-2 sees us-east-1", chronicle.LaneMessages},
		names,
		"from the cause to those who are told",
	)
	assert.Equal(t, "0s to 4m: injected", p.Lanes[0].Bars[0].Text)
	assert.Equal(t, "10s to 7m: lost", p.Lanes[1].Bars[0].Text, "what has not ended lasts to the end")
	assert.Len(t, p.Lanes[1].Marks, 1)
	assert.InDelta(t, p.Lanes[0].Bars[0].Width, p.Outage.Width, 0.01)
}

// "never" without a word reads as broken where nothing could have come.
func TestATimeThatCouldNotComeSaysWhy(t *testing.T) {
	brief := example(t)
	brief.Ended = Offset(30 * time.Second)
	brief.Recipe.Alert, brief.Recipe.Alarm = Time{}, Time{}
	assert.Equal(t, "never: too short", brief.ownTime(script.Alarm))
	notes := strings.Join(brief.Notes(), "\n")
	assert.Contains(t, notes, "Time to alarm: the outage of 30s was too short for CloudWatch.")
	assert.Contains(t, notes, "The recipe told nobody: ")

	long := example(t)
	assert.Equal(t, "never", long.ownTime(script.Alarm), "four minutes would have been enough")
	assert.NotContains(t, strings.Join(long.Notes(), "\n"), "too short")
	assert.NotContains(t, strings.Join(long.Notes(), "\n"), "told nobody")

	unseen := brief
	unseen.Times[script.Detect] = Time{}
	assert.Equal(t, "never", unseen.ownTime(script.Alarm), "no endpoint was found down")
}

func TestWhatAFileSaysIsEscapedAndItsCodeIsCode(t *testing.T) {
	assert.Equal(t, "a <code>make &lt;b&gt;</code> &amp; c", string(code("a `make <b>` & c")))
}
