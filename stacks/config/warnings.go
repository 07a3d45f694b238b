package config

import (
	"fmt"
	"strings"
)

// Warnings are what can be deployed and leaves people without what they need, each with what to do.
func (c *Config) Warnings() []string {
	var warnings []string
	if len(c.Alerts) == 0 {
		warnings = append(warnings, "alerts is empty: nobody will be told that a region is lost. "+
			`Add recipients, as in pulumi config set --path 'alerts[0].protocol' email and `+
			`pulumi config set --path 'alerts[0].endpoint' oncall@example.com`)
	}
	if !strings.Contains(string(c.Runbooks), "://") {
		warnings = append(warnings, fmt.Sprintf("runbooksUrl is %q: whoever is paged cannot open it. "+
			"Put docs/runbooks.md where they can read it, and give its address", c.Runbooks))
	}
	return append(warnings, irrevocable(c.Backups)...)
}
