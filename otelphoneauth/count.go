package otelphoneauth

import (
	"context"
	"regexp"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/phoneauth/phoneauth"
)

// occurrence is what a counter tells of an event. Names that it does not tell are empty.
type occurrence struct {
	what                                                         phoneauth.EventType
	purpose, limit, sender, class, fault, check, channel, region string
	test                                                         bool
}

// occurrence returns all names in e that may be told.
func (t *telemetry) occurrence(e *phoneauth.Event) occurrence {
	told := func(names *names, name string, like *regexp.Regexp) string {
		if name == "" {
			return ""
		}
		return names.tell(name, like)
	}
	o := occurrence{
		what:    e.Type,
		purpose: told(t.purposes, string(e.Purpose), nameLike),
		limit:   told(t.limits, e.Limit, nameLike),
		sender:  told(t.senders, e.Sender, nameLike),
		check:   told(t.checks, e.Check, nameLike),
		channel: told(t.channels, e.Channel, nameLike),
		region:  told(t.regions, e.Region, regionLike),
		test:    e.Test,
	}
	if e.SendClass != "" {
		o.class = class(e.SendClass)
	}
	if e.SendFault != "" {
		o.fault = fault(e.SendFault)
	}
	return o
}

// attrs are the attributes of what is not empty.
func (o occurrence) attrs() []attribute.KeyValue {
	attrs := make([]attribute.KeyValue, 0, 10)
	for _, a := range [...]struct {
		key  attribute.Key
		name string
	}{
		{keyEventType, string(o.what)}, {keyPurpose, o.purpose}, {keyLimit, o.limit}, {keySender, o.sender},
		{keySendClass, o.class}, {keySendFault, o.fault}, {keyCheck, o.check}, {keyChannel, o.channel}, {keyRegion, o.region},
	} {
		if a.name != "" {
			attrs = append(attrs, a.key.String(a.name))
		}
	}
	if o.test {
		attrs = append(attrs, keyTest.Bool(true))
	}
	return attrs
}

// options are those with which a counter tells o.
func (t *telemetry) options(o occurrence) []metric.AddOption {
	return t.counted.of(o, func() []metric.AddOption {
		return []metric.AddOption{metric.WithAttributeSet(attribute.NewSet(o.attrs()...))}
	})
}

// count counts e, and tells the span of the operation, if there is one.
func (t *telemetry) count(ctx context.Context, e phoneauth.Event) {
	all := t.occurrence(&e)
	event := all
	event.channel, event.region = "", ""
	t.events.Add(ctx, 1, t.options(event)...)
	if e.Cost > 0 {
		t.cost.Add(ctx, float64(e.Cost)/1e6, t.options(occurrence{region: t.regions.tell(e.Region, regionLike), channel: t.channels.tell(e.Channel, nameLike)})...)
	}
	if e.Channel != "" && byChannel(&e) {
		t.channelEvents.Add(ctx, 1, t.options(occurrence{what: e.Type, channel: all.channel})...)
	}
	if e.Region != "" && byRegion(&e) {
		// The limit is one of three, or none.
		t.regionEvents.Add(ctx, 1, t.options(occurrence{what: e.Type, region: all.region, limit: all.limit})...)
	}
	if t.tracer == nil {
		return
	}
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		all.what = ""
		span.AddEvent("phoneauth."+string(e.Type), trace.WithAttributes(all.attrs()...))
	}
}

// byRegion reports whether e counts in phoneauth.region.events: what fraud teams compare
// between countries, and no more, so that 247 regions are fewer than 2,000 series.
func byRegion(e *phoneauth.Event) bool {
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
func byChannel(e *phoneauth.Event) bool {
	if e.Test {
		return false
	}
	switch e.Type {
	case phoneauth.EventCodeSent, phoneauth.EventSendFailed, phoneauth.EventVerified, phoneauth.EventDelivered, phoneauth.EventUndelivered:
		return true
	}
	return false
}
