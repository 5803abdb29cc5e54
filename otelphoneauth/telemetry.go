package otelphoneauth

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
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
// With that of package noop there are no spans, and they cost nothing.
func WithTracerProvider(p trace.TracerProvider) Option {
	return func(o *options) { o.tracers = p }
}

// WithMeterProvider sets the MeterProvider. Nil means the global one, which is the default.
func WithMeterProvider(p metric.MeterProvider) Option {
	return func(o *options) { o.meters = p }
}

// telemetry is where everything goes, and the names that were let through.
type telemetry struct {
	tracer trace.Tracer // nil for none
	meter  metric.Meter

	events, regionEvents, channelEvents            metric.Int64Counter
	cost                                           metric.Float64Counter
	storeDuration, sendDuration, operationDuration metric.Float64Histogram

	purposes, regions, limits, channels, senders, checks *names

	operations, requests, verbs made[string, *work]
	sends                       made[[2]string, *work]
	recorded                    made[series, []metric.RecordOption]
	counted                     made[occurrence, []metric.AddOption]
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
		meter:    o.meters.Meter(scope),
		purposes: newNames(mostPurposes, ourPurposes...),
		regions:  newNames(mostRegions),
		limits:   newNames(mostLimits, ourLimits...),
		channels: newNames(mostChannels),
		senders:  newNames(mostSenders),
		checks:   newNames(mostChecks),
	}
	if _, none := o.tracers.(noop.TracerProvider); !none {
		t.tracer = o.tracers.Tracer(scope)
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
