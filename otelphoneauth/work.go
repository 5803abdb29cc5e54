package otelphoneauth

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// work is something with a span and a duration. It is not changed once it is made.
type work struct {
	span     string
	start    []trace.SpanStartOption
	duration metric.Float64Histogram
	attr     attribute.KeyValue // of span and duration; its value is a string
}

// newWork returns a work whose span has these attributes besides that of both.
func newWork(span string, kind trace.SpanKind, duration metric.Float64Histogram, attr attribute.KeyValue, attrs ...attribute.KeyValue) *work {
	return &work{span, []trace.SpanStartOption{trace.WithSpanKind(kind), trace.WithAttributes(append(attrs, attr)...)}, duration, attr}
}

// series is one of those of the durations.
type series struct {
	attr                attribute.Key
	value               string
	name, sender, fault string
	status              int
}

func (w *work) series(o *outcome) series {
	return series{w.attr.Key, w.attr.Value.AsString(), o.name, o.sender, o.fault, o.status}
}

// attrs are those of both the span and the duration that the outcome adds.
func (s series) attrs() (attrs []attribute.KeyValue) {
	if s.name != "" {
		attrs = append(attrs, keyOutcome.String(s.name))
	}
	if s.status != 0 {
		attrs = append(attrs, keyStatus.Int(s.status))
	}
	if s.sender != "" {
		attrs = append(attrs, keySender.String(s.sender))
	}
	if s.fault != "" {
		attrs = append(attrs, keyErrorType.String(s.fault))
	}
	return attrs
}

// run does w by calling do, and tells of it what judge says. A panic goes on, and is told
// as one, without its value.
func run[T any](ctx context.Context, t *telemetry, w *work, do func(context.Context) (T, error), judge func(context.Context, T, error) outcome) (T, error) {
	var span trace.Span = noop.Span{}
	if t.tracer != nil {
		ctx, span = t.tracer.Start(ctx, w.span, w.start...)
	}
	start := time.Now()
	o := faulty("panic")
	// Not "defer span.End()": the SDK's End then takes the value of a panic into the span.
	defer func() { t.finish(ctx, span, w, &o, time.Since(start)) }()
	v, err := do(ctx)
	o = judge(ctx, v, err)
	return v, err
}

func (t *telemetry) finish(ctx context.Context, span trace.Span, w *work, o *outcome, took time.Duration) {
	of := w.series(o)
	w.duration.Record(ctx, took.Seconds(), t.recorded.of(of, func() []metric.RecordOption {
		return []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(append(of.attrs(), w.attr)...))}
	})...)
	if span.IsRecording() {
		if o.fault != "" {
			span.SetStatus(codes.Error, o.fault)
		}
		span.SetAttributes(of.attrs()...)
		span.SetAttributes(o.spanOnly...)
	}
	span.End()
}
