package main

import (
	"context"
	"path"

	"aurora-dsql-dr/internal/pulumi"
)

// Types of the database's resources, and of what they are below.
const (
	kindCluster  = "aws:dsql/cluster:Cluster"
	kindPeering  = "aws:dsql/clusterPeering:ClusterPeering"
	kindKey      = "aws:kms/key:Key"
	kindDatabase = "aurora-dsql-dr:index:PeeredDsqlCluster"
	kindProvider = "pulumi:providers:aws"
)

// databaseName is what the stack calls the database; its parts are named after it.
const databaseName = "database"

func clusterName(i int) string { return databaseName + "-" + places[i] + "-cluster" }
func peeringName(i int) string { return databaseName + "-" + places[i] + "-peering" }
func keyName(i int) string     { return databaseName + "-" + places[i] + "-key" }

// part is a resource of a pair: what it is called in the stack, and in AWS.
type part struct{ kind, name, id, place string }

// parts are all of a pair.
func (p pairOf) parts() (all []part) {
	for i, s := range p.sides {
		if s.key != "" {
			all = append(all, part{kindKey, keyName(i), path.Base(s.key), places[i]})
		}
		all = append(all, part{kindCluster, clusterName(i), s.ID, places[i]},
			part{kindPeering, peeringName(i), s.ID, places[i]})
	}
	return all
}

// urn is that of a resource at the top of the stack, or below it.
func (a adoption) urn(kind, name string) string {
	return "urn:pulumi:" + a.stack + "::" + string(a.project.Name) + "::" + kind + "::" + name
}

// idOf is the identifier of a cluster of the state, the primary's or the secondary's; "" if there is none.
func (a adoption) idOf(i int) string {
	for _, r := range a.state.Deployment.Resources {
		if r.Type == kindCluster && r.Name() == clusterName(i) && !r.Delete {
			return r.ID
		}
	}
	return ""
}

// protect guards keys and clusters in the state, as the program does from its next deployment on. Not before the
// preview: of what is protected it says only that it cannot be replaced, and not why it would be.
func (a adoption) protect(ctx context.Context) error {
	if !a.pair.protected {
		return nil
	}
	command := []string{"state", "protect", "--stack", a.stack, "--yes"}
	for _, part := range a.pair.parts() {
		if part.kind != kindPeering {
			command = append(command, a.urn(kindDatabase+"$"+part.kind, part.name))
		}
	}
	_, err := pulumi.Output(ctx, command...)
	return err
}
