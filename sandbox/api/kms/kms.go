// Package kms is KMS on the AWS face.
package kms

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"aurora-dsql-dr/sandbox/api/call"
)

// Operations are those that are modelled.
var Operations = []call.Operation{
	call.On("CreateKey", create),
	call.On("Encrypt", encrypt),
	call.On("Decrypt", decrypt),
	call.On("ListKeys", list),
	call.On("DescribeKey", describe),
	call.On("EnableKey", enable),
	call.On("DisableKey", disable),
	call.On("ScheduleKeyDeletion", scheduleDeletion),
	call.On("CancelKeyDeletion", cancelDeletion),
}

// encrypt leaves the permission to the key, which has a policy.
func encrypt(c *call.Call, in *sdk.EncryptInput) (*sdk.EncryptOutput, error) {
	blob, arn, err := c.Region.KMS.Encrypt(c.Caller, aws.ToString(in.KeyId), in.Plaintext, in.EncryptionContext)
	if err != nil {
		return nil, err
	}
	return &sdk.EncryptOutput{
		CiphertextBlob:      blob,
		KeyId:               &arn,
		EncryptionAlgorithm: types.EncryptionAlgorithmSpecSymmetricDefault,
	}, nil
}

// decrypt leaves the permission to the key, which has a policy.
func decrypt(c *call.Call, in *sdk.DecryptInput) (*sdk.DecryptOutput, error) {
	plaintext, arn, err := c.Region.KMS.Decrypt(c.Caller, aws.ToString(in.KeyId), in.CiphertextBlob, in.EncryptionContext)
	if err != nil {
		return nil, err
	}
	return &sdk.DecryptOutput{
		Plaintext:           plaintext,
		KeyId:               &arn,
		EncryptionAlgorithm: types.EncryptionAlgorithmSpecSymmetricDefault,
	}, nil
}
