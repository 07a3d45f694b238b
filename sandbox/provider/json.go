package provider

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
)

// asJSON is an object as plain JSON, without archives: what a service reads.
func asJSON(object resource.PropertyMap) map[string]any {
	out := map[string]any{}
	for key, value := range withoutSecrets(object) {
		if !value.IsNull() && !value.IsArchive() {
			out[string(key)] = value.Mappable()
		}
	}
	return out
}

// withoutSecrets is an object without the marks of secrets, which services and comparisons do not heed.
func withoutSecrets(object resource.PropertyMap) resource.PropertyMap {
	out := resource.PropertyMap{}
	for key, value := range object {
		out[key] = withoutSecret(value)
	}
	return out
}

func withoutSecret(value resource.PropertyValue) resource.PropertyValue {
	switch value = plain(value); {
	case value.IsObject():
		return resource.NewProperty(withoutSecrets(value.ObjectValue()))
	case value.IsArray():
		list := make([]resource.PropertyValue, len(value.ArrayValue()))
		for i, element := range value.ArrayValue() {
			list[i] = withoutSecret(element)
		}
		return resource.NewProperty(list)
	default:
		return value
	}
}

// conceal marks secret what stands for a secret input, and the copy of the tags in tagsAll.
func conceal(out, inputs resource.PropertyMap) resource.PropertyMap {
	for key, value := range out {
		out[key] = secretLike(inputs[key], value)
	}
	if all, ok := out["tagsAll"]; ok {
		out["tagsAll"] = secretLike(inputs["tags"], all)
	}
	return out
}

// secretLike marks a value secret if the one it stands for is, or has, a secret.
func secretLike(original, value resource.PropertyValue) resource.PropertyValue {
	if original.ContainsSecrets() && !value.ContainsSecrets() {
		return resource.MakeSecret(value)
	}
	return value
}

// archiveOf is the archive among the inputs; there is at most one, a function's code.
func archiveOf(object resource.PropertyMap) *archive.Archive {
	for _, value := range object {
		if value = plain(value); value.IsArchive() {
			return value.ArchiveValue()
		}
	}
	return nil
}

// keepKeys is the part of an object with these names.
func keepKeys(object map[string]any, names ...string) map[string]any {
	kept := map[string]any{}
	for _, name := range names {
		if value, ok := object[name]; ok {
			kept[name] = value
		}
	}
	return kept
}
