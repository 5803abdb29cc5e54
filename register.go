package phoneauth

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/phoneauth/phoneauth/internal/background"
)

// RegisterRequest asks for a code.
type RegisterRequest struct {
	// Phone is the number as the person typed it. See [ParsePhone]. It may be empty for
	// PurposeAccountDeletion, PurposeDataExport and PurposeAccountUnlock, whose codes go to one
	// number only.
	Phone string
	// Purpose says what the code is for. Empty means [PurposeSignIn].
	// [PurposePasswordRegistration] is refused: call [Service.RegisterPassword] for it.
	Purpose Purpose
	// BoundTo binds the code to something beyond the number. For [PurposePhoneChange],
	// [PurposeAccountDeletion] and [PurposeDataExport] it is the User.ID and required; ask only
	// for the user of a live session. For [PurposeAccountUnlock] it is the token of the notice. For a purpose of the host it is what the host chooses,
	// and may be empty. For the other purposes it must be empty. At most 128 bytes.
	BoundTo string
	// Channel is the Name of the channel to send by. Empty means the first one that is offered.
	Channel string
	// Details say what the code approves, in the language of the person: "100.00 EUR to ACME".
	// The text names them. They are for purposes of the host only, and are at most 64 characters
	// without control and format characters and without spaces around them. A built-in text with
	// them must fit into TextRules.MaxSegments. They bind the code to nothing: put into BoundTo
	// what must not change. Empty means none.
	Details string
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
	// Again reports whether this is the code that was asked for before. False is a new code. It is
	// the same for numbers with and without an account.
	Again bool
	// Channel is the Name of the channel that the code was sent by.
	Channel string
	// Channels are the channels that are offered for this number and purpose, in their order,
	// with Channel among them. They are the same for numbers with and without an account.
	Channels []ChannelState
}

// sending says how a code is sent.
type sending struct {
	channel *channel
	offered []*channel // channel among them; the first does not wait
	details string
	asks    []Take // the waits of the channel, which it must pass
	takes   []Take // the limits it must pass
	renew   string // ID of the password registration to continue, or ""
	hash    Secret // of the password of that registration, or ""
	once    string // of sendOnce
	charged charged
}

// register asks the limits and the host, creates the challenge of c or finds the live one,
// and sends its code.
func (s *Service) register(ctx context.Context, c *call, o sending) (*Pending, error) {
	return s.sentOnce(ctx, o, func() (*Pending, error) { return s.registerAnew(ctx, c, o) }, c)
}

// sentOnce calls send, unless the code of one of about was already sent for the same request.
func (s *Service) sentOnce(ctx context.Context, o sending, send func() (*Pending, error), about ...*call) (*Pending, error) {
	if before, _, err := s.sentBefore(ctx, o, about); before != nil || err != nil {
		return before, err
	}
	pending, err := send()
	if limitOf(err) == LimitPhoneSends && o.once != "" {
		return s.sentMeanwhile(ctx, o, about, err)
	}
	return pending, err
}

// sentMeanwhile is sentBefore for a request that the limits of the number refused: the same request
// at the same time may have been first. A store of several nodes shows its take before its challenge, so while there
// is no code, it is given some time. A registration gets less, and does not look at codes of others: each
// registration has a challenge of its own.
func (s *Service) sentMeanwhile(ctx context.Context, o sending, about []*call, refused error) (*Pending, error) {
	registers, longest := about[0].purpose == PurposePasswordRegistration, 400*time.Millisecond
	if registers {
		longest = 50 * time.Millisecond
	}
	for wait := 25 * time.Millisecond; ; wait *= 2 {
		before, live, err := s.sentBefore(ctx, o, about)
		switch {
		case before != nil || err != nil:
			return before, err
		case live && !registers || wait > longest:
			return nil, refused
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, refused
		}
	}
}

