package control

import (
	"context"
	"fmt"

	"aurora-dsql-dr/sandbox"
)

// sign makes a password for a user of the cluster at a host.
type sign func(ctx context.Context, host, user string) (string, error)

// administrator signs for a sandbox's clusters as its account's administrator. A signature asks no region: it is to be
// had while one is lost.
func administrator(s *sandbox.Sandbox) sign {
	return func(ctx context.Context, host, user string) (string, error) {
		var hosts []string
		for _, c := range s.Account.DSQL.Clusters() {
			if c.Endpoint == host {
				return sandbox.Token(ctx, c, user, s.Account.IAM.Admin())
			}
			hosts = append(hosts, c.Endpoint)
		}
		return "", fmt.Errorf("host is %q: want a cluster's, one of %v", host, hosts)
	}
}
