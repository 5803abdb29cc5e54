package otelphoneauth

import (
	"context"

	"github.com/phoneauth/phoneauth"
)

// store returns s with a span and a duration for each verb.
func (t *telemetry) store(s phoneauth.Store) phoneauth.Store {
	if s == nil {
		return nil
	}
	return phoneauth.WrapStore(s, func(ctx context.Context, verb string, call func(context.Context) error) error {
		w := work{span: "phoneauth.store." + verb, duration: t.storeDuration, attr: keyVerb.String(verb)}
		_, err := run(ctx, t, w, func(ctx context.Context) (struct{}, error) {
			return struct{}{}, call(ctx)
		}, func(ctx context.Context, _ struct{}, err error) outcome { return t.storeOutcome(ctx, err) })
		return err
	})
}
