package claims

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

var kmsClaims = []Claim{{
	ID:   "kms-lockout",
	Says: "CreateKey refuses a policy that locks out everyone: MalformedPolicyDocumentException",
	Page: "sandbox-aws.md",
	Row:  "a policy that locks out everyone is refused",
	ask:  aPolicyThatLocksOutIsRefused,
}, {
	ID:   "kms-policy-size",
	Says: "CreateKey refuses a policy of more than 32 KB: LimitExceededException",
	Page: "sandbox-aws.md",
	Row:  "a key policy of 32 KB, descriptions",
	ask:  aLargePolicyIsRefused,
}, {
	ID:    "kms-context",
	Says:  "what is encrypted is decrypted with the same context only: InvalidCiphertextException",
	Page:  "sandbox-aws.md",
	Row:   "Encrypt and Decrypt, bound to the encryption context",
	Makes: []*Kind{key},
	ask:   theContextIsBound,
}, {
	ID: "kms-states",
	Says: "a disabled key refuses use; one that is to be deleted is neither enabled nor disabled nor deleted again, and " +
		"one that is kept is disabled",
	Page:  "sandbox-aws.md",
	Row:   "DescribeKey, ListKeys, EnableKey, DisableKey, ScheduleKeyDeletion, CancelKeyDeletion",
	Makes: []*Kind{key},
	ask:   aKeyGoesThroughItsStates,
}}

// key is marked by its description, which shows with its state, and by a tag, for policies.
var key = &Kind{
	Name:  "KMS key",
	USD:   1.0 / 730,
	Basis: "$1.00 a month, by the hour; one that is pending deletion is not billed",
	byID:  true,
	list: func(ctx context.Context, config aws.Config) (found []thing, err error) {
		client := kms.NewFromConfig(config)
		for p := kms.NewListKeysPaginator(client, nil); p.HasMorePages(); {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, k := range page.Keys {
				t, ours, err := ownKey(ctx, client, k)
				if err != nil {
					return nil, err
				}
				if ours {
					found = append(found, t)
				}
			}
		}
		return found, nil
	},
	remove: func(ctx context.Context, config aws.Config, t thing) error {
		_, err := kms.NewFromConfig(config).ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{
			KeyId:               &t.id,
			PendingWindowInDays: aws.Int32(7),
		})
		if code, _ := codeOf(err); code == "KMSInvalidStateException" { // it is pending deletion already
			return nil
		}
		return err
	},
}

// ownKey is whether a key is one that runs have made and that is not pending deletion. Of others the caller may know
// nothing.
func ownKey(ctx context.Context, client *kms.Client, k types.KeyListEntry) (t thing, ours bool, err error) {
	out, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: k.KeyId})
	if code, _ := codeOf(err); slices.Contains(denials, code) || err != nil && isGone(err) {
		return t, false, nil
	}
	if err != nil {
		return t, false, err
	}
	name := aws.ToString(out.KeyMetadata.Description)
	ours = strings.HasPrefix(name, prefix) && out.KeyMetadata.DeletionDate == nil
	return thing{name: name, id: aws.ToString(k.KeyId)}, ours, nil
}

// key makes a key and returns its id.
func (c *Case) key(client *kms.Client, ending string, change func(*kms.CreateKeyInput)) (string, error) {
	return c.make(key, c.primary(), ending, func(name string) (string, error) {
		in := &kms.CreateKeyInput{
			Description: &name,
			Tags:        []types.Tag{{TagKey: aws.String(mark), TagValue: &name}},
		}
		change(in)
		out, err := client.CreateKey(c, in)
		if err != nil {
			return "", err
		}
		return aws.ToString(out.KeyMetadata.KeyId), nil
	})
}

func aPolicyThatLocksOutIsRefused(c *Case) error {
	_, err := c.key(kms.NewFromConfig(c.primary()), "l", func(in *kms.CreateKeyInput) {
		in.Policy = aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
			`"Principal":{"Service":"dsql.amazonaws.com"},"Action":"kms:Decrypt","Resource":"*"}]}`)
	})
	c.refused("CreateKey with a policy for a service alone", err, "MalformedPolicyDocumentException",
		"will not allow you to update the key policy")
	return nil
}

func aLargePolicyIsRefused(c *Case) error {
	_, err := c.key(kms.NewFromConfig(c.primary()), "p", func(in *kms.CreateKeyInput) {
		in.Policy = aws.String(`{"Version":"2012-10-17","Statement":[{"Sid":"` + strings.Repeat("x", 32<<10) +
			`","Effect":"Allow","Principal":{"AWS":"` + c.arn("iam", "", "root") + `"},"Action":"kms:*","Resource":"*"}]}`)
	})
	c.refused("CreateKey with a policy of more than 32 KB", err, "LimitExceededException")
	return nil
}

