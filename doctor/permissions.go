package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"aurora-dsql-dr/internal/reason"
)

// iamRegion is where IAM answers, whatever the stack's regions are.
const iamRegion = "us-east-1"

// linked is a role that AWS makes for a service of its own.
type linked struct {
	name, service string
	concerns      func(*stack) bool
}

// serviceLinked are those that a deployment makes when they are not there (each service's guide, "Using service-linked
// roles"; AWS KMS Developer Guide, "Authorizing AWS KMS to synchronize multi-Region keys").
var serviceLinked = []linked{
	{"AWSServiceRoleForAuroraDsql", "dsql.amazonaws.com", func(*stack) bool { return true }},
	{"AWSServiceRoleForAPIGateway", "ops.apigateway.amazonaws.com", hasApplication},
	{"AWSServiceRoleForKeyManagementServiceMultiRegionKeys", "mrk.kms.amazonaws.com", hasApplication},
	{"AWSServiceRoleForBackup", "backup.amazonaws.com", hasBackups},
}

var serviceRoles = check{
	id:    "service-roles",
	asked: "Are the service-linked roles there, or may the deployer have them made?",
	why: "The first cluster, and the first backup, of an account makes one in the deployer's name, and is refused " +
		"without.",
	do: "Give the deployer iam:CreateServiceLinkedRole (docs/deployer-policy.json), or make the role once: aws " +
		"iam create-service-linked-role.",
	look: func(ctx context.Context, s *stack) []answer {
		client := iam.NewFromConfig(s.in(iamRegion))
		var answers []answer
		for _, role := range serviceLinked {
			if role.concerns(s) {
				answers = append(answers, s.linked(ctx, client, role))
			}
		}
		return answers
	},
}

func (s *stack) linked(ctx context.Context, client *iam.Client, role linked) answer {
	_, err := client.GetRole(ctx, &iam.GetRoleInput{RoleName: &role.name})
	var missing *types.NoSuchEntityException
	if err == nil {
		return good("", "%s is there", role.name)
	}
	if !errors.As(err, &missing) {
		return unasked("", fmt.Errorf("%s: %s", role.name, reason.Of(err)))
	}
	denied, err := s.simulate(ctx, client, statement{
		Action:    []string{"iam:CreateServiceLinkedRole"},
		Resource:  []string{"arn:aws:iam::" + s.account + ":role/aws-service-role/" + role.service + "/" + role.name},
		Condition: conditions{"StringEquals": {"iam:AWSServiceName": []string{role.service}}},
	})
	switch {
	case err != nil:
		return unasked("", fmt.Errorf("%s is not there, and whether it would be made: %w", role.name, err))
	case len(denied) > 0:
		return bad("", "%s is not there, and %s may not have it made", role.name, s.deployer)
	default:
		return good("", "%s is made by the deployment", role.name)
	}
}

var permissions = check{
	id:    "permissions",
	asked: "May the deployer do what a deployment does, by IAM's policy simulator?",
	why: "A deployment that is refused half-way leaves a half of the stack. The simulator knows identity policies and " +
		"boundaries, and not service control policies.",
	do: "Give the deployer's role the policies docs/deployer*.json that the configuration takes (docs/deploying.md). " +
		"It is the caller, unless DEPLOYER=<ARN of a role> names another.",
	look: func(ctx context.Context, s *stack) []answer {
		statements, err := s.deployerPolicies()
		if err != nil {
			return []answer{unasked("", err)}
		}
		client := iam.NewFromConfig(s.in(iamRegion))
		var denied []string
		count := 0
		for _, st := range statements {
			refused, err := s.simulate(ctx, client, st)
			if err != nil {
				return []answer{unasked("", err)}
			}
			denied = append(denied, refused...)
			count += len(st.Action)
		}
		if len(denied) > 0 {
			return []answer{bad("", "%s is denied %d of %d actions: %s", s.deployer, len(denied), count,
				strings.Join(denied, ", "))}
		}
		return []answer{good("", "%s is allowed all %d actions", s.deployer, count)}
	},
}

// conditions are those of a statement: by operator and condition key.
type conditions map[string]map[string]texts

// statement is one of a policy document.
type statement struct {
	Action, Resource texts
	Condition        conditions
}

// texts are one text or several, as policies may have them.
type texts []string

// UnmarshalJSON implements json.Unmarshaler.
func (t *texts) UnmarshalJSON(body []byte) error {
	var single string
	if json.Unmarshal(body, &single) == nil {
		*t = texts{single}
		return nil
	}
	return json.Unmarshal(body, (*[]string)(t))
}

