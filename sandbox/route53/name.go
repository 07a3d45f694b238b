package route53

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// canonical is a domain name as the package keeps it: in lower case and with its last dot. Route 53 writes the asterisk
// as \052 (Route 53 Developer Guide, "DNS domain name format").
func canonical(name string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimSuffix(name, ".")), `\052`, "*") + "."
}

// Escaped is a name as Route 53 lists it.
func Escaped(name string) string { return strings.ReplaceAll(name, "*", `\052`) }

var label = regexp.MustCompile(`^[a-z0-9_-]+$`)

// checkName says what is wrong with a canonical name, in AWS's words. Route 53 takes other characters as well; the
// sandbox models letters, digits, - and _, and * for the first label.
func checkName(name string) string {
	fatal := func(code, words, at string) string {
		return fmt.Sprintf("FATAL problem: %s (%s) encountered with '%s'", code, words, at)
	}
	bare := strings.TrimSuffix(name, ".")
	switch {
	case bare == "":
		return fatal("DomainNameEmpty", "Domain name is empty", "")
	case len(name) > 255:
		return fatal("DomainNameTooLong", "Domain name is too long", bare)
	}
	for i, l := range strings.Split(bare, ".") {
		switch {
		case l == "":
			return fatal("DomainLabelEmpty", "Domain label is empty", bare)
		case len(l) > 63:
			return fatal("DomainLabelTooLong", "Domain label is too long", bare)
		case !label.MatchString(l) && (l != "*" || i > 0):
			return fatal("UnsupportedCharacter", "Value contains unsupported characters", bare)
		}
	}
	return ""
}

// within says whether a name is a domain's or below it; both are canonical.
func within(name, domain string) bool { return name == domain || strings.HasSuffix(name, "."+domain) }

// parent is the name without its first label.
func parent(name string) string {
	_, rest, _ := strings.Cut(name, ".")
	return rest
}

// byReversedLabels orders names as ListResourceRecordSets does: www.example.com is com.example.www there.
func byReversedLabels(a, b string) int {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	slices.Reverse(x)
	slices.Reverse(y)
	return slices.Compare(x, y)
}
