package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/internal/golden"
)

// everyCheck are all checks, in the order of the page.
func everyCheck() []check { return slices.Concat(ongoing, before, after, []check{testMessage}) }

func TestTheTableSaysOfWhatIsNotGoodWhyAndWhatToDo(t *testing.T) {
	findings := slices.Concat(
		enabledRegions.findings([]answer{good("us-east-1", "yes"), unasked("us-east-2", fmt.Errorf("it did not answer "+
			"in time"))}),
		incidents.findings([]answer{warn("us-east-1", "incident 1 is open since 12:00")}),
		subscriptions.findings([]answer{bad("us-east-1", "oncall@example.com (email) has not confirmed")}),
	)
	var out bytes.Buffer
	tell(&out, known(), findings, now)
	golden.Text(t, "table.txt", out.String())
}

func TestIDsAreStableAndOfOneCheckEach(t *testing.T) {
	form := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	seen := map[string]bool{}
	for _, c := range everyCheck() {
		assert.Regexp(t, form, c.id)
		assert.False(t, seen[c.id], c.id)
		seen[c.id] = true
		assert.True(t, strings.HasSuffix(c.asked, "?"), "%s asks %q", c.id, c.asked)
		assert.NotEmpty(t, c.why, c.id)
		assert.NotEmpty(t, c.do, c.id)
	}
}

// The page has a heading for each check, which findings lead to, with the same words.
func TestThePageExplainsEveryCheck(t *testing.T) {
	var text strings.Builder
	for _, c := range everyCheck() {
		fmt.Fprintf(&text, "### %s %s %s **Do.** %s ", c.id, c.asked, c.why, c.do)
	}
	page, err := os.ReadFile(filepath.Join("..", "docs", "doctor.md"))
	require.NoError(t, err)
	_, checks, found := strings.Cut(string(page), "## The checks\n")
	require.True(t, found)
	assert.Equal(t, strings.Fields(text.String()), strings.Fields(checks), "docs/doctor.md is to say what the checks say")
}

// What the auditor may do, the checks ask; what else they ask, TestAnAuditorMayAskEverything finds missing.
func TestTheAuditorsPolicyHasNoActionThatNoCheckNeeds(t *testing.T) {
	var sources strings.Builder
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, file := range append(files, filepath.Join("..", "lambda", "recovery", "recovery.go")) {
		if !strings.HasSuffix(file, "_test.go") {
			source, err := os.ReadFile(file)
			require.NoError(t, err)
			sources.Write(source)
		}
	}
	policy, err := os.ReadFile(filepath.Join("..", "docs", "auditor-policy.json"))
	require.NoError(t, err)
	actions := regexp.MustCompile(`"[a-z]+:([A-Z][A-Za-z]+)"`).FindAllStringSubmatch(string(policy), -1)
	require.NotEmpty(t, actions)
	for _, action := range actions {
		if operation := action[1]; operation != "GET" {
			calls := regexp.MustCompile(`\.(New)?` + operation + `(Paginator)?\(`)
			assert.True(t, calls.MatchString(sources.String()), "nothing calls %s", operation)
		}
	}
}
