package otelphoneauth_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/otelphoneauth"
	"github.com/phoneauth/phoneauth/phonetest"
)

const (
	cairo    = "+201061797840"
	delhi    = "+918076512310"
	reviewer = "+6584932466"
)

// eyes see all that is told.
type eyes struct {
	spans   *tracetest.SpanRecorder
	reader  *metric.ManualReader
	options []otelphoneauth.Option
}

func newEyes() eyes {
	e := eyes{spans: tracetest.NewSpanRecorder(), reader: metric.NewManualReader()}
	e.options = []otelphoneauth.Option{
		otelphoneauth.WithTracerProvider(trace.NewTracerProvider(trace.WithSpanProcessor(e.spans))),
		otelphoneauth.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(e.reader))),
	}
	return e
}

// host is a Service with eyes on it.
type host struct {
	eyes
	svc   *otelphoneauth.Service
	cfg   phoneauth.Config // instrumented
	inbox *phonetest.Inbox
}

func newHost(t *testing.T, mutate ...func(*phoneauth.Config)) *host {
	t.Helper()
	h := &host{eyes: newEyes(), inbox: phonetest.New()}
	cfg := phoneauth.Config{
		Store:  memstore.New(),
		Sender: h.inbox,
		Keys: phoneauth.Keys{
			Index:   []byte(strings.Repeat("i", 32)),
			Secrets: []phoneauth.Key{{ID: "1", Secret: []byte(strings.Repeat("s", 32))}},
		},
		Logger: slog.New(slog.DiscardHandler),
	}
	for _, m := range mutate {
		m(&cfg)
	}
	var err error
	h.cfg, err = otelphoneauth.Instrument(cfg, h.options...)
	require.NoError(t, err)
	svc, err := phoneauth.New(h.cfg)
	require.NoError(t, err)
	h.svc, err = otelphoneauth.Wrap(svc, h.options...)
	require.NoError(t, err)
	return h
}

// collect returns all metrics, in the order of their names.
func (e eyes) collect(t *testing.T) []metricdata.Metrics {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, e.reader.Collect(t.Context(), &all))
	var metrics []metricdata.Metrics
	for _, s := range all.ScopeMetrics {
		require.Equal(t, "github.com/phoneauth/phoneauth/otelphoneauth", s.Scope.Name)
		metrics = append(metrics, s.Metrics...)
	}
	slices.SortFunc(metrics, func(a, b metricdata.Metrics) int { return strings.Compare(a.Name, b.Name) })
	return metrics
}

// metrics are what was counted and how often was measured: one paragraph an instrument,
// one line a series.
func (e eyes) metrics(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, m := range e.collect(t) {
		var lines []string
		switch data := m.Data.(type) {
		case metricdata.Sum[int64]:
			require.True(t, data.IsMonotonic)
			fmt.Fprintf(&b, "%s %s\n", m.Name, m.Unit)
			for _, p := range data.DataPoints {
				lines = append(lines, fmt.Sprintf("\t%d %s\n", p.Value, attrs(p.Attributes.ToSlice())))
			}
		case metricdata.Histogram[float64]:
			fmt.Fprintf(&b, "%s %s %v\n", m.Name, m.Unit, data.DataPoints[0].Bounds)
			for _, p := range data.DataPoints {
				lines = append(lines, fmt.Sprintf("\t%d %s\n", p.Count, attrs(p.Attributes.ToSlice())))
			}
		default:
			t.Fatalf("%s is a %T", m.Name, data)
		}
		slices.Sort(lines)
		b.WriteString(strings.Join(lines, ""))
	}
	return b.String()
}

// trees are the spans in the order in which they began, below their parents: name,
// kind unless internal, status unless unset, attributes, events.
func (e eyes) trees() string {
	depth := map[string]int{}
	var b strings.Builder
	for _, s := range e.spans.Started() {
		in := 0
		if s.Parent().IsValid() {
			in = depth[s.Parent().SpanID().String()] + 1
		}
		depth[s.SpanContext().SpanID().String()] = in
		b.WriteString(strings.Repeat("\t", in) + s.Name())
		if kind := s.SpanKind().String(); kind != "internal" {
			b.WriteString(" (" + kind + ")")
		}
		if s.EndTime().IsZero() {
			b.WriteString(" never ended")
		}
		if s.Status().Code != 0 {
			fmt.Fprintf(&b, " %s(%s)", s.Status().Code, s.Status().Description)
		}
		b.WriteString(" " + attrs(s.Attributes()) + "\n")
		for _, event := range s.Events() {
			b.WriteString(strings.Repeat("\t", in+1) + "* " + event.Name + " " + attrs(event.Attributes) + "\n")
		}
	}
	return b.String()
}

func attrs(kv []attribute.KeyValue) string {
	words := make([]string, len(kv))
	for i, a := range kv {
		words[i] = string(a.Key) + "=" + a.Value.String()
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}
