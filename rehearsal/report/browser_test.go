//go:build browser

package report

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/rehearsal/internal/browser"
)

func written(t *testing.T) (url string) {
	t.Helper()
	page, err := Write(t.TempDir(), []*Report{example(t), example(t)})
	require.NoError(t, err)
	return "file://" + page
}

func TestThePageFitsATelephoneAndAScreen(t *testing.T) {
	b := browser.Open(t, written(t), browser.Windows[0])
	b.FitsAll("report")
	for _, w := range browser.Windows {
		b.Resize(w)
		assert.Positive(t, browser.Evaluate[float64](b, `Math.min(...[...document.querySelectorAll('.bar')].map((bar) =>
			document.querySelector('.picture').getBoundingClientRect().right - bar.getBoundingClientRect().right))`),
			"every bar is in sight in %+v", w)
	}
	b.Stays()
}

// Paper is light whatever the screen prefers, has nothing to click on, and each rehearsal a sheet of its own.
func TestThePageCanBePrinted(t *testing.T) {
	b := browser.Open(t, written(t), browser.Window{Width: 700, Height: 1000, Dark: true, Print: true})
	b.Fits()
	style := func(selector, property string) string {
		return browser.Evaluate[string](b, `getComputedStyle(document.querySelector('`+selector+`')).`+property)
	}
	assert.Equal(t, "rgb(255, 255, 255)", style("body", "backgroundColor"))
	assert.Equal(t, "none", style("details", "display"))
	assert.Equal(t, "page", style("section + section", "breakBefore"))
	assert.Equal(t, "avoid", style("tr", "breakInside"))
}
