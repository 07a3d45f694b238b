// Package results writes what a measurement has found, and that it is still going on.
package results

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode/utf8"
)

// Table is rows of figures under a title; the first row is the heading.
type Table struct {
	Title string
	Rows  [][]string
	// Note says below the table what a reader cannot know from it. Optional.
	Note string
}

// Write writes the table with an empty line before it: names on the left, figures on the right of their columns.
func (t Table) Write(to io.Writer) error {
	width := 0
	for _, row := range t.Rows {
		width = max(width, utf8.RuneCountInString(row[0]))
	}
	var figures strings.Builder
	aligned := tabwriter.NewWriter(&figures, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, row := range t.Rows {
		fmt.Fprintf(aligned, "%-*s\t%s\t\n", width, row[0], strings.Join(row[1:], "\t"))
	}
	_ = aligned.Flush() // into memory
	text := "\n" + t.Title + "\n"
	for line := range strings.Lines(figures.String()) {
		text += strings.TrimRight(line, " \n") + "\n" // a row whose last figures are empty
	}
	if t.Note != "" {
		text += t.Note + "\n"
	}
	_, err := io.WriteString(to, text)
	return err
}
