package rehearsal

import (
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/rehearsal/recipe"
)

// Sizes of the timeline picture, in its own units.
const (
	laneHeight  = 22
	labelWidth  = 410
	plotWidth   = 700
	axisHeight  = 26
	leastWidth  = 3 // of a bar
	wantedTicks = 9
)

// picture is the timeline as shapes.
type picture struct {
	Width, Height int
	PlotLeft      int
	Bottom        int
	Ticks         []tick
	Lanes         []lane
	Outage        bar // from the first fault to the end of the last
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
	Tone Tone
	Text string
}

// groups order the lanes from the cause to those who suffer.
var groups = []string{"fault", "sees", "alarm", "messages", "client", "deployment"}

func groupOf(name string) int {
	return slices.IndexFunc(groups, func(word string) bool { return slices.Contains(strings.Fields(name), word) })
}

// draw lays the timeline out: a lane for everyone concerned, bars for bad times and marks for moments.
func (r *Report) draw() picture {
	from, to := -10*time.Second, time.Duration(r.Watched)
	for _, e := range r.Timeline {
		if groupOf(e.Lane) >= 0 {
			to = max(to, time.Duration(e.At))
		}
	}
	to = max(to, time.Second)
	x := func(at time.Duration) float64 {
		at = min(max(at, from), to)
		return labelWidth + plotWidth*float64(at-from)/float64(to-from)
	}
	p := picture{Width: labelWidth + plotWidth + 20, PlotLeft: labelWidth, Outage: newBar(x, 0, time.Duration(r.Ended), "the outage")}
	open := map[string]Entry{}
	lanes := map[string]*lane{}
	var order []*lane
	find := func(name string) *lane {
		if lanes[name] == nil {
			lanes[name] = &lane{Name: name}
			order = append(order, lanes[name])
		}
		return lanes[name]
	}
	for _, e := range r.Timeline {
		if groupOf(e.Lane) < 0 || time.Duration(e.At) < from {
			continue
		}
		l := find(e.Lane)
		began, isOpen := open[e.Lane]
		switch {
		case e.Lane == laneMessages || e.Tone == Warning || e.Tone == Note:
			l.Marks = append(l.Marks, mark{x(time.Duration(e.At)), e.Tone, e.At.String() + ": " + e.Text})
		case e.Tone == Bad && !isOpen:
			open[e.Lane] = e
		case e.Tone == Good && isOpen:
			l.Bars = append(l.Bars, newBar(x, time.Duration(began.At), time.Duration(e.At), began.Text))
			delete(open, e.Lane)
		}
	}
	for name, began := range open {
		find(name).Bars = append(find(name).Bars, newBar(x, time.Duration(began.At), to, began.Text))
	}
	slices.SortStableFunc(order, func(a, b *lane) int {
		if g := groupOf(a.Name) - groupOf(b.Name); g != 0 {
			return g
		}
		return strings.Compare(a.Name, b.Name)
	})
	for i, l := range order {
		l.Y, l.Group = axisHeight+i*laneHeight, groups[groupOf(l.Name)]
		p.Lanes = append(p.Lanes, *l)
	}
	p.Bottom = axisHeight + len(order)*laneHeight
	p.Height = p.Bottom + 8
	p.Ticks = ticks(to, x)
	return p
}

func newBar(x func(time.Duration) float64, from, to time.Duration, text string) bar {
	left := x(from)
	return bar{X: left, Width: max(x(to)-left, leastWidth), Text: short(from) + " to " + short(to) + ": " + text}
}

// ticks are about nine round times from the first fault on.
func ticks(to time.Duration, x func(time.Duration) float64) []tick {
	step := time.Hour
	for _, s := range []time.Duration{time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute} {
		if to/s <= wantedTicks {
			step = s
			break
		}
	}
	var all []tick
	for at := time.Duration(0); at <= to; at += step {
		all = append(all, tick{x(at), short(at)})
	}
	return all
}

// drawRecipe is the recipe's part of the picture, on its own scale.
func drawRecipe(c *recipe.Column) picture {
	if c == nil || !c.Injected {
		return picture{}
	}
	to := time.Duration(c.Held) + 15*time.Minute
	x := func(at time.Duration) float64 {
		return labelWidth + plotWidth*float64(min(max(at, 0), to))/float64(to)
	}
	messages := lane{Name: "messages of the recipe", Y: axisHeight + laneHeight}
	for _, m := range c.Messages {
		tone := Bad
		if strings.HasPrefix(m.Subject, "OK:") {
			tone = Good
		}
		messages.Marks = append(messages.Marks, mark{x(time.Duration(m.At)), tone, short(time.Duration(m.At)) + ": " + m.Subject})
	}
	outage := newBar(x, 0, time.Duration(c.Held), "the outage")
	return picture{Width: labelWidth + plotWidth + 20, PlotLeft: labelWidth, Outage: outage, Bottom: axisHeight + 2*laneHeight,
		Height: axisHeight + 2*laneHeight + 8, Ticks: ticks(to, x),
		Lanes: []lane{{Name: "the same outage, held longer", Y: axisHeight, Bars: []bar{outage}}, messages}}
}
