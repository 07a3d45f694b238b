package backup

import (
	"maps"
	"regexp"
	"slices"
	"time"

	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/internal/constraint"
)

// Vault keeps recovery points, encrypted with its key.
type Vault struct {
	Name         string            `json:"name"`
	KMSKeyArn    string            `json:"kmsKeyArn,omitempty"`
	ForceDestroy bool              `json:"forceDestroy,omitempty"`
	Tags         map[string]string `json:"tags,omitempty"`

	Arn            string    `json:"arn"`
	RecoveryPoints int       `json:"recoveryPoints"`
	CreatedAt      time.Time `json:"-"`
	// Lock is nil of a vault that is not locked.
	Lock *Lock `json:"-"`
}

// VaultPolicy says who may do what with a vault and its recovery points.
type VaultPolicy struct {
	VaultName string `json:"backupVaultName"`
	Document  string `json:"policy"`
	VaultArn  string `json:"backupVaultArn"`
}

type vault struct {
	Vault
	document string
	policy   *iam.Policy
	points   map[string]*RecoveryPoint // by ARN
}

// view is the vault as the API shows it.
func (v *vault) view() Vault {
	shown := v.Vault
	shown.RecoveryPoints = len(v.points)
	return shown
}

// vaultName is the pattern of names (API Reference, CreateBackupVault).
var vaultName = regexp.MustCompile(`^[a-zA-Z0-9\-_]{2,50}$`)

func (v Vault) check() error {
	var k constraint.Check
	k.Pattern("backupVaultName", v.Name, 2, 50, vaultName)
	k.Tags(v.Tags)
	return k.Err("InvalidParameterValueException")
}

// CreateVault creates a vault, whose key has to be usable.
func (s *Service) CreateVault(v Vault) (Vault, error) {
	if err := v.check(); err != nil {
		return Vault{}, err
	}
	if v.KMSKeyArn == "" {
		return Vault{}, invalidValue("backup vault %s has no key: the sandbox does not model the AWS managed key "+
			"aws/backup; want the ARN of a KMS key", v.Name)
	}
	if err := s.deps.KMS.Usable(v.KMSKeyArn); err != nil {
		return Vault{}, invalidValue("the key of backup vault %s cannot be used: %v", v.Name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.vaults[v.Name] != nil {
		return Vault{}, exists("Backup vault with the same name already exists")
	}
	if most := s.env.Limit(VaultQuota); len(s.vaults) >= most {
		return Vault{}, limitExceeded("backup vaults", most)
	}
	v.Arn, v.CreatedAt = s.vaultARN(v.Name), s.now()
	created := &vault{Vault: v, policy: &iam.Policy{}, points: map[string]*RecoveryPoint{}}
	s.vaults[v.Name] = created
	return created.view(), nil
}

func (s *Service) vaultARN(name string) string { return s.env.ARN("backup", "backup-vault:"+name) }

// vault finds a vault. The caller holds the lock.
func (s *Service) vault(name string) (*vault, error) {
	if v := s.vaults[name]; v != nil {
		return v, nil
	}
	return nil, notFound("Backup vault %s does not exist.", s.vaultARN(name))
}

// Vault finds a vault by its name.
func (s *Service) Vault(name string) (Vault, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.vault(name)
	if err != nil {
		return Vault{}, err
	}
	return v.view(), nil
}

// Vaults lists the vaults by their names.
func (s *Service) Vaults() []Vault {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Vault
	for _, name := range slices.Sorted(maps.Keys(s.vaults)) {
		all = append(all, s.vaults[name].view())
	}
	return all
}

// UpdateVault replaces the tags of a vault.
func (s *Service) UpdateVault(v Vault) (Vault, error) {
	if err := v.check(); err != nil {
		return Vault{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known, err := s.vault(v.Name)
	if err != nil {
		return Vault{}, err
	}
	known.Tags, known.ForceDestroy = v.Tags, v.ForceDestroy
	return known.view(), nil
}

// DeleteVault deletes a vault that keeps nothing.
func (s *Service) DeleteVault(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.vault(name)
	if err != nil {
		return err
	}
	if n := len(v.points); n > 0 {
		return invalidRequest("Backup vault cannot be deleted (contains recovery points): %s keeps %d", v.Arn, n)
	}
	delete(s.vaults, name)
	return nil
}

// PutPolicy sets the access policy of a vault.
func (s *Service) PutPolicy(p VaultPolicy) (VaultPolicy, error) {
	policy, err := iam.ParseResourcePolicy(p.Document)
	if err != nil {
		return p, invalidValue("The access policy is malformed: %v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.vault(p.VaultName)
	if err != nil {
		return p, err
	}
	v.document, v.policy = p.Document, policy
	p.VaultArn = v.Arn
	return p, nil
}

// Policy is the access policy of a vault; a vault without one is an error.
func (s *Service) Policy(name string) (VaultPolicy, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.vault(name)
	if err == nil && v.document == "" {
		err = notFound("Backup vault %s has no access policy.", v.Arn)
	}
	if err != nil {
		return VaultPolicy{}, err
	}
	return VaultPolicy{VaultName: name, Document: v.document, VaultArn: v.Arn}, nil
}

// DeletePolicy takes the access policy from a vault.
func (s *Service) DeletePolicy(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.vault(name)
	if err != nil {
		return err
	}
	v.document, v.policy = "", &iam.Policy{}
	return nil
}

// Authorize says whether somebody may do something with a vault, or with a resource in it: the vault's policy and their
// own decide. A vault that there is not has no policy.
func (s *Service) Authorize(caller iam.Principal, action, resource, vault string, ctx iam.Context) error {
	s.mu.Lock()
	policy := &iam.Policy{}
	if v := s.vaults[vault]; v != nil {
		policy = v.policy
	}
	s.mu.Unlock()
	return s.deps.IAM.AuthorizeResource(caller, action, resource, ctx, policy)
}
