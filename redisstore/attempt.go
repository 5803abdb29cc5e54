package redisstore

import (
	"cmp"
	"context"
	"errors"

	"github.com/phoneauth/phoneauth"
)

// AttemptChallenge implements [phoneauth.ChallengeStore].
//
// On a cluster, what is compared, counted, taken away and stored is one step, in the
// slot of the candidates. Takes in other slots come before it, and are given back if it
// refuses; what a match gives back and credits in other slots comes after it. If such a
// slot does not answer then, the match stands and the gift is lost: a limit is then
// stricter than it need be.
func (s *Store) AttemptChallenge(ctx context.Context, p phoneauth.AttemptParams) (phoneauth.Challenge, error) {
	v, err := s.attempt(ctx, &p, nil)
	return v.Challenge, failed("attempt challenge", err)
}

// AttemptSession implements [phoneauth.SessionAttempter]. On one node it is one step. On a cluster the challenge and
// the session are in two slots, and the session is left to CreateSession.
func (s *Store) AttemptSession(ctx context.Context, p phoneauth.AttemptParams, n phoneauth.NewSession) (phoneauth.Opened, error) {
	then := &n
	if s.cluster {
		then = nil
	}
	v, err := s.attempt(ctx, &p, then)
	return v, failed("attempt session", err)
}

// attempt does p, and with then a session as AttemptSession does.
func (s *Store) attempt(ctx context.Context, p *phoneauth.AttemptParams, then *phoneauth.NewSession) (v phoneauth.Opened, err error) {
	if len(p.Candidates) == 0 {
		return v, phoneauth.ErrNotFound
	}
	home := s.slot(s.key(challengeKind, p.Candidates[0].Key))
	if !s.allAt(p, home) {
		return v, errSlots
	}
	a := attempting{AttemptParams: p, store: s, home: home, then: then}
	var before []uses
	for _, run := range s.runs(uses{takes: p.Takes}) {
		if run.slot != home {
			before = append(before, run)
			continue
		}
		a.takes = append(a.takes, run.takes...)
	}
	t := taken{store: s, now: p.Now}
	for i := range before {
		if err := t.take(ctx, &before[i], true); err != nil {
			if phoneauth.IsAnswer(err) {
				if first := a.refusal(ctx, &before[i]); first != nil {
					err = first
				}
			}
			return v, t.refused(ctx, err)
		}
	}
	v, of, given, err := a.compare(ctx)
	if _, limited := errors.AsType[*phoneauth.LimitError](err); limited {
		return v, t.refused(ctx, err)
	}
	if err == nil && s.cluster {
		s.afterMatch(ctx, matched{OnMatch: &of.OnMatch, sends: v.Challenge.Sends, given: given, home: home, now: p.Now})
	}
	return v, err
}

// allAt reports whether all that one step must see is in one slot.
func (s *Store) allAt(p *phoneauth.AttemptParams, home int) bool {
	if p.Lockout.Key != "" && s.slot(s.key(lockoutKind, p.Lockout.Key)) != home {
		return false
	}
	for i := range p.Candidates {
		of := &p.Candidates[i]
		if s.slot(s.key(challengeKind, of.Key)) != home ||
			of.OnMatch.Store != nil && s.slot(s.key(challengeKind, of.OnMatch.Store.Key)) != home {
			return false
		}
	}
	return true
}

// attempting is an AttemptChallenge on its way.
type attempting struct {
	*phoneauth.AttemptParams
	store *Store
	home  int
	// takes are those in the slot of the candidates.
	takes []phoneauth.Take
	// then is the session that is stored on a match, unless it is nobody's. Nil: AttemptChallenge.
	then *phoneauth.NewSession
}

