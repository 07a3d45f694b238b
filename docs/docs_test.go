// Package docs holds the documentation against the program.
package docs

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"aurora-dsql-dr/stacks"
)

// root is the project's directory; tests leave it.
var root, _ = filepath.Abs("..")

func read(t *testing.T, file string) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(root, file))
	require.NoError(t, err)
	return string(body)
}

// all are the first groups of every match.
func all(pattern, text string) []string {
	var out []string
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		out = append(out, match[1])
	}
	return out
}

// has reports whether a page says something. (assert.Contains would print the whole page.)
func has(page, text string) bool { return strings.Contains(page, text) }

// row is the table row that begins with a name in backquotes.
func row(text, name string) string {
	return regexp.MustCompile("(?m)^\\| `" + regexp.QuoteMeta(name) + "` \\|.*$").FindString(text)
}

func TestEveryConfigurationKeyIsInTheReadmeWithItsDefault(t *testing.T) {
	var project struct{ Config map[string]yaml.Node }
	require.NoError(t, yaml.Unmarshal([]byte(read(t, "Pulumi.yaml")), &project))
	readme := read(t, "README.md")
	for key, node := range project.Config {
		if strings.Contains(key, ":") {
			continue // Pulumi's own
		}
		var declared struct {
			Description string
			Default     any
		}
		require.NoError(t, node.Decode(&declared))
		line := row(readme, key)
		assert.NotEmpty(t, line, "README.md has no row for %s", key)
		if text, ok := declared.Default.(string); ok {
			assert.Contains(t, line, "`"+text+"`", "the default of %s", key)
		}
		if key == "monitor" {
			settings := regexp.MustCompile(`(\w+) \(([^)]+)\)`).FindAllStringSubmatch(declared.Description, -1)
			require.NotEmpty(t, settings)
			for _, s := range settings {
				value := strings.Fields(s[2])[0] // "lean or full" begins with the default
				assert.Contains(t, row(readme, "monitor."+s[1]), "`"+value+"`", "the default of monitor.%s", s[1])
			}
		}
	}
}

func TestEveryOutputIsInTheReadme(t *testing.T) {
	outputs := reflect.TypeFor[stacks.Outputs]()
	require.NotZero(t, outputs.NumField())
	for i := range outputs.NumField() {
		name, _, _ := strings.Cut(outputs.Field(i).Tag.Get("json"), ",")
		assert.NotEmpty(t, row(read(t, "README.md"), name), "README.md has no row for the output %s", name)
	}
}

func TestEveryRunbookThatPeopleAreSentToExists(t *testing.T) {
	named := all(`Runbook = "([a-z-]+)"`, read(t, "lambda/contract/runbooks.go"))
	require.NotEmpty(t, named)
	for _, anchor := range named {
		assert.Contains(t, read(t, "docs/runbooks.md"), `<a id="`+anchor+`"></a>`)
	}
}

func TestEveryRunbookSaysWhatToDoAndWhenItIsDone(t *testing.T) {
	for _, section := range strings.Split(read(t, "docs/runbooks.md"), "\n## ")[1:] {
		title, body, _ := strings.Cut(section, "\n")
		assert.True(t, has(body, "**Done when**"), "%s has no **Done when**", title)
		if !strings.HasPrefix(title, "Before ") {
			assert.True(t, has(body, "**Symptom.**"), "%s has no **Symptom.**", title)
			assert.True(t, has(body, "**Do.**"), "%s has no **Do.**", title)
		}
	}
}

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	require.NoError(t, err)
	require.NotEmpty(t, pages)
	pages = append(pages, filepath.Join(root, "README.md"), filepath.Join(root, "CONTRIBUTING.md"))
	for _, path := range pages {
		page, err := filepath.Rel(root, path)
		require.NoError(t, err)
		for _, link := range all(`\]\(([^)]+)\)`, read(t, page)) {
			if strings.Contains(link, "://") {
				continue
			}
			file, anchor, _ := strings.Cut(link, "#")
			target := page
			if file != "" {
				target = filepath.Join(filepath.Dir(page), file)
			}
			text := read(t, target)
			if anchor != "" {
				assert.Contains(t, anchors(text), anchor, "%s links %s", page, link)
			}
		}
	}
}

// anchors are the explicit ones of a page and those that GitHub makes from its headings.
func anchors(text string) []string {
	out := all(`<a id="([^"]+)">`, text)
	for _, heading := range all(`(?m)^#+ (.+)$`, text) {
		slug := regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(heading), "")
		out = append(out, strings.ReplaceAll(slug, " ", "-"))
	}
	return out
}

func TestEveryMakeTargetThatThePagesNameExists(t *testing.T) {
	targets := all(`(?m)^([a-z-]+):`, read(t, "Makefile"))
	for _, page := range []string{"README.md", "docs/runbooks.md", "docs/deploying.md", "docs/connect.md", "docs/verify-aws.md"} {
		for _, target := range all("make ([a-z-]+)", strings.Join(all("`([^`\n]+)`", read(t, page)), "\n")) {
			assert.Contains(t, targets, target, "%s names `make %s`", page, target)
		}
	}
}

func TestEveryRehearsalIsOnItsPage(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "rehearsals", "*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		row := regexp.MustCompile("(?m)^\\|[^|]* `" + regexp.QuoteMeta(name) + "`[^|]*\\|")
		assert.True(t, row.MatchString(read(t, "docs/rehearsal.md")), "docs/rehearsal.md has no row for %s", name)
	}
	count := fmt.Sprintf("through %d disasters", len(files))
	assert.True(t, has(read(t, "README.md"), count), "README.md does not say %q", count)
}

func TestJSONInThePagesIsJSON(t *testing.T) {
	for _, page := range []string{"README.md", "docs/deploying.md", "docs/connect.md"} {
		for _, block := range all("(?s)```json\n(.+?)```", read(t, page)) {
			assert.True(t, json.Valid([]byte(block)), "%s: %s", page, block)
		}
	}
}

func TestNoPageHoldsTwoVersions(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	require.NoError(t, err)
	for _, page := range append(pages, filepath.Join(root, "README.md")) {
		body, err := os.ReadFile(page)
		require.NoError(t, err)
		assert.NotRegexp(t, `(?m)^(<<<<<<<|>>>>>>>) `, string(body), page)
	}
}
