package main

import (
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"aurora-dsql-dr/rehearsal"
	"aurora-dsql-dr/rehearsal/stack"
	"aurora-dsql-dr/sandbox"
)

// connectTimeout is how many seconds psql waits for an endpoint: longer than a cluster takes to wake, and short enough
// to be told of one that is lost.
const connectTimeout = 15

// access is how the sandbox is used from elsewhere: what serve says last.
type access struct {
	// Console is the page's URL.
	Console string
	// SQL are the regions' command lines for a prompt.
	SQL map[string]string
	// Name are the command lines that look the application's name up and call it, as somebody in each data region.
	Name map[string][]string
	// Environment are the variables of AWS's CLI and SDKs.
	Environment []string
	// Examples are commands of the AWS CLI, for a terminal that has them.
	Examples []string
	// EnvironmentFile has those, and what the stack's commands of make need.
	EnvironmentFile string
}

// accessTo is how the deployed stack is used, with this program as the maker of passwords.
func accessTo(stage rehearsal.Stage, page string) (access, error) {
	program, err := os.Executable()
	if err != nil {
		return access{}, err
	}
	a := access{
		Console:     page,
		SQL:         map[string]string{},
		Name:        map[string][]string{},
		Environment: stage.Sandbox.Environment(),
		Examples:    examples(stage.Outputs),
	}
	if stage.Engine != nil {
		if a.EnvironmentFile, err = writeEnvironment(stage); err != nil {
			return access{}, err
		}
	}
	for region, host := range stage.Outputs.ClusterEndpoints {
		if a.SQL[region], err = psql(program, stage.Sandbox, region, host); err != nil {
			return access{}, err
		}
	}
	for region := range stage.Outputs.TrafficRegionalDomains {
		if a.Name[region], err = byName(program, stage.Sandbox, region, stage.Outputs.TrafficDomain); err != nil {
			return access{}, err
		}
	}
	return a, nil
}

// environmentFile is what a shell reads to use the stack by make, in the sandbox's private directory.
const environmentFile = "environment"

// writeEnvironment writes what the commands of make need to reach AWS, to find the stack's state and settings, and to
// ask DNS, and returns where.
func writeEnvironment(stage rehearsal.Stage) (string, error) {
	e := stage.Engine
	variables := append(stage.Sandbox.Environment(), e.Environment()...)
	variables = append(variables, "STACK_DIR="+e.SettingsDir(), "RESOLVER="+stage.Sandbox.DNS[stack.Places()["primary"]])
	var text strings.Builder
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		fmt.Fprintf(&text, "export %s=%s\n", name, quoted(value))
	}
	fmt.Fprintf(&text, "export PATH=%s:\"$PATH\"\n", quoted(filepath.Dir(e.CLI())))
	file := filepath.Join(filepath.Dir(stage.Sandbox.CAFile), environmentFile)
	return file, os.WriteFile(file, []byte(text.String()), 0o600)
}

// byName are the command lines that look a name up, as somebody in a region, and call what it leads to.
func byName(program string, s *sandbox.Sandbox, region, domain string) ([]string, error) {
	ip, port, err := net.SplitHostPort(s.DNS[region])
	if err != nil {
		return nil, err
	}
	look := func(how string) string { return "dig " + how + "@" + ip + " -p " + port + " " + domain }
	to := "--resolve " + domain + ":443:$(" + look("+short ") + ")"
	if front, ok := s.Account.Region(region).APIGateway.Front(); ok && front.Port() != 443 {
		to = fmt.Sprintf("--connect-to %s:443:$(%s):%d", domain, look("+short "), front.Port())
	}
	token := fmt.Sprintf("$(%s token -in %s %s)", quoted(program), quoted(filepath.Dir(s.CAFile)), domain)
	return []string{
		look(""),
		"curl --cacert " + quoted(s.CAFile) + " " + to + ` -H "Authorization: Bearer ` + token + `" https://` + domain +
			"/totals",
	}, nil
}

// psql is the command line that opens a prompt at the endpoint of a region, now and later, with psql 14 or later, which
// tells the endpoint the host's name in TLS. The name leads nowhere, so it comes with its address.
func psql(program string, s *sandbox.Sandbox, region, host string) (string, error) {
	addr := s.Account.Region(region).SQL.Addr()
	ip, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	return strings.Join([]string{
		"PGHOST=" + host,
		"PGHOSTADDR=" + ip,
		"PGPORT=" + port,
		"PGDATABASE=postgres",
		"PGUSER=" + sandbox.AdminUser,
		"PGSSLMODE=verify-full",
		"PGSSLROOTCERT=" + quoted(s.CAFile),
		"PGCONNECT_TIMEOUT=" + strconv.Itoa(connectTimeout),
		fmt.Sprintf("PGPASSWORD=$(%s token -in %s %s)", quoted(program), quoted(filepath.Dir(s.CAFile)), host),
		"psql",
	}, " "), nil
}

// plain are words that a shell leaves as they are.
var plain = regexp.MustCompile(`^[A-Za-z0-9_./:=@%+-]+$`)

// quoted is a word as a shell reads it.
func quoted(word string) string {
	if plain.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// show prints all of it, above what reaches people.
func (a access) show(p *printer) {
	p.line("The sandbox is up until Ctrl-C, which leaves nothing behind.")
	p.text("\nThe console, to watch the stack and to break it:\n\n  " + a.Console + "\n")
	for _, region := range slices.Sorted(maps.Keys(a.SQL)) {
		p.text("\nSQL in " + region + ", in any terminal (docs/connect.md):\n\n  " + a.SQL[region] + "\n")
	}
	for _, region := range slices.Sorted(maps.Keys(a.Name)) {
		p.text("\nThe application by its name, as somebody in " + region + ", in any terminal (docs/aws-cli.md):\n\n  " +
			strings.Join(a.Name[region], "\n  ") + "\n")
	}
	p.text("\nThe AWS CLI and SDKs, in the terminal that is to use them (docs/aws-cli.md):\n\n  export " +
		strings.Join(a.Environment, " \\\n    ") + "\n\n  " + strings.Join(a.Examples, "\n  ") + "\n\n")
	p.text("Commands of make on this stack, in the project's directory: preview, up, doctor, backup, restore-test, " +
		"restore,\nwithdraw, return (docs/doctor.md):\n\n  . " + quoted(a.EnvironmentFile) + "\n  make doctor STACK=" +
		stack.Name + "\n\n")
	p.line("What reaches oncall@example.com:")
}
