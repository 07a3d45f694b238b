package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// marks are how statuses look in a table.
var marks = map[Status]string{OK: "ok", Failed: "FAILED", Warning: "WARNING", Unasked: "not asked"}

// tell prints findings for people: every answer, and of what has failed or goes on why it matters and what to do. What
// goes on stands below all else once more.
func tell(out io.Writer, s *stack, findings []Finding, at time.Time) {
	fmt.Fprintf(out, "Stack %s, %s, asked %s\n\n", s.name, accountOf(s), stamp(at))
	for _, f := range findings {
		fmt.Fprintf(out, "  %-9s  %-18s  %-14s  %s\n", marks[f.Status], f.ID, f.Region, oneLine(f.Found))
		if f.Status == Failed || f.Status == Warning {
			for _, line := range [][2]string{{"asked", f.Asked}, {"why", f.Why}, {"do", f.Do}, {"see", f.Runbook}} {
				fmt.Fprintf(out, "%13s%-6s %s\n", "", line[0], wrapped(line[1], 20))
			}
		}
	}
	fmt.Fprintf(out, "\n%s\n", summary(findings))
	for _, f := range findings {
		if f.Status == Warning {
			fmt.Fprintf(out, "%s %s: %s\n", marks[f.Status], f.Region, oneLine(f.Found))
		}
	}
}

// oneLine is a text in one line, which other tools' errors are not.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// width is how long the lines of an explanation are.
const width = 100

// wrapped breaks a text into lines, of which all but the first begin at a column.
func wrapped(text string, column int) string {
	var out strings.Builder
	length := 0
	for _, word := range strings.Fields(text) {
		switch {
		case length == 0:
		case column+length+1+len(word) > width:
			out.WriteString("\n" + strings.Repeat(" ", column))
			length = 0
		default:
			out.WriteString(" ")
			length++
		}
		out.WriteString(word)
		length += len(word)
	}
	return out.String()
}

func accountOf(s *stack) string {
	if s.account == "" {
		return "account unknown"
	}
	return "account " + s.account
}

// summary counts what came out.
func summary(findings []Finding) string {
	counts := map[Status]int{}
	for _, f := range findings {
		counts[f.Status]++
	}
	said := []string{fmt.Sprintf("%d ok", counts[OK]), fmt.Sprintf("%d failed", counts[Failed]),
		fmt.Sprintf("%d with a warning", counts[Warning]), fmt.Sprintf("%d not asked", counts[Unasked])}
	return strings.Join(said, ", ")
}

// report is what --json prints.
type report struct {
	Stack    string    `json:"stack"`
	Account  string    `json:"account,omitempty"`
	Caller   string    `json:"caller,omitempty"`
	At       time.Time `json:"at"`
	Findings []Finding `json:"findings"`
}

// write prints findings for programs.
func write(out io.Writer, s *stack, findings []Finding, at time.Time) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(report{s.name, s.account, s.caller, at.UTC(), findings})
}
