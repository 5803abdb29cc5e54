package otelphoneauth_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/otelphoneauth"
)

// What took until the end of its context is measured, whether or not its span is sampled. The
// example of a duration is the span of the work.
func TestEndedContextIsMeasured(t *testing.T) {
	for name, tt := range map[string]struct {
		sampler  trace.Sampler
		examples int
	}{"sampled": {trace.AlwaysSample(), 1}, "not sampled": {trace.NeverSample(), 0}} {
		t.Run(name, func(t *testing.T) {
			e := eyes{reader: metric.NewManualReader()}
			cfg, err := otelphoneauth.Instrument(phoneauth.Config{Store: memstore.New()},
				otelphoneauth.WithTracerProvider(trace.NewTracerProvider(trace.WithSampler(tt.sampler))),
				otelphoneauth.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(e.reader))))
			require.NoError(t, err)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, err = cfg.Store.UserByID(ctx, "1")
			require.ErrorIs(t, err, phoneauth.ErrNotFound)

			all := e.collect(t)
			require.Len(t, all, 1)
			points := all[0].Data.(metricdata.Histogram[float64]).DataPoints
			require.Len(t, points, 1)
			assert.EqualValues(t, 1, points[0].Count)
			require.Len(t, points[0].Exemplars, tt.examples)
			for _, example := range points[0].Exemplars {
				assert.NotEmpty(t, example.SpanID)
			}
		})
	}
}
