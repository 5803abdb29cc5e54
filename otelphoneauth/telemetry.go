package otelphoneauth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// scope is the name of the instrumentation scope.
const scope = "github.com/phoneauth/phoneauth/otelphoneauth"

// The attributes of this package. Below them are those of OpenTelemetry's semantic
// conventions.
const (
	keyEventType = attribute.Key("phoneauth.event.type")
	keyPurpose   = attribute.Key("phoneauth.purpose")
	keyRegion    = attribute.Key("phoneauth.region")
	keyLimit     = attribute.Key("phoneauth.limit")
	keyCheck     = attribute.Key("phoneauth.check")
	keyChannel   = attribute.Key("phoneauth.channel")
	keySender    = attribute.Key("phoneauth.sender")
	keySendClass = attribute.Key("phoneauth.send.class")
	keySendFault = attribute.Key("phoneauth.send.fault")
	keySendCode  = attribute.Key("phoneauth.send.code")
	keyTest      = attribute.Key("phoneauth.test")
	keyVerb      = attribute.Key("phoneauth.store.verb")
	keyOperation = attribute.Key("phoneauth.operation")
	keyOutcome   = attribute.Key("phoneauth.outcome")

	keyErrorType = attribute.Key("error.type")
	keyMethod    = attribute.Key("http.request.method")
	keyRoute     = attribute.Key("http.route")
	keyStatus    = attribute.Key("http.response.status_code")
)

// Advice for the buckets of the histograms, in seconds. The Service gives a store 2 s and
// a sender 10 s.
var (
	storeBuckets     = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2}
	sendBuckets      = []float64{.05, .1, .25, .5, 1, 2, 3, 5, 7.5, 10}
	operationBuckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
)

// Option configures where spans and metrics are sent.
type Option func(*options)

type options struct {
	tracers trace.TracerProvider
	meters  metric.MeterProvider
}

// WithTracerProvider sets the TracerProvider. Nil means the global one, which is the default.
func WithTracerProvider(p trace.TracerProvider) Option {
	return func(o *options) { o.tracers = p }
}

// WithMeterProvider sets the MeterProvider. Nil means the global one, which is the default.
func WithMeterProvider(p metric.MeterProvider) Option {
	return func(o *options) { o.meters = p }
}

// telemetry is where everything goes, and the names that were let through.
type telemetry struct {
	tracer trace.Tracer
	meter  metric.Meter

	events, regionEvents, channelEvents            metric.Int64Counter
	cost                                           metric.Float64Counter
	storeDuration, sendDuration, operationDuration metric.Float64Histogram

	purposes, regions, limits, channels, senders, checks *names
}

func newTelemetry(opts []Option) (*telemetry, error) {
	var o options
	for _, set := range opts {
		set(&o)
	}
	if o.tracers == nil {
		o.tracers = otel.GetTracerProvider()
	}
	if o.meters == nil {
		o.meters = otel.GetMeterProvider()
	}
	t := &telemetry{
		tracer:   o.tracers.Tracer(scope),
		meter:    o.meters.Meter(scope),
		purposes: newNames(mostPurposes, ourPurposes...),
		regions:  newNames(mostRegions),
		limits:   newNames(mostLimits, ourLimits...),
		channels: newNames(mostChannels),
		senders:  newNames(mostSenders),
		checks:   newNames(mostChecks),
	}
	if err := t.instruments(); err != nil {
		return nil, fmt.Errorf("otelphoneauth: instruments: %w", err)
	}
	return t, nil
}

