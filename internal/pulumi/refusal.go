package pulumi

import (
	"fmt"
	"regexp"
	"strings"
)

// causes are what pulumi says when something is missing that a person has to see to, and what that is.
var causes = []struct {
	says *regexp.Regexp
	want string
}{
	{regexp.MustCompile(`requires logging in|must be set for login|have you logged in|SAML SSO`),
		"pulumi is not logged in: 'pulumi login <where the stack's state is kept>', or 'pulumi login --local' if that is " +
			"this machine"},
	{regexp.MustCompile(`no stack named`),
		"pulumi knows no such stack where it is logged in, which 'pulumi whoami --verbose' names: log in to its state, or " +
			"deploy it (docs/deploying.md#by-hand)"},
	{regexp.MustCompile(`passphrase`),
		"pulumi wants the passphrase of the stack's secrets: export PULUMI_CONFIG_PASSPHRASE or " +
			"PULUMI_CONFIG_PASSPHRASE_FILE"},
	{regexp.MustCompile(`unable to open|could not list bucket|\.pulumi/meta\.yaml|blob \(|problem logging in`),
		"pulumi cannot read the stack's state, where 'pulumi whoami --verbose' says it is: is that there, and may your " +
			"credentials read it?"},
	{regexp.MustCompile(`no Pulumi\.yaml project file`),
		"there is no Pulumi.yaml: ask in the project's directory, or name that of the stack's settings by STACK_DIR"},
	{regexp.MustCompile(`currently locked|\[409\] Conflict`),
		"pulumi is at work on the stack elsewhere: wait for its end, or 'pulumi cancel' if nothing runs any more"},
}

// Refusal is why pulumi, asked something, gave no answer, by what it said: what to do, and in a second line its own
// words.
func Refusal(asked, said string) error {
	own := fmt.Errorf("pulumi %s: %s", asked, short(said))
	for _, cause := range causes {
		if cause.says.MatchString(said) {
			return fmt.Errorf("%s\n%w", cause.want, own)
		}
	}
	return own
}

// longest is how much of pulumi's own words is told.
const longest = 200

// short is the first error that pulumi names, else the first line that it says.
func short(said string) string {
	first := ""
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(line)
		if failure, is := strings.CutPrefix(line, "error: "); is {
			first = failure
			break
		}
		if first == "" {
			first = line
		}
	}
	if letters := []rune(first); len(letters) > longest {
		return string(letters[:longest]) + "…"
	}
	return first
}
