package provider

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// autoName makes up a physical name as pulumi-aws does: the logical name, a dash and seven hexadecimal digits.
type autoName struct {
	property resource.PropertyKey
	prefix   string
	limit    int
}

// randomDigits is the length of pulumi-aws's random suffix.
const randomDigits = 7

// named is a name property of at most limit characters.
func named(property string, limit int) *autoName {
	return &autoName{property: resource.PropertyKey(property), limit: limit}
}

// fill gives the inputs a name if they have none: the old one on an update, so that nothing is renamed by itself.
func (a *autoName) fill(inputs, olds resource.PropertyMap, logical string, seed []byte) error {
	if a == nil || inputs.HasValue(a.property) {
		return nil
	}
	if old, ok := olds[a.property]; ok {
		inputs[a.property] = old
		return nil
	}
	name, err := resource.NewUniqueName(seed, a.prefix+logical+"-", randomDigits, a.limit, nil)
	if err != nil {
		return fmt.Errorf("make up %s: %w; shorten the resource's name or set %s", a.property, err, a.property)
	}
	inputs[a.property] = resource.NewProperty(name)
	return nil
}
