//go:build browser

package browser

import (
	_ "embed"
	"fmt"
	"path/filepath"

	"github.com/stretchr/testify/assert"
)

// cuts lists what of a page cannot be seen, or not without a reason.
//
//go:embed cuts.js
var cuts string

// Fits asserts that nothing on the page is cut: neither by the window, nor by a card, nor by what is around it.
func (b *Page) Fits() {
	b.t.Helper()
	assert.Empty(b.t, Evaluate[[]string](b, cuts))
}

// Windows are those in which a page is looked at: a telephone's and a screen's, in both schemes.
var Windows = []Window{
	{Width: 400, Height: 800},
	{Width: 400, Height: 800, Dark: true},
	{Width: 1600, Height: 1000},
	{Width: 1600, Height: 1000, Dark: true},
}

// FitsAll asserts that nothing is cut in any of the windows, and leaves a picture of the whole page in each.
func (b *Page) FitsAll(name string) {
	b.t.Helper()
	for _, w := range Windows {
		b.Resize(w)
		b.settles()
		assert.Empty(b.t, Evaluate[[]string](b, cuts), "%s, %+v", name, w)
		w.Height = Evaluate[int64](b, `document.scrollingElement.scrollHeight`)
		b.Resize(w)
		b.settles()
		b.Screenshot(filepath.Join(b.t.ArtifactDir(), fmt.Sprintf("%s-%d-%s.png", name, w.Width, w.scheme())))
	}
}

// settles returns when the page has been drawn in its new window: charts follow a frame later.
func (b *Page) settles() {
	b.t.Helper()
	const frames = `new Promise((drawn) => {
		let left = 3;
		const next = () => (left-- ? requestAnimationFrame(next) : drawn(true));
		next();
	})`
	Evaluate[bool](b, frames)
}
