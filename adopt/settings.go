package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"aurora-dsql-dr/internal/graph"
	"aurora-dsql-dr/internal/input"
	"aurora-dsql-dr/internal/pulumi"
	"aurora-dsql-dr/stacks/config"
)

// settings are the part of a configuration that a pair implies.
type settings struct {
	environment, owner, costCenter string
	regions                        config.Regions
	protected, customerManaged     bool
}

// file has the settings of the stack.
func (a adoption) file() string { return filepath.Join(pulumi.Dir(), "Pulumi."+a.stack+".yaml") }

// configure writes the configuration that the pair implies, or holds the one that is there against it.
func (a adoption) configure() error {
	before, err := os.ReadFile(a.file())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var there map[string]any
	if err := yaml.Unmarshal(before, &there); err != nil {
		return fmt.Errorf("%s: %w", a.file(), err)
	}
	if _, configured := there["config"]; configured { // else it has what Pulumi writes of a new stack, at most
		return a.agree()
	}
	implied, err := a.implied()
	if err != nil {
		return err
	}
	text := implied.text(string(a.project.Name))
	a.say("\nThat is this configuration, which %s has now:\n\n%s", a.file(), text)
	return os.WriteFile(a.file(), append(before, text...), 0o600)
}

// implied is the configuration of the pair. The error has everything that keeps it from being one.
func (a adoption) implied() (settings, error) {
	own, other := a.pair.sides[primary], a.pair.sides[secondary]
	s := settings{
		regions:         config.Regions{Primary: own.Region, Secondary: other.Region, Witness: a.pair.witness},
		protected:       own.protected,
		customerManaged: own.key != "",
	}
	var problems []error
	for _, tag := range []struct {
		key, variable, given string
		to                   *string
	}{
		{"environment", "ENVIRONMENT", a.environment, &s.environment},
		{"owner", "OWNER", a.owner, &s.owner},
		{"costCenter", "COSTCENTER", a.costCenter, &s.costCenter},
	} {
		*tag.to = cmp.Or(tag.given, a.pair.tag(tag.key))
		if *tag.to == "" {
			problems = append(problems, input.Refusal(tag.variable, "", "what Pulumi.yaml describes as "+tag.key+
				", since the clusters do not have one tag of that name"))
			*tag.to = "missing" // told
		}
	}
	_, err := s.load()
	return s, errors.Join(append(problems, err)...)
}

// tag is the value of a tag that both clusters have, however it is spelled; "" if they do not.
func (p pairOf) tag(key string) string {
	value := p.sides[primary].tag(key)
	if value != p.sides[secondary].tag(key) {
		return ""
	}
	return value
}

// marks are what people put between the words of a tag's name.
var marks = strings.NewReplacer("-", "", "_", "", " ", "")

// tag is the value of a cluster's one tag of that name, be it costCenter, CostCenter or cost-center.
func (s side) tag(key string) string {
	var values []string
	for name, value := range s.tags {
		if strings.EqualFold(marks.Replace(name), key) {
			values = append(values, value)
		}
	}
	if len(values) != 1 {
		return ""
	}
	return values[0]
}

// load has the configuration checked as a deployment does.
func (s settings) load() (*config.Config, error) {
	regions, err := json.Marshal(map[string]string{
		"primary":   s.regions.Primary,
		"secondary": s.regions.Secondary,
		"witness":   s.regions.Witness,
	})
	if err != nil {
		return nil, err
	}
	return config.Load(config.Values{Texts: map[string]string{
		"environment":        s.environment,
		"owner":              s.owner,
		"costCenter":         s.costCenter,
		"regions":            string(regions),
		"deletionProtection": strconv.FormatBool(s.protected),
		"databaseEncryption": encryption(s.customerManaged),
	}})
}

// text is the configuration as a stack's settings have it.
func (s settings) text(project string) string {
	return fmt.Sprintf(`config:
  %[1]s:environment: %[2]s
  %[1]s:owner: %[3]s
  %[1]s:costCenter: %[4]s
  %[1]s:regions:
    primary: %[5]s
    secondary: %[6]s
    witness: %[7]s
  %[1]s:deletionProtection: %[8]t
  %[1]s:databaseEncryption: %[9]s
`, project, scalar(s.environment), scalar(s.owner), scalar(s.costCenter), s.regions.Primary, s.regions.Secondary,
		s.regions.Witness, s.protected, encryption(s.customerManaged))
}

// scalar is a text as YAML has it, in quotes where it would be something else.
func scalar(text string) string {
	written, err := yaml.Marshal(text)
	if err != nil {
		panic(err) // a text always can be
	}
	return strings.TrimSuffix(string(written), "\n")
}

// encryption is what the configuration calls it.
func encryption(customerManaged bool) string {
	if customerManaged {
		return "customer-managed"
	}
	return "aws-owned"
}

// agree tells where the configuration that is there differs from the pair, and from what is given.
func (a adoption) agree() error {
	values, err := graph.StackConfig(pulumi.Dir(), a.stack)
	if err != nil {
		return err
	}
	texts := map[string]string{}
	for _, key := range []string{
		"environment", "owner", "costCenter", "regions", "deletionProtection", "databaseEncryption",
	} {
		if value, set := values[string(a.project.Name)+":"+key]; set {
			texts[key] = value
		}
	}
	has, err := config.Load(config.Values{Texts: texts})
	if err != nil {
		return fmt.Errorf("%s: %w", a.file(), err)
	}
	own, other := a.pair.sides[primary], a.pair.sides[secondary]
	var problems []error
	for _, of := range []struct{ key, has, want string }{
		{"environment", has.Environment, cmp.Or(a.environment, has.Environment)},
		{"owner", has.Owner, cmp.Or(a.owner, has.Owner)},
		{"costCenter", has.CostCenter, cmp.Or(a.costCenter, has.CostCenter)},
		{"regions.primary", has.Regions.Primary, own.Region},
		{"regions.secondary", has.Regions.Secondary, other.Region},
		{"regions.witness", has.Regions.Witness, a.pair.witness},
		{"deletionProtection", strconv.FormatBool(has.DeletionProtection), strconv.FormatBool(own.protected)},
		{"databaseEncryption", encryption(has.CustomerManagedKeys), encryption(own.key != "")},
	} {
		if of.has != of.want {
			problems = append(problems, input.Refusal(of.key+" in "+a.file(), of.has, of.want))
		}
	}
	return errors.Join(problems...)
}