// registerAnew is register for a request that was not made before.
func (s *Service) registerAnew(ctx context.Context, c *call, o sending) (*Pending, error) {
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
	if !allowed && c.operator { // who may know it
		return nil, ErrRefused
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
		Challenge: Challenge{Sends: 1},
		Renew:     o.renew,
		Asks:      o.asks,
		Lockout:   s.codeLockout(c),
		Now:       c.now,
	}
	if !allowed { // the answer is that of a send, but nothing is charged
		p.Challenge.Sends = 0
		o.takes = slices.DeleteFunc(slices.Clone(o.takes), func(t Take) bool { return spendPeriods[t.Name] > 0 })
	}
	if !c.purpose.ours() {
		user, err := s.phoneAccount(ctx, c.phone)
		if err != nil {
			return nil, err
		}
		c.account = account{user.ID, user.Epoch}
	}
	p.Challenge.Pending = s.sealPending(c, o)
	var later *background.Place
	if c.purpose == PurposePasswordReset { // fail before anything is taken when there is no place
		var err error
		if later, err = s.later.Plain(); err != nil {
			return nil, &unavailable{"send after the answer", err}
		}
		defer func() {
			if later != nil { // it was not handed on
				later.Release()
			}
		}()
	}
	begun, err := s.begin(ctx, c, o, p)
	if errors.Is(err, ErrUnavailable) && o.once != "" { // after the answer, because the store is slow now
		s.afterwards(ctx, "let a code be asked for again", func(ctx context.Context) error { return s.notSent(ctx, c, o) })
	}
	var channels []ChannelState
	if err == nil { // before anything is sent: what follows an answer must not change it
		if channels, err = s.channelStates(ctx, c, o, begun.ResendAt); err != nil {
			s.afterwards(ctx, "give back what was not sent", func(ctx context.Context) error {
				d := delivery{challenge: begun.Challenge, allowed: allowed}
				return errors.Join(s.giveBack(ctx, c, o, d), s.sendAgain(ctx, c, o, d.challenge))
			})
		}
	}
	if err != nil {
		return nil, err
	}
	if c.human.proved > 0 {
		s.humanEvent(ctx, c, EventHumanCheckSolved, c.human.proved)
	}
	s.watchCeiling(ctx, c, o.channel)
	d := delivery{begun.Challenge, begun.code, allowed, later}
	later = nil
	if err := s.deliver(ctx, c, o, d); err != nil {
		return nil, err
	}
	return s.pending(c, o, begun, channels)
}

// pending describes the code of a challenge.
func (s *Service) pending(c *call, o sending, begun begun, channels []ChannelState) (*Pending, error) {
	token, err := s.challengeTokenFor(c, begun.Challenge)
	if err != nil {
		return nil, err
	}
	return &Pending{
		Again:          begun.again,
		Channel:        o.channel.Name,
		Channels:       channels,
		ChallengeToken: token,
		Phone:          c.phone,
		ExpiresAt:      begun.Challenge.ExpiresAt,
		ResendAt:       begun.ResendAt,
		CodeLength:     s.cfg.Code.Digits,
		TriesLeft:      begun.Challenge.TriesLeft,
	}, nil
}

// sendOnce returns the print of the client's IdempotencyKey, of the client, and of what it asks for.
// It is empty without a key. The password is that of a registration.
func (s *Service) sendOnce(c *call, o sending, password Secret) string {
	if c.client.IdempotencyKey == "" {
		return ""
	}
	from := c.device.id
	if !c.device.known() {
		from = s.addressOf(c)
	}
	return s.keys.Print("send once", string(c.client.IdempotencyKey), from, c.print, string(c.purpose), c.boundTo,
		o.channel.Name, c.client.Locale, o.details, string(password))
}

// sentBefore returns the answer to a request that has already had its code sent, by
// ClientInfo.IdempotencyKey, while the code is live. It takes nothing. Nil: the code is to be sent.
// live reports whether one of about has a code, of this request or another one.
func (s *Service) sentBefore(ctx context.Context, o sending, about []*call) (before *Pending, live bool, err error) {
	if o.once == "" {
		return nil, false, nil
	}
	for _, c := range about {
		sent, there, err := s.sentFor(ctx, c, o)
		if sent != nil || err != nil {
			return sent, there, err
		}
		live = live || there
	}
	return nil, live, nil
}

// sentFor is sentBefore for one call.
func (s *Service) sentFor(ctx context.Context, c *call, o sending) (before *Pending, live bool, err error) {
	key := s.challengeKey(&c.target)
	takes := s.phoneSendTakes(c.print, c.device.known(), o.channel)
	found, err := s.store.ReadState(ctx, StateParams{Challenges: []string{key}, Takes: takes, Now: c.now})
	if err != nil {
		return nil, false, err
	}
	sent := found.Challenges[0]
	if sent.ID == "" || s.lastSend(sent).once != o.once {
		return nil, sent.ID != "", nil
	}
	if !c.purpose.ours() {
		user, err := s.phoneAccount(ctx, c.phone)
		if err != nil {
			return nil, true, err
		}
		c.account = account{user.ID, user.Epoch}
	}
	if _, ok := s.keys.Open(secretKey(key, c.purpose, c.account), sent.Sealed); !ok { // it is worth nothing any more
		return nil, true, nil
	}
	resendAt := c.now.Add(slices.Max(append(found.Waits, 0)))
	channels, err := s.channelStates(ctx, c, o, resendAt)
	if err != nil {
		return nil, true, err
	}
	before, err = s.pending(c, o, begun{BeginResult: BeginResult{sent, resendAt}, again: sent.Sends > 1}, channels)
	return before, true, err
}

// notSent is sendAgain where nobody knows whether the store has the challenge.
func (s *Service) notSent(ctx context.Context, c *call, o sending) error {
	found, err := s.store.ReadState(ctx, StateParams{Challenges: []string{s.challengeKey(&c.target)}, Now: c.now})
	if err != nil {
		return err
	}
	live := found.Challenges[0]
	if live.ID == "" || s.lastSend(live).once != o.once {
		return nil
	}
	return s.sendAgain(ctx, c, o, live)
}

