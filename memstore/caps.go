package memstore

import (
	"cmp"
	"math"
)

const (
	defaultRecords = 1_000_000
	defaultBytes   = 256 << 20
)

// Option sets one of the caps of a [Store].
type Option func(*Store)

// MaxRecords caps how many challenges, limits, lockouts, scores, sessions, users and
// journal entries there are together: by default, or when n is zero, 1,000,000.
//
// At the cap no new work is accepted. Attempts on live challenges, which may have to count a
// failure, and giving back may use an eighth more, or 1,024 records if that is more.
//
// When lockouts hold a quarter of the cap, CountFailure refuses keys that have no failures.
// Existing lockouts still count, and an attempt on a live challenge may still create one.
// Journal entries hold at most a quarter of the cap. Both rules apply to MaxBytes too.
func MaxRecords(n int) Option {
	return func(s *Store) { s.open.records = cmp.Or(n, defaultRecords) }
}

// MaxBytes caps the memory that the records and their tables use. The estimate is a little too
// high. By default, or when n is zero, the cap is 256 MiB, which is enough for 1,000,000 pending
// challenges.
//
// At the cap no new work is accepted. Existing records that grow, attempts on live challenges,
// and giving back may use an eighth more, or 1 MiB if that is more.
func MaxBytes(n int) Option {
	return func(s *Store) { s.open.bytes = cmp.Or(n, defaultBytes) }
}

// usage is what caps are about.
type usage struct{ records, bytes int }

func (u usage) plus(v usage) usage { return usage{u.records + v.records, u.bytes + v.bytes} }

// near reports whether u is so much of a cap that sweeps hurry.
func (u usage) near(limit usage) bool {
	return u.records >= limit.records-limit.records/16 || u.bytes >= limit.bytes-limit.bytes/16
}

// share returns the most that the journal may hold, and that lockouts may when a failure of a
// new key is counted. Requests that prove nothing make both.
func (u usage) share() usage { return usage{max(u.records/4, 1), u.bytes / 4} }

// reserve returns a cap with what is open to work that has begun.
func (u usage) reserve() usage {
	return usage{more(u.records, 1024), more(u.bytes, 1<<20)}
}

// more returns n plus an eighth of it, or plus least if that is more.
func more(n, least int) int { return n + min(max(n/8, least), math.MaxInt-n) }

func (s *Store) used() usage {
	return s.challenges.used().
		plus(s.limits.used()).
		plus(s.lockouts.used()).
		plus(s.scores.used()).
		plus(s.sessions.used()).
		plus(s.users.used()).
		plus(s.journal()).
		plus(usage{bytes: s.owners.used().bytes + s.phones.used().bytes})
}

// fits reports whether more may be stored: up to limit, or to s.hard if that makes no
// record but lets one grow. What adds nothing always fits.
func (s *Store) fits(more, limit usage) bool {
	if more.records <= 0 {
		if more.bytes <= 0 {
			return true
		}
		limit = s.hard
	}
	sum := s.used().plus(more)
	s.crowded = s.crowded || sum.near(s.open)
	return (more.records <= 0 || sum.records <= limit.records) &&
		(more.bytes <= 0 || sum.bytes <= limit.bytes)
}

// shares reports whether a part of the store, which now holds used, may have more.
func (s *Store) shares(used, more usage) bool {
	if more.records <= 0 {
		return true
	}
	sum := used.plus(more)
	s.crowded = s.crowded || sum.near(s.share)
	return sum.records <= s.share.records && sum.bytes <= s.share.bytes
}

// How many steps a verb sweeps in each table. A verb adds a handful of records, each
// of which costs a handful of steps in its life: sweepSteps is more than both at once.
const (
	sweepSteps   = 32
	crowdedSteps = 1024
)

// sweep begins a verb at now: it drops some of what has expired, more of it when the
// store is close to a cap, or a part of it to its share.
func (s *Store) sweep(now int64) {
	steps := sweepSteps
	if s.crowded {
		s.crowded = s.used().near(s.open) || s.lockouts.used().near(s.share) || s.journal().near(s.share)
		steps = crowdedSteps
	}
	s.challenges.sweep(now, steps)
	s.limits.sweep(now, steps)
	s.lockouts.sweep(now, steps)
	s.scores.sweep(now, steps)
	s.sessions.sweep(now, steps)
	s.lines.sweep(now, steps)
}
