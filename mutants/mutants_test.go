package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheListFollowsTheCode(t *testing.T) {
	t.Chdir("..")
	_, err := load(listed)
	require.NoError(t, err)
}

func TestAnInterruptedRunGoesOnWhereItWas(t *testing.T) {
	t.Chdir("..")
	all, err := load(listed)
	require.NoError(t, err)
	rest := choose(all, "", 7)
	assert.Equal(t, all[6:], rest)
	assert.Equal(t, 7, rest[0].Number)
	assert.Empty(t, choose(all, "no file and no fault", 1))
}

func TestAListSaysEverythingThatIsWrongWithIt(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	require.NoError(t, os.WriteFile("a.go", []byte("package a\n\nvar n, m = 1, 1\n"), 0o600))
	require.NoError(t, os.WriteFile("list.yaml", []byte(`
- file: a.go
  faults:
    - {from: "= 1,", to: "= 2,"}
    - {from: "1", to: "2", fault: twice}
    - {from: "3", to: "2", fault: gone}
    - {from: "var n", to: "var n", fault: same}
    - {from: "var", to: "vary", fault: broken}
- {file: b.go, faults: [{from: "var", to: "vary", fault: lost}]}
`), 0o600))
	_, err := load("list.yaml")
	for _, want := range []string{
		`list.yaml: a.go: "": has no fault`,
		`a.go: "twice": a.go holds "1" 2 times: want once`,
		`a.go: "gone": a.go holds "3" 0 times: want once`,
		`a.go: "same": from and to are the same`,
		`a.go: "broken": is no Go`,
		`b.go: "lost": open b.go: no such file or directory`,
	} {
		assert.ErrorContains(t, err, want)
	}
}

func TestAFaultIsKilledSurvivesOrProvesNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, content := range map[string]string{
		"go.mod":      "module sample\n\ngo 1.26\n",
		"a/a.go":      "package a\n\nfunc Two() int { return 1 + 1 }\n\nfunc Untested() int { return 3 }\n",
		"b/b.go":      "package b\n\nimport \"sample/a\"\n\nvar Two = a.Two()\n",
		"b/b_test.go": "package b\n\nimport \"testing\"\n\nfunc TestTwo(t *testing.T) {\n\tif Two != 2 {\n\t\tt.Fatal(Two)\n\t}\n}\n",
		"c/c_test.go": "package c\n\nimport \"testing\"\n\nfunc TestAlien(*testing.T) {}\n",
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(content), 0o600))
	}
	packages, err := list(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"./b"}, packages.testsOf("a/a.go"), "tests of packages that need the file's")

	for _, tt := range []struct {
		m      mutant
		killer string
		err    string
	}{
		{mutant{File: "a/a.go", From: "1 + 1", To: "1 + 2"}, "./b TestTwo", ""},
		{mutant{File: "a/a.go", From: "return 3", To: "return 4"}, "", ""},
		{mutant{File: "a/a.go", From: "return 3", To: "return \"\""}, "", "does not compile, so it proves nothing"},
		{mutant{File: "a/a.go", From: "1 + 1", To: "1 + 3", Tests: []string{"./a"}}, "", "./a has no tests"},
	} {
		got := tt.m.try(t.Context(), tt.m.testsIn(packages))
		assert.Equal(t, tt.killer, got.killer, tt.m.To)
		if tt.err == "" {
			assert.NoError(t, got.err, tt.m.To)
		} else {
			assert.ErrorContains(t, got.err, tt.err, tt.m.To)
		}
	}
}

func TestATestThatHangsIsNamed(t *testing.T) {
	const output = "panic: test timed out after 3m0s\n\trunning tests:\n\t\tTestOutbox (3m0s)\n\t\tTestOutbox/one (2m57s)\n\ngoroutine 1"
	assert.Equal(t, "./outbox TestOutbox, which did not end within 3m0s", noticed("./outbox", output))
	assert.Equal(t, "./outbox TestTwo", noticed("./outbox", "    --- FAIL: TestTwo (0.00s)\n"))
	assert.Equal(t, "./outbox", noticed("./outbox", "exit status 2"))
}
