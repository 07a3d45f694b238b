package report

import (
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/rehearsal/chronicle"
	"aurora-dsql-dr/rehearsal/script"
)

// Sizes of the timeline picture: pixels from top to bottom, where a lane has its name above its bars, and percent from
// left to right, so that it fits a telephone and a sheet of paper.
const (
	laneHeight  = 34
	axisHeight  = 22
	plotLeft    = 3.0
	plotWidth   = 94.0
	leastWidth  = 0.3 // of a bar
	wantedTicks = 9
)

// before is how much of the time before the first fault is shown.
const before = 10 * time.Second

// picture is the timeline as shapes.
type picture struct {
	Height     int
	LaneHeight int // of what is painted
	Ticks      []tick
	Lanes      []lane
	Outage     bar // from the first fault to the end of the last
}

type tick struct {
	X    float64
	Text string
}

type lane struct {
	Name  string
	Group string
	Y     int
	Bars  []bar
	Marks []mark
}

type bar struct {
	X, Width float64
	Text     string
}

type mark struct {
	X    float64
	Tone chronicle.Tone
	Text string
}

// groups order the lanes from the cause to those who suffer.
var groups = []string{"fault", "withdrawal", "sees", "alarm", "name", chronicle.LaneMessages, "client", "deployment"}

func groupOf(name string) int {
	return slices.IndexFunc(groups, func(word string) bool { return slices.Contains(strings.Fields(name), word) })
}

// scale places times between its ends.
type scale struct{ from, to time.Duration }

func (s scale) x(at time.Duration) float64 {
	at = min(max(at, s.from), s.to)
	return plotLeft + plotWidth*float64(at-s.from)/float64(s.to-s.from)
}

func (s scale) bar(from, to time.Duration, text string) bar {
	left := s.x(from)
	return bar{
		X:     left,
		Width: max(s.x(to)-left, leastWidth),
		Text:  script.Short(from) + " to " + script.Short(to) + ": " + text,
	}
}

// frame is a picture of these lanes, from the top.
func (s scale) frame(lanes []lane, outage bar) picture {
	for i := range lanes {
		lanes[i].Y = axisHeight + i*laneHeight
	}
	return picture{
		Height:     axisHeight + len(lanes)*laneHeight,
		LaneHeight: laneHeight - 2,
		Ticks:      s.ticks(),
		Lanes:      lanes,
		Outage:     outage,
	}
}

var steps = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
}

// ticks are about nine round times from the first fault on.
func (s scale) ticks() []tick {
	step := time.Hour
	if i := slices.IndexFunc(steps, func(step time.Duration) bool { return s.to/step <= wantedTicks }); i >= 0 {
		step = steps[i]
	}
	var all []tick
	for at := time.Duration(0); at <= s.to; at += step {
		all = append(all, tick{s.x(at), script.Short(at)})
	}
	return all
}

// draw lays the timeline out: a lane for everyone concerned, bars for bad times and marks for moments.
func (r *Report) draw() picture {
	shown := slices.DeleteFunc(slices.Clone(r.Timeline), func(m Moment) bool { return groupOf(m.Lane) < 0 })
	s := scale{from: -before, to: max(time.Duration(r.Watched), time.Second)}
	for _, m := range shown {
		s.to = max(s.to, time.Duration(m.At))
	}
	byName := map[string][]Moment{}
	for _, m := range shown {
		if time.Duration(m.At) >= s.from {
			byName[m.Lane] = append(byName[m.Lane], m)
		}
	}
	var lanes []lane
	for name, moments := range byName {
		lanes = append(lanes, s.lane(name, moments))
	}
	slices.SortFunc(lanes, func(a, b lane) int {
		if g := groupOf(a.Name) - groupOf(b.Name); g != 0 {
			return g
		}
		return strings.Compare(a.Name, b.Name)
	})
	return s.frame(lanes, s.bar(0, time.Duration(r.Ended), "the outage"))
}

// lane draws what happened in one lane. A bad time that has not ended lasts to the end.
func (s scale) lane(name string, moments []Moment) lane {
	l := lane{Name: name, Group: groups[groupOf(name)]}
	var began *Moment
	for i, m := range moments {
		if name == chronicle.LaneMessages || m.Tone == chronicle.Warning || m.Tone == chronicle.Note {
			text := m.At.String() + ": " + m.Text
			l.Marks = append(l.Marks, mark{s.x(time.Duration(m.At)), m.Tone, text})
		}
		switch {
		case name == chronicle.LaneMessages:
		case m.Tone == chronicle.Bad && began == nil:
			began = &moments[i]
		case began != nil && (m.Tone == chronicle.Good || m.Tone == chronicle.Warning && l.Group == "alarm"):
			// an alarm that has no data any more is out of ALARM as well
			l.Bars = append(l.Bars, s.bar(time.Duration(began.At), time.Duration(m.At), began.Text))
			began = nil
		}
	}
	if began != nil {
		l.Bars = append(l.Bars, s.bar(time.Duration(began.At), s.to, began.Text))
	}
	return l
}

// recipeWatched is how long the recipe's picture goes on after its outage.
const recipeWatched = 15 * time.Minute

// drawRecipe is the recipe's part of the picture, on its own scale.
func drawRecipe(c *Column) picture {
	if c == nil || !c.Injected {
		return picture{}
	}
	held := time.Duration(c.Held)
	s := scale{to: held + recipeWatched}
	messages := lane{Name: "messages of the recipe"}
	for _, m := range c.Messages {
		text := m.At.String() + ": " + m.Subject
		messages.Marks = append(messages.Marks, mark{s.x(time.Duration(m.At)), m.tone, text})
	}
	outage := s.bar(0, held, "the outage")
	return s.frame([]lane{{Name: "the same outage, held longer", Bars: []bar{outage}}, messages}, outage)
}
