package otelphoneauth_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/otelphoneauth"
	"github.com/phoneauth/phoneauth/phonetest"
)

func Example() {
	cfg := phoneauth.Config{
		Name:   "Acme",
		Store:  memstore.New(),
		Sender: phonetest.New(),
		Keys: phoneauth.Keys{
			Index:   []byte(strings.Repeat("i", 32)),
			Secrets: []phoneauth.Key{{ID: "2026", Secret: []byte(strings.Repeat("s", 32))}},
		},
		Logger: slog.New(slog.DiscardHandler),
	}
	// A host sets global providers, with otel.SetMeterProvider, and needs no option.
	reader := metric.NewManualReader()
	meters := otelphoneauth.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(reader)))

	cfg, err := otelphoneauth.Instrument(cfg, meters)
	if err != nil {
		log.Fatal(err)
	}
	svc, err := phoneauth.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	traced, err := otelphoneauth.Wrap(svc, meters)
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("/", traced.Handler())

	ctx := context.Background()
	_, err = traced.Register(ctx, phoneauth.RegisterRequest{Phone: "+201061797840"})
	fmt.Println(err)
	var told metricdata.ResourceMetrics
	if err := reader.Collect(ctx, &told); err != nil {
		log.Fatal(err)
	}
	for _, m := range told.ScopeMetrics[0].Metrics {
		fmt.Println(m.Name)
	}
	// Unordered output:
	// <nil>
	// phoneauth.events
	// phoneauth.region.events
	// phoneauth.channel.events
	// phoneauth.store.duration
	// phoneauth.send.duration
	// phoneauth.operation.duration
	// phoneauth.journal.lost
}
