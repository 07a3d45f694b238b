package verify

import (
	"errors"
	"flag"
	"io"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"aurora-dsql-dr/internal/input"
	"aurora-dsql-dr/verify/claims"
)

// settings are what the command line asks for.
type settings struct {
	confirm string
	regions [3]string
	asked   []claims.Claim
	// clusters is whether claims are asked that need some.
	clusters bool
	// sql is where the SQL endpoints of a sandbox listen, by region.
	sql map[string]string
}

var (
	accountForm = regexp.MustCompile(`^\d{12}$`)
	regionForm  = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d$`)
)

// parse reads the command line. The error has every problem.
func parse(args []string, env func(string) string) (settings, error) {
	var s settings
	var regions, only, clusters, sql string
	flags := flag.NewFlagSet("verify-aws", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the error is enough
	flags.StringVar(&s.confirm, "confirm", "", "")
	flags.StringVar(&regions, "regions", "", "")
	flags.StringVar(&only, "only", "", "")
	flags.StringVar(&clusters, "clusters", "", "")
	flags.StringVar(&sql, "sql", "", "")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	problems := []error{s.readRegions(regions), s.readOnly(only), s.readSQL(sql)}
	if env("CI") != "" {
		problems = append(problems, errInCI)
	}
	if !accountForm.MatchString(s.confirm) {
		problems = append(problems, input.Refusal("CONFIRM", s.confirm, "the account that it makes things in, twelve digits"))
	}
	switch clusters {
	case "", "yes":
		s.clusters = true
	case "no":
	default:
		problems = append(problems, input.Refusal("CLUSTERS", clusters, "yes or no"))
	}
	return s, errors.Join(problems...)
}

// errInCI is why nothing at all is asked, not even who calls.
var errInCI = errors.New("CI is set in the environment: this makes things that AWS bills, and runs by hand only")

func (s *settings) readRegions(text string) error {
	if text == "" {
		text = "us-east-1,us-east-2,us-west-2"
	}
	const wanted = "three regions of one region set of Aurora DSQL, the witness last, as us-east-1,us-east-2,us-west-2"
	regions := strings.Split(text, ",")
	for _, region := range regions {
		if !regionForm.MatchString(region) {
			return input.Refusal("REGIONS", text, wanted)
		}
	}
	if slices.Sort(regions); len(slices.Compact(regions)) != 3 {
		return input.Refusal("REGIONS", text, wanted)
	}
	copy(s.regions[:], strings.Split(text, ","))
	return nil
}

// readOnly selects claims by the beginnings of their ids.
func (s *settings) readOnly(text string) error {
	all := claims.All()
	if text == "" {
		s.asked = all
		return nil
	}
	var problems []error
	begins := strings.Split(text, ",")
	for _, begin := range begins {
		if begin == "" || !slices.ContainsFunc(all, func(c claims.Claim) bool { return strings.HasPrefix(c.ID, begin) }) {
			problems = append(problems, input.Unknown("ONLY", begin, "the beginning of a claim's id", services(all)))
		}
	}
	for _, claim := range all {
		if slices.ContainsFunc(begins, func(begin string) bool { return strings.HasPrefix(claim.ID, begin) }) {
			s.asked = append(s.asked, claim)
		}
	}
	return errors.Join(problems...)
}

// services are the first words of all ids.
func services(all []claims.Claim) []string {
	var names []string
	for _, claim := range all {
		name, _, _ := strings.Cut(claim.ID, "-")
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (s *settings) readSQL(text string) error {
	s.sql = map[string]string{}
	var problems []error
	for pair := range strings.SplitSeq(text, ",") {
		region, address, _ := strings.Cut(pair, "=")
		if _, err := netip.ParseAddrPort(address); pair != "" && (err != nil || !regionForm.MatchString(region)) {
			problems = append(problems, input.Refusal("SQL", pair, "region=ip:port, such as us-east-1=127.0.0.1:42971"))
		}
		s.sql[region] = address
	}
	return errors.Join(problems...)
}
