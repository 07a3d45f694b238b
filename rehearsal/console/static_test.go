package console

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheChartLibraryIsTheReleasedOne(t *testing.T) {
	for name, want := range map[string]string{
		"LICENSE":       "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
		"uPlot.esm.js":  "5dd9b3281aa64b461b42d9945f6adb2649d346502b12281a9ae0d46599a80eba",
		"uPlot.min.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
	} {
		content, err := static.ReadFile("static/vendor/uplot/" + name)
		require.NoError(t, err)
		assert.Equal(t, want, fmt.Sprintf("%x", sha256.Sum256(content)), name)
	}
}

// What the sandbox says reaches the page as text nodes: nothing in the page's own code parses markup or runs text.
func TestThePageNeverParsesWhatItIsTold(t *testing.T) {
	forbidden := regexp.MustCompile(
		`innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b|new Function|srcdoc`)
	outside := regexp.MustCompile(`(?i)(src|href|url\(|import|fetch\()[^\n]{0,12}(https?:)?//[a-z]`)
	inline := regexp.MustCompile(`(?i)<script[^>]*>[^<]|\sstyle=|\son[a-z]+=`)
	sources := map[string]string{"index.html": index}
	err := fs.WalkDir(static, "static", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.Contains(path, "/vendor/") {
			return err
		}
		content, err := static.ReadFile(path)
		sources[path] = string(content)
		return err
	})
	require.NoError(t, err)
	assert.Greater(t, len(sources), 10)
	for name, source := range sources {
		assert.NotRegexp(t, forbidden, source, name)
		assert.NotRegexp(t, outside, source, name)
	}
	assert.NotRegexp(t, inline, index, "the policy forbids it")
}

// Text has a contrast of at least 4.5 to 1 in both schemes (WCAG 2.2, success criterion 1.4.3).
func TestTextCanBeReadInBothSchemes(t *testing.T) {
	css, err := static.ReadFile("static/console.css")
	require.NoError(t, err)
	blocks := regexp.MustCompile(`:root \{([^}]*)\}`).FindAllStringSubmatch(string(css), -1)
	require.Len(t, blocks, 2, "a light scheme and a dark one")
	for i, scheme := range []string{"light", "dark"} {
		colours := map[string]string{}
		for _, m := range regexp.MustCompile(`--([a-z0-9-]+): (#[0-9a-f]{3,6})`).FindAllStringSubmatch(blocks[i][1], -1) {
			colours[m[1]] = m[2]
		}
		check := func(text, ground string) {
			require.Contains(t, colours, text)
			require.Contains(t, colours, ground)
			assert.GreaterOrEqual(t, contrast(t, colours[text], colours[ground]), 4.5, "%s on %s, %s", text, ground, scheme)
		}
		for _, ground := range []string{"ground", "panel", "sunk"} {
			for _, text := range []string{"text", "minor", "link", "good", "bad", "warning", "note", "quiet"} {
				check(text, ground)
			}
		}
		for _, tone := range []string{"good", "bad", "warning", "note", "quiet"} {
			for _, text := range []string{"text", "minor", tone} {
				check(text, tone+"-wash")
			}
		}
		for line := range 6 {
			check(fmt.Sprintf("line-%d", line), "panel")
		}
	}
}

// contrast is the contrast ratio of two colours, as WCAG defines it.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	high, low := luminance(t, a), luminance(t, b)
	if high < low {
		high, low = low, high
	}
	return (high + 0.05) / (low + 0.05)
}

func luminance(t *testing.T, colour string) (sum float64) {
	t.Helper()
	digits := strings.TrimPrefix(colour, "#")
	if len(digits) == 3 {
		digits = fmt.Sprintf("%[1]c%[1]c%[2]c%[2]c%[3]c%[3]c", digits[0], digits[1], digits[2])
	}
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(digits[2*i:2*i+2], 16, 8)
		require.NoError(t, err)
		channel := float64(n) / 255
		if channel <= 0.04045 {
			channel /= 12.92
		} else {
			channel = math.Pow((channel+0.055)/1.055, 2.4)
		}
		sum += weight * channel
	}
	return sum
}

// Before its first data the page knows nothing, so it says that it waits: "No dashboard is deployed" was not true.
func TestBeforeItsFirstDataThePageClaimsNothing(t *testing.T) {
	empties := regexp.MustCompile(`<p class="empty"([^>]*)>([^<]*)</p>`).FindAllStringSubmatch(index, -1)
	require.Len(t, empties, 10)
	for _, empty := range empties[:9] {
		assert.Equal(t, "Waiting for the first data.", empty[2])
	}
	for _, empty := range empties[2:9] { // there is always a status and a map
		assert.Regexp(t, `^ data-none="[A-Z][^"]+\."$`, empty[1], "what is said once that is known")
	}
	assert.Equal(t, "No line yet.", empties[9][2], "which is true from the start")
	assert.Contains(t, index, `<form class="inject" hidden>`, "there is nothing to choose from yet")
}
