package sqlstore

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/meter"
)

// challengeColumns are in the order of values and of scan.
const challengeColumns = "key, id, digest, sealed, pending, tries_left, sends, expires_at, until_at, due"

// setChallenge is for an UPDATE, with values as its arguments.
const setChallenge = " SET key = ?, id = ?, digest = ?, sealed = ?, pending = ?, tries_left = ?, sends = ?, expires_at = ?, until_at = ?, due = ?"

func challengeValues(c *phoneauth.Challenge) []any {
	expires := c.ExpiresAt.UnixMicro()
	return []any{[]byte(c.Key), []byte(c.ID), c.Digest, c.Sealed, c.Pending, int32s(c.TriesLeft), int32s(c.Sends),
		expires, c.Until.UnixMicro(), due(expires, minute)}
}

// slot is where a challenge is: the key of it, locked if there is a row.
type slot struct {
	phoneauth.Challenge
	key   string
	known bool // there is a row
	live  bool // and it is live, and the one that was asked for
}

// slot reads and locks the challenge at key. It is live for the verb if id is empty or
// its own.
func (s *Store) slot(ctx context.Context, q querier, key, id string, now int64) (*slot, error) {
	found := &slot{key: key}
	c := &found.Challenge
	var own []byte
	var expires, until int64
	err := s.query("SELECT id, digest, sealed, pending, tries_left, sends, expires_at, until_at FROM "+s.table.challenges+
		" WHERE key = ?"+s.forUpdate, []byte(key)).
		row(ctx, q, &own, &c.Digest, &c.Sealed, &c.Pending, &c.TriesLeft, &c.Sends, &expires, &until)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return found, nil
	case err != nil:
		return nil, err
	}
	c.Key, c.ID, c.ExpiresAt, c.Until = key, string(own), meter.Instant(expires), meter.Instant(until)
	found.known = true
	found.live = now < expires && (id == "" || id == c.ID)
	return found, nil
}

// addEmpty adds to b that no row has this key. A key without a row cannot be locked: what
// was done since it was looked for might belong to a time when there is one.
func (b *batch) addEmpty(s *Store, key string) {
	b.add(0, "SELECT 1 FROM "+s.table.challenges+" WHERE key = ?", []byte(key))
}

// none adds to b that there is no challenge, still, now that cs are locked.
func (sl *slot) none(s *Store, b *batch, cs *counters) {
	if !sl.known && !s.alone && len(cs.list) > 0 {
		b.addEmpty(s, sl.key)
	}
}

// put adds to b that c is in the slot from now on.
func (sl *slot) put(s *Store, b *batch, c *phoneauth.Challenge) {
	values := challengeValues(c)
	if sl.known {
		b.add(1, "UPDATE "+s.table.challenges+setChallenge+" WHERE key = ?", append(values, []byte(sl.key))...)
		return
	}
	b.add(1, "INSERT INTO "+s.table.challenges+" ("+challengeColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING", values...)
}

// touch is put of the live challenge, of which only what touching changes is written.
func (sl *slot) touch(s *Store, b *batch, given *phoneauth.Challenge, renew bool) {
	c := &sl.Challenge
	if renew {
		c.ID = given.ID
	}
	c.Pending = given.Pending
	c.Sends += given.Sends
	c.ExpiresAt = earlier(given.ExpiresAt, c.Until)
	expires := c.ExpiresAt.UnixMicro()
	b.add(1, "UPDATE "+s.table.challenges+" SET id = ?, pending = ?, sends = ?, expires_at = ?, due = ? WHERE key = ?",
		[]byte(c.ID), c.Pending, int32s(c.Sends), expires, due(expires, minute), []byte(sl.key))
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// BeginChallenge implements [phoneauth.ChallengeStore].
func (s *Store) BeginChallenge(ctx context.Context, b phoneauth.Begin) (begun phoneauth.Begun, err error) {
	now := b.Now.UnixMicro()
	err = s.atomically(ctx, "begin challenge", func(q querier) error {
		found, err := s.slot(ctx, q, b.Challenge.Key, b.Renew, now)
		if err != nil {
			return err
		}
		cs := s.counters()
		cs.nameFailures(&b.Failures)
		cs.nameTakes(b.Takes)
		cs.nameBudgets(b.Budgets)
		if err := cs.load(ctx, q); err != nil {
			return err
		}
		if err := cs.locked(&b.Failures, now); err != nil {
			return err
		}
		if b.Renew != "" && !found.live {
			missing := s.batch()
			found.none(s, missing, cs)
			if err := missing.run(ctx, q); err != nil {
				return err
			}
			return phoneauth.ErrNotFound
		}
		if err := cs.take(b.Takes, now); err != nil {
			return cs.refused(ctx, q, err)
		}
		if err := cs.settle(ctx, q, b.Budgets, now); err != nil {
			return err
		}
		if err := cs.charge(b.Budgets, now); err != nil {
			return cs.refused(ctx, q, err)
		}
		writes := s.batch()
		cs.save(writes)
		if found.live {
			found.touch(s, writes, &b.Challenge, b.Renew != "")
		} else {
			found.put(s, writes, &b.Challenge)
			found.Challenge = b.Challenge
		}
		begun = phoneauth.Begun{Challenge: plain(found.Challenge), ResendAt: meter.Instant(cs.resendAt(b.Takes, now))}
		return writes.run(ctx, q)
	})
	if err != nil {
		return phoneauth.Begun{}, err
	}
	return begun, nil
}

// plain is c with slices of its own, and times as they are read.
func plain(c phoneauth.Challenge) phoneauth.Challenge {
	own := func(b []byte) []byte { return append([]byte(nil), b...) }
	c.Digest, c.Sealed, c.Pending = own(c.Digest), own(c.Sealed), own(c.Pending)
	c.ExpiresAt, c.Until = meter.Instant(c.ExpiresAt.UnixMicro()), meter.Instant(c.Until.UnixMicro())
	return c
}

// equals reports whether one of digests is the challenge's. An empty one is nobody's.
func equals(own []byte, digests [][]byte) bool {
	equal := 0
	for _, digest := range digests {
		if len(digest) > 0 {
			equal |= subtle.ConstantTimeCompare(digest, own)
		}
	}
	return equal == 1
}

// CancelChallenges implements [phoneauth.ChallengeStore].
func (s *Store) CancelChallenges(ctx context.Context, keys ...string) error {
	// In the order of keys, so that two callers who cancel the same come to no deadlock.
	keys = slices.Compact(slices.Sorted(slices.Values(keys)))
	const step = "cancel challenges"
	cancel := func(q querier) error {
		b := s.batch()
		for _, key := range keys {
			b.add(-1, "DELETE FROM "+s.table.challenges+" WHERE key = ?", []byte(key))
		}
		return b.run(ctx, q)
	}
	if len(keys) < 2 || s.alone {
		return s.write(ctx, step, cancel)
	}
	// A statement that waited for an attempt does not see what that has stored at another
	// of the keys.
	return s.atomically(ctx, step, func(q querier) error {
		if err := cancel(q); err != nil {
			return err
		}
		b := s.batch()
		for _, key := range keys {
			b.addEmpty(s, key)
		}
		return b.run(ctx, q)
	})
}
