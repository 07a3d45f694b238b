package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"aurora-dsql-dr/rehearsal/recipe"
	"aurora-dsql-dr/rehearsal/script"
)

// Text writes the report for a terminal.
func (r *Report) Text(out io.Writer) error {
	w := &writer{out: out}
	result := "PASSED"
	if !r.Passed {
		result = "FAILED"
	}
	w.line("%s  %s  (%s, score %d of 100)", result, r.Title, r.Name, r.Score)
	w.line("")
	w.table(append([][]string{{"", "OURS", "RECIPE", "BUDGET", ""}}, r.timeRows()...))
	w.line("")
	w.table(append([][]string{{"CHECK", "WANT", "GOT", "", "SCORE"}}, r.checkRows()...))
	w.line("")
	c := r.Counts()
	w.line("messages  %d sent, %d duplicated, %d false, %d missing", c.Sent, c.Duplicate, c.False, c.Missing)
	w.line(
		"writes    %d acknowledged, %d lost, %d refused and repeated",
		r.Writes.Acknowledged,
		r.Writes.Lost,
		r.Writes.Refused,
	)
	if e := r.Events; e != nil {
		w.line(
			"events    %d lost, %d repeated, %d more by catching up, the longest %s on its way into both regions",
			e.Lost,
			e.Repeated,
			e.CaughtUp,
			e.Longest,
		)
	}
	if r.Traffic != nil {
		for i, way := range r.Traffic.Ways() {
			w.line("%-9s %s", map[bool]string{true: "name"}[i == 0], way)
		}
		w.line("beside    %s", r.Traffic.Beside())
	}
	w.line("held      %s", r.Held())
	for _, note := range r.Notes() {
		for i, part := range wrap(note, noteWidth) {
			w.line("%-9s %s", map[bool]string{true: "note"}[i == 0], part)
		}
	}
	return w.err
}

// noteWidth is the longest line of a note, in characters.
const noteWidth = 100

// wrap breaks a text into lines.
func wrap(text string, width int) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return append(lines, line)
}

// measureNames are measures in words.
var measureNames = map[script.Measure]string{
	script.Detect:   "time to detect",
	script.Alert:    "time to alert (functions)",
	script.Recovery: "time to client recovery",
	script.AllClear: "time to all-clear",
	script.Alarm:    "time to alarm (CloudWatch)",
	script.Move:     "time until the name moves",
	script.Name:     "time until its clients have moved",
	script.Back:     "time until the name is back",
}

func (r *Report) timeRows() [][]string {
	var rows [][]string
	for _, m := range r.Measures() {
		rows = append(rows, []string{measureNames[m], r.ownTime(m), r.recipeTime(m), r.Budgets[m].String(), r.mark(m)})
	}
	return rows
}

// ownTime is our time in words.
func (r *Report) ownTime(m script.Measure) string {
	if m == script.Alarm && r.tooShort() {
		return "never: too short"
	}
	return r.Times[m].String()
}

// recipeTime is the recipe's time in words; it has no clients, and notices only what it publishes.
func (r *Report) recipeTime(m script.Measure) string {
	if r.Recipe == nil {
		return "not run"
	}
	if !r.Recipe.Injected {
		return "does not apply"
	}
	switch m {
	case script.Alert:
		return r.Recipe.Alert.String()
	case script.Alarm:
		return r.Recipe.Alarm.String()
	case script.AllClear:
		return r.Recipe.AllClear.String()
	default:
		return "not measured"
	}
}

func (r *Report) mark(m script.Measure) string {
	for _, c := range r.Checks {
		if c.Name == string(m) {
			return c.Mark()
		}
	}
	return ""
}

// Mark is the check's result as a sign.
func (c Check) Mark() string {
	switch {
	case !c.Judged:
		return "–"
	case c.Passed:
		return "✔"
	default:
		return "✘"
	}
}

func (r *Report) checkRows() [][]string {
	var rows [][]string
	for _, c := range r.Checks {
		score := ""
		if c.Judged {
			score = fmt.Sprint(c.Score)
		}
		rows = append(rows, []string{c.Name, c.Want, c.Got, c.Mark(), score})
	}
	return rows
}

// Held says when the rehearsal was held, of what and where.
func (r *Report) Held() string {
	return r.Started.UTC().Format("2006-01-02 15:04 UTC") + ": " + r.Provenance.String()
}

// Notes are what a reader must know to read the numbers rightly.
func (r *Report) Notes() []string {
	var notes []string
	if r.Speed != 1 {
		notes = append(
			notes,
			fmt.Sprintf("At speed %g only what happened and in which order is judged, not how long it took.", r.Speed),
		)
	}
	if r.tooShort() {
		notes = append(
			notes,
			fmt.Sprintf(
				"Time to alarm: the outage of %s was too short for CloudWatch. The alarm on a lost region wants two of three "+
					"periods of a minute, each of them over.",
				r.Ended,
			),
		)
	}
	if r.Recipe != nil {
		notes = append(notes, "The recipe: "+strings.Join(recipe.Repairs, "; ")+". Both are repaired here.")
		if r.Recipe.Injected {
			notes = append(
				notes,
				fmt.Sprintf(
					"The recipe's outage was held for %s, since its alarm needs more than ten minutes to notice any.",
					r.Recipe.Held,
				),
			)
			if r.Recipe.silent() {
				notes = append(notes, "The recipe told nobody: each of its functions asks for its own cluster's status only, and "+
					"its one alarm is in the primary region.")
			}
		} else {
			notes = append(notes, "The recipe was spared: "+r.Recipe.Why+".")
		}
	}
	return append(notes, r.Limits()...)
}

// writer remembers the first error of many writes.
type writer struct {
	out io.Writer
	err error
}

func (w *writer) line(format string, args ...any) {
	if w.err == nil {
		_, w.err = fmt.Fprintln(w.out, strings.TrimRight(fmt.Sprintf(format, args...), " "))
	}
}

func (w *writer) table(rows [][]string) {
	var block strings.Builder
	t := tabwriter.NewWriter(&block, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = strings.Join(strings.Fields(cell), " ") // errors may span lines
		}
		fmt.Fprintln(t, strings.Join(cells, "\t"))
	}
	_ = t.Flush() // into memory
	for line := range strings.Lines(block.String()) {
		w.line("%s", strings.TrimRight(line, " \n"))
	}
}
