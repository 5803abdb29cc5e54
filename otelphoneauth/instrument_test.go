package otelphoneauth_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/otelphoneauth"
	"github.com/phoneauth/phoneauth/phonetest"
	"github.com/phoneauth/phoneauth/storetest"
)

// An instrumented store is as good as the store.
func TestStore(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]func() phoneauth.Store{
		"whole": func() phoneauth.Store { return memstore.New() },
		"parts": func() phoneauth.Store { return parts(memstore.New(), memstore.New(), memstore.New()) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, func(testing.TB) phoneauth.Store { return instrumented(t, of()) })
		})
	}
}

func parts(c phoneauth.ChallengeStore, u phoneauth.UserStore, s phoneauth.SessionStore) phoneauth.Stores {
	return phoneauth.Stores{ChallengeStore: c, UserStore: u, SessionStore: s}
}

func instrumented(t *testing.T, s phoneauth.Store) phoneauth.Store {
	t.Helper()
	cfg, err := otelphoneauth.Instrument(phoneauth.Config{Store: s}, newEyes().options...)
	require.NoError(t, err)
	return cfg.Store
}

// onlyStore, and the like, hide that memstore is a Purger.
type (
	onlyStore      struct{ phoneauth.Store }
	onlyChallenges struct{ phoneauth.ChallengeStore }
	onlyUsers      struct{ phoneauth.UserStore }
	onlySessions   struct{ phoneauth.SessionStore }
)

// purging counts purges.
type purging struct {
	phoneauth.Store

	removed int
	err     error
}

func (p *purging) Purge(context.Context, time.Time) (int, error) { return p.removed, p.err }

func TestPurger(t *testing.T) {
	t.Parallel()
	m := onlyStore{memstore.New()}
	_, purges := instrumented(t, m).(phoneauth.Purger)
	assert.False(t, purges, "of a store that is none")

	broken := errors.New("broken")
	p, ok := instrumented(t, &purging{m, 3, broken}).(phoneauth.Purger)
	require.True(t, ok)
	n, err := p.Purge(t.Context(), time.Now())
	assert.Equal(t, 3, n)
	assert.Same(t, broken, err)

	joined := instrumented(t, parts(&purging{m, 1, nil}, &purging{m, 10, nil}, &purging{m, 100, nil})).(phoneauth.Purger)
	n, err = joined.Purge(t.Context(), time.Now())
	assert.Equal(t, 111, n)
	require.NoError(t, err)
	joined = instrumented(t, parts(onlyChallenges{m}, onlyUsers{m}, onlySessions{m})).(phoneauth.Purger)
	n, err = joined.Purge(t.Context(), time.Now())
	assert.Zero(t, n)
	require.NoError(t, err)
}

func TestPurgeIsToldOf(t *testing.T) {
	t.Parallel()
	h := newHost(t, func(c *phoneauth.Config) { c.Store = &purging{c.Store, 3, nil} })
	_, err := h.cfg.Store.(phoneauth.Purger).Purge(t.Context(), time.Now())
	require.NoError(t, err)
	assert.Equal(t, "phoneauth.store.Purge phoneauth.outcome=ok phoneauth.store.verb=Purge\n", h.trees())
}

// What is missing is still for New to say.
func TestMissing(t *testing.T) {
	t.Parallel()
	cfg, err := otelphoneauth.Instrument(phoneauth.Config{}, newEyes().options...)
	require.NoError(t, err)
	_, err = phoneauth.New(cfg)
	require.ErrorContains(t, err, "Store: is required")
	require.ErrorContains(t, err, "Sender: is required")

	cfg, err = otelphoneauth.Instrument(phoneauth.Config{Store: phoneauth.Stores{}}, newEyes().options...)
	require.NoError(t, err)
	_, err = phoneauth.New(cfg)
	require.ErrorContains(t, err, "Store.ChallengeStore: is required")
	require.ErrorContains(t, err, "Store.UserStore: is required")
	require.ErrorContains(t, err, "Store.SessionStore: is required")

	m := memstore.New()
	newHost(t, func(c *phoneauth.Config) { c.HostSessions, c.Store = true, parts(m, m, nil) }) // New takes it
}

func TestTwice(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	_, err := otelphoneauth.Instrument(h.cfg, h.options...)
	require.EqualError(t, err, "otelphoneauth: instrument: the Config is instrumented already")
}

