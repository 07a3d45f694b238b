package provider

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"aurora-dsql-dr/sandbox/edge"
)

func TestACallThatPanicsFailsAlone(t *testing.T) {
	var said strings.Builder
	defer edge.Output(&said)()
	info := &grpc.UnaryServerInfo{FullMethod: "/pulumirpc.ResourceProvider/Create"}
	_, err := recoverCall(t.Context(), nil, info, func(context.Context, any) (any, error) { panic("no") })
	require.Equal(t, codes.Internal, status.Code(err))
	require.ErrorContains(t, err, "/pulumirpc.ResourceProvider/Create: a mistake of the sandbox's own: no")
	assert.Contains(t, said.String(), "server_test.go", "with the stack")
}
