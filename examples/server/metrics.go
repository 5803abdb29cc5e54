package main

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"

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
	meters := otelphoneauth.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(exporter)))
	if cfg, err = otelphoneauth.Instrument(cfg, meters); err != nil {
		return nil, nil, err
	}
	plain, err := phoneauth.New(cfg)
	if err != nil {
		return nil, nil, err
	}
	svc, err := otelphoneauth.Wrap(plain, meters)
	return svc, promhttp.HandlerFor(registry, promhttp.HandlerOpts{}), err
}
