package aws

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/kms"
	"aurora-dsql-dr/sandbox/postgres"
	"aurora-dsql-dr/sandbox/sns"
	"aurora-dsql-dr/sandbox/sqlendpoint"
)

func (a *Account) eventsOf(region string) *events.Service {
	if r := a.regions[region]; r != nil {
		return r.Events
	}
	return nil
}

func (a *Account) topicsOf(region string) *sns.Service {
	if r := a.regions[region]; r != nil {
		return r.SNS
	}
	return nil
}

func (a *Account) keysOf(region string) *kms.Service {
	if r := a.regions[region]; r != nil {
		return r.KMS
	}
	return nil
}

// metricsOf is the CloudWatch of a region as somebody outside the region reads it.
func (a *Account) metricsOf(region string) (*cloudwatch.Service, error) {
	r := a.regions[region]
	if r == nil {
		return nil, awserr.Invalid("InvalidInput", "Invalid parameter : the account does not use the region %q.", region)
	}
	return r.CloudWatch, r.Available("cloudwatch")
}

// cname is the CNAME record of a name as public DNS answers, which no loss of a region ends.
func (a *Account) cname(name string) (string, bool) {
	found, _ := a.Route53.Resolve(name, "CNAME", GlobalHome)
	for _, r := range found.Records {
		if r.Type == "CNAME" {
			return r.Value, true
		}
	}
	return "", false
}

// serveSQL starts one endpoint per region over the databases of the pairs.
func (a *Account) serveSQL(ctx context.Context, server *postgres.Server) (err error) {
	a.pairs, err = sqlendpoint.OpenPairs(ctx, server, func(arn string) string {
		cluster, ok := a.DSQL.Cluster(arn)
		if !ok { // deleted a moment ago; its connections are about to end
			cluster.ARN = arn
		}
		return pairOf(cluster)
	})
	if err != nil {
		return err
	}
	for _, r := range a.Regions() {
		r.SQL, err = sqlendpoint.New(sqlendpoint.Options{
			Region:      r.Name,
			Database:    a.pairs,
			CA:          a.ca,
			Clock:       a.Clock,
			Credentials: a.credential,
			Written:     a.Written,
			Allowed:     a.allowed,
			OnConnect:   a.DSQL.Connected,
			Reach:       r.Reach,
		})
		if err != nil {
			return err
		}
		r.EveryMinute(func(now time.Time) { r.publishUsage(r.SQL.Usage(), now) })
	}
	return nil
}

// close ends what calls others before those whom it calls.
func (a *Account) close() (err error) {
	a.Route53.Close()
	for _, r := range a.regions {
		r.APIGateway.Close()
		r.Scheduler.Close()
		r.StepFunctions.Close()
		r.Lambda.Close()
		r.Backup.Close()
	}
	for _, r := range a.regions {
		if r.SQL != nil {
			err = errors.Join(err, r.SQL.Close())
		}
	}
	if a.pairs != nil {
		a.pairs.Close()
	}
	a.DSQL.Close()
	a.cancel()
	for _, r := range a.regions {
		r.Events.Close()
	}
	a.work.Wait()
	return err
}

// platform is what every function gets beside its configuration.
func (a *Account) platform() map[string]string {
	variables := map[string]string{}
	if a.opts.Variables != nil {
		variables = a.opts.Variables()
	}
	if addresses := a.addresses(); a.opts.HostAddrVariable != "" && len(addresses) > 0 {
		variables[a.opts.HostAddrVariable] = strings.Join(addresses, ",")
	}
	for name, duration := range a.opts.CalendarDurations {
		if wall := a.Clock.Wall(a.Clock.Calendar().Lasting(duration)); wall != duration {
			variables[name] = wall.String()
		}
	}
	if a.Clock.Speed() == 1 {
		return variables
	}
	for name, duration := range a.opts.Durations {
		if duration > 0 { // has a default, by the wall; a configured value takes precedence
			variables[name] = a.Clock.Wall(duration).String()
		}
	}
	return variables
}

