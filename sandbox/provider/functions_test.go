package provider

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/lambda"
)

func (i *testInstance) invoke(token string, args object) (object, []string, error) {
	i.t.Helper()
	out, err := i.client.Invoke(i.t.Context(), &pulumirpc.InvokeRequest{Tok: token, Args: rpc(i.t, args)})
	if err != nil {
		return nil, nil, err
	}
	var reasons []string
	for _, failure := range out.GetFailures() {
		reasons = append(reasons, failure.GetReason())
	}
	return plainObject(i.t, out.GetReturn()), reasons, nil
}

func TestLookUpsAnswerForTheirRegion(t *testing.T) {
	i := newWorld(t, Options{}).in(secondary)
	caller, _, err := i.invoke("aws:index/getCallerIdentity:getCallerIdentity", object{})
	require.NoError(t, err)
	assert.Equal(t, "123456789012", caller["accountId"])
	region, _, err := i.invoke("aws:index/getRegion:getRegion", object{})
	require.NoError(t, err)
	assert.Equal(t, secondary, region["name"])
	partition, _, err := i.invoke("aws:index/getPartition:getPartition", object{})
	require.NoError(t, err)
	assert.Equal(t, "aws", partition["partition"])

	_, _, err = i.invoke("aws:ec2/getVpc:getVpc", object{})
	assert.ErrorContains(t, err, "no function aws:ec2/getVpc:getVpc; it has aws:index/getCallerIdentity:getCallerIdentity")
	_, reasons, err := i.invoke("aws:index/getRegion:getRegion", object{"colour": "red"})
	require.NoError(t, err)
	assert.Len(t, reasons, 1)
}

func TestTheRegionOfAProviderIsChecked(t *testing.T) {
	i := newWorld(t, Options{}).connect("aws")
	for name, test := range map[string]struct {
		config object
		says   string
	}{
		"no region":        {object{}, "region is required"},
		"another region":   {object{"region": "eu-west-1"}, `region is "eu-west-1"; the sandbox has us-east-1, us-east-2, us-west-2`},
		"unknown property": {object{"region": primary, "colour": "red"}, "colour is not a property"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := i.client.CheckConfig(t.Context(), &pulumirpc.CheckRequest{News: rpc(t, test.config)})
			require.NoError(t, err)
			require.Len(t, out.GetFailures(), 1)
			assert.Contains(t, out.GetFailures()[0].GetReason(), test.says)
		})
	}
	out, err := i.client.DiffConfig(t.Context(), &pulumirpc.DiffRequest{OldInputs: rpc(t, object{"region": primary}), News: rpc(t, object{"region": secondary})})
	require.NoError(t, err)
	assert.Equal(t, []string{"region"}, out.GetReplaces())
}

// stub is a function in the sandbox whose handler is in this process.
func (w *world) stub(name string, handler lambda.Stub) {
	w.t.Helper()
	role := w.in(primary).mustCreate(roleKind, name, object{"assumeRolePolicy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`})
	_, err := w.Region(primary).Lambda.CreateFunction(lambda.Function{Name: name, Role: role.outputs["arn"].(string), Runtime: "provided.al2023", Handler: "bootstrap", Stub: handler})
	require.NoError(w.t, err)
}

func TestAnInvocationRunsTheFunctionOncePerTrigger(t *testing.T) {
	w := newWorld(t, Options{})
	var calls []string
	w.stub("migrate", func(_ context.Context, payload []byte) ([]byte, error) {
		calls = append(calls, string(payload))
		return []byte(`{"version":1}`), nil
	})
	i := w.in(primary)
	inputs := object{"functionName": "migrate", "input": `{"a":1}`, "triggers": object{"code": "1"}}
	invocation := i.mustCreate("aws:lambda/invocation:Invocation", "migrated", inputs)
	assert.Equal(t, []string{`{"a":1}`}, calls)
	assert.JSONEq(t, `{"version":1}`, invocation.outputs["result"].(string))
	assert.Equal(t, "DIFF_NONE", i.diff(i.mustRefresh(invocation), inputs).GetChanges().String())
	assert.Equal(t, []string{"triggers"}, i.diff(invocation, object{"functionName": "migrate", "input": `{"a":1}`, "triggers": object{"code": "2"}}).GetReplaces())
	require.NoError(t, i.delete(invocation))
	assert.Len(t, calls, 1, "deletion calls nothing")
}

func TestAFailingFunctionFailsTheDeploymentWithItsError(t *testing.T) {
	w := newWorld(t, Options{})
	w.stub("migrate", func(context.Context, []byte) ([]byte, error) {
		return nil, errors.New("ERROR: relation exists (SQLSTATE 42P07)")
	})
	_, err := w.in(primary).create("aws:lambda/invocation:Invocation", "migrated", object{"functionName": "migrate", "input": "{}"})
	assert.ErrorContains(t, err, "invoking Lambda Function (migrate)")
	assert.ErrorContains(t, err, "SQLSTATE 42P07")
}

func TestAnArchiveKeepsTheModeAndTheBytes(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "bootstrap"), []byte("binary"), 0o600))
	i := newWorld(t, Options{Dir: dir}).connect("archive")
	args := object{"type": "zip", "sourceFile": "bootstrap", "outputPath": "out/f.zip", "outputFileMode": "0755"}
	first, reasons, err := i.invoke(getFile, args)
	require.NoError(t, err)
	require.Empty(t, reasons)
	content, err := os.ReadFile(filepath.Join(dir, "out", "f.zip"))
	require.NoError(t, err)
	reader, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	require.NoError(t, err)
	require.Len(t, reader.File, 1)
	assert.Equal(t, "bootstrap", reader.File[0].Name)
	assert.Equal(t, os.FileMode(0o755), reader.File[0].Mode())
	assert.Equal(t, float64(len(content)), first["outputSize"])

	later := newWorld(t, Options{Dir: dir}).connect("archive")
	require.NoError(t, os.Chtimes(filepath.Join(dir, "bootstrap"), zipTime, zipTime))
	again, _, err := later.invoke(getFile, args)
	require.NoError(t, err)
	assert.Equal(t, first["outputBase64sha256"], again["outputBase64sha256"], "the same file gives the same bytes")
}

func TestWhatAnArchiveCannotBeMadeOf(t *testing.T) {
	i := newWorld(t, Options{Dir: t.TempDir()}).connect("archive")
	for name, test := range map[string]struct {
		args object
		says string
	}{
		"no such file": {object{"type": "zip", "sourceFile": "none", "outputPath": "x.zip"}, "no such file"},
		"no source":    {object{"type": "zip", "outputPath": "x.zip"}, "either sourceFile or sourceDir"},
		"wrong mode":   {object{"type": "zip", "sourceFile": "f", "outputPath": "x.zip", "outputFileMode": "rwx"}, `such as "0755"`},
		"wrong type":   {object{"type": "tar", "sourceFile": "f", "outputPath": "x.zip"}, `makes "zip"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := i.invoke(getFile, test.args)
			assert.ErrorContains(t, err, test.says)
		})
	}
}
