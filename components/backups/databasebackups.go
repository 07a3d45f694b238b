// Package backups keeps recovery points of the database in both data regions, and restores them to see that it can be
// done.
package backups

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/components/internal/dashboard"
	"aurora-dsql-dr/components/internal/part"
)

// Side is a data region.
type Side struct {
	// Place names its resources, as in "primary". Required.
	Place string
	// Region, and Database its side of the database. Required.
	Region   components.Region
	Database *components.DsqlSide
}

// DatabaseBackupsArgs configures a DatabaseBackups.
type DatabaseBackupsArgs struct {
	// Sides are the two data regions, the primary first. Required.
	Sides [2]Side
	// Witness is the code of the third region. Required.
	Witness string
	// DisableDeletionProtection takes Pulumi's protect flag off vaults and keys. Optional; defaults to protected.
	DisableDeletionProtection bool
	// Settings are what is kept, and for how long. Required.
	Settings Settings
	// After is what must have happened before a backup: both peerings. Required.
	After []pulumi.Resource
}

// DatabaseBackups keeps recovery points of both clusters in both data regions.
type DatabaseBackups struct {
	pulumi.ResourceState

	// Regions are what there is in each data region, in the order of the sides.
	Regions [2]RegionalBackups
}

// RegionalBackups is a data region's part.
type RegionalBackups struct {
	Side
	Vault *Vault
	Plan  *Plan
	// RecoveryRole is what AWS Backup restores as for people. Restore tests have another, and touch nothing that this one
	// has restored.
	RecoveryRole *iam.Role
}

// NewDatabaseBackups creates both vaults, and a plan in each region that copies to the other's.
func NewDatabaseBackups(
	ctx *pulumi.Context, name string, args *DatabaseBackupsArgs, opts ...pulumi.ResourceOption,
) (*DatabaseBackups, error) {
	b := &DatabaseBackups{}
	if err := part.Open(ctx, "DatabaseBackups", name, b, args.validate(), opts); err != nil {
		return nil, err
	}
	for i, side := range args.Sides {
		vault, err := NewVault(ctx, name+"-"+side.Place, &VaultArgs{
			Region:                    side.Region,
			DisableDeletionProtection: args.DisableDeletionProtection,
			Lock:                      args.Settings.Lock,
			BreakGlassRole:            args.Settings.BreakGlassRole,
		}, pulumi.Parent(b))
		if err != nil {
			return nil, err
		}
		b.Regions[i] = RegionalBackups{Side: side, Vault: vault}
	}
	for i := range b.Regions {
		if err := b.region(ctx, name, args, i); err != nil {
			return nil, err
		}
	}
	return b, ctx.RegisterResourceOutputs(b, pulumi.Map{})
}

// Facts are what the dashboard shows of each data region.
func (b *DatabaseBackups) Facts(tested bool) pulumi.Array {
	var facts pulumi.Array
	for i, own := range b.Regions {
		facts = append(facts, pulumi.All(own.Vault.Name, b.Regions[1-i].Vault.Name).ApplyT(func(v []any) dashboard.Backup {
			return dashboard.Backup{
				Region: own.Vault.Region,
				Vault:  v[0].(string),
				Twins:  v[1].(string),
				Tested: tested,
			}
		}))
	}
	return facts
}

// region creates what needs both vaults.
func (b *DatabaseBackups) region(ctx *pulumi.Context, name string, args *DatabaseBackupsArgs, i int) (err error) {
	own, other := &b.Regions[i], b.Regions[1-i]
	name += "-" + own.Place
	if own.Plan, err = NewPlan(ctx, name, &PlanArgs{
		Region:               own.Region,
		Database:             own.Database,
		Vault:                own.Vault,
		Twins:                other.Vault,
		At:                   args.Settings.At(i),
		RetentionDays:        args.Settings.RetentionDays,
		MonthlyRetentionDays: args.Settings.MonthlyRetentionDays,
		After:                args.After,
	}, pulumi.Parent(b)); err != nil {
		return err
	}
	own.RecoveryRole, err = newRestoreRole(ctx, name+"-recovery", b, own.Region, "what people ask for",
		restorePlaces{own: own.Vault, other: other.Vault, witness: args.Witness})
	return err
}

func (a *DatabaseBackupsArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	problems := []error{part.Required(map[string]bool{"Witness": a.Witness != "", "After": len(a.After) > 0})}
	for i, side := range a.Sides {
		field := fmt.Sprintf("Sides[%d]", i)
		problems = append(problems, part.Required(side.Region.Required(field+".Region"), map[string]bool{
			field + ".Place":    side.Place != "",
			field + ".Database": side.Database != nil,
		}))
	}
	return errors.Join(problems...)
}
