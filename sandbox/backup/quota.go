package backup

import (
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/region"
)

// Quotas of a region ("AWS Backup endpoints and quotas", AWS General Reference).
var (
	PlanQuota  = region.Quota{Code: "L-BD69F607", Name: "Backup plans per Region per account", Default: 300}
	VaultQuota = region.Quota{Code: "L-7705D2CB", Name: "Backup vaults per Region per account", Default: 300}
)

// limitExceeded refuses one more of what the region has enough of.
func limitExceeded(what string, most int) error {
	return awserr.Invalid("LimitExceededException", "The region has the %d %s that its quota allows.", most, what)
}
