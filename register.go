package phoneauth

import (
	"context"
	"errors"
	"time"

	"github.com/phoneauth/phoneauth/internal/background"
)

// RegisterRequest asks for a code.
type RegisterRequest struct {
	// Phone is the number as the person typed it. See [ParsePhone].
	Phone string
	// Purpose says what the code is for. Empty means [PurposeSignIn].
	// [PurposePasswordRegistration] is refused: call [Service.RegisterPassword] for it.
	Purpose Purpose
	// BoundTo binds the code to something beyond the number. For [PurposePhoneChange] it
	// is the User.ID and required. For a purpose of the host it is what the host chooses,
	// and may be empty. For the other purposes it must be empty. At most 128 bytes.
	BoundTo string
	// Channel is handed to the sender, such as "sms" or "whatsapp". It may be empty.
	Channel string
	// Client describes the client that asks.
	Client ClientInfo
}

// Pending describes a code that was sent.
type Pending struct {
	// ChallengeToken names the challenge. VerifyRequest, LoginRequest and others accept it
	// in place of the phone.
	ChallengeToken Secret
	// Phone is the number that the code was sent to.
	Phone Phone
	// ExpiresAt is when the code expires. ResendAt is the earliest time at which the code
	// can be sent again.
	ExpiresAt, ResendAt time.Time
	// CodeLength is the number of digits of the code.
	CodeLength int
	// TriesLeft is how many times the code may still be compared. Sending the code again
	// does not raise it.
	TriesLeft int
}

// sending says how a code is sent.
type sending struct {
	channel string
	takes   []Take // the limits it must pass
	renew   string // ID of the password registration to continue, or ""
	pending []byte // its password, sealed
}

// register asks the limits and the host, creates the challenge of c or finds the live one,
// and sends its code.
func (s *Service) register(ctx context.Context, c *call, o sending) (*Pending, error) {
	if err := s.readLocally(ctx, c); err != nil {
		return nil, err
	}
	// A hook may cost as much as a text. For a purpose of the host the account is looked up
	// next.
	if s.hooked(c) || !c.purpose.ours() || s.asksFirst(c) {
		if err := s.admits(ctx, c, o); err != nil {
			return nil, err
		}
	}
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

// open returns the part of register that follows the hook of the host. ErrNotFound: o.renew names
// no live challenge, and nothing was done.
func (s *Service) open(ctx context.Context, c *call, o sending, allowed bool) (*Pending, error) {
	p := BeginParams{
		Challenge: Challenge{Pending: o.pending, Sends: 1},
		Renew:     o.renew,
		Lockout:   s.codeLockout(c),
		Now:       c.now,
	}
	if !allowed { // the answer is that of a send, but nothing is charged
		p.Challenge.Sends = 0
	}
	if !c.purpose.ours() {
		user, err := s.phoneAccount(ctx, c.phone)
		if err != nil {
			return nil, err
		}
		c.account = account{user.ID, user.Epoch}
	}
	var later *background.Place
	if c.purpose == PurposePasswordReset { // fail before anything is taken when there is no place
		var err error
		if later, err = s.later.Plain(); err != nil {
			return nil, &unavailable{"send after the answer", err}
		}
	}
	begun, code, err := s.begin(ctx, c, o, p)
	if err != nil {
		if later != nil {
			later.Release()
		}
		return nil, err
	}
	if c.human.proved > 0 {
		s.humanEvent(ctx, c, EventHumanCheckSolved, c.human.proved)
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

// hooked reports whether the hook BeforeSend is called for c.
func (s *Service) hooked(c *call) bool { return s.cfg.Hooks.BeforeSend != nil && c.test == nil }

// hostAllows calls the hook BeforeSend. Ask the limits and for the human check first.
func (s *Service) hostAllows(ctx context.Context, c *call, o sending) (bool, error) {
	if !s.hooked(c) {
		return true, nil
	}
	err := s.cfg.Hooks.BeforeSend(ctx, s.sendInfo(c, o))
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

// admits asks the limits and for the human check. It takes nothing.
func (s *Service) admits(ctx context.Context, c *call, o sending) error {
	if s.mayAsk(c) {
		return s.checkHuman(ctx, c, o)
	}
	return s.limited(ctx, c, s.store.TakeLimits(ctx, TakeParams{Asks: s.shownTakes(c, o.takes), Now: c.now}))
}

func (s *Service) sendInfo(c *call, o sending) SendInfo {
	return SendInfo{
		Phone: c.phone, Region: c.region, Purpose: c.purpose, Channel: o.channel,
		Proved: c.human.proved, Client: c.client,
	}
}

// delivery is a code to send.
type delivery struct {
	challenge Challenge
	code      string
	allowed   bool              // by the host
	later     *background.Place // to send after the answer; nil to send before it
}

// deliver sends a code. A code that is sent to every number is sent before the answer. A
// code that is sent only to numbers with an account is sent after it. When nothing is sent,
// because the host refused or the number is a test number, deliver waits as long as a recent
// send took.
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

// deliverReset sends the code of a password reset, after the answer.
func (s *Service) deliverReset(ctx context.Context, c *call, o sending, d delivery) error {
	user, err := s.phoneAccount(ctx, c.phone)
	if err != nil || user.ID == "" || user.Blocked || user.Locked {
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

// nothingToSend reports whether the host refused the code or the number is a test number. A
// code to a test number counts as sent.
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

// giveBack gives back what a code for c took of the limits of the phone and was charged to
// the scores. It is for a code that was certainly not accepted. The send of the address
// stays taken.
func (s *Service) giveBack(ctx context.Context, c *call) error {
	return s.store.GiveBack(ctx, GiveBackParams{
		Takes: s.phoneSendTakes(c.print, c.device.known()), Credits: s.charges(c), Now: c.now,
	})
}
