package verify

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"aurora-dsql-dr/verify/claims"
)

// report is what was seen, for people and for programs.
type report struct {
	Date     time.Time `json:"date"`
	Run      string    `json:"run"`
	Account  string    `json:"account"`
	Caller   string    `json:"caller"`
	Regions  []string  `json:"regions"`
	SDK      string    `json:"sdk"`
	Revision string    `json:"revision"`
	Claims   []row     `json:"claims"`
	// Left are the things that could not be removed.
	Left []string `json:"left"`
}

// row is what was seen of a claim.
type row struct {
	ID      string         `json:"id"`
	Says    string         `json:"says"`
	Page    string         `json:"page"`
	Row     string         `json:"row"`
	Verdict claims.Verdict `json:"verdict"`
	Seen    []string       `json:"seen"`
	Differs []string       `json:"differs"`
	Unasked []string       `json:"unasked"`
	Made    []string       `json:"made"`
	Seconds float64        `json:"seconds"`
}

// with is the report with what was found.
func (r report) with(findings []claims.Finding) report {
	for _, f := range findings {
		r.Claims = append(r.Claims, row{
			ID:      f.Claim.ID,
			Says:    f.Claim.Says,
			Page:    "docs/" + f.Claim.Page,
			Row:     f.Claim.Row,
			Verdict: f.Verdict,
			Seen:    f.Seen,
			Differs: f.Differs,
			Unasked: f.Unasked,
			Made:    names(f.Made),
			Seconds: f.Took.Seconds(),
		})
	}
	return r
}

// names are those of kinds.
func names(kinds []*claims.Kind) (all []string) {
	for _, k := range kinds {
		all = append(all, k.Name)
	}
	return all
}

// count is how many claims have a verdict.
func (r report) count(v claims.Verdict) (n int) {
	for _, c := range r.Claims {
		if c.Verdict == v {
			n++
		}
	}
	return n
}

// save writes the report twice, as Markdown and as JSON, and returns the path of the former.
func (r report) save(dir string) (path string, err error) {
	base := filepath.Join(dir, r.Date.Format("2006-01-02-1504"))
	document, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return "", err
	}
	path = base + ".md"
	return path, errors.Join(
		os.MkdirAll(dir, 0o750),
		os.WriteFile(path, []byte(r.markdown()), 0o600),
		os.WriteFile(base+".json", append(document, '\n'), 0o600),
	)
}

func (r report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# What AWS answered on %s\n\n%s.\n\n", r.Date.Format(time.DateOnly), r.summary())
	fmt.Fprintf(&b, "| | |\n|---|---|\n")
	for _, fact := range [][2]string{
		{"date", r.Date.Format(time.RFC3339)},
		{"account", r.Account},
		{"caller", r.Caller},
		{"regions", strings.Join(r.Regions, ", ")},
		{"AWS SDK for Go", r.SDK},
		{"revision", r.Revision},
		{"run", r.Run},
	} {
		fmt.Fprintf(&b, "| %s | %s |\n", fact[0], cell(fact[1]))
	}
	fmt.Fprintf(&b, "\n| verdict | claim | it says | claimed where | seen |\n|---|---|---|---|---|\n")
	for _, c := range r.Claims {
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s: %s | %s |\n", c.Verdict, c.ID, cell(c.Says), c.Page, cell(c.Row),
			cell(strings.Join(c.told(), "; ")))
	}
	if len(r.Left) > 0 {
		fmt.Fprintf(&b, "\n## Left behind\n\n- %s\n", strings.Join(r.Left, "\n- "))
	}
	return b.String()
}

// told is what a person is told of a claim: all that differs or is not known, and the first of what is as claimed.
func (c row) told() []string {
	const most = 3
	told := append(append([]string{}, c.Differs...), c.Unasked...)
	switch {
	case len(told) > 0 && len(c.Seen) > 0:
		return append(told, fmt.Sprintf("%d answers as claimed", len(c.Seen)))
	case len(told) == 0 && len(c.Seen) > most:
		return append(c.Seen[:most:most], fmt.Sprintf("and %d more", len(c.Seen)-most))
	case len(told) == 0:
		return c.Seen
	default:
		return told
	}
}

// cell is a text that stays in its cell.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}
