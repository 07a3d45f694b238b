package graph

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// StackConfig reads a stack's configuration as the engine would hand it to the program: the defaults of Pulumi.yaml,
// overlaid by Pulumi.<stack>.yaml, both in dir. Structured values are JSON.
func StackConfig(dir, stack string) (map[string]string, error) {
	var project struct {
		Name   string               `yaml:"name"`
		Config map[string]yaml.Node `yaml:"config"`
	}
	err := readYAML(filepath.Join(dir, "Pulumi.yaml"), &project)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: run this in the project's root, which has it", err)
	}
	if err != nil {
		return nil, err
	}
	var settings struct {
		Config map[string]any `yaml:"config"`
	}
	err = readYAML(filepath.Join(dir, stackFile(stack)), &settings)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no stack %q, there is no %s: want one of %q", stack, stackFile(stack), Stacks(dir))
	}
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for key, node := range project.Config {
		var declaration struct {
			Default any `yaml:"default"`
		}
		if strings.Contains(key, ":") || node.Decode(&declaration) != nil || declaration.Default == nil {
			continue // another namespace, a bare value, or a key without a default
		}
		if err := put(out, project.Name+":"+key, declaration.Default); err != nil {
			return nil, err
		}
	}
	for key, value := range settings.Config {
		if err := put(out, key, value); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Stacks are the stacks that dir configures, by name.
func Stacks(dir string) []string {
	before, after, _ := strings.Cut(stackFile("*"), "*")
	files, _ := filepath.Glob(filepath.Join(dir, stackFile("*"))) // fails on a malformed pattern only
	for i, file := range files {
		files[i] = strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), before), after)
	}
	return files
}

func stackFile(stack string) string { return "Pulumi." + stack + ".yaml" }

func put(into map[string]string, key string, value any) error {
	if s, ok := value.(string); ok {
		into[key] = s
		return nil
	}
	body, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	into[key] = string(body)
	return nil
}

func readYAML(file string, into any) error {
	body, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := yaml.Unmarshal(body, into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
