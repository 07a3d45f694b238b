package provider

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
)

// asJSON is an object as plain JSON, without archives: what a service reads.
func asJSON(object resource.PropertyMap) map[string]any {
	out := map[string]any{}
	for key, value := range object {
		if value = plain(value); !value.IsNull() && !value.IsArchive() {
			out[string(key)] = value.Mappable()
		}
	}
	return out
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
