package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// purge is Purge of store at now, which must say how many records that removed: want, or
// any number if want is negative. It reports false for a store that has no Purge.
func purge(t testing.TB, store any, now time.Time, want int) bool {
	t.Helper()
	purger, ok := store.(phoneauth.Purger)
	if !ok {
		return false
	}
	removed, err := purger.Purge(t.Context(), now)
	require.NoError(t, err, "Purge")
	require.GreaterOrEqual(t, removed, 0, "how many records that were")
	if want >= 0 {
		require.Equal(t, want, removed, "how many records that were")
	}
	return true
}

// purge is Purge, of a store that has it.
func (c *challenges) purge(now time.Time) {
	c.Helper()
	purge(c, c.store, now, -1)
}

var challengePurgeCases = []testCase[*challenges]{
	{"Purge changes no answer", "It changes no answer of any verb", func(c *challenges) {
		ch, take, l, locked, score := c.open(c.challenge("login")), c.take("phone", 9), c.lockout("phone"), c.steps("locked"), c.charge("country")
		l.TTL, locked.TTL = 5*time.Minute, time.Minute
		locked.Steps[0].Wait = 5 * time.Minute
		c.spend(start, cost(take, 9))
		c.fail(l, 3, start)
		c.fail(locked, 2, start)
		c.owe(score, 1000, start)
		now := after(5*time.Minute - tick)
		c.purge(now)
		assert.Equal(c, 9*every-5*time.Minute+tick, c.busy(take, now), "a limit")
		c.same(ch, c.win(ch, now), "a challenge of a microsecond to live")
		c.locked(locked, tick, now, "a lock of a microsecond")
		c.counted(l, 3, now, "a count of a microsecond")
		c.purge(after(95 * time.Hour))
		c.score(score, 1000*fade(95, 24), after(95*time.Hour), "a score not four days old")
	}},
	{"Purge removes what is gone", "Purge removes what is gone at now", func(c *challenges) {
		ch, l := c.open(c.challenge("login")), c.lockout("phone")
		c.fail(l, 3, start)
		c.purge(after(l.TTL))
		c.gone(ch, after(l.TTL), "after Purge", phoneauth.ErrNotFound)
		c.counted(l, 0, after(l.TTL), "after Purge")
		c.open(ch)
	}},
	{"what may be forgotten changes no answer", "A store may forget tat once now has reached it, because no later answer depends on it", func(c *challenges) {
		take, l, score := c.take("phone", 3), c.lockout("phone"), c.charge("country")
		l.TTL, score.DebtDecay, score.CreditDecay = every, every/5, every/5
		for _, forget := range []bool{false, true} {
			c.next()
			take.Key, l.Key, score.Key = c.key("phone"), c.key("phone"), c.key("country")
			c.spend(start, take)
			c.fail(l, 9, start)
			c.owe(score, 1000, start)
			if forget {
				c.purge(after(every))
			}
			c.spend(after(every), cost(take, 3))
			assert.Equal(c, 3*every, c.busy(take, after(every)), "a limit that is full again, forgotten: %t", forget)
			c.score(score, 0, after(every), "a score that is over")
			c.counted(l, 0, after(every), "a count that is over")
		}
	}},
	{"Purge says how many records it removed", "Purge removes what is gone at now, and returns how many records it removed", func(c *challenges) {
		now := after(time.Hour)
		if !purge(c, c.part, now, -1) {
			c.Skip("the store is no Purger")
		}
		ch, kept := c.challenge("login"), c.challenge("kept")
		ch.ExpiresAt, ch.Until, kept.ExpiresAt, kept.Until = now, now, now.Add(tick), now.Add(tick)
		c.open(ch)
		c.open(kept)
		l, score := c.lockout("phone"), c.charge("country")
		l.TTL, score.DebtDecay, score.CreditDecay = time.Hour, 10*time.Minute, 15*time.Minute
		c.fail(l, 3, start)
		c.owe(score, 5, start)
		c.spend(start, cost(c.take("phone", 9), 2), cost(c.take("kept", 90), 90))
		purge(c, c.part, now, 4)
		purge(c, c.part, now, 0)
		c.same(kept, c.win(kept, now.Add(-tick)), "a challenge of a microsecond to live")
		assert.Equal(c, 90*every-time.Hour, c.busy(c.take("kept", 90), now), "a limit that is not full again")
	}},
}

// purge is Purge, of a store that has it.
func (s *sessions) purge(now time.Time) {
	s.Helper()
	purge(s, s.store, now, -1)
}

var sessionPurgeCases = []testCase[*sessions]{
	{"Purge of sessions", "It changes no answer of any verb", func(s *sessions) {
		idle, busy, expired := s.create(), s.create(), s.create()
		r := s.rotation(busy, after(time.Second))
		busy = s.rotated(r)
		r = s.rotation(expired, start)
		r.IdleUntil = after(24 * time.Hour)
		expired = s.rotated(r)
		s.purge(idle.IdleUntil.Add(-tick))
		s.live(idle, idle.IdleUntil.Add(-tick), "a microsecond to live")
		s.purge(idle.IdleUntil)
		s.dead(idle, idle.IdleUntil, "at IdleUntil")
		s.live(busy, idle.IdleUntil, "a second more to live")
		s.purge(expired.ExpiresAt.Add(-tick))
		s.live(expired, expired.ExpiresAt.Add(-tick), "a microsecond to live")
		s.purge(expired.ExpiresAt)
		s.dead(expired, expired.ExpiresAt, "at ExpiresAt")
	}},
	{"Purge says how many sessions it removed", "Purge removes what is gone at now, and returns how many records it removed", func(s *sessions) {
		now := after(time.Hour)
		if !purge(s, s.part, now, -1) {
			s.Skip("the store is no Purger")
		}
		idle, expired, kept := s.session(unique()), s.session(unique()), s.session(unique())
		expired.IdleUntil, expired.ExpiresAt, kept.IdleUntil = now.Add(time.Hour), now, now.Add(tick)
		s.stored(idle)
		s.stored(expired)
		s.stored(kept)
		purge(s, s.part, now, 2)
		purge(s, s.part, now, 0)
		s.live(kept, now, "a microsecond to live")
	}},
	{"Purge of a session that was used to the end", "Purge removes what is gone at now, and returns how many records it removed", func(s *sessions) {
		record := s.create()
		if !purge(s, s.part, record.ExpiresAt.Add(-tick), -1) {
			s.Skip("the store is no Purger")
		}
		record = s.create()
		r := s.rotation(record, start)
		r.IdleUntil = record.ExpiresAt.Add(72 * time.Hour)
		record = s.rotated(r)
		purge(s, s.part, record.ExpiresAt.Add(-tick), 0)
		purge(s, s.part, record.ExpiresAt, 1)
	}},
}
