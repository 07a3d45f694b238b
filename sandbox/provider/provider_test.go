package provider

import (
	"context"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/structpb"

	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/backup"
	"aurora-dsql-dr/sandbox/clock"
)

const primary, secondary, witness = "us-east-1", "us-east-2", "us-west-2"

// clusterDelay is short: gRPC needs real time.
const clusterDelay = 10 * time.Millisecond

// world is an account and its providers.
type world struct {
	*aws.Account
	t      *testing.T
	server *Server
}

// object abbreviates properties in tests.
type object = map[string]any

func newWorld(t *testing.T, opts Options) *world {
	t.Helper()
	account := aws.NewAccount(aws.Options{
		Clock:        clock.New(1),
		Regions:      []string{primary, secondary, witness},
		ClusterDelay: clusterDelay,
		Backup:       backup.Durations{Start: time.Millisecond},
	})
	t.Cleanup(func() { assert.NoError(t, account.Close()) })
	opts.Account = account
	server, err := Start(opts)
	require.NoError(t, err)
	t.Cleanup(server.Close)
	return &world{Account: account, t: t, server: server}
}

// instance is one provider resource of a program: a connection of its own.
type testInstance struct {
	t      *testing.T
	client pulumirpc.ResourceProviderClient
}

func (w *world) connect(provider string) *testInstance {
	w.t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+w.server.Addresses()[provider], grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = conn.Close() })
	return &testInstance{w.t, pulumirpc.NewResourceProviderClient(conn)}
}

// in is an instance of the provider aws in a region.
func (w *world) in(region string, config ...object) *testInstance {
	w.t.Helper()
	i := w.connect("aws")
	args := object{"region": region}
	for _, more := range config {
		for name, value := range more {
			args[name] = value
		}
	}
	_, err := i.client.Configure(w.t.Context(), &pulumirpc.ConfigureRequest{Args: rpc(w.t, args)})
	require.NoError(w.t, err)
	return i
}

func rpc(t *testing.T, o object) (s *structpb.Struct) {
	t.Helper()
	s, err := marshal(resource.NewPropertyMapFromMap(o))
	require.NoError(t, err)
	return s
}

func plainObject(t *testing.T, s *structpb.Struct) object {
	t.Helper()
	m, err := unmarshal(s)
	require.NoError(t, err)
	return m.Mappable()
}

func urn(kind, name string) string { return "urn:pulumi:test::project::" + kind + "::" + name }

// check returns the checked inputs and the reasons of failures.
func (i *testInstance) check(kind, name string, olds, news object) (object, []string, error) {
	i.t.Helper()
	out, err := i.client.Check(i.t.Context(), &pulumirpc.CheckRequest{Urn: urn(kind, name), Type: kind, Name: name,
		Olds: rpc(i.t, olds), News: rpc(i.t, news), RandomSeed: []byte("seed")})
	if err != nil {
		return nil, nil, err
	}
	var reasons []string
	for _, failure := range out.GetFailures() {
		reasons = append(reasons, failure.GetReason())
	}
	return plainObject(i.t, out.GetInputs()), reasons, nil
}

// state is a resource as the engine keeps it.
type stateOf struct {
	kind, name, id  string
	inputs, outputs object
}

func (i *testInstance) create(kind, name string, news object) (stateOf, error) {
	i.t.Helper()
	inputs, reasons, err := i.check(kind, name, nil, news)
	require.NoError(i.t, err)
	require.Empty(i.t, reasons)
	out, err := i.client.Create(i.t.Context(), &pulumirpc.CreateRequest{Urn: urn(kind, name), Type: kind, Name: name, Properties: rpc(i.t, inputs)})
	if err != nil {
		return stateOf{}, err
	}
	return stateOf{kind, name, out.GetId(), inputs, plainObject(i.t, out.GetProperties())}, nil
}

func (i *testInstance) mustCreate(kind, name string, news object) stateOf {
	i.t.Helper()
	s, err := i.create(kind, name, news)
	require.NoError(i.t, err)
	return s
}

func (i *testInstance) diff(s stateOf, news object) *pulumirpc.DiffResponse {
	i.t.Helper()
	inputs, reasons, err := i.check(s.kind, s.name, s.inputs, news)
	require.NoError(i.t, err)
	require.Empty(i.t, reasons)
	out, err := i.client.Diff(i.t.Context(), &pulumirpc.DiffRequest{Urn: urn(s.kind, s.name), Type: s.kind, Id: s.id,
		Olds: rpc(i.t, s.outputs), OldInputs: rpc(i.t, s.inputs), News: rpc(i.t, inputs)})
	require.NoError(i.t, err)
	return out
}

func (i *testInstance) update(s stateOf, news object) (stateOf, error) {
	i.t.Helper()
	inputs, reasons, err := i.check(s.kind, s.name, s.inputs, news)
	require.NoError(i.t, err)
	require.Empty(i.t, reasons)
	out, err := i.client.Update(i.t.Context(), &pulumirpc.UpdateRequest{Urn: urn(s.kind, s.name), Type: s.kind, Id: s.id,
		Olds: rpc(i.t, s.outputs), OldInputs: rpc(i.t, s.inputs), News: rpc(i.t, inputs)})
	if err != nil {
		return s, err
	}
	return stateOf{s.kind, s.name, s.id, inputs, plainObject(i.t, out.GetProperties())}, nil
}

// refresh reads a resource; its id is empty when it is gone.
func (i *testInstance) refresh(s stateOf) (stateOf, error) {
	i.t.Helper()
	out, err := i.client.Read(i.t.Context(), &pulumirpc.ReadRequest{Urn: urn(s.kind, s.name), Type: s.kind, Id: s.id,
		Properties: rpc(i.t, s.outputs), Inputs: rpc(i.t, s.inputs)})
	if err != nil {
		return s, err
	}
	return stateOf{s.kind, s.name, out.GetId(), plainObject(i.t, out.GetInputs()), plainObject(i.t, out.GetProperties())}, nil
}

func (i *testInstance) mustRefresh(s stateOf) stateOf {
	i.t.Helper()
	s, err := i.refresh(s)
	require.NoError(i.t, err)
	return s
}

func (i *testInstance) deleteWithin(ctx context.Context, s stateOf, timeout time.Duration) error {
	_, err := i.client.Delete(ctx, &pulumirpc.DeleteRequest{Urn: urn(s.kind, s.name), Type: s.kind, Id: s.id,
		Properties: rpc(i.t, s.outputs), OldInputs: rpc(i.t, s.inputs), Timeout: timeout.Seconds()})
	return err
}

func (i *testInstance) delete(s stateOf) error { return i.deleteWithin(i.t.Context(), s, 0) }
