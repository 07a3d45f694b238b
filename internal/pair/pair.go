// Package pair names the clusters of a pair by their ARNs.
package pair

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// Cluster is an Aurora DSQL cluster: its ARN, and what that is made of.
type Cluster struct{ ARN, Region, Account, ID string }

// Form is what the ARN of a cluster looks like.
const Form = "arn:aws:dsql:<region>:<account>:cluster/<identifier>"

// Parse reads a cluster's ARN.
func Parse(text string) (Cluster, error) {
	a, err := arn.Parse(text)
	id, isCluster := strings.CutPrefix(a.Resource, "cluster/")
	if err != nil || a.Service != "dsql" || a.Region == "" || !isCluster || id == "" {
		return Cluster{}, fmt.Errorf("the ARN of a cluster is %q: want %s", text, Form)
	}
	return Cluster{ARN: text, Region: a.Region, Account: a.AccountID, ID: id}, nil
}

// Endpoint is where it answers: the provider of the stack has no such output, so it is built as AWS documents it.
func (c Cluster) Endpoint() string { return c.ID + ".dsql." + c.Region + ".on.aws" }
