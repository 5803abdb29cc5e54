package integration_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// A primary is lost under 16 writers and its synchronous standby is promoted: once for every
// change, and ten times before a release, of which every other primary hangs in place of being
// killed. The process that writes goes on. Nothing that was acknowledged is lost, and nothing
// that was used is good again.
func TestSQLFailover(t *testing.T) {
	failovers := 1
	if integration.Release() {
		failovers = 10
	}
	primary, d := ownPostgres(t)
	d.place().migrate(t)
	var all []deed
	for n := range failovers {
		standby, err := primary.StartStandby(t.Context(), true)
		require.NoError(t, err)
		t.Cleanup(standby.Stop)
		d.dsn = integration.DSNOfPair(primary, standby)
		if n == 0 {
			refusesAlone(t, d.place(), standby)
		}
		hangs := n%2 == 1
		deeds, away := failedOver(t, d.place(), n, func() {
			if hangs {
				require.NoError(t, primary.Pause())
			} else {
				primary.Kill()
			}
			require.NoError(t, standby.Promote(t.Context()))
		})
		primary.Kill()
		openings := slices.DeleteFunc(slices.Clone(deeds), func(d deed) bool { return d.What != opens })
		deeds = slices.DeleteFunc(deeds, func(d deed) bool { return d.What == opens })
		wholly(t, d.place(), openings, deeds)
		lost, revived := look(t, d.place(), deeds)
		assert.Empty(t, lost, "lost of %d", len(deeds))
		assert.Empty(t, revived, "revived of %d", len(deeds))
		t.Logf("%d acknowledged; the primary hangs: %t; nothing was acknowledged for %v", len(deeds), hangs, away.Round(10*time.Millisecond))
		all = append(all, deeds...)
		primary = standby
	}
	lost, revived := look(t, d.place(), all)
	assert.Empty(t, lost, "lost by a later failover, of %d", len(all))
	assert.Empty(t, revived, "revived by a later failover, of %d", len(all))
}

// A standby that no commit waits for lacks what it has not received, if it is behind when the
// primary is lost. So the test above would see it.
func TestSQLFailoverAsynchronous(t *testing.T) {
	beforeARelease(t)
	primary, d := ownPostgres(t)
	d.place().migrate(t)
	standby, err := primary.StartStandby(t.Context(), false)
	require.NoError(t, err)
	t.Cleanup(standby.Stop)
	require.NoError(t, standby.Pause())
	d.dsn = primary.DSN("public")
	c := startChild(t, task{Do: "work", Place: d.place()})
	deeds := make([]deed, 200)
	for i := range deeds {
		require.NoError(t, c.hear(&deeds[i]))
	}
	primary.Kill()
	require.NoError(t, standby.Resume())
	require.NoError(t, standby.Promote(t.Context()))
	lost, revived := look(t, database{sqlstore.Postgres, "pgx", standby.DSN("public")}.place(), deeds)
	assert.NotEmpty(t, lost)
	t.Logf("of %d that were acknowledged lost %v, good again %v", len(deeds), lost, revived)
}

// refusesAlone: while the only standby is away, nothing is acknowledged or sent.
func refusesAlone(t *testing.T, p place, standby *integration.Postgres) {
	t.Helper()
	svc, inbox := service(t, p.store(t), func(*phoneauth.Config) {})
	phone, client := caller(lives - 1)
	require.NoError(t, standby.Pause())
	_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: client})
	assert.ErrorIs(t, err, phoneauth.ErrUnavailable)
	_, sent := inbox.Last(phone)
	assert.False(t, sent)
	require.NoError(t, standby.Resume())
	_, err = svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: client})
	require.NoError(t, err)
}

// failedOver has a child work on p, which goes on while lose takes its server away and brings
// another. It returns what the child has told of, and for how long it told of nothing.
func failedOver(t *testing.T, p place, n int, lose func()) (deeds []deed, away time.Duration) {
	t.Helper()
	c := startChild(t, task{Do: "work", Place: p, Number: n * lives, GoOn: true, TellsOpenings: true})
	const before, after = 400, 400
	deeds = c.deeds(t, before)
	began := time.Now()
	lose()
	for ended := time.Now(); deeds[len(deeds)-1].At.Before(ended); {
		deeds = append(deeds, c.deeds(t, 1)...)
	}
	deeds = append(deeds, c.deeds(t, after)...)
	deeds = append(deeds, c.last()...)
	times := make([]time.Time, len(deeds))
	for i, d := range deeds {
		times[i] = d.At
	}
	slices.SortFunc(times, time.Time.Compare)
	for i := 1; i < len(times); i++ {
		if times[i].After(began) {
			away = max(away, times[i].Sub(times[i-1]))
		}
	}
	return deeds, away
}
