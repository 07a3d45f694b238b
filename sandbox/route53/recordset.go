package route53

import (
	"cmp"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// RecordSet is a resource record set: the values of a name and a type, or one of several such sets among which a
// routing policy chooses. Without Weight, Region and Failover its routing is simple.
type RecordSet struct {
	Name string // with its last dot
	Type string
	// SetIdentifier tells the sets of a name and type apart, unless their routing is simple.
	SetIdentifier string
	Weight        *int64
	Region        string // of latency routing
	Failover      string // PRIMARY or SECONDARY
	TTL           *int64 // seconds; nil for an alias
	Values        []string
	Alias         *Alias // instead of TTL and Values
	HealthCheckID string
}

// Alias is what an alias record stands for: a record of its own zone, or an AWS resource.
type Alias struct {
	Name                 string
	ZoneID               string
	EvaluateTargetHealth bool
}

// Failover record sets.
const (
	Primary   = "PRIMARY"
	Secondary = "SECONDARY"
)

// Types are the record types that are modelled.
var Types = []string{"A", "AAAA", "CAA", "CNAME", "NS", "SOA", "TXT"}

// key tells a record set from all others of its zone.
type key struct{ name, kind, identifier string }

func (r RecordSet) key() key { return key{r.Name, r.Type, r.SetIdentifier} }

// policy is the routing policy.
func (r RecordSet) policy() string {
	switch {
	case r.Weight != nil:
		return "weighted"
	case r.Region != "":
		return "latency"
	case r.Failover != "":
		return "failover"
	default:
		return "simple"
	}
}

// normal is the record set as it is stored.
func (r RecordSet) normal() RecordSet {
	r.Name = canonical(r.Name)
	r.Values = slices.Clone(r.Values)
	if r.Alias != nil {
		alias := *r.Alias
		alias.Name = canonical(alias.Name)
		r.Alias = &alias
	}
	return r
}

// byOrder orders record sets as they are listed.
func byOrder(a, b RecordSet) int {
	return cmp.Or(
		byReversedLabels(a.Name, b.Name),
		cmp.Compare(a.Type, b.Type),
		cmp.Compare(a.SetIdentifier, b.SetIdentifier),
	)
}

// String is the set in AWS's messages.
func (r RecordSet) String() string {
	text := fmt.Sprintf("[name='%s', type='%s'", Escaped(r.Name), r.Type)
	if r.SetIdentifier != "" {
		text += fmt.Sprintf(", set-identifier='%s'", r.SetIdentifier)
	}
	return text + "]"
}

// titled is the set in AWS's messages about what it cannot be created beside.
func (r RecordSet) titled() string {
	text := fmt.Sprintf("RRSet with DNS name %s, type %s", Escaped(r.Name), r.Type)
	if r.SetIdentifier != "" {
		text += ", SetIdentifier " + r.SetIdentifier
	}
	return text
}

// Values' forms. What they let through has no other meaning in a zone file.
var (
	quoted = regexp.MustCompile(`^"([^"\\\n]|\\[^\n])*"( +"([^"\\\n]|\\[^\n])*")*$`)
	caa    = regexp.MustCompile(`^\d{1,3} [a-zA-Z0-9]+ "[^"\\\n]*"$`)
	soa    = regexp.MustCompile(`^\S+ \S+( \d{1,10}){5}$`)
)

// maxString is the most characters of one string of a TXT record.
const maxString = 255

// checkValue says what is wrong with a value of a type, in AWS's words where they are known.
func checkValue(kind, value string) string {
	fatal := func(code, words string) string {
		return fmt.Sprintf("Invalid Resource Record: 'FATAL problem: %s (%s) encountered with '%s''", code, words, value)
	}
	addr, err := netip.ParseAddr(value)
	switch kind {
	case "A":
		if err != nil || !addr.Is4() {
			return fatal("ARRDATAIllegalIPv4Address", "Value is not a valid IPv4 address")
		}
	case "AAAA":
		if err != nil || !addr.Is6() || addr.Zone() != "" {
			return fatal("AAAARRDATAIllegalIPv6Address", "Value is not a valid IPv6 address")
		}
	case "CNAME", "NS":
		if problem := checkName(canonical(value)); problem != "" || strings.Contains(value, "*") {
			return fmt.Sprintf("Invalid Resource Record: '%s'", cmp.Or(problem, value+" is not the name of a host"))
		}
	case "TXT":
		if !quoted.MatchString(value) {
			return fatal("InvalidCharacterString", "Value should be enclosed in quotation marks")
		}
		for _, part := range strings.Split(value, `" `) {
			if len(strings.Trim(part, `" `)) > maxString {
				return fatal("CharacterStringTooLong", "Value is too long")
			}
		}
	case "CAA":
		if !caa.MatchString(value) {
			return fatal("CAARRDATAInvalid", `Value is not of the form 0 issue "amazon.com"`)
		}
	case "SOA":
		if !soa.MatchString(value) {
			return fatal("SOARRDATAInvalid", "Value is not of the form server mailbox serial refresh retry expire minimum")
		}
	}
	return ""
}
