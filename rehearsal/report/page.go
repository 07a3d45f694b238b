package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"add":     func(a, b int) int { return a + b },
	"percent": func(x float64) string { return fmt.Sprintf("%.2f%%", x) },
	"code":    code,
}).Parse(pageText))

// pageReport is a report as the page shows it.
type pageReport struct {
	*Report
	Times, Checks [][]string
	Counted       Counts
	Picture       picture
	Beside        picture
}

// code is a text as HTML, with what is between backticks as code.
func code(text string) template.HTML {
	parts := strings.Split(text, "`")
	for i, part := range parts {
		parts[i] = template.HTMLEscapeString(part)
		if i%2 == 1 {
			parts[i] = "<code>" + parts[i] + "</code>"
		}
	}
	return template.HTML(strings.Join(parts, "")) //nolint:gosec // every part is escaped
}

// HTML writes the reports as one page that needs nothing but itself: styles, pictures and all.
func HTML(out io.Writer, reports []*Report) error {
	var all []pageReport
	passed := 0
	for _, r := range reports {
		if r.Passed {
			passed++
		}
		all = append(all, pageReport{
			Report:  r,
			Times:   r.timeRows(),
			Checks:  r.checkRows(),
			Counted: r.Counts(),
			Picture: r.draw(),
			Beside:  drawRecipe(r.Recipe),
		})
	}
	return page.Execute(out, map[string]any{"Reports": all, "Passed": passed})
}
