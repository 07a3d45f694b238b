package provider

import (
	"fmt"
	"strings"

	"aurora-dsql-dr/sandbox/aws"
)

// region finds a region of the account.
func (p *awsProvider) region(name string) (*aws.Region, error) {
	if r := p.opts.Account.Region(name); r != nil {
		return r, nil
	}
	var names []string
	for _, r := range p.opts.Account.Regions() {
		names = append(names, r.Name)
	}
	return nil, fmt.Errorf("is %q; the sandbox has %s", name, strings.Join(names, ", "))
}
