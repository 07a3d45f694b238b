package dsql

// keyActions are what the service does with a customer managed key (User Guide, "Encryption at rest").
var keyActions = []string{"kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey",
	"kms:DescribeKey"}

// servicePrincipal is the principal a key policy must admit.
const servicePrincipal = "dsql.amazonaws.com"

// useKey asks for the key of a cluster and answers its ARN.
func (p *ControlPlane) useKey(c *cluster, key string) (string, error) {
	return p.opts.UseKey(KeyUse{
		Key:               key,
		Region:            c.Region,
		Actions:           keyActions,
		Principal:         servicePrincipal,
		SourceARN:         c.ARN,
		SourceAccount:     p.opts.Account,
		EncryptionContext: map[string]string{"aws:dsql:ClusterId": c.Identifier},
	})
}

// setKey gives the cluster a key the service can use.
func (p *ControlPlane) setKey(c *cluster, key string) error {
	if key == "" || key == AWSOwnedKey {
		c.EncryptionDetails = EncryptionDetails{EncryptionType: AWSOwnedKey, EncryptionStatus: EncryptionEnabled}
		return nil
	}
	arn, err := p.useKey(c, key)
	if err != nil {
		return denied("the KMS key %s cannot be used by %s: %v", key, servicePrincipal, err)
	}
	c.EncryptionDetails = EncryptionDetails{EncryptionType: customerManagedKey, EncryptionStatus: EncryptionEnabled,
		KMSKeyARN: arn}
	return nil
}

// checkKey follows a key that was disabled or enabled, or whose policy changed, since it was given.
func (p *ControlPlane) checkKey(c *cluster) {
	if c.EncryptionDetails.EncryptionType != customerManagedKey {
		return
	}
	details := &c.EncryptionDetails
	_, err := p.useKey(c, details.KMSKeyARN)
	switch lost := err != nil; {
	case lost && details.EncryptionStatus != EncryptionInaccessible:
		served := c.Serves()
		details.EncryptionStatus = EncryptionInaccessible
		if served {
			p.stop(c)
			p.enter(c, Idle)
		}
	case !lost && details.EncryptionStatus == EncryptionInaccessible:
		details.EncryptionStatus = EncryptionEnabled
		p.enter(c, c.Status)
	}
}
