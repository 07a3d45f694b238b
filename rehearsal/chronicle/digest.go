package chronicle

import (
	"fmt"
	"slices"
	"strings"

	"aurora-dsql-dr/sandbox/sns"
)

// Line is what several messages say that are alike: of one region, or of all if it is no news.
type Line struct {
	Tone    Tone
	Regions []string
	Text    string
}

// Digest tells messages that arrived together, what is alike in one line, in the order in which it was first said.
func Digest(messages []sns.Message) []Line {
	var all []*group
	for _, raw := range messages {
		m := ReadMessage(raw)
		at := slices.IndexFunc(all, func(g *group) bool { return g.takes(m) })
		if at < 0 {
			at = len(all)
			all = append(all, &group{first: m})
		}
		all[at].add(m)
	}
	lines := make([]Line, 0, len(all))
	for _, g := range all {
		lines = append(lines, g.line())
	}
	return lines
}

// group are messages that are alike.
type group struct {
	first           Message
	regions, alarms []string
	count           int
}

func (g *group) takes(m Message) bool {
	return m.says == g.first.says && (m.Region == g.first.Region || m.Tone() == Quiet)
}

func (g *group) add(m Message) {
	g.count++
	if !slices.Contains(g.regions, m.Region) {
		g.regions = append(g.regions, m.Region)
	}
	if m.Alarm != "" && !slices.Contains(g.alarms, m.Alarm) {
		g.alarms = append(g.alarms, m.Alarm)
	}
}

func (g *group) line() Line {
	slices.Sort(g.regions)
	return Line{Tone: g.first.Tone(), Regions: g.regions, Text: g.text()}
}

// text names alarms: all of them, and of many that are no news the first.
func (g *group) text() string {
	const named = 3
	switch n := len(g.alarms); {
	case n == 0 && g.count > 1:
		return fmt.Sprintf("%s (%d times)", g.first.says.one, g.count)
	case n == 0:
		return g.first.says.one
	case n == 1:
		return fmt.Sprintf("alarm %s %s", g.alarms[0], g.first.says.one)
	case n > named && g.first.Tone() == Quiet:
		some := strings.Join(g.alarms[:named], ", ")
		return fmt.Sprintf("%d alarms %s: %s and %d more", n, g.first.says.many, some, n-named)
	default:
		return fmt.Sprintf("%d alarms %s: %s", n, g.first.says.many, strings.Join(g.alarms, ", "))
	}
}
