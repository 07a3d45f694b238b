package boot

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAFunctionIsWiredFromItsEnvironment(t *testing.T) {
	t.Setenv("AWS_REGION", "us-east-2")
	t.Setenv("GREETING", "hello")
	parse := func(lookup func(string) (string, bool)) (string, error) {
		greeting, _ := lookup("GREETING")
		return greeting, nil
	}
	handler, err := prepare(t.Context(), parse, func(_ context.Context, greeting string, cfg aws.Config,
		_ *slog.Logger) (any, error) {
		return greeting + " from " + cfg.Region, nil
	}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	assert.Equal(t, "hello from us-east-2", handler)
}

func TestABadEnvironmentEndsTheFunctionBeforeItsWiring(t *testing.T) {
	bad := errors.New("TARGETS is empty")
	_, err := prepare(t.Context(), func(func(string) (string, bool)) (string, error) { return "", bad },
		func(context.Context, string, aws.Config, *slog.Logger) (any, error) {
			t.Error("wired without an environment")
			return nil, nil
		}, slog.New(slog.DiscardHandler))
	assert.ErrorIs(t, err, bad)
}