// refusal is that of the lockout or of a take at home, where those are to be asked before
// a run that has refused. It is nil if they do not refuse.
func (a *attempting) refusal(ctx context.Context, refused *uses) error {
	earlier := uses{}
	for i := range a.Takes {
		if a.Takes[i].Key == refused.takes[0].Key {
			break
		}
		if a.store.slot(a.store.key(limitKind, a.Takes[i].Key)) == a.home {
			earlier.takes = append(earlier.takes, a.Takes[i])
		}
	}
	if a.Lockout.Key == "" && len(earlier.takes) == 0 {
		return nil
	}
	return a.store.ask(ctx, a.AttemptParams, &earlier)
}

// ask asks the lockout of p and the takes of u, and takes nothing.
func (s *Store) ask(ctx context.Context, p *phoneauth.AttemptParams, u *uses) error {
	c := newRequest(takeScript, p.Now)
	c.bit(false)
	s.putLockout(c, &p.Lockout)
	s.putUses(c, &uses{asks: u.takes})
	r, err := s.do(ctx, c)
	switch {
	case err != nil:
		return err
	case r.status() == statusOK:
		return nil
	case r.status() == statusRefused:
		return r.refusal(u.names(p.Lockout.Name))
	}
	return errAnswer
}

// compare does it. On a match it returns the candidate, and whether its reward was given.
func (a *attempting) compare(ctx context.Context) (v phoneauth.Opened, of *phoneauth.Candidate, given bool, err error) {
	call, err := a.call()
	if err != nil {
		return v, nil, false, err
	}
	r, err := a.store.do(ctx, call)
	if err != nil {
		return v, nil, false, err
	}
	switch r.status() {
	case statusRefused:
		u := uses{takes: a.takes}
		return v, nil, false, r.refusal(u.names(a.Lockout.Name))
	case statusNotFound:
		return v, nil, false, phoneauth.ErrNotFound
	case statusOK, statusMismatch:
	default:
		return v, nil, false, errAnswer
	}
	i := r.int(1) - 1
	if i < 0 || i >= int64(len(a.Candidates)) {
		return v, nil, false, errAnswer
	}
	of = &a.Candidates[i]
	v.Challenge, err = unpackChallenge(of.Key, r.text(2))
	if r.status() == statusMismatch {
		return v, of, false, cmp.Or(err, phoneauth.ErrMismatch)
	}
	v.Stored, v.Evicted = r.int(4) == statusOK, r.list(5).text(0)
	return v, of, r.int(3) == 1, err
}

// call is what lua/attempt.lua reads, and lua/open.lua after it.
func (a *attempting) call() (*call, error) {
	s := a.store
	c := newRequest(attemptScript, a.Now)
	given := make([]gifts, len(a.Candidates))
	ruled := len(a.takes) > 0
	for i := range a.Candidates {
		given[i] = s.giftsAt(&a.Candidates[i].OnMatch, a.home)
		ruled = ruled || given[i].some()
	}
	c.bit(ruled)
	s.putLockout(c, &a.Lockout)
	if ruled {
		s.putTakes(c, a.takes)
	}
	c.count(len(a.Candidates))
	for i := range a.Candidates {
		of := &a.Candidates[i]
		c.key(s.key(challengeKind, of.Key))
		c.piece(of.ID)
		c.count(len(of.Digests))
		c.bit(of.OnMatch.Store != nil)
		for _, digest := range of.Digests {
			c.packed(digest)
		}
		if store := of.OnMatch.Store; store != nil {
			packed, err := packChallenge(store)
			if err != nil {
				return nil, err
			}
			c.key(s.key(challengeKind, store.Key))
			c.packed(packed)
			c.life(store.ExpiresAt.Sub(a.Now))
		}
		if ruled {
			s.putGifts(c, &given[i])
		}
	}
	if a.then != nil {
		return c, a.putThen(c)
	}
	return c, nil
}

// putThen writes what lua/open.lua reads. Whether or not the session is somebody's, as much is sent.
func (a *attempting) putThen(c *call) error {
	packed, err := packSession(&a.then.Session)
	if err != nil {
		return err
	}
	c.script = openScript
	c.bit(a.then.Session.UserID != "")
	a.store.putSession(c, a.then, packed)
	return nil
}
