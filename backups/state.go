package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"aurora-dsql-dr/internal/pulumi"
)

// state is the part of a stack's exported state that is read here. A stack that was never wholly deployed has a state,
// but no outputs.
type state struct {
	Deployment struct {
		Resources []resource `json:"resources"`
	} `json:"deployment"`
}

// resource is one of a state.
type resource struct {
	URN     string `json:"urn"`
	Type    string `json:"type"`
	ID      string `json:"id"`
	Protect bool   `json:"protect"`
	Outputs struct {
		ARN string `json:"arn"`
	} `json:"outputs"`
}

// named is the resource's name, the last part of its URN.
func (r resource) named() string { return r.URN[strings.LastIndex(r.URN, "::")+2:] }

const (
	typeVault   = "aws:backup/vault:Vault"
	typeCluster = "aws:dsql/cluster:Cluster"
)

// stateOf asks the pulumi on PATH for the state of a stack, and answers it read, and as it is.
func stateOf(ctx context.Context, stack string) (state, []byte, error) {
	exported, err := pulumi.Output(ctx, "stack", "export", "--stack", stack)
	if err != nil {
		return state{}, nil, err
	}
	var s state
	if err := json.Unmarshal(exported, &s); err != nil {
		return state{}, nil, fmt.Errorf("pulumi stack export: %w", err)
	}
	return s, exported, nil
}
