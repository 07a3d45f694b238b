// Command aurora-dsql-dr is the Pulumi program: multi-region disaster recovery for Amazon Aurora DSQL.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/stacks"
)

func main() { pulumi.Run(stacks.Run) }