func (t *telemetry) instruments() error {
	var errs [7]error
	counter := func(name, description string, err *error) metric.Int64Counter {
		c, e := t.meter.Int64Counter(name, metric.WithUnit("{event}"), metric.WithDescription(description))
		*err = e
		return c
	}
	duration := func(name, description string, buckets []float64, err *error) metric.Float64Histogram {
		h, e := t.meter.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(description),
			metric.WithExplicitBucketBoundaries(buckets...))
		*err = e
		return h
	}
	t.events = counter("phoneauth.events",
		"What happened: sign-ins, codes, refusals.", &errs[0])
	t.regionEvents = counter("phoneauth.region.events",
		"Codes, verifications, sign-ups and budget refusals by the region of the number. Test numbers do not count.", &errs[1])
	t.channelEvents = counter("phoneauth.channel.events",
		"Codes, verifications and delivery reports by channel. Test numbers do not count.", &errs[5])
	t.storeDuration = duration("phoneauth.store.duration",
		"Duration of each verb of the store.", storeBuckets, &errs[2])
	t.sendDuration = duration("phoneauth.send.duration",
		"Duration of handing a message to the sender.", sendBuckets, &errs[3])
	t.operationDuration = duration("phoneauth.operation.duration",
		"Duration of each method of the Service and each route of its Handler.", operationBuckets, &errs[4])
	t.cost, errs[6] = t.meter.Float64Counter("phoneauth.cost", metric.WithUnit("{currency}"),
		metric.WithDescription("What codes and notices have cost, by the prices of the host, by region and channel."))
	return errors.Join(errs[:]...)
}

// watchJournal reports how many entries of the journal were lost, as often as the metrics are
// read. It reports 0 from the start, because Prometheus sees no increase in a series that
// begins at 1.
func (t *telemetry) watchJournal(lost func() int64) error {
	counter, err := t.meter.Int64ObservableCounter("phoneauth.journal.lost", metric.WithUnit("{entry}"),
		metric.WithDescription("Entries of the journal that this process has lost."))
	if err == nil {
		// Not metric.WithInt64Callback: of several Services, the SDK then asks only the first.
		_, err = t.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
			o.ObserveInt64(counter, lost())
			return nil
		}, counter)
	}
	if err != nil {
		return fmt.Errorf("otelphoneauth: instruments: %w", err)
	}
	return nil
}

// work is something with a span and a duration.
type work struct {
	span     string
	kind     trace.SpanKind // 0 is internal
	attrs    []attribute.KeyValue
	duration metric.Float64Histogram
	attr     attribute.KeyValue // of span and duration
}

// outcome is what came of a work.
type outcome struct {
	// attrs of span and duration, spanOnly of the span.
	attrs, spanOnly []attribute.KeyValue
	// fault, unless empty, is the class of what is broken: the span's status is then an
	// error. A refusal is no fault.
	fault string
}

// named returns the outcome of that name.
func named(name string) outcome {
	return outcome{attrs: []attribute.KeyValue{keyOutcome.String(name)}}
}

// faulty returns the outcome of that name, which somebody should look at.
func faulty(name string) outcome {
	o := named(name)
	o.fault = name
	return o
}

// run does w by calling do, and tells of it what judge says. A panic goes on, and is told
// as one, without its value.
func run[T any](ctx context.Context, t *telemetry, w work, do func(context.Context) (T, error), judge func(context.Context, T, error) outcome) (T, error) {
	ctx, span := t.tracer.Start(ctx, w.span, trace.WithSpanKind(w.kind), trace.WithAttributes(w.attr), trace.WithAttributes(w.attrs...))
	start := time.Now()
	o := faulty("panic")
	// Not "defer span.End()": the SDK's End then takes the value of a panic into the span.
	defer func() { t.finish(ctx, span, w, o, time.Since(start)) }()
	v, err := do(ctx)
	o = judge(ctx, v, err)
	return v, err
}

func (t *telemetry) finish(ctx context.Context, span trace.Span, w work, o outcome, took time.Duration) {
	if o.fault != "" {
		o.attrs = append(o.attrs, keyErrorType.String(o.fault))
		span.SetStatus(codes.Error, o.fault)
	}
	// What took until the end of its context counts all the same.
	w.duration.Record(context.WithoutCancel(ctx), took.Seconds(), metric.WithAttributes(append(o.attrs, w.attr)...))
	span.SetAttributes(o.attrs...)
	span.SetAttributes(o.spanOnly...)
	span.End()
}
