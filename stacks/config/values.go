package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Values are everything that is configured under the project's name.
type Values struct {
	// Texts are the values by key: text as it is, anything else as JSON.
	Texts map[string]string
	// Secrets are the keys whose value, or a part of it, is encrypted.
	Secrets map[string]bool
}

// Configured are the values of a running program. Nearly the project's name, another namespace is a mistake that would
// go unnoticed: Pulumi keeps it for a package of that name.
func Configured(ctx *pulumi.Context) (Values, error) {
	v := Values{Texts: map[string]string{}, Secrets: map[string]bool{}}
	keys, err := configKeys(ctx)
	if err != nil {
		return v, err
	}
	for _, key := range keys {
		space, name, _ := strings.Cut(key, ":")
		switch {
		case space == ctx.Project():
			v.Texts[name], _ = ctx.GetConfig(key)
			v.Secrets[name] = ctx.IsConfigSecret(key)
		case distance(space, ctx.Project()) <= len(ctx.Project())/4:
			return v, fmt.Errorf("%s is no key of this program: want %s:%s", key, ctx.Project(), name)
		}
	}
	return v, nil
}

// configKeys are all keys of the stack's configuration. The SDK hands them to a program only one by one, by their
// names; the map behind them is the same for the language host, for inline programs and for mocks, so it is read by
// reflection. A release of the SDK that keeps it elsewhere fails every test.
func configKeys(ctx *pulumi.Context) ([]string, error) {
	config := reflect.ValueOf(ctx)
	for _, field := range []string{"state", "info", "Config"} {
		for config.Kind() == reflect.Pointer {
			config = config.Elem()
		}
		if config.Kind() != reflect.Struct {
			break
		}
		config = config.FieldByName(field)
	}
	if config.Kind() != reflect.Map {
		return nil, fmt.Errorf("this release of the Pulumi SDK does not show its configuration where %T of 3.250 has it", ctx)
	}
	var keys []string
	for _, key := range config.MapKeys() {
		keys = append(keys, key.String())
	}
	slices.Sort(keys)
	return keys, nil
}

// nearest is the known word that takes the fewest changes of a letter.
func nearest(word string, known []string) string {
	return slices.MinFunc(known, func(a, b string) int { return distance(word, a) - distance(word, b) })
}

// distance is Levenshtein's: how many letters are inserted, deleted or changed from one word to the other.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := diagonal
			if a[i] != b[j] {
				changed++
			}
			diagonal, row[j+1] = row[j+1], min(changed, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
