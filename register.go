package phoneauth

import (
	"context"
	"errors"
	"math"
	"time"
)

// sending is how a code is asked for, beyond whom it is for.
type sending struct {
	client  Client
	channel string
	takes   []Take // the limits it must pass
	renew   string // ID of the registration to go on with
	pending []byte // its password, sealed
}

// register asks the limits and the host, opens the challenge of t or finds the live one,
// and sends its code.
func (s *Service) register(ctx context.Context, t target, o sending) (*Pending, error) {
	allowed, err := s.hostAllows(ctx, t, o)
	if err != nil {
		return nil, err
	}
	return s.open(ctx, t, o, allowed)
}

// open is register once the host has been asked. ErrNotFound: o.renew names no live
// challenge, and nothing happened.
func (s *Service) open(ctx context.Context, t target, o sending, allowed bool) (*Pending, error) {
	now := s.now()
	b := Begin{
		Challenge: Challenge{Pending: o.pending, Sends: 1},
		Renew:     o.renew,
		Failures:  s.phoneFailures(t),
		Takes:     o.takes,
		Now:       now,
	}
	if s.budgeted(t, now) && t.purpose != PurposePasswordReset { // those pay when they are sent
		b.Budgets = s.budgets(t, 1)
	}
	if !allowed { // as if it were sent, but not charged: nobody pays for it
		b.Budgets, b.Challenge.Sends = nil, 0
	}
	var err error
	if t.account, err = s.boundTo(ctx, t); err != nil {
		return nil, err
	}
	begun, code, err := s.begin(ctx, t, b)
	if s.stepUp(ctx, t, o, &b, err) {
		begun, code, err = s.begin(ctx, t, b)
	}
	if err != nil {
		return nil, s.limited(ctx, t, err)
	}
	s.watchCeiling(ctx, t, now)
	if allowed {
		if err := s.deliver(ctx, t, o, begun.Challenge, code); err != nil {
			return nil, err
		}
	}
	token, err := s.sessionTokenFor(t, begun.Challenge)
	if err != nil {
		return nil, err
	}
	return &Pending{
		SessionToken: token,
		Phone:        t.phone,
		ExpiresAt:    begun.Challenge.ExpiresAt,
		ResendAt:     begun.ResendAt,
		CodeLength:   s.cfg.Code.Digits,
		TriesLeft:    begun.Challenge.TriesLeft,
	}, nil
}

// sendInfo is what the host's hooks hear of a code for t.
func sendInfo(t target, o sending) SendInfo {
	return SendInfo{Phone: t.phone, Region: t.region, Purpose: t.purpose, Channel: o.channel, Client: o.client}
}

// hostAllows asks BeforeSend, once the limits say that they would admit a send: a hook
// that costs money is no cheaper to abuse than a text. They are asked before a look-up of
// the account, too, see boundTo.
func (s *Service) hostAllows(ctx context.Context, t target, o sending) (bool, error) {
	now := s.now()
	hook := s.cfg.BeforeSend != nil && s.testNumber(t.phone, now) == nil
	if !hook && t.purpose.ours() {
		return true, nil
	}
	if err := s.store.TakeLimits(ctx, asking(o.takes), now); err != nil {
		return false, s.limited(ctx, t, err)
	}
	if !hook {
		return true, nil
	}
	err := s.cfg.BeforeSend(ctx, sendInfo(t, o))
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, ErrUnavailable):
		return false, err
	}
	s.event(ctx, s.about(t, EventSendRefused))
	s.cfg.Logger.InfoContext(ctx, "phoneauth: BeforeSend refused", "error", err)
	return false, nil
}

// boundTo is the account that a code for t is bound to, if it is to one.
func (s *Service) boundTo(ctx context.Context, t target) (account, error) {
	if t.purpose.ours() {
		return account{}, nil
	}
	user, err := s.store.UserByPhone(ctx, t.phone)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return account{}, err
	}
	return account{user.ID, user.Epoch}, nil
}

// stepUp asks the host about a country whose budget is dry. If it agrees, the country
// refuses b no more.
func (s *Service) stepUp(ctx context.Context, t target, o sending, b *Begin, err error) bool {
	refused, ok := errors.AsType[*LimitError](err)
	if !ok || refused.Limit != LimitCountry || s.cfg.StepUp == nil || s.cfg.StepUp(ctx, sendInfo(t, o)) != nil {
		return false
	}
	b.Budgets[len(b.Budgets)-1].Max = math.Inf(1)
	return true
}

// nothing is what a budget is charged or credited where it is not: what a store is asked
// to add is never zero.
const nothing = 1e-9

// earnedBy is what a verification takes back for each send of its challenge. Those of a
// reset may have been refused after the answer, and paid nothing.
func earnedBy(p Purpose) float64 {
	if p == PurposePasswordReset {
		return nothing
	}
	return 1
}

// charge takes the number budgets, by add each, for a code that only numbers with an
// account are sent, once it is known whether this is one: before, whoever asks for numbers
// without one would dry a country up for nothing. A store charges budgets with a
// challenge, so here is one that nothing answers. A refusal is an event and no error.
func (s *Service) charge(ctx context.Context, t target, o sending, add float64) (paid bool, err error) {
	now := s.now()
	if !s.budgeted(t, now) {
		return true, nil
	}
	b := Begin{
		Challenge: Challenge{
			Key:       tagged(t.print, "r"),
			ID:        "charge",
			Digest:    s.keys.digest(t.print, randomSecret()),
			TriesLeft: 1,
			ExpiresAt: now.Add(time.Second),
			Until:     now.Add(time.Second),
		},
		Budgets: s.budgets(t, add),
		Now:     now,
	}
	_, err = s.store.BeginChallenge(ctx, b)
	if s.stepUp(ctx, t, o, &b, err) {
		_, err = s.store.BeginChallenge(ctx, b)
	}
	if as[*LimitError](s.limited(ctx, t, err)) {
		return false, nil
	}
	return err == nil, err
}

// deliver sends the code of c: within the request where it is sent to every number,
// after the answer where it is sent only if there is an account.
func (s *Service) deliver(ctx context.Context, t target, o sending, c Challenge, code string) error {
	if s.testNumber(t.phone, s.now()) != nil {
		s.event(ctx, s.about(t, EventCodeSent))
		return nil
	}
	m, err := s.message(t, t.purpose, code, o.client.Locale, o.channel, c.ExpiresAt)
	if err != nil {
		return err
	}
	if t.purpose != PurposePasswordReset {
		return s.send(ctx, t, m)
	}
	return s.later.startCode(ctx, func(ctx context.Context) error {
		user, err := s.store.UserByPhone(ctx, t.phone)
		switch {
		case errors.Is(err, ErrNotFound) || err == nil && user.Blocked:
			_, err := s.charge(ctx, t, o, nothing)
			return err
		case err != nil:
			return err
		}
		if paid, err := s.charge(ctx, t, o, 1); !paid {
			return err
		}
		return s.send(ctx, t, m)
	})
}
