package provider

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// nameProperty is the property that pulumi-aws makes up, of every type that has one.
const nameProperty resource.PropertyKey = "name"

// autoName makes up a physical name as pulumi-aws does: the logical name, a dash and seven hexadecimal digits.
type autoName struct {
	prefix string
	// limit is the most characters that a name may have.
	limit int
}

// randomDigits is the length of pulumi-aws's random suffix.
const randomDigits = 7

// fill gives the inputs a name if they have none: the old one on an update, so that nothing is renamed by itself.
func (a *autoName) fill(inputs, olds resource.PropertyMap, logical string, seed []byte) error {
	if a == nil || inputs.HasValue(nameProperty) {
		return nil
	}
	if old, ok := olds[nameProperty]; ok {
		inputs[nameProperty] = old
		return nil
	}
	name, err := resource.NewUniqueName(seed, a.prefix+logical+"-", randomDigits, a.limit, nil)
	if err != nil {
		return fmt.Errorf("make up %s: %w; shorten the resource's name or set %s", nameProperty, err, nameProperty)
	}
	inputs[nameProperty] = resource.NewProperty(name)
	return nil
}
