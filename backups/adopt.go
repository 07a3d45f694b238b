package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"aurora-dsql-dr/internal/pulumi"
)

// adopt has a stack take a restored pair for its own. Clusters and peerings stay in the state under their names, with
// the new identifiers: `pulumi state delete` would refuse to part them from all that depends on them. The next
// deployment refreshes, and brings everything else in line.
func (c command) adopt(ctx context.Context, r request) error {
	s, err := c.open(ctx, r.stack)
	if err != nil {
		return err
	}
	pair, err := s.given(ctx, strings.Fields(r.clusters))
	if err != nil {
		return err
	}
	read, exported, err := pulumi.Export(ctx, r.stack)
	if err != nil {
		return err
	}
	ids, err := s.replaced(read, pair)
	if err != nil {
		return err
	}
	changed, err := withIDs(exported, ids)
	if err != nil {
		return err
	}
	if err := importState(ctx, r.stack, changed); err != nil {
		return err
	}
	s.say("Stack %[1]s has the new pair in its state. Now: make preview STACK=%[1]s, which is to show updates and no\n"+
		"cluster that is replaced, and make up STACK=%[1]s.", s.name)
	return nil
}

// replaced are the new identifiers by those of the state's clusters.
func (s stack) replaced(read pulumi.State, pair []cluster) (map[string]string, error) {
	ids := map[string]string{}
	var problems []error
	for i, place := range []string{"primary", "secondary"} {
		wanted := "database-" + place + "-cluster"
		id := clusterIn(read, wanted)
		if id == "" {
			problems = append(problems, fmt.Errorf("the state has no cluster %s: a refresh has noticed that it is gone. "+
				"Import it and its peering (docs/runbooks.md#half-made-peering):\n%s", wanted, importing(s.name, place, pair[i])))
		}
		ids[id] = pair[i].id
	}
	return ids, errors.Join(problems...)
}

// clusterIn is the identifier of a state's cluster by its name, "" if there is none.
func clusterIn(s pulumi.State, name string) string {
	for _, r := range s.Deployment.Resources {
		if r.Type == typeCluster && r.Name() == name {
			return r.ID
		}
	}
	return ""
}

// importing are the commands that enter a cluster and its peering into the state.
func importing(stack, place string, c cluster) string {
	var b strings.Builder
	for _, of := range []struct{ kind, name string }{
		{typeCluster, "cluster"},
		{"aws:dsql/clusterPeering:ClusterPeering", "peering"},
	} {
		fmt.Fprintf(&b, `  pulumi import --stack %[1]s --protect=%[6]t --generate-code=false \
    --parent   'database=urn:pulumi:%[1]s::aurora-dsql-dr::aurora-dsql-dr:index:PeeredDsqlCluster::database' \
    --provider '%[2]s=urn:pulumi:%[1]s::aurora-dsql-dr::pulumi:providers:aws::%[2]s' \
    %[3]s database-%[2]s-%[4]s %[5]s
`, stack, place, of.kind, of.name, c.id, of.kind == typeCluster)
	}
	return b.String()
}

// withIDs is a state whose clusters and peerings have other identifiers, wherever they name one: in ids, ARNs, and of
// each other. Everything else stays as it is, so that the next deployment sees what it has to change.
func withIDs(exported []byte, ids map[string]string) ([]byte, error) {
	var whole map[string]json.RawMessage
	if err := json.Unmarshal(exported, &whole); err != nil {
		return nil, err
	}
	var deployment map[string]json.RawMessage
	if err := json.Unmarshal(whole["deployment"], &deployment); err != nil {
		return nil, err
	}
	var resources []json.RawMessage
	if err := json.Unmarshal(deployment["resources"], &resources); err != nil {
		return nil, err
	}
	for i, text := range resources {
		var r pulumi.Resource
		if err := json.Unmarshal(text, &r); err != nil {
			return nil, err
		}
		if !strings.HasPrefix(r.Type, "aws:dsql/") {
			continue
		}
		for before, now := range ids {
			resources[i] = bytes.ReplaceAll(resources[i], []byte(before), []byte(now))
		}
	}
	var err error
	if deployment["resources"], err = json.Marshal(resources); err != nil {
		return nil, err
	}
	if whole["deployment"], err = json.Marshal(deployment); err != nil {
		return nil, err
	}
	return json.Marshal(whole)
}

// importState gives a stack a state. Its secrets are encrypted, as they were exported.
func importState(ctx context.Context, stack string, text []byte) error {
	file, err := os.CreateTemp("", "state-*.json")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(text)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	_, err = pulumi.Output(ctx, "stack", "import", "--stack", stack, "--file", file.Name())
	return err
}
