package control

import (
	"context"
	"fmt"

	"aurora-dsql-dr/rehearsal/stack"
	"aurora-dsql-dr/sandbox"
)

// sign makes a password for a user of the cluster at a host, or a token for the application.
type sign func(ctx context.Context, host, user string) (string, error)

// administrator signs for a sandbox's clusters as its account's administrator, and has a token for the application's
// name. Neither asks a region: they are to be had while one is lost.
func administrator(s *sandbox.Sandbox) sign {
	return func(ctx context.Context, host, user string) (string, error) {
		if host == stack.Domain {
			return stack.Token(s)
		}
		var hosts []string
		for _, c := range s.Account.DSQL.Clusters() {
			if c.Endpoint == host {
				return sandbox.Token(ctx, c, user, s.Account.IAM.Admin())
			}
			hosts = append(hosts, c.Endpoint)
		}
		return "", fmt.Errorf("host is %q: want %s, or a cluster's, one of %v", host, stack.Domain, hosts)
	}
}
