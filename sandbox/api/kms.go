package api

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

var kmsOperations = []operation{
	on("Encrypt", encrypt),
	on("Decrypt", decrypt),
}

// encrypt leaves the permission to the key, which has a policy.
func encrypt(c *Call, in *sdk.EncryptInput) (*sdk.EncryptOutput, error) {
	blob, arn, err := c.services.KMS.Encrypt(c.Caller, aws.ToString(in.KeyId), in.Plaintext, in.EncryptionContext)
	if err != nil {
		return nil, err
	}
	return &sdk.EncryptOutput{CiphertextBlob: blob, KeyId: &arn, EncryptionAlgorithm: types.EncryptionAlgorithmSpecSymmetricDefault}, nil
}

// decrypt leaves the permission to the key, which has a policy.
func decrypt(c *Call, in *sdk.DecryptInput) (*sdk.DecryptOutput, error) {
	plaintext, arn, err := c.services.KMS.Decrypt(c.Caller, aws.ToString(in.KeyId), in.CiphertextBlob, in.EncryptionContext)
	if err != nil {
		return nil, err
	}
	return &sdk.DecryptOutput{Plaintext: plaintext, KeyId: &arn, EncryptionAlgorithm: types.EncryptionAlgorithmSpecSymmetricDefault}, nil
}
