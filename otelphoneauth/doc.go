// Package otelphoneauth reports to OpenTelemetry what a [phoneauth.Service] does: counters of
// events, histograms of durations, and spans for each operation, each call of the store and
// each send. It needs the OpenTelemetry API and no SDK.
//
//	cfg, err := otelphoneauth.Instrument(cfg)
//	…
//	svc, err := phoneauth.New(cfg)
//	…
//	traced, err := otelphoneauth.Wrap(svc)
//	…
//	http.Handle("/", traced.Handler())
//
// [Instrument] is enough for the metrics and for the spans of store and sender, which are
// children of whatever span is in the context. [Wrap] adds a span for each operation.
//
// The directory grafana has a dashboard for Grafana and alert rules for Prometheus. They use
// the names of this package, and a test holds them to it.
//
// # What is reported
//
// Only names are reported: those of types, purposes, regions, limits, senders, verbs and
// answers. Nothing else is: no number, not even masked; no code, token or password; no id of a
// user, session or message; no address; no text of an error. README.md has the table of
// names, and a test compares it with the code.
//
// Each instrument stays under 2,000 series, the limit of the OpenTelemetry SDK, for
// all requests of strangers; README.md has the sum. Names that a host or a sender chooses are
// reported while they look like names and are few, else as "_OTHER".
package otelphoneauth
