// Package kms is the sandbox's Key Management Service: symmetric keys with policies, which encrypt and decrypt, and
// their replicas in other regions. Services that encrypt at rest only ask whether the key lets them.
package kms

import (
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/internal/table"
	"aurora-dsql-dr/sandbox/region"
)

// AliasSNS is the alias of the AWS managed key of SNS. Its policy admits the account's identities by way of SNS and no
// service, so a topic encrypted with it loses CloudWatch's notifications.
const AliasSNS = "alias/aws/sns"

// Service is the KMS of one region. Create it with New; it is safe for concurrent use.
type Service struct {
	env     *region.Env
	iam     *iam.Service
	keys    table.Table[storedKey]
	aliases table.Table[Alias]
	peer    func(region string) *Service
}

type storedKey struct {
	Key
	policy   *iam.Policy
	material []byte   // never leaves the package
	primary  string   // ARN of a replica's primary key
	replicas []string // regions of a primary key's replicas
}

// Key is a KMS key. What follows the tags is given by KMS.
type Key struct {
	Description                    string            `json:"description,omitempty"`
	KeyUsage                       string            `json:"keyUsage,omitempty"`
	CustomerMasterKeySpec          string            `json:"customerMasterKeySpec,omitempty"`
	Policy                         string            `json:"policy,omitempty"`
	BypassPolicyLockoutSafetyCheck bool              `json:"bypassPolicyLockoutSafetyCheck,omitempty"`
	DeletionWindowInDays           int               `json:"deletionWindowInDays,omitempty"` // 30 by default
	IsEnabled                      *bool             `json:"isEnabled,omitempty"`            // true by default
	EnableKeyRotation              bool              `json:"enableKeyRotation,omitempty"`
	RotationPeriodInDays           int               `json:"rotationPeriodInDays,omitempty"`
	MultiRegion                    bool              `json:"multiRegion,omitempty"`
	Tags                           map[string]string `json:"tags,omitempty"`

	KeyID        string    `json:"keyId"`
	Arn          string    `json:"arn"`
	CreationDate time.Time `json:"-"`
	// DeletionDate is when the key is gone for good, zero while it is not to be deleted or has replicas.
	DeletionDate time.Time `json:"-"`
	// ReplicasFirst is whether a primary key is to be deleted once its replicas are gone.
	ReplicasFirst bool `json:"-"`
}

// Alias is a name for a key, "alias/…".
type Alias struct {
	Name         string `json:"name"`
	TargetKeyID  string `json:"targetKeyId"`
	TargetKeyArn string `json:"targetKeyArn"`
	Arn          string `json:"arn"`
}

// New returns the KMS of a region, with the AWS managed key of SNS in it.
func New(env *region.Env, identities *iam.Service) *Service {
	s := &Service{env: env, iam: identities, peer: func(string) *Service { return nil }}
	s.createManagedKey(AliasSNS, "sns."+env.Name+".amazonaws.com")
	return s
}

// Use says whether a caller may use a key for an action such as "kms:Decrypt" or "kms:GenerateDataKey". The key is
// named by id, ARN, alias or alias ARN. The error is AccessDenied, DisabledException, KMSInvalidStateException or
// NotFoundException.
func (s *Service) Use(caller iam.Principal, action, key string, ctx iam.Context) error {
	k, err := s.Authorize(caller, action, key, ctx)
	if err != nil {
		return err
	}
	return k.usable()
}

// Authorize says whether a caller may do something with a key, in whatever state it is: the key's policy is in command.
func (s *Service) Authorize(caller iam.Principal, action, key string, ctx iam.Context) (Key, error) {
	if err := s.env.Available("kms"); err != nil {
		return Key{}, err
	}
	k, err := s.find(key)
	if err != nil {
		return Key{}, err
	}
	if caller.Service == "" {
		ctx = with(ctx, "kms:CallerAccount", s.env.Account)
	}
	for name, value := range k.Tags {
		ctx = with(ctx, "aws:ResourceTag/"+name, value)
	}
	return k.Key, s.iam.AuthorizeKey(caller, action, k.Arn, ctx, k.policy)
}

// Usable says whether a key can be used at all, whoever asks: nil, DisabledException, KMSInvalidStateException or
// NotFoundException.
func (s *Service) Usable(key string) error {
	k, err := s.find(key)
	if err != nil {
		return err
	}
	return k.usable()
}

// find resolves a key id, key ARN, alias name or alias ARN. A key whose waiting period is over is gone.
func (s *Service) find(name string) (storedKey, error) {
	id := name
	if parts := strings.SplitN(name, ":", 6); len(parts) == 6 {
		id = parts[5]
	}
	if alias, ok := s.aliases.Get(id); ok {
		id = alias.TargetKeyID
	}
	id = strings.TrimPrefix(id, "key/")
	k, ok := s.current(id)
	if !ok || strings.HasPrefix(name, "arn:") && !strings.HasPrefix(name, s.env.ARN("kms", "")) {
		return storedKey{}, notFound(name)
	}
	return k, nil
}

func notFound(key string) error {
	return awserr.NotFound(400, "NotFoundException", "Key '%s' does not exist", key)
}

func with(ctx iam.Context, key, value string) iam.Context {
	merged := iam.Context{key: value}
	for k, v := range ctx {
		merged[k] = v
	}
	return merged
}