// policyFiles are the documents that deploying the configuration takes.
func (s *stack) policyFiles() []string {
	files := []string{"deployer-policy.json"}
	for file, has := range map[string]func(*stack) bool{
		"deployer-application-policy.json": hasApplication,
		"deployer-traffic-policy.json":     hasTraffic,
		"deployer-backup-policy.json":      hasBackups,
	} {
		if has(s) {
			files = append(files, file)
		}
	}
	slices.Sort(files)
	return files
}

func (s *stack) deployerPolicies() ([]statement, error) {
	var statements []statement
	for _, file := range s.policyFiles() {
		body, err := os.ReadFile(filepath.Join("docs", file))
		if err != nil {
			return nil, err
		}
		var document struct{ Statement []statement }
		if err := json.Unmarshal(body, &document); err != nil {
			return nil, fmt.Errorf("docs/%s: %w", file, err)
		}
		statements = append(statements, document.Statement...)
	}
	return statements, nil
}

// simulate asks IAM about a statement's actions on resources as the deployment would have them, and returns those that
// are denied.
func (s *stack) simulate(ctx context.Context, client *iam.Client, st statement) ([]string, error) {
	source, err := identityOf(s.deployer)
	if err != nil {
		return nil, err
	}
	in := &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: &source,
		ActionNames:     st.Action,
		ContextEntries:  s.entries(st.Condition),
	}
	for _, resource := range st.Resource {
		in.ResourceArns = append(in.ResourceArns, s.example(resource))
	}
	var denied []string
	list := iam.NewSimulatePrincipalPolicyPaginator(client, in)
	for list.HasMorePages() {
		page, err := list.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, result := range page.EvaluationResults {
			action := aws.ToString(result.EvalActionName)
			if result.EvalDecision != types.PolicyEvaluationDecisionTypeAllowed && !slices.Contains(denied, action) {
				denied = append(denied, action)
			}
		}
	}
	return denied, nil
}

// identityOf is the user or the role that a caller's policies belong to; a session has those of its role. The path of
// the role is not in the ARN of a session, so a role with a path cannot be asked about in this way.
func identityOf(identity string) (string, error) {
	a, err := arn.Parse(identity)
	if err != nil {
		return "", fmt.Errorf("the deployer is %q: want the ARN of a user or a role", identity)
	}
	kind, rest, _ := strings.Cut(a.Resource, "/")
	switch role, _, _ := strings.Cut(rest, "/"); {
	case a.Service == "iam" && (kind == "user" || kind == "role") && role != "":
		return identity, nil
	case kind == "assumed-role" && role != "":
		return "arn:" + a.Partition + ":iam::" + a.AccountID + ":role/" + role, nil
	default:
		return "", fmt.Errorf("%s has no policies that IAM could simulate: DEPLOYER names a role", identity)
	}
}

// example is a resource that a pattern of the documents matches: in the account, in the primary region.
func (s *stack) example(pattern string) string {
	if pattern == "*" {
		return pattern
	}
	parts := strings.SplitN(strings.ReplaceAll(pattern, exampleAccount, s.account), ":", 6)
	if len(parts) == 6 && parts[3] == "*" {
		parts[3] = s.config.Regions.Primary
	}
	if s.config.Traffic != nil {
		last := len(parts) - 1
		parts[last] = strings.ReplaceAll(parts[last], exampleZone, s.config.Traffic.ZoneID)
	}
	return strings.ReplaceAll(strings.Join(parts, ":"), "*", "doctor")
}

// exampleAccount and exampleZone are what the documents name until somebody puts their own there.
const (
	exampleAccount = "123456789012"
	exampleZone    = "Z0123456789ABCDEFGHIJ"
)

// entries are values by which conditions hold.
func (s *stack) entries(given conditions) []types.ContextEntry {
	var all []types.ContextEntry
	for _, operator := range sorted(given) {
		kind := types.ContextKeyTypeEnumString
		if strings.HasPrefix(operator, "ForA") {
			kind = types.ContextKeyTypeEnumStringList
		}
		for _, key := range sorted(given[operator]) {
			var values []string
			for _, value := range given[operator][key] {
				value = strings.ReplaceAll(value, exampleAccount, s.account)
				values = append(values, strings.ReplaceAll(value, "*", "doctor"))
			}
			if kind == types.ContextKeyTypeEnumString {
				values = values[:1]
			}
			all = append(all, types.ContextEntry{ContextKeyName: &key, ContextKeyType: kind, ContextKeyValues: values})
		}
	}
	return all
}
