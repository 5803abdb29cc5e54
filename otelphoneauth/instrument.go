package otelphoneauth

import (
	"context"
	"errors"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/phoneauth/phoneauth"
)

// Instrument returns a copy of cfg for [phoneauth.New]. The Store, the Sender and the senders of
// the Channels of the copy report spans and durations. Its OnEvent counts the event and then calls that of cfg. cfg is not
// changed.
//
// The Store of the copy is a [phoneauth.Purger] exactly if cfg's is. A Store or Sender,
// or a part of a [phoneauth.Stores], that is nil stays nil, so that [phoneauth.New] refuses it.
// Errors and results are not changed.
//
// It returns the error of the MeterProvider, or an error if cfg is instrumented already,
// because everything would count twice. Services that share a MeterProvider, such as one for
// each realm, are counted together.
func Instrument(cfg phoneauth.Config, opts ...Option) (phoneauth.Config, error) {
	if instrumented(cfg) {
		return phoneauth.Config{}, errors.New("otelphoneauth: instrument: the Config is instrumented already")
	}
	t, err := newTelemetry(opts)
	if err != nil {
		return phoneauth.Config{}, err
	}
	cfg.Store = t.store(cfg.Store)
	if cfg.Sender != nil {
		cfg.Sender = &sender{t, cfg.Sender}
	}
	cfg.Channels = slices.Clone(cfg.Channels)
	for i, ch := range cfg.Channels {
		if ch.Sender != nil {
			cfg.Channels[i].Sender = &sender{t, ch.Sender}
		}
	}
	onEvent := cfg.Hooks.OnEvent
	cfg.Hooks.OnEvent = func(ctx context.Context, e phoneauth.Event) {
		t.count(ctx, e)
		if onEvent != nil {
			onEvent(ctx, e)
		}
	}
	return cfg, nil
}

func instrumented(cfg phoneauth.Config) bool {
	_, twice := cfg.Sender.(*sender)
	return twice || slices.ContainsFunc(cfg.Channels, func(ch phoneauth.Channel) bool {
		_, twice := ch.Sender.(*sender)
		return twice
	})
}

// count counts e, and tells the span of the operation, if there is one.
func (t *telemetry) count(ctx context.Context, e phoneauth.Event) {
	attrs := t.eventAttrs(e)
	what := keyEventType.String(string(e.Type))
	counted := context.WithoutCancel(ctx)
	t.events.Add(counted, 1, metric.WithAttributes(append(attrs, what)...))
	if e.Cost > 0 {
		t.cost.Add(counted, float64(e.Cost)/1e6, metric.WithAttributes(
			keyRegion.String(t.regions.tell(e.Region, regionLike)), keyChannel.String(t.channels.tell(e.Channel, nameLike))))
	}
	if e.Channel != "" {
		channel := keyChannel.String(t.channels.tell(e.Channel, nameLike))
		if byChannel(e) {
			t.channelEvents.Add(counted, 1, metric.WithAttributes(what, channel))
		}
		attrs = append(attrs, channel)
	}
	if e.Region != "" {
		region := keyRegion.String(t.regions.tell(e.Region, regionLike))
		if byRegion(e) {
			regional := []attribute.KeyValue{what, region}
			if e.Limit != "" {
				regional = append(regional, keyLimit.String(e.Limit)) // one of three
			}
			t.regionEvents.Add(counted, 1, metric.WithAttributes(regional...))
		}
		attrs = append(attrs, region)
	}
	trace.SpanFromContext(ctx).AddEvent("phoneauth."+string(e.Type), trace.WithAttributes(attrs...))
}

// eventAttrs returns the names in e, but for its type and region, and have room for three more.
func (t *telemetry) eventAttrs(e phoneauth.Event) []attribute.KeyValue {
	attrs := make([]attribute.KeyValue, 0, 9)
	if e.Purpose != "" {
		attrs = append(attrs, keyPurpose.String(t.purposes.tell(string(e.Purpose), nameLike)))
	}
	if e.Limit != "" {
		attrs = append(attrs, keyLimit.String(t.limits.tell(e.Limit, nameLike)))
	}
	if e.Sender != "" {
		attrs = append(attrs, keySender.String(t.senders.tell(e.Sender, nameLike)))
	}
	if e.SendClass != "" {
		attrs = append(attrs, keySendClass.String(class(e.SendClass)))
	}
	if e.SendFault != "" {
		attrs = append(attrs, keySendFault.String(fault(e.SendFault)))
	}
	if e.Check != "" {
		attrs = append(attrs, keyCheck.String(t.checks.tell(e.Check, nameLike)))
	}
	if e.Test {
		attrs = append(attrs, keyTest.Bool(true))
	}
	return attrs
}

// byRegion reports whether e counts in phoneauth.region.events: what fraud teams compare
// between countries, and no more, so that 247 regions are fewer than 2,000 series.
func byRegion(e phoneauth.Event) bool {
	if e.Test {
		return false
	}
	switch e.Type {
	case phoneauth.EventCodeSent, phoneauth.EventSendFailed, phoneauth.EventSendRefused,
		phoneauth.EventVerified, phoneauth.EventSignedUp:
		return true
	case phoneauth.EventLimited:
		return e.Limit == phoneauth.LimitBlock || e.Limit == phoneauth.LimitWideBlock || e.Limit == phoneauth.LimitCountry
	}
	return false
}

// byChannel reports whether e counts in phoneauth.channel.events: what tells whether codes arrive.
func byChannel(e phoneauth.Event) bool {
	if e.Test {
		return false
	}
	switch e.Type {
	case phoneauth.EventCodeSent, phoneauth.EventSendFailed, phoneauth.EventVerified, phoneauth.EventDelivered, phoneauth.EventUndelivered:
		return true
	}
	return false
}