// sendAgain lets the request of c be made again with the same IdempotencyKey, because its code was
// not sent.
func (s *Service) sendAgain(ctx context.Context, c *call, o sending, live Challenge) error {
	if o.once == "" {
		return nil
	}
	o.once, o.charged = "", s.lastSend(live).charged
	live.Pending, live.Sends = s.sealPending(c, o), 0
	_, err := s.store.BeginChallenge(ctx, BeginParams{Challenge: live, Renew: live.ID, Now: c.now})
	if errors.Is(err, ErrNotFound) { // the code is used up
		return nil
	}
	return err
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
	asks := slices.Concat(o.asks, s.shownTakes(c, o.takes))
	return s.limited(ctx, c, s.store.TakeLimits(ctx, TakeParams{Asks: asks, Now: c.now}))
}

func (s *Service) sendInfo(c *call, o sending) SendInfo {
	return SendInfo{
		Phone: c.phone, Region: c.region, Purpose: c.purpose, Channel: o.channel.Name,
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
	ended := false
	defer func() {
		if !ended { // the sender or the hook Text has panicked, so the code may have been sent
			_ = s.sendAgain(ctx, c, o, d.challenge)
		}
	}()
	m, err := s.codeMessage(ctx, c, o, d)
	if err == nil {
		err = s.send(ctx, c, o.channel.Sender, m)
	}
	ended = true
	if err != nil {
		return errors.Join(s.unsent(ctx, c, o, d, err), s.sendAgain(ctx, c, o, d.challenge))
	}
	return nil
}

// unsent returns the error for a code that was not sent because of err. If the code was
// certainly not accepted, it gives back what the number paid. If no provider will deliver it by
// this channel, it gives back the hold of the channel, so that no other channel waits for it.
func (s *Service) unsent(ctx context.Context, c *call, o sending, d delivery, err error) error {
	failed, asked := errors.AsType[*SendError](err) // no sender was asked for a code without a text
	var back error
	switch {
	case !asked || failed.Class == Temporary:
		back = s.giveBack(ctx, c, o, d)
	case failed.Class == Permanent && len(o.offered) > 1:
		back = s.store.GiveBack(ctx, GiveBackParams{Takes: s.hold(c.print, c.device.known(), o.channel), Now: c.now})
	}
	if back != nil {
		return errors.Join(err, back)
	}
	if len(o.offered) == 1 {
		return err
	}
	channels, none := s.channelStates(ctx, c, o, time.Time{})
	if none != nil {
		return errors.Join(err, none)
	}
	return &ChannelError{Channel: o.channel.Name, Channels: channels, cause: err}
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
	// Only now it costs something. The answer must not tell.
	if takes := s.spendTakes(c, o.channel); len(takes) > 0 {
		if err := s.store.TakeLimits(ctx, TakeParams{Takes: takes, Now: c.now}); err != nil {
			return s.limited(ctx, c, err)
		}
	}
	return s.send(ctx, c, o.channel.Sender, m)
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
	m := s.codeText(c, o.channel, o.details)
	m.Code, m.ExpiresAt = Secret(d.code), d.challenge.ExpiresAt
	m.AttemptID, m.Sends = s.attemptID(d.challenge), d.challenge.Sends
	c.challenge = s.challengePrint(d.challenge.ID)
	return m, s.word(ctx, &m)
}

// codeText returns a message with a code for c by ch, without its text. The code is all zeros.
func (s *Service) codeText(c *call, ch *channel, details string) Message {
	m := s.unworded(c, text{
		purpose: c.purpose, code: s.zeros, locale: c.client.Locale, channel: ch.Name, details: details,
		expires: c.now.Add(s.cfg.Code.TTL),
	})
	m.ClientAddr = c.client.Addr
	return m
}

// giveBack gives back what the code d took of the limits of the phone and was charged to the scores. It
// is for a code that was certainly not accepted. The send of the address stays taken. A code that the
// host has not allowed was charged to no score and to no ceiling.
//
// A verification credits the scores for each send of its challenge. So that it earns nothing for
// failures, a challenge of which nothing was sent is removed: nobody has its code. If another text with
// the code was sent, before or meanwhile, the scores stay charged until the verification.
func (s *Service) giveBack(ctx context.Context, c *call, o sending, d delivery) error {
	found, err := s.store.ReadState(ctx, StateParams{Challenges: []string{d.challenge.Key}, Now: c.now})
	if err != nil {
		return err
	}
	live := found.Challenges[0]
	first := live.ID == d.challenge.ID && live.Sends <= 1
	if first {
		if err := s.store.CancelChallenges(ctx, d.challenge.Key); err != nil {
			return err
		}
	}
	p := GiveBackParams{Takes: s.phoneSendTakes(c.print, c.device.known(), o.channel), Now: c.now}
	if d.allowed && first {
		p.Credits = s.charges(c)
	}
	if d.allowed && c.purpose != PurposePasswordReset { // see deliverReset
		p.Takes = append(p.Takes, s.spendTakes(c, o.channel)...)
	}
	return s.store.GiveBack(ctx, p)
}
