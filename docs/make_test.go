package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A pulumi that has all it needs, in the words of the real one; a test overrides what it is about.
const usable = `
case "$1 ${2-}" in
"version ") echo "${VERSION-v3.276.0}" ;;
"whoami "*) [ -z "${STRANGER-}" ] || { echo 'error: this command requires logging in' >&2; exit 1; } ;;
"stack ls") echo "[ { \"name\": \"${STACKS-acme/dev}\" } ]" ;;
*) echo "pulumi $*"; exit "${STATUS-0}" ;;
esac
`

// runMake runs make where only these programs are on PATH, and answers all that it prints.
func runMake(t *testing.T, programs map[string]string, env []string, args ...string) (string, error) {
	t.Helper()
	path := t.TempDir()
	for name, script := range programs {
		script = "#!" + lookPath(t, "bash") + "\nset -u\n" + script
		require.NoError(t, os.WriteFile(filepath.Join(path, name), []byte(script), 0o700))
	}
	for _, tool := range []string{"bash", "awk", "dirname", "git", "go", "grep", "readlink", "sort", "uname"} {
		if _, replaced := programs[tool]; !replaced {
			require.NoError(t, os.Symlink(lookPath(t, tool), filepath.Join(path, tool)))
		}
	}
	cmd := exec.CommandContext(t.Context(), lookPath(t, "make"), append([]string{"-s"}, args...)...)
	cmd.Dir = ".."
	cmd.Env = append([]string{"PATH=" + path, "HOME=" + path}, env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func lookPath(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	require.NoError(t, err)
	return path
}

func TestWhatPulumiLacksIsSaidBeforeAnythingIsBuilt(t *testing.T) {
	host := map[string]string{"pulumi": usable, "pulumi-language-go": ""}
	for name, c := range map[string]struct {
		programs map[string]string
		env      []string
		want     []string
	}{
		"no pulumi": {nil, nil, []string{"pulumi is not on PATH: install", "'pulumi login --local'"}},
		"no host of Go programs": {map[string]string{"pulumi": usable}, nil,
			[]string{"pulumi-language-go, which runs Go programs, is neither"}},
		"an old one": {host, []string{"VERSION=v3.99.0"}, []string{"pulumi is v3.99.0: want v3.250.0 or later"}},
		"no login": {host, []string{"STRANGER=1"},
			[]string{"pulumi is not logged in: 'pulumi login'", "error: this command requires logging in"}},
		"no stack": {host, []string{"STACKS=acme/dev2"},
			[]string{"there is no stack dev yet: 'pulumi stack select --create dev'"}},
		"all at once": {map[string]string{"pulumi": usable}, []string{"VERSION=v3.1.0", "STRANGER=1"},
			[]string{"pulumi is v3.1.0", "pulumi-language-go", "pulumi is not logged in"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, target := range []string{"preview", "up", "destroy"} {
				said, err := runMake(t, c.programs, c.env, target, "STACK=dev")
				require.Error(t, err)
				for _, want := range append(c.want, "docs/deploying.md has the rest") {
					assert.Contains(t, said, want)
				}
				assert.NotContains(t, said, "Building")
				assert.NotContains(t, said, "command not found")
			}
		})
	}
}

func TestADestroyAsksBeforeItBegins(t *testing.T) {
	programs := map[string]string{
		"pulumi":             usable,
		"pulumi-language-go": "",
		"go":                 `echo "go $*"; exit "${REFUSED-0}"`,
	}
	const asked = "go run ./backups destroyable -stack dev"

	said, err := runMake(t, programs, []string{"REFUSED=1"}, "destroy", "STACK=dev")
	require.Error(t, err)
	assert.Contains(t, said, asked)
	assert.NotContains(t, said, "pulumi destroy", "nothing is touched")

	said, err = runMake(t, programs, []string{"STATUS=255"}, "destroy", "STACK=dev")
	require.Error(t, err, "something else failed")
	assert.Contains(t, said, "pulumi destroy --stack dev")

	said, err = runMake(t, programs, nil, "destroy", "STACK=dev")
	require.NoError(t, err)
	assert.Contains(t, said, asked)
	assert.Contains(t, said, "pulumi destroy --stack dev")
}

func TestASandboxsStackIsChangedWhereItsSettingsAreByTheHostThatItServes(t *testing.T) {
	programs := map[string]string{"pulumi": usable, "go": ""}
	elsewhere := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(elsewhere, "Pulumi.sandbox.yaml"), nil, 0o600))
	for _, operation := range []string{"preview", "up", "destroy"} {
		said, err := runMake(t, programs, []string{
			"STACK_DIR=" + elsewhere,
			"STACKS=sandbox",
			"PULUMI_DEBUG_LANGUAGES=go:1",
		}, "-o", "lambda", operation, "STACK=sandbox")
		require.NoError(t, err, said)
		assert.Contains(t, said, "pulumi "+operation+" --cwd "+elsewhere+" --stack sandbox\n")
	}
}

