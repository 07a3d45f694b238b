package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"os"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/internal/pulumi"
	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/lambda"
)

// packaged is a deployment package with a binary.
func packaged(t *testing.T, binary string) []byte {
	t.Helper()
	var body bytes.Buffer
	archive := zip.NewWriter(&body)
	header := &zip.FileHeader{Name: "bootstrap"}
	header.SetMode(0o755)
	file, err := archive.CreateHeader(header)
	require.NoError(t, err)
	_, err = file.Write([]byte(binary))
	require.NoError(t, err)
	require.NoError(t, archive.Close())
	return body.Bytes()
}

func TestADeployedFunctionIsComparedWithWhatIsBuilt(t *testing.T) {
	w := newWorld(t, aws.Options{})
	role, err := w.account.IAM.CreateRole(iam.Role{Name: "f", AssumeRolePolicy: `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`})
	require.NoError(t, err)
	_, err = w.account.Region(primary).Lambda.CreateFunction(lambda.Function{
		Name:          "livez-1a2b",
		Role:          role.Arn,
		Runtime:       "provided.al2023",
		Handler:       "bootstrap",
		Architectures: []string{"arm64"},
		Code:          packaged(t, "built"),
	})
	require.NoError(t, err)
	compare := func(name string) string {
		b := &binaries{architecture: components.ArchitectureARM, sums: map[string][sha256.Size]byte{}}
		fault, err := b.differ(t.Context(), sdk.NewFromConfig(w.asking().in(primary)), pulumi.Resource{
			Inputs:  map[string]any{"code": map[string]any{"path": "build/lambda/arm64/livez.zip"}},
			Outputs: map[string]any{"name": name},
		})
		require.NoError(t, err)
		return fault
	}
	assert.Equal(t, "is another", compare("livez-1a2b"), "what is built is empty")
	require.NoError(t, os.WriteFile("build/lambda/arm64/livez/bootstrap", []byte("built"), 0o600))
	assert.Empty(t, compare("livez-1a2b"))
	assert.Equal(t, "is gone", compare("livez-3c4d"))
}
