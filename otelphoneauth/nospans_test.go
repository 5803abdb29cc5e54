package otelphoneauth_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/otelphoneauth"
)

// With the provider that makes no spans there are none, and nothing is told to the span around. The
// metrics are as ever.
func TestNoSpans(t *testing.T) {
	t.Parallel()
	seen := newEyes()
	h := newHost(t)
	cfg := h.cfg
	cfg.Store, cfg.Sender, cfg.Hooks = memstore.New(), h.inbox, phoneauth.Hooks{}
	opts := append(seen.options, otelphoneauth.WithTracerProvider(noop.NewTracerProvider()))
	cfg, err := otelphoneauth.Instrument(cfg, opts...)
	require.NoError(t, err)
	svc, err := phoneauth.New(cfg)
	require.NoError(t, err)
	wrapped, err := otelphoneauth.Wrap(svc, opts...)
	require.NoError(t, err)

	ctx, around := trace.NewTracerProvider().Tracer("host").Start(t.Context(), "around")
	_, err = wrapped.Register(ctx, phoneauth.RegisterRequest{Phone: cairo})
	require.NoError(t, err)
	around.End()
	assert.Empty(t, around.(trace.ReadOnlySpan).Events())
	assert.Empty(t, seen.trees())
	assert.Contains(t, seen.metrics(t), "\t1 phoneauth.operation=Register phoneauth.outcome=ok\n")
}
