package report

import (
	_ "embed"
	"html/template"
	"io"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"add": func(a, b int) int { return a + b },
}).Parse(pageText))

// pageReport is a report as the page shows it.
type pageReport struct {
	*Report
	Times, Checks [][]string
	Counted       Counts
	Picture       picture
	Beside        picture
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
