package pulumi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// Outputs are the outputs of a stack by name, secret ones left out. A stack that was never wholly deployed has none.
func Outputs(ctx context.Context, stack string) (map[string]any, error) {
	printed, err := Output(ctx, "stack", "output", "--stack", stack, "--json")
	if err != nil {
		return nil, err
	}
	var values map[string]any
	if err := json.Unmarshal(printed, &values); err != nil {
		return nil, fmt.Errorf("pulumi stack output: %w", err)
	}
	return values, nil
}

// Exists is whether the project has a stack of this name where its state is kept, in whatever organization.
func Exists(ctx context.Context, stack string) (bool, error) {
	printed, err := Output(ctx, "stack", "ls", "--json")
	if err != nil {
		return false, err
	}
	var all []struct{ Name string }
	if err := json.Unmarshal(printed, &all); err != nil {
		return false, fmt.Errorf("pulumi stack ls: %w", err)
	}
	return slices.ContainsFunc(all, func(s struct{ Name string }) bool { return path.Base(s.Name) == stack }), nil
}

// State is the part of a stack's exported state that is read here. A stack that was never wholly deployed has a state,
// but no outputs.
type State struct {
	Deployment struct {
		Resources []Resource `json:"resources"`
	} `json:"deployment"`
}

// Resource is one of a state.
type Resource struct {
	URN     string         `json:"urn"`
	Type    string         `json:"type"`
	ID      string         `json:"id"`
	Protect bool           `json:"protect"`
	Delete  bool           `json:"delete"` // is to be deleted
	Created time.Time      `json:"created"`
	Inputs  map[string]any `json:"inputs"`
	Outputs map[string]any `json:"outputs"`
}

// Name is the resource's, the last part of its URN.
func (r Resource) Name() string { return r.URN[strings.LastIndex(r.URN, "::")+2:] }

// Output is one that is a text, else "".
func (r Resource) Output(name string) string {
	text, _ := r.Outputs[name].(string)
	return text
}

// Export is the state of a stack, read, and as it is.
func Export(ctx context.Context, stack string) (State, []byte, error) {
	exported, err := Output(ctx, "stack", "export", "--stack", stack)
	if err != nil {
		return State{}, nil, err
	}
	var s State
	if err := json.Unmarshal(exported, &s); err != nil {
		return State{}, nil, fmt.Errorf("pulumi stack export: %w", err)
	}
	return s, exported, nil
}

// Import gives a stack a state. Its secrets are encrypted, as they were exported.
func Import(ctx context.Context, stack string, exported []byte) error {
	file, err := os.CreateTemp("", "state-*.json")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(exported)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	_, err = Output(ctx, "stack", "import", "--stack", stack, "--file", file.Name())
	return err
}
