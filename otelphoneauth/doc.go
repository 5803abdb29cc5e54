// Package otelphoneauth tells OpenTelemetry what a [phoneauth.Service] does: counters of
// what happened, histograms of how long it took, and spans for each operation, each verb
// of the store and each send. It needs the OpenTelemetry API and no SDK.
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
// # What is told
//
// Names only: of types, purposes, regions, limits, senders, verbs, answers. No number,
// not even masked; no code, token, password, id of a user, session or message; no
// address; no text of an error, whoever wrote it. README.md has the table of names, and a
// test holds it.
//
// Each instrument stays under 2,000 series, the limit of the OpenTelemetry SDK, whatever
// strangers send: see README.md for the sum. Names that a host or a sender brings are
// told as they are while they look like names and are few, else as "_OTHER".
package otelphoneauth
