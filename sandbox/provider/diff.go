package provider

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// diff compares the program's inputs with those of the state, which a refresh has brought up to date. State is what the
// state says of the resource itself.
func (k *kind) diff(olds, news, state resource.PropertyMap, ignore []string) *pulumirpc.DiffResponse {
	olds = known(olds, news, state)
	changes := plugin.NewDetailedDiffFromObjectDiff(olds.Diff(news), true)
	maps.DeleteFunc(changes, func(path string, _ plugin.PropertyDiff) bool { return slices.Contains(ignore, root(path)) })
	response := &pulumirpc.DiffResponse{
		Changes: pulumirpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true, DetailedDiff: map[string]*pulumirpc.PropertyDiff{},
	}
	for _, path := range slices.Sorted(maps.Keys(changes)) {
		change := changes[path]
		if k.replacedBy(path) {
			change.Kind = change.Kind.AsReplace()
			response.Replaces = append(response.Replaces, root(path))
			response.DeleteBeforeReplace = k.deleteFirst || k.collides(olds, news)
		}
		response.Changes = pulumirpc.DiffResponse_DIFF_SOME
		response.Diffs = append(response.Diffs, root(path))
		kind := pulumirpc.PropertyDiff_Kind(change.Kind) //nolint:gosec // one of six, numbered as in the protocol
		response.DetailedDiff[path] = &pulumirpc.PropertyDiff{Kind: kind, InputDiff: true}
	}
	return response
}

// known are the inputs of the state, and what the program gives now for the first time, if the resource has that value
// already: an import leaves out of the inputs what is a default or AWS's own choice, and terraform-provider-aws
// compares the program with the state.
func known(olds, news, state resource.PropertyMap) resource.PropertyMap {
	all := olds.Copy()
	for key, value := range news {
		if is, there := state[key]; there && !olds.HasValue(key) && merge(value, is).DeepEquals(value) {
			all[key] = value
		}
	}
	return all
}

// replacedBy reports whether a changed path is, or is within, a property that replaces.
func (k *kind) replacedBy(path string) bool {
	return slices.ContainsFunc(k.replaces, func(property string) bool {
		return path == property || strings.HasPrefix(path, property+".") || strings.HasPrefix(path, property+"[") ||
			strings.HasPrefix(property, path+".")
	})
}

// madeUp is the end of a name that autoName has made up.
var madeUp = regexp.MustCompile(fmt.Sprintf("-[0-9a-f]{%d}$", randomDigits))

// collides reports whether the replacement would have the original's name: a made-up name is made up afresh for the
// replacement, one that the program gives is not.
func (k *kind) collides(olds, news resource.PropertyMap) bool {
	if k.name == nil {
		return false
	}
	name := news[nameProperty]
	return name.IsString() && name.DeepEquals(olds[nameProperty]) && !madeUp.MatchString(name.StringValue())
}

// root is the top-level property of a path.
func root(path string) string {
	if end := strings.IndexAny(path, ".["); end > 0 {
		return path[:end]
	}
	return path
}