func TestWhatIsAskedOfBackupsIsNoCommand(t *testing.T) {
	programs := map[string]string{"go": `for word in "$@"; do echo "[$word]"; done`}
	const quoted = `it's "this"; echo done`
	for target, want := range map[string]string{
		"backup":       "[-region]\n[" + quoted + "]\n",
		"restore-test": "[-region]\n[" + quoted + "]\n[-pair]\n[yes]\n",
		"restore":      "[-point]\n[" + quoted + "]\n[-beside]\n[yes]\n[-confirm]\n[]\n",
	} {
		said, err := runMake(t, programs, nil, target, "STACK=dev", "REGION="+quoted, "POINT="+quoted, "PAIR=yes", "BESIDE=yes")
		require.NoError(t, err, said)
		assert.Contains(t, said, "["+target+"]\n[-stack]\n[dev]\n"+want)
	}
}

func TestWhatIsAdoptedIsNoCommandAndTheStackMayBeNew(t *testing.T) {
	const quoted = `it's "this"; echo done`
	said, err := runMake(t, nil, nil, "-n", "adopt", "STACK=new", "CLUSTERS="+quoted, "ENVIRONMENT="+quoted, "OWNER="+quoted,
		"COSTCENTER="+quoted)
	require.NoError(t, err, said)
	assert.Contains(t, said, `go run ./adopt -stack 'new' -clusters "${CLUSTERS-}"`)
	assert.Contains(t, said, `-environment "${ENVIRONMENT-}" -owner "${OWNER-}" -cost-center "${COSTCENTER-}"`)
	assert.NotContains(t, said, "done")
}

func TestWhatPeopleWriteOfAWithdrawalIsNoCommand(t *testing.T) {
	programs := map[string]string{"go": `for word in "$@"; do echo "[$word]"; done`}
	reason := `the office's "new" balancer; echo done`
	said, err := runMake(t, programs, nil, "withdraw", "STACK=dev", "REGION=us-east-1", "FOR=2h", "REASON="+reason,
		"BY=O'Neil")
	require.NoError(t, err, said)
	assert.Contains(t, said, "[-for]\n[2h]\n[-reason]\n["+reason+"]\n[-by]\n[O'Neil]\n")

	said, err = runMake(t, programs, nil, "return", "STACK=dev", "REGION=us-east-1", "BY=O'Neil")
	require.NoError(t, err, said)
	assert.Contains(t, said, "[return]\n[-stack]\n[dev]\n[-region]\n[us-east-1]\n[-by]\n[O'Neil]\n")
}

func TestWhatIsAskedOfAWSIsNoCommandAndNeverInCI(t *testing.T) {
	const quoted = `it's "this"; echo done`
	said, err := runMake(t, nil, nil, "-n", "verify-aws", "CONFIRM="+quoted, "REGIONS="+quoted, "ONLY="+quoted,
		"CLUSTERS="+quoted, "SQL="+quoted)
	require.NoError(t, err, said)
	assert.Contains(t, said, `build/bin/verify-aws -confirm "${CONFIRM-}" -regions "${REGIONS-}" -only "${ONLY-}"`)
	assert.NotContains(t, said, "done")

	files, err := filepath.Glob("../.github/workflows/*")
	require.NoError(t, err)
	for _, file := range append(files, "../.ci/run") {
		body, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.NotContains(t, string(body), "verify-aws", file)
	}
}
