// Package provider is the sandbox's Pulumi face: the providers "aws" and "archive", served in this process for an
// engine that attaches to them by PULUMI_DEBUG_PROVIDERS.
//
// It knows exactly the resource types and functions of the disaster-recovery program. What their properties are called,
// what type they have and which are required is read by reflection from the argument structs of the pulumi-aws SDK, so
// that a program this provider accepts names its properties as the real one wants them. What a resource does is the
// business of the sandbox's services; how it is planned, awaited and refused follows terraform-provider-aws 5.100.0,
// which pulumi-aws 6.83.2 bridges.
package provider

import (
	"context"
	"fmt"
	"net"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/edge"
)

// maxMessage is the largest request taken: the engine itself allows 400 MB, a deployment of this program needs far
// less.
const maxMessage = 64 << 20

// defaultTimeout bounds an operation that waits when neither the engine (customTimeouts) nor the resource (timeouts)
// says otherwise, as in terraform-provider-aws.
const defaultTimeout = 30 * time.Minute

// Options describe the providers.
type Options struct {
	// Account is the AWS account behind the provider. Required.
	Account *aws.Account
	// Dir is what relative paths given to the archive provider start from; defaults to the working directory.
	Dir string
	// Timeout replaces the default of 30 minutes after which a waiting operation gives up, in sandbox time.
	Timeout time.Duration
}

// Server serves both providers on loopback.
type Server struct {
	servers   []*grpc.Server
	addresses map[string]string
}

// Start begins to serve. Close ends it.
func Start(opts Options) (*Server, error) {
	if opts.Timeout == 0 {
		opts.Timeout = defaultTimeout
	}
	s := &Server{addresses: map[string]string{}}
	for name, implementation := range map[string]pulumirpc.ResourceProviderServer{
		"aws": &awsProvider{
			common: common{version: version},
			opts:   opts,
		},
		"archive": &archiveProvider{
			common: common{version: archiveVersion},
			dir:    opts.Dir,
		},
	} {
		if err := s.serve(name, implementation); err != nil {
			s.Close()
			return nil, err
		}
	}
	return s, nil
}

func (s *Server) serve(name string, implementation pulumirpc.ResourceProviderServer) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("serve the Pulumi provider %s on loopback: %w", name, err)
	}
	server := grpc.NewServer(grpc.StatsHandler(connections{}), grpc.MaxRecvMsgSize(maxMessage), grpc.WaitForHandlers(true),
		grpc.UnaryInterceptor(recoverCall))
	pulumirpc.RegisterResourceProviderServer(server, implementation)
	s.servers = append(s.servers, server)
	s.addresses[name] = listener.Addr().String()
	go func() { _ = server.Serve(listener) }() // returns when Stop closes the listener
	return nil
}

// recoverCall makes a panic in a call the failure of that call.
func recoverCall(
	ctx context.Context,
	request any,
	info *grpc.UnaryServerInfo,
	handle grpc.UnaryHandler,
) (answer any, err error) {
	defer edge.Recover(
		"Pulumi provider: "+info.FullMethod,
		func(cause error) { err = status.Error(codes.Internal, cause.Error()) },
	)
	return handle(ctx, request)
}

// Addresses are host:port by provider name, for PULUMI_DEBUG_PROVIDERS.
func (s *Server) Addresses() map[string]string { return s.addresses }

// Close cancels every operation and waits until all have returned.
func (s *Server) Close() {
	for _, server := range s.servers {
		server.Stop()
	}
}

// connections gives each connection an instance of its own. The engine dials once for each provider resource of the
// program (primary, secondary, witness), all at the same address, so what Configure says must be kept by connection.
type connections struct{}

type instanceKey struct{}

func (connections) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context {
	return context.WithValue(ctx, instanceKey{}, newInstance())
}
func (connections) HandleConn(context.Context, stats.ConnStats)                     {}
func (connections) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }
func (connections) HandleRPC(context.Context, stats.RPCStats)                       {}

func instanceOf(ctx context.Context) *instance { return ctx.Value(instanceKey{}).(*instance) }

// common is what every provider answers the engine alike.
type common struct {
	pulumirpc.UnimplementedResourceProviderServer
	version string
}

func (common) Attach(context.Context, *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func (c common) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: c.version}, nil
}
