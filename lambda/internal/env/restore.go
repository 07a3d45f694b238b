package env

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"aurora-dsql-dr/lambda/contract"
)

// RestoreTest is the restoretest function's configuration; package contract documents the keys.
type RestoreTest struct {
	// Region is the function's own, which Lambda sets.
	Region            string
	Settings          contract.RestoreSettings
	Hour, LeftoverAge time.Duration
	Runbooks          contract.Runbooks
}

// RestoreVerify is the restoreverify function's configuration: how the own region's cluster is reached, which is what
// restored ones are compared with.
type RestoreVerify struct {
	Database
	// KeyARN is empty if the application encrypts nothing.
	KeyARN string
}

// RestoreGrant is the restoregrant function's configuration.
type RestoreGrant struct {
	// Role is the database role that VerifierARN is let in as.
	Role, VerifierARN string
	HostAddr          map[string][]string
}

var (
	clusterARN = regexp.MustCompile(`^arn:aws[a-z-]*:dsql:([a-z0-9-]+):[0-9]{12}:cluster/[a-z0-9]+$`)
	iamRoleARN = regexp.MustCompile(`^arn:aws(-[a-z]+)*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$`)
	vaultName  = regexp.MustCompile(`^[a-zA-Z0-9_-]{2,50}$`)
)

// ParseRestoreTest reads the restoretest function's environment as Parse does the health check's.
func ParseRestoreTest(lookup func(key string) (value string, ok bool)) (RestoreTest, error) {
	p := parser{lookup: lookup, defaults: contract.RestoreTestDurations()}
	e := RestoreTest{
		Region:      p.region(),
		Hour:        p.duration(contract.EnvBackupHour),
		LeftoverAge: p.duration(contract.EnvLeftoverAge),
		Runbooks:    contract.RunbooksPath,
	}
	if value, _ := lookup(contract.EnvRunbooks); value != "" {
		e.Runbooks = contract.Runbooks(value)
	}
	e.Settings = p.restore(e.Region)
	return e, p.err("restoretest")
}

// ParseRestoreVerify reads the restoreverify function's environment as Parse does the health check's.
func ParseRestoreVerify(lookup func(key string) (value string, ok bool)) (RestoreVerify, error) {
	p := parser{lookup: lookup}
	e := RestoreVerify{Database: p.database()}
	e.KeyARN = p.key(e.Region, false)
	return e, p.err("restoreverify")
}

// ParseRestoreGrant reads the restoregrant function's environment as Parse does the health check's.
func ParseRestoreGrant(lookup func(key string) (value string, ok bool)) (RestoreGrant, error) {
	p := parser{lookup: lookup}
	e := RestoreGrant{
		Role:        p.databaseRole(),
		VerifierARN: p.match(contract.EnvVerifierRole, iamRoleARN, "the ARN of an IAM role"),
		HostAddr:    p.hostAddr(),
	}
	return e, p.err("restoregrant")
}

func (p *parser) restore(region string) contract.RestoreSettings {
	const accepted = `a JSON object {"clusters","vault","peerRegion","peerVault","witness","roleArn","topicArn"}`
	var s contract.RestoreSettings
	value, ok := p.required(contract.EnvRestore, accepted)
	if !ok {
		return s
	}
	decoder := json.NewDecoder(strings.NewReader(value))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&s)
	if _, rest := decoder.Token(); err == nil && !errors.Is(rest, io.EOF) {
		err = errors.New("something follows the object")
	}
	if err != nil {
		p.problem(contract.EnvRestore, value, fmt.Sprintf("%s (%v)", accepted, err))
		return s
	}
	p.clusters(s, region)
	field := func(name, value string, pattern *regexp.Regexp, accepted string) {
		if !pattern.MatchString(value) {
			p.problem(contract.EnvRestore+"."+name, value, accepted)
		}
	}
	field("vault", s.Vault, vaultName, "a backup vault's name")
	field("peerRegion", s.PeerRegion, regionName, "a region name such as us-east-2")
	field("peerVault", s.PeerVault, vaultName, "a backup vault's name")
	field("witness", s.Witness, regionName, "a region name such as us-west-2")
	field("roleArn", s.RoleARN, iamRoleARN, "the ARN of an IAM role")
	field("topicArn", s.TopicARN, topicARN, "arn:aws:sns:<region>:<account>:<name>")
	return s
}

// clusters are those that are never deleted: one that is missing here would have no protection in the program.
func (p *parser) clusters(s contract.RestoreSettings, region string) {
	at := contract.EnvRestore + ".clusters"
	if len(s.Clusters) != 2 {
		p.problem(at, strings.Join(s.Clusters, ","), "the ARNs of the stack's two clusters, the own region's first")
		return
	}
	for i, wanted := range []string{region, s.PeerRegion} {
		if parts := clusterARN.FindStringSubmatch(s.Clusters[i]); parts == nil || parts[1] != wanted {
			p.problem(fmt.Sprintf("%s[%d]", at, i), s.Clusters[i], "the ARN of a cluster in "+wanted)
		}
	}
}
