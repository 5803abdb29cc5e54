package phoneauth

import (
	"context"
	"errors"
)

// answer says what a code that came back is for.
type answer struct {
	phone   string // as typed; may be empty with a token
	token   Secret // names the challenge; may be empty with a phone
	purpose Purpose
	boundTo string
	client  ClientInfo
}

// received is the call that a is about, and the ID of the challenge that its token names.
// Without a token it is about the phone's own challenge. ErrInvalidPhone comes first,
// whatever the token is.
func (s *Service) received(ctx context.Context, a answer) (c *call, challengeID string, err error) {
	if a.token == "" {
		c, err = s.parsed(ctx, a.phone, a.purpose, a.boundTo, a.client)
		return c, "", err
	}
	c = s.started(a.client)
	claims, ok := s.openChallengeToken(a.token, c.now)
	same, err := s.numbers.same(a.phone, claims.about.phone)
	if err != nil {
		return nil, "", err
	}
	t := claims.about
	// What a registration is bound to is known by its token alone.
	bound := t.boundTo == a.boundTo || a.purpose == PurposePasswordRegistration
	if !ok || !same || t.purpose != a.purpose || !bound {
		return nil, "", ErrInvalidCode
	}
	c.target = t
	c.test = s.testNumber(t.phone, c.now)
	return c, claims.challengeID, nil
}

// mayAttempt asks whether c's address may try a code. Limits come before look-ups and
// before a place for hashing.
func (s *Service) mayAttempt(ctx context.Context, c *call) error {
	return s.limited(ctx, c, s.store.TakeLimits(ctx, TakeParams{Asks: s.addressFailureTakes(c), Now: c.now}))
}

// ownerOf is the user of c's phone now, zero where there is none, and sets c.account to it:
// what comes of a code is worth nothing once the account has changed. For a known device it
// is ErrInvalidCode when that is not the user, or not at the epoch, that the device belongs
// to.
func (s *Service) ownerOf(ctx context.Context, c *call) (User, error) {
	user, err := s.phoneAccount(ctx, c.phone)
	if err != nil {
		return User{}, err
	}
	c.account = account{user.ID, user.Epoch}
	if c.device.known() && c.account != (account{c.device.userID, c.device.epoch}) {
		return User{}, ErrInvalidCode
	}
	return user, nil
}

// attemptFor is mayAttempt, ownerOf and attempt.
func (s *Service) attemptFor(ctx context.Context, c *call, challengeID, code string, proof *Challenge) (Challenge, error) {
	if _, ok := s.wellFormed(code); !ok { // a malformed code is a wrong one, and costs nothing
		return Challenge{}, ErrInvalidCode
	}
	if err := s.mayAttempt(ctx, c); err != nil {
		return Challenge{}, err
	}
	if _, err := s.ownerOf(ctx, c); err != nil {
		return Challenge{}, err
	}
	return s.attempt(ctx, c, challengeID, code, proof)
}

// attempt gives code to the challenge of c, and stores proof, unless nil, in the step that
// takes the challenge away. Whatever was wrong, it is ErrInvalidCode. mayAttempt and
// ownerOf come before it.
func (s *Service) attempt(ctx context.Context, c *call, challengeID, code string, proof *Challenge) (Challenge, error) {
	code, ok := s.wellFormed(code)
	if !ok {
		return Challenge{}, ErrInvalidCode
	}
	taken, err := s.store.AttemptChallenge(ctx, AttemptParams{
		Candidates: s.candidates(c, challengeID, code, proof),
		Lockout:    s.codeLockout(c),
		Takes:      s.addressFailureTakes(c),
		Now:        c.now,
	})
	switch {
	case errors.Is(err, ErrMismatch) && challengeID != "":
		s.event(ctx, c.event(EventVerifyFailed))
		return Challenge{}, &CodeError{TriesLeft: taken.TriesLeft}
	case errors.Is(err, ErrMismatch), errors.Is(err, ErrNotFound):
		s.event(ctx, c.event(EventVerifyFailed))
		return Challenge{}, ErrInvalidCode
	case err != nil:
		return Challenge{}, s.limited(ctx, c, err)
	}
	s.event(ctx, c.event(EventVerified))
	return taken, nil
}

// candidates are the challenges that the code may be for. A known device may also answer
// the challenge of the phone itself, unless a token names the one it means.
func (s *Service) candidates(c *call, challengeID, code string, proof *Challenge) []Candidate {
	own := s.candidate(c, &c.target, code, proof)
	own.ID = challengeID
	if !c.device.known() || challengeID != "" {
		return []Candidate{own}
	}
	plain := c.target
	plain.device = device{}
	return []Candidate{own, s.candidate(c, &plain, code, proof)}
}

// candidate is the challenge of t, to be answered with code. A match gives back what its
// codes cost the address, and one cooldown; it takes away what they were charged to the
// budgets, and forgets what known devices were charged.
func (s *Service) candidate(c *call, t *target, code string, proof *Challenge) Candidate {
	key := s.challengeKey(t)
	m := OnMatch{
		Store:       proof,
		Refunds:     append(s.addressFailureTakes(c), s.cooldown(t.print, t.device.known())...),
		SendRefunds: s.addressSendTakes(c),
	}
	if s.budgeted(c) {
		if !t.device.known() {
			m.Credits, m.Reward = s.budgets(c), s.reward(c)
		}
		m.ClearScores = []string{s.deviceScore(c, deviceSends).Key}
	}
	return Candidate{Key: key, Digests: s.digests(t, key, code, c.account), OnMatch: m}
}
