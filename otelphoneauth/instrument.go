package otelphoneauth

import (
	"context"
	"errors"
	"slices"

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
		cfg.Sender = t.sender(cfg.Sender)
	}
	cfg.Channels = slices.Clone(cfg.Channels)
	for i, ch := range cfg.Channels {
		if ch.Sender != nil {
			cfg.Channels[i].Sender = t.sender(ch.Sender)
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
	ours := func(s phoneauth.SMSSender) bool {
		switch s.(type) {
		case *sender, *verifier:
			return true
		}
		return false
	}
	return ours(cfg.Sender) || slices.ContainsFunc(cfg.Channels, func(ch phoneauth.Channel) bool { return ours(ch.Sender) })
}