// addresses are where each cluster's endpoint listens, host=address each.
func (a *Account) addresses() (all []string) {
	for _, c := range a.DSQL.Clusters() {
		if r := a.regions[c.Region]; r.SQL != nil {
			for _, address := range r.SQL.Addrs() {
				all = append(all, c.Endpoint+"="+address)
			}
		}
	}
	return all
}

// serve opens and closes a cluster's SQL endpoint as the control plane says.
func (a *Account) serve(c dsql.Cluster, serving bool) {
	e := a.regions[c.Region].SQL
	switch {
	case e == nil:
	case serving:
		e.AddCluster(c.Endpoint, c.ARN)
	default:
		e.RemoveCluster(c.Endpoint)
		e.CloseAll()
	}
}

// deleted drops the data of a cluster that is gone, with the last of its pair.
func (a *Account) deleted(c dsql.Cluster) {
	pair := pairOf(c)
	if a.pairs == nil || slices.ContainsFunc(a.DSQL.Clusters(), func(c dsql.Cluster) bool { return pairOf(c) == pair }) {
		return
	}
	if err := a.pairs.Drop(context.Background(), pair); err != nil {
		slog.Error("the data of a deleted cluster is still there", "cluster", c.ARN, "error", err)
	}
}

// pairOf names a cluster and its peers: by the identifier that comes first.
func pairOf(c dsql.Cluster) string {
	arns := []string{c.ARN}
	if c.MultiRegionProperties != nil {
		arns = append(arns, c.MultiRegionProperties.Clusters...)
	}
	first := slices.Min(arns)
	return first[strings.LastIndex(first, "/")+1:]
}

// useKey asks the region's KMS for everything that Aurora DSQL does with a key.
func (a *Account) useKey(use dsql.KeyUse) (string, error) {
	keys := a.regions[use.Region].KMS
	key, err := keys.Key(use.Key)
	if err != nil {
		return "", err
	}
	request := iam.Context{"aws:SourceArn": use.SourceARN, "aws:SourceAccount": use.SourceAccount}
	for name, value := range use.EncryptionContext {
		request["kms:EncryptionContext:"+name] = value
	}
	for _, action := range use.Actions {
		if err := keys.Use(iam.ServicePrincipal(use.Principal), action, key.Arn, request); err != nil {
			return "", err
		}
	}
	return key.Arn, nil
}

// uses are the resources for which a service keeps its role: clusters of Aurora DSQL, vaults of AWS Backup ("Using
// service-linked roles" in the guide of each).
func (a *Account) uses(service string) (uses []iam.Use) {
	for _, r := range a.Regions() {
		var arns []string
		switch service {
		case iam.DSQL:
			for _, c := range r.DSQL.ListClusters() {
				arns = append(arns, c.ARN)
			}
		case iam.Backup:
			for _, v := range r.Backup.Vaults() {
				arns = append(arns, v.Arn)
			}
		}
		if len(arns) > 0 {
			uses = append(uses, iam.Use{Region: r.Name, Resources: arns})
		}
	}
	return uses
}

// credential looks up an access key for the SQL endpoints.
func (a *Account) credential(accessKeyID string) (sqlendpoint.Credential, bool) {
	c, err := a.IAM.Lookup(accessKeyID)
	if err != nil {
		return sqlendpoint.Credential{}, false
	}
	arn := c.Principal.ARN
	if c.Principal.Role != "" {
		arn = c.Principal.Role
	}
	return sqlendpoint.Credential{
		SecretAccessKey: c.SecretAccessKey,
		SessionToken:    c.SessionToken,
		PrincipalARN:    arn,
		Region:          c.Region,
	}, true
}

// allowed asks the identity policies of whoever connects. The tags of the cluster are condition keys.
func (a *Account) allowed(principalARN, action, clusterARN string) bool {
	principal := a.IAM.Admin().Principal
	if principalARN != principal.ARN {
		principal = iam.Session(principalARN, "sql")
	}
	cluster, _ := a.DSQL.Cluster(clusterARN)
	return a.IAM.Authorize(principal, action, clusterARN, iam.ResourceTags(cluster.Tags)) == nil
}