func theContextIsBound(c *Case) error {
	client := kms.NewFromConfig(c.primary())
	id, err := c.key(client, "c", func(*kms.CreateKeyInput) {})
	if err != nil {
		return err
	}
	bound := map[string]string{"table": "orders"}
	sealed, err := client.Encrypt(c, &kms.EncryptInput{KeyId: &id, Plaintext: []byte("text"), EncryptionContext: bound})
	if err != nil {
		return err
	}
	decrypt := func(context map[string]string) error {
		_, err := client.Decrypt(c, &kms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: context})
		return err
	}
	c.accepted("Decrypt with the same context", decrypt(bound))
	c.refused("Decrypt with another context", decrypt(map[string]string{"table": "other"}), "InvalidCiphertextException")
	c.refused("Decrypt without a context", decrypt(nil), "InvalidCiphertextException")
	return nil
}

func aKeyGoesThroughItsStates(c *Case) error {
	client := kms.NewFromConfig(c.primary())
	id, err := c.key(client, "s", func(*kms.CreateKeyInput) {})
	if err != nil {
		return err
	}
	made, err := client.DescribeKey(c, &kms.DescribeKeyInput{KeyId: &id})
	if err != nil {
		return err
	}
	c.is("the state of a new key", made.KeyMetadata.KeyState, types.KeyStateEnabled)
	c.is("the manager of a new key", made.KeyMetadata.KeyManager, types.KeyManagerTypeCustomer)
	if _, err := client.DisableKey(c, &kms.DisableKeyInput{KeyId: &id}); err != nil {
		return err
	}
	err = c.refusedSoon("Encrypt with a disabled key", func() error {
		_, err := client.Encrypt(c, &kms.EncryptInput{KeyId: &id, Plaintext: []byte("text")})
		return err
	}, "DisabledException")
	if err != nil {
		return err
	}
	seven := &kms.ScheduleKeyDeletionInput{KeyId: &id, PendingWindowInDays: aws.Int32(7)}
	_, err = client.ScheduleKeyDeletion(c, &kms.ScheduleKeyDeletionInput{KeyId: &id, PendingWindowInDays: aws.Int32(6)})
	c.refused("ScheduleKeyDeletion in six days", err, "ValidationException")
	gone, err := client.ScheduleKeyDeletion(c, seven)
	if err != nil {
		return err
	}
	c.is("the state of a key that is to be deleted", gone.KeyState, types.KeyStatePendingDeletion)
	const invalid = "KMSInvalidStateException"
	_, err = client.EnableKey(c, &kms.EnableKeyInput{KeyId: &id})
	c.refused("EnableKey", err, invalid, id+" is pending deletion.")
	_, err = client.DisableKey(c, &kms.DisableKeyInput{KeyId: &id})
	c.refused("DisableKey", err, invalid, id+" is pending deletion.")
	_, err = client.ScheduleKeyDeletion(c, seven)
	c.refused("ScheduleKeyDeletion again", err, invalid, id+" is pending deletion.")
	return c.aKeyIsKept(client, id)
}

// aKeyIsKept cancels the deletion of a key, which is disabled then and can be enabled.
func (c *Case) aKeyIsKept(client *kms.Client, id string) error {
	if _, err := client.CancelKeyDeletion(c, &kms.CancelKeyDeletionInput{KeyId: &id}); err != nil {
		return err
	}
	_, err := client.CancelKeyDeletion(c, &kms.CancelKeyDeletionInput{KeyId: &id})
	c.refused("CancelKeyDeletion again", err, "KMSInvalidStateException", id+" is not pending deletion.")
	kept, err := client.DescribeKey(c, &kms.DescribeKeyInput{KeyId: &id})
	if err != nil {
		return err
	}
	c.is("the state of a key that is kept", kept.KeyMetadata.KeyState, types.KeyStateDisabled)
	c.is("it has a date of deletion", kept.KeyMetadata.DeletionDate != nil, false)
	if _, err := client.EnableKey(c, &kms.EnableKeyInput{KeyId: &id}); err != nil {
		return err
	}
	return c.await("key "+id+" is to be enabled", keyLimit, func() (string, bool, error) {
		out, err := client.DescribeKey(c, &kms.DescribeKeyInput{KeyId: &id})
		if err != nil {
			return "", false, err
		}
		return string(out.KeyMetadata.KeyState), out.KeyMetadata.Enabled, nil
	})
}
