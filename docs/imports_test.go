package docs

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "aurora-dsql-dr"

// importRules are the folders of design.md's table, "" being the module's root, with what each may import.
func importRules(t *testing.T) map[string][]string {
	t.Helper()
	_, table, found := strings.Cut(read(t, "docs/design.md"), "| where | what | may import |\n|---|---|---|\n")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")
	rules := map[string][]string{}
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(line, "|\n"), "|")
		require.Len(t, cells, 3, line)
		where, may := all("`([^`]+)`", cells[0]), all("`([^`]+)`", cells[2])
		require.Len(t, where, 1, line)
		require.True(t, len(may) > 0 || strings.TrimSpace(cells[2]) == "nothing", line)
		rules[strings.TrimSuffix(where[0], "main.go")] = may
	}
	return rules
}

// within says that a package is in a folder or below it.
func within(pkg, folder string) bool {
	return pkg == folder || strings.HasPrefix(pkg, folder+"/")
}

// ruleOf is the folder of the table that a package belongs to: the deepest. It is not there for a package that no row
// has.
func ruleOf(rules map[string][]string, pkg string) (folder string, found bool) {
	for candidate := range rules {
		if within(pkg, candidate) && (!found || len(candidate) > len(folder)) {
			folder, found = candidate, true
		}
	}
	return folder, found
}

// forbidden are those of a package's imports that its folder does not have, each as "package imports package".
func forbidden(rules map[string][]string, folder, pkg string, imports, also []string) (found []string) {
	allowed := append(append([]string{folder}, rules[folder]...), also...)
	for _, imported := range imports {
		if imported = inModule(imported); imported == "" {
			continue
		}
		permitted := false
		for _, prefix := range allowed {
			permitted = permitted || within(imported, prefix)
		}
		if !permitted {
			found = append(found, pkg+" imports "+imported)
		}
	}
	return found
}

// inModule is a package's folder, "" if it is not the module's.
func inModule(path string) string {
	folder, _ := strings.CutPrefix(path, module+"/")
	if folder == path {
		return ""
	}
	return folder
}

// testedBeside is what tests outside the sandbox may import beside what their package may.
var testedBeside = []string{"stacks", "components", "cost", "lambda", "recipients", "rehearsal", "internal", "sandbox"}

func TestTheTableOfImportsHolds(t *testing.T) {
	const format = `{{.ImportPath}}|{{join .Imports " "}}|{{join .TestImports " "}} {{join .XTestImports " "}}`
	list := exec.CommandContext(t.Context(), "go", "list", "-tags", "e2e,browser,verifyaws", "-f", format, "./...")
	list.Dir = root
	out, err := list.Output()
	require.NoError(t, err)
	rules, used := importRules(t), map[string]bool{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Split(strings.TrimSpace(line), "|")
		pkg := inModule(fields[0])
		folder, found := ruleOf(rules, pkg)
		if !assert.True(t, found, "%s has no row in docs/design.md", pkg) {
			continue
		}
		used[folder] = true
		assert.Empty(t, forbidden(rules, folder, pkg, strings.Fields(fields[1]), nil))
		var also []string
		if folder != "sandbox" {
			also = testedBeside
		}
		assert.Empty(t, forbidden(rules, folder, pkg+"'s test", strings.Fields(fields[2]), also))
	}
	for folder := range rules {
		assert.True(t, used[folder] || folder == "tools", "the row %s is about nothing", folder)
	}
}

func TestAForbiddenImportIsFound(t *testing.T) {
	rules := importRules(t)
	for pkg, imported := range map[string]string{
		"sandbox/lambda":             "lambda/contract",
		"sandbox":                    "rehearsal/stack",
		"lambda/contract":            "lambda/schema",
		"lambda/internal/check":      "lambda/healthcheck",
		"lambda/internal/dsqlconn":   "sandbox/sqlendpoint",
		"stacks":                     "sandbox",
		"components":                 "stacks",
		"rehearsal/console":          "stacks",
		"rehearsal/cmd/sandbox":      "components",
		"components/internal/policy": "lambda/schema",
	} {
		folder, found := ruleOf(rules, pkg)
		require.True(t, found, pkg)
		assert.Equal(t, []string{pkg + " imports " + imported},
			forbidden(rules, folder, pkg, []string{module + "/" + imported, "fmt"}, nil))
	}
}
