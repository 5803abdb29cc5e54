package main

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/exemplar"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/otelphoneauth"
)

// newService is [phoneauth.New], and what Prometheus reads of the Service: the metrics
// of otelphoneauth, in which there is no number, no code and no user.
func newService(cfg phoneauth.Config) (*otelphoneauth.Service, http.Handler, error) {
	registry := prometheus.NewRegistry()
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(registry), otelprometheus.WithoutScopeInfo(), otelprometheus.WithoutTargetInfo())
	if err != nil {
		return nil, nil, err
	}
	opts := []otelphoneauth.Option{
		// Nobody collects spans here, so there are none, and no measurement looks for one.
		otelphoneauth.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(exporter), metric.WithExemplarFilter(exemplar.AlwaysOffFilter))),
		otelphoneauth.WithTracerProvider(noop.NewTracerProvider()),
	}
	if cfg, err = otelphoneauth.Instrument(cfg, opts...); err != nil {
		return nil, nil, err
	}
	plain, err := phoneauth.New(cfg)
	if err != nil {
		return nil, nil, err
	}
	svc, err := otelphoneauth.Wrap(plain, opts...)
	return svc, promhttp.HandlerFor(registry, promhttp.HandlerOpts{}), err
}
