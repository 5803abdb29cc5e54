package phoneauth

import (
	"context"
	"errors"

	"github.com/phoneauth/phoneauth/internal/background"
)

// sending is how a code is asked for, beyond whom it is for.
type sending struct {
	channel string
	takes   []Take // the limits it must pass
	renew   string // ID of the registration to go on with
	pending []byte // its password, sealed
}

// register asks the limits and the host, opens the challenge of c or finds the live one,
// and sends its code.
func (s *Service) register(ctx context.Context, c *call, o sending) (*Pending, error) {
	allowed, err := s.hostAllows(ctx, c, o)
	if err != nil {
		return nil, err
	}
	ctx, done, err := s.uninterrupted(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	return s.open(ctx, c, o, allowed)
}

// open is register once the host has been asked. ErrNotFound: o.renew names no live
// challenge, and nothing happened.
func (s *Service) open(ctx context.Context, c *call, o sending, allowed bool) (*Pending, error) {
	p := BeginParams{
		Challenge: Challenge{Pending: o.pending, Sends: 1},
		Renew:     o.renew,
		Lockout:   s.codeLockout(c),
		Takes:     o.takes,
		Charges:   s.charges(c),
		Now:       c.now,
	}
	if !allowed { // as if it were sent, but not charged: nobody pays for it
		p.Charges, p.Challenge.Sends = nil, 0
	}
	if !c.purpose.ours() {
		user, err := s.phoneAccount(ctx, c.phone)
		if err != nil {
			return nil, err
		}
		c.account = account{user.ID, user.Epoch}
	}
	var later *background.Place
	if c.purpose == PurposePasswordReset { // no place is a 503 before anything is taken
		var err error
		if later, err = s.later.Plain(); err != nil {
			return nil, &unavailable{"send after the answer", err}
		}
	}
	begun, code, err := s.begin(ctx, c, p)
	if err != nil {
		if later != nil {
			later.Release()
		}
		return nil, s.limited(ctx, c, err)
	}
	s.watchCeiling(ctx, c)
	if err := s.deliver(ctx, c, o, delivery{begun.Challenge, code, allowed, later}); err != nil {
		return nil, err
	}
	token, err := s.challengeTokenFor(c, begun.Challenge)
	if err != nil {
		return nil, err
	}
	return &Pending{
		ChallengeToken: token,
		Phone:          c.phone,
		ExpiresAt:      begun.Challenge.ExpiresAt,
		ResendAt:       begun.ResendAt,
		CodeLength:     s.cfg.Code.Digits,
		TriesLeft:      begun.Challenge.TriesLeft,
	}, nil
}

// hostAllows asks BeforeSend, once the limits say that they would admit a send: a hook
// that costs money is no cheaper to abuse than a text. For a purpose of the host's they
// are asked as well, since the account is looked up next.
func (s *Service) hostAllows(ctx context.Context, c *call, o sending) (bool, error) {
	hook := s.cfg.Hooks.BeforeSend != nil && c.test == nil
	if !hook && c.purpose.ours() {
		return true, nil
	}
	if err := s.store.TakeLimits(ctx, TakeParams{Asks: o.takes, Now: c.now}); err != nil {
		return false, s.limited(ctx, c, err)
	}
	if !hook {
		return true, nil
	}
	err := s.cfg.Hooks.BeforeSend(ctx, SendInfo{
		Phone: c.phone, Region: c.region, Purpose: c.purpose, Channel: o.channel, Client: c.client,
	})
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, ErrUnavailable):
		return false, err
	}
	s.event(ctx, c.event(EventSendRefused))
	s.cfg.Logger.InfoContext(ctx, "phoneauth: BeforeSend refused", "error", err)
	return false, nil
}

// delivery is a code that is to leave.
type delivery struct {
	challenge Challenge
	code      string
	allowed   bool              // by the host
	later     *background.Place // for what leaves after its answer, else nil
}

// deliver sends a code: within the request where it is sent to every number, after the
// answer where it is sent only if there is an account. Where nothing is sent, because the
// host refused or for a test number, it takes as long as a send lately took.
func (s *Service) deliver(ctx context.Context, c *call, o sending, d delivery) error {
	if d.later != nil {
		d.later.Go(ctx, func(ctx context.Context) error { return s.deliverReset(ctx, c, o, d) })
		return nil
	}
	if s.nothingToSend(ctx, c, d) {
		s.sendTimes.Wait(ctx)
		return nil
	}
	m, err := s.codeMessage(ctx, c, o, d)
	if err != nil {
		return err
	}
	err = s.send(ctx, c, m)
	if failed, ok := errors.AsType[*SendError](err); ok && failed.Class == Temporary {
		if failed := s.giveBack(ctx, c); failed != nil {
			return errors.Join(err, failed)
		}
	}
	return err
}

// deliverReset is deliver for what leaves after its answer.
func (s *Service) deliverReset(ctx context.Context, c *call, o sending, d delivery) error {
	user, err := s.phoneAccount(ctx, c.phone)
	if err != nil || user.ID == "" || user.Blocked {
		return err
	}
	if s.nothingToSend(ctx, c, d) {
		return nil
	}
	m, err := s.codeMessage(ctx, c, o, d)
	if err != nil {
		return err
	}
	return s.send(ctx, c, m)
}

// nothingToSend reports whether the host refused the code, or the number is a test number,
// which counts as sent.
func (s *Service) nothingToSend(ctx context.Context, c *call, d delivery) bool {
	if d.allowed && c.test != nil {
		s.event(ctx, c.event(EventCodeSent))
	}
	return !d.allowed || c.test != nil
}

func (s *Service) codeMessage(ctx context.Context, c *call, o sending, d delivery) (Message, error) {
	return s.message(ctx, c, text{
		purpose: c.purpose, code: d.code, locale: c.client.Locale, channel: o.channel, expires: d.challenge.ExpiresAt,
	})
}

// giveBack gives back what a code for c cost the limits of the phone and the scores, since
// it was certainly not accepted. The address's send stays taken.
func (s *Service) giveBack(ctx context.Context, c *call) error {
	return s.store.GiveBack(ctx, GiveBackParams{
		Takes: s.phoneSendTakes(c.print, c.device.known()), Credits: s.charges(c), Now: c.now,
	})
}
