package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"aurora-dsql-dr/internal/input"
	"aurora-dsql-dr/internal/pair"
	"aurora-dsql-dr/internal/pulumi"
	"aurora-dsql-dr/stacks"
)

// swap has a stack take a restored pair in the place of its own. Clusters and peerings stay in the state under their
// names, with the new identifiers: `pulumi state delete` would refuse to part them from all that depends on them. The
// next deployment refreshes, and brings everything else in line.
func (a adoption) swap(ctx context.Context) error {
	values, err := pulumi.Outputs(ctx, a.stack)
	if err != nil {
		return err
	}
	outputs, err := stacks.OutputsOf(values)
	if err != nil {
		return err
	}
	if err := a.pair.fits(outputs.Regions); err != nil {
		return err
	}
	ids, err := a.replaced()
	if err != nil {
		return err
	}
	changed, err := withIDs(a.exported, ids)
	if err != nil {
		return err
	}
	if err := pulumi.Import(ctx, a.stack, changed); err != nil {
		return err
	}
	a.say("Stack %[1]s has the new pair in its state. Now: make preview STACK=%[1]s, which is to show updates and no\n"+
		"cluster that is replaced, and make up STACK=%[1]s.", a.stack)
	return nil
}

// fits puts the sides in the order of a stack's regions. It refuses a pair of other regions.
func (p *pairOf) fits(regions map[string]string) error {
	if p.sides[primary].Region != regions["primary"] {
		p.sides[primary], p.sides[secondary] = p.sides[secondary], p.sides[primary]
	}
	var problems []error
	for i, s := range p.sides {
		if want := regions[places[i]]; s.Region != want {
			problems = append(problems, input.Refusal("the region of "+s.ARN, s.Region, want+", the stack's "+places[i]))
		}
	}
	if p.witness != regions["witness"] {
		problems = append(problems, input.Refusal("the witness", p.witness, regions["witness"]+", the stack's"))
	}
	return errors.Join(problems...)
}

// replaced are the new identifiers by those of the state's clusters.
func (a adoption) replaced() (map[string]string, error) {
	ids := map[string]string{}
	var problems []error
	for i, s := range a.pair.sides {
		id := a.idOf(i)
		if id == "" {
			problems = append(problems, fmt.Errorf("the state has no cluster %s: a refresh has noticed that it is gone. "+
				"Import it and its peering (docs/runbooks.md#half-made-peering):\n%s", clusterName(i), a.importing(i, s.Cluster)))
		}
		ids[id] = s.ID
	}
	return ids, errors.Join(problems...)
}

// importing are the commands that enter a cluster and its peering into the state.
func (a adoption) importing(i int, c pair.Cluster) string {
	var b strings.Builder
	for _, of := range []struct{ kind, name string }{{kindCluster, clusterName(i)}, {kindPeering, peeringName(i)}} {
		fmt.Fprintf(&b, `  pulumi import --stack %s --protect=%t --generate-code=false \
    --parent   'database=%s' \
    --provider '%s=%s' \
    %s %s %s
`, a.stack, of.kind == kindCluster, a.urn(kindDatabase, databaseName), places[i], a.urn(kindProvider, places[i]),
			of.kind, of.name, c.ID)
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
		if !slices.Contains([]string{kindCluster, kindPeering}, r.Type) {
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
