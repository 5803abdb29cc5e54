package memstore

import (
	"context"
	"crypto/subtle"
	"math"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/meter"
)

// challenge is a [phoneauth.Challenge] without its Key, in one allocation.
type challenge struct {
	body                          string // ID, Digest, Sealed and Pending
	digestAt, sealedAt, pendingAt uint32 // where they begin in body
	tries, sends                  int32
	expires, until                int64
}

func (c challenge) end() int64      { return c.expires }
func (c challenge) size() int       { return allocated(len(c.body)) }
func (c challenge) id() string      { return c.body[:c.digestAt] }
func (c challenge) digest() string  { return c.body[c.digestAt:c.sealedAt] }
func (c challenge) sealed() string  { return c.body[c.sealedAt:c.pendingAt] }
func (c challenge) pending() string { return c.body[c.pendingAt:] }

func pack(c *phoneauth.Challenge) challenge {
	packed := challenge{
		tries:   int32(min(c.TriesLeft, math.MaxInt32)),
		sends:   int32(min(c.Sends, math.MaxInt32)),
		expires: c.ExpiresAt.UnixMicro(),
		until:   c.Until.UnixMicro(),
	}
	packed.setBody(c.ID, string(c.Digest), string(c.Sealed), string(c.Pending))
	return packed
}

func (c *challenge) setBody(id, digest, sealed, pending string) {
	c.digestAt = uint32(len(id))
	c.sealedAt = c.digestAt + uint32(len(digest))
	c.pendingAt = c.sealedAt + uint32(len(sealed))
	c.body = id + digest + sealed + pending
}

// unpack returns the challenge with slices of its own.
func (c challenge) unpack(name string) phoneauth.Challenge {
	body := []byte(c.body)
	part := func(from, to uint32) []byte {
		if from == to {
			return nil
		}
		return body[from:to:to]
	}
	return phoneauth.Challenge{
		Key:       name,
		ID:        c.id(),
		Digest:    part(c.digestAt, c.sealedAt),
		Sealed:    part(c.sealedAt, c.pendingAt),
		Pending:   part(c.pendingAt, uint32(len(body))),
		TriesLeft: int(c.tries),
		Sends:     int(c.sends),
		ExpiresAt: meter.Instant(c.expires),
		Until:     meter.Instant(c.until),
	}
}

// touched is c after a Begin with given found it.
func (c challenge) touched(given challenge, renew bool) challenge {
	id := c.id()
	if renew {
		id = given.id()
	}
	if id != c.id() || given.pending() != c.pending() {
		c.setBody(id, c.digest(), c.sealed(), given.pending())
	}
	c.sends = int32(min(int64(c.sends)+int64(given.sends), math.MaxInt32))
	c.expires = min(given.expires, c.until)
	return c
}

// equals reports whether one of digests is the challenge's.
func (c challenge) equals(digests [][]byte) bool {
	own, equal := []byte(c.digest()), 0
	for _, digest := range digests {
		if len(digest) > 0 {
			equal |= subtle.ConstantTimeCompare(digest, own)
		}
	}
	return equal == 1
}

// live returns the challenge at k, if it is live and, unless id is empty, that one.
func (s *Store) live(k key, id string, now int64) (c challenge, ok bool) {
	c, ok = s.challenges.get(k)
	ok = ok && now < c.expires && (id == "" || id == c.id())
	return c, ok
}

// BeginChallenge implements [phoneauth.ChallengeStore].
func (s *Store) BeginChallenge(_ context.Context, b phoneauth.Begin) (phoneauth.Begun, error) {
	var keyBuf [16]key
	keys := s.takeKeys(keyBuf[:0], b.Takes)
	keys = s.budgetKeys(keys, b.Budgets)
	w := begin{
		Begin:    &b,
		key:      s.key(b.Challenge.Key),
		failures: s.key(b.Failures.Key),
		takes:    keys[:len(b.Takes)],
		budgets:  keys[len(b.Takes):],
		given:    pack(&b.Challenge),
		now:      b.Now.UnixMicro(),
	}
	c, resend, err := s.begin(&w)
	if err != nil {
		return phoneauth.Begun{}, err
	}
	return phoneauth.Begun{Challenge: c.unpack(b.Challenge.Key), ResendAt: meter.Instant(resend)}, nil
}

// begin is a Begin, made ready outside the mutex.
type begin struct {
	*phoneauth.Begin
	key, failures  key
	takes, budgets []key
	given          challenge
	now            int64
}

func (s *Store) begin(b *begin) (c challenge, resend int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(b.now)
	if err := s.locked(&b.Failures, b.failures, b.now); err != nil {
		return c, 0, err
	}
	old, live := s.live(b.key, b.Renew, b.now)
	if !live && b.Renew != "" {
		return c, 0, phoneauth.ErrNotFound
	}
	var tatBuf tats
	takes, err := s.admit(tatBuf[:0], b.Takes, b.takes, b.now)
	if err != nil {
		return c, 0, err
	}
	var scoreBuf scores
	charges, err := s.charge(scoreBuf[:0], b.Budgets, b.budgets, b.now)
	if err != nil {
		return c, 0, err
	}

	c = b.given
	if live {
		c = old.touched(b.given, b.Renew != "")
	}
	more := s.taking(takes, b.now).plus(s.charging(charges)).plus(s.storing(b.key, c))
	if !s.fits(more, s.open) {
		return c, 0, ErrFull
	}
	s.take(takes, b.now)
	s.charged(charges)
	s.challenges.put(b.key, c)
	return c, resendAt(takes, b.Takes, b.takes, b.now), nil
}

// storing is what a put of c at k will add to the store.
func (s *Store) storing(k key, c challenge) usage {
	if old, ok := s.challenges.get(k); ok {
		return usage{0, c.size() - old.size()}
	}
	return usage{1, s.challenges.cost(c)}
}

// CancelChallenges implements [phoneauth.ChallengeStore].
func (s *Store) CancelChallenges(_ context.Context, names ...string) error {
	var buf [8]key
	keys := buf[:0]
	for _, name := range names {
		keys = append(keys, s.key(name))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range keys {
		s.challenges.drop(k)
	}
	return nil
}
