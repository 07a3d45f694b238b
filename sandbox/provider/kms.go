package provider

import (
	awskms "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"

	"aurora-dsql-dr/sandbox/kms"
)

var kmsKinds = map[string]*kind{
	"aws:kms/key:Key": {
		title: "KMS Key", service: "kms",
		args: awskms.KeyArgs{}.ElementType(), state: awskms.KeyState{}.ElementType(),
		replaces:  []string{"customKeyStoreId", "customerMasterKeySpec", "keyUsage", "multiRegion", "xksKeyId"},
		computed:  []string{"policy", "rotationPeriodInDays"},
		writeOnly: []string{"bypassPolicyLockoutSafetyCheck", "deletionWindowInDays"},
		defaults: map[string]any{
			"isEnabled":             true,
			"keyUsage":              "ENCRYPT_DECRYPT",
			"customerMasterKeySpec": "SYMMETRIC_DEFAULT",
		},
		handlers: over(operations[kms.Key]{
			id:     func(k kms.Key) string { return k.KeyID },
			create: func(c *call, k kms.Key) (kms.Key, error) { return c.region.KMS.CreateKey(k) },
			read:   readKey,
			update: func(c *call, k kms.Key) (kms.Key, error) {
				k.KeyID = c.id
				return c.region.KMS.UpdateKey(k)
			},
			delete: func(c *call) error { return c.region.KMS.DeleteKey(c.id) },
		}),
	},
	"aws:kms/replicaKey:ReplicaKey": {
		title: "KMS Replica Key", service: "kms",
		args: awskms.ReplicaKeyArgs{}.ElementType(), state: awskms.ReplicaKeyState{}.ElementType(),
		replaces:  []string{"primaryKeyArn"},
		computed:  []string{"policy", "enabled"},
		writeOnly: []string{"bypassPolicyLockoutSafetyCheck", "deletionWindowInDays"},
		handlers: over(operations[kms.Replica]{
			id:     func(r kms.Replica) string { return r.KeyID },
			create: func(c *call, r kms.Replica) (kms.Replica, error) { return c.region.KMS.ReplicateKey(r) },
			read: func(c *call) (kms.Replica, error) {
				if _, err := readKey(c); err != nil {
					return kms.Replica{}, err
				}
				return c.region.KMS.Replica(c.id)
			},
			update: func(c *call, r kms.Replica) (kms.Replica, error) {
				r.KeyID = c.id
				return c.region.KMS.UpdateReplica(r)
			},
			delete: func(c *call) error { return c.region.KMS.DeleteKey(c.id) },
		}),
	},
	"aws:kms/alias:Alias": {
		title: "KMS Alias", service: "kms",
		args: awskms.AliasArgs{}.ElementType(), state: awskms.AliasState{}.ElementType(),
		name:     &autoName{prefix: "alias/", limit: 256},
		replaces: []string{"name"},
		handlers: over(operations[kms.Alias]{
			id:     func(a kms.Alias) string { return a.Name },
			create: func(c *call, a kms.Alias) (kms.Alias, error) { return c.region.KMS.CreateAlias(a) },
			read:   func(c *call) (kms.Alias, error) { return c.region.KMS.Alias(c.id) },
			update: func(c *call, a kms.Alias) (kms.Alias, error) { return c.region.KMS.UpdateAlias(a) },
			delete: func(c *call) error { return c.region.KMS.DeleteAlias(c.id) },
		}),
	},
}

// readKey takes a key that waits for its deletion for gone, as the real provider does.
func readKey(c *call) (kms.Key, error) {
	key, err := c.region.KMS.Key(c.id)
	if err == nil && key.Deleting() {
		return key, gone("KMS key %s is scheduled for deletion", c.id)
	}
	return key, err
}
