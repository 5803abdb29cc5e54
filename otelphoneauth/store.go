package otelphoneauth

import (
	"context"

	"go.opentelemetry.io/otel/trace"

	"github.com/phoneauth/phoneauth"
)

// store returns s with a span and a duration for each verb.
func (t *telemetry) store(s phoneauth.Store) phoneauth.Store {
	if s == nil {
		return nil
	}
	return phoneauth.WrapStore(s, func(ctx context.Context, verb string, call func(context.Context) error) error {
		w := t.verbs.of(verb, func() *work {
			return newWork("phoneauth.store."+verb, trace.SpanKindInternal, t.storeDuration, keyVerb.String(verb))
		})
		_, err := run(ctx, t, w, func(ctx context.Context) (struct{}, error) {
			return struct{}{}, call(ctx)
		}, func(ctx context.Context, _ struct{}, err error) outcome { return t.storeOutcome(ctx, err) })
		return err
	})
}