// Without options, or with nil, the global providers are used; nobody set any here.
func TestGlobalProviders(t *testing.T) {
	t.Parallel()
	cfg, err := otelphoneauth.Instrument(phoneauth.Config{Sender: phonetest.New()},
		otelphoneauth.WithTracerProvider(nil), otelphoneauth.WithMeterProvider(nil))
	require.NoError(t, err)
	r, err := cfg.Sender.Send(t.Context(), phoneauth.Message{To: phoneauth.StoredPhone(cairo), Body: "Hello."})
	require.NoError(t, err)
	assert.Equal(t, "phonetest", r.Sender)
}

// brokenMeters makes no counters.
type brokenMeters struct{ noop.MeterProvider }

type brokenMeter struct{ noop.Meter }

func (brokenMeters) Meter(string, ...metric.MeterOption) metric.Meter { return brokenMeter{} }

func (brokenMeter) Int64Counter(name string, _ ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	return noop.Int64Counter{}, errors.New(name)
}

func TestBrokenProvider(t *testing.T) {
	t.Parallel()
	_, err := otelphoneauth.Instrument(phoneauth.Config{}, otelphoneauth.WithMeterProvider(brokenMeters{}))
	require.EqualError(t, err, "otelphoneauth: instruments: phoneauth.events\nphoneauth.region.events\nphoneauth.channel.events")
	_, err = otelphoneauth.Wrap(nil, otelphoneauth.WithMeterProvider(brokenMeters{}))
	require.Error(t, err)
}

// hanging is a store whose one verb answers when its context ends, or says err.
type hanging struct {
	phoneauth.Store

	err error
}

func (s hanging) UserByID(ctx context.Context, _ string) (phoneauth.User, error) {
	if s.err == nil {
		<-ctx.Done()
		return phoneauth.User{}, ctx.Err()
	}
	return phoneauth.User{}, s.err
}

// Answers are no faults; what is broken is.
func TestStoreOutcomes(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]string{
		phoneauth.ErrNotFound:                         " phoneauth.outcome=not_found",
		phoneauth.ErrMismatch:                         " phoneauth.outcome=mismatch",
		phoneauth.ErrStale:                            " phoneauth.outcome=stale",
		phoneauth.ErrReused:                           " phoneauth.outcome=reused",
		phoneauth.ErrBlocked:                          " phoneauth.outcome=blocked",
		fmt.Errorf("x: %w", phoneauth.ErrPhoneTaken):  " phoneauth.outcome=phone_taken",
		&phoneauth.LimitError{Limit: "country"}:       " phoneauth.limit=country phoneauth.outcome=limited",
		errors.New("dial"):                            " Error(unavailable) error.type=unavailable phoneauth.outcome=unavailable",
		fmt.Errorf("x: %w", context.DeadlineExceeded): " Error(timeout) error.type=timeout phoneauth.outcome=timeout",
	} {
		h := newHost(t, func(c *phoneauth.Config) { c.Store = hanging{c.Store, err} })
		_, got := h.cfg.Store.UserByID(t.Context(), "1")
		assert.Same(t, err, got)
		assert.Equal(t, "phoneauth.store.UserByID"+want+" phoneauth.store.verb=UserByID\n", h.trees())
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, func(c *phoneauth.Config) { c.Store = hanging{c.Store, nil} })
		_, err := h.svc.User(t.Context(), phoneauth.Claims{UserID: "1"})
		require.ErrorIs(t, err, phoneauth.ErrUnavailable)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err = h.svc.User(ctx, phoneauth.Claims{UserID: "1"})
		require.ErrorIs(t, err, phoneauth.ErrUnavailable)
		assert.Equal(t, `phoneauth.User Error(timeout) error.type=timeout phoneauth.operation=User phoneauth.outcome=timeout
	phoneauth.store.UserByID Error(timeout) error.type=timeout phoneauth.outcome=timeout phoneauth.store.verb=UserByID
phoneauth.User phoneauth.operation=User phoneauth.outcome=canceled
	phoneauth.store.UserByID phoneauth.outcome=canceled phoneauth.store.verb=UserByID
`, h.trees())
		told := h.metrics(t)
		assert.Contains(t, told, "\t1 error.type=timeout phoneauth.outcome=timeout phoneauth.store.verb=UserByID\n")
		assert.Contains(t, told, "\t1 phoneauth.outcome=canceled phoneauth.store.verb=UserByID\n")
	})
}

// README.md names every outcome that an error has.
func TestOutcomesAreDocumented(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("README.md")
	require.NoError(t, err)
	source, err := os.ReadFile("outcome.go")
	require.NoError(t, err)
	names := regexp.MustCompile(`\{phoneauth\.Err\w+, "(\w+)"\}`).FindAllStringSubmatch(string(source), -1)
	require.Greater(t, len(names), 10)
	for _, name := range names {
		assert.Contains(t, string(document), "`"+name[1]+"`")
	}
}
