package phoneauth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/phoneauth/phoneauth/internal/background"
	"github.com/phoneauth/phoneauth/internal/keyring"
	"github.com/phoneauth/phoneauth/internal/latency"
	"github.com/phoneauth/phoneauth/internal/newest"
	"github.com/phoneauth/phoneauth/internal/places"
	"github.com/phoneauth/phoneauth/internal/seam"
)

// Service is the state machine. Make one with [New]. It is safe for concurrent use. Its
// Store keeps everything that must be remembered, so any number of Services, in any number
// of processes, may share a Store.
type Service struct {
	cfg       *Config
	keys      *keyring.Ring
	store     Store // guarded
	apart     bool  // its users are in another database than its limits
	opens     bool  // it is an Opener, and nobody must see the user before a session is opened
	tokens    TokenIssuer
	numbers   numberPolicy
	tests     map[Phone]*TestNumber
	running   chan struct{}  // one place for each operation that no longer depends on its client
	hashes    *places.Places // for password hashes
	sendTimes *latency.Recent
	later     *background.Group // the work that is done after the answer
	clock     func() time.Time
	journal   *journal     // nil: none is kept
	humans    *humanChecks // nil: nobody is asked

	channels  []*channel // in the order of the Config
	orders    map[string][]*channel
	holdIndex int    // of the hold in Limits.PhoneSends
	zeros     string // a code of zeros
	sent      *newest.Map[sentCode]
	reporting *sync.Map // names of the senders whose delivery reports have come

	unknownHashes *sync.Map // kinds of hashes that were logged
}

// New makes a Service from a copy of cfg. Its error lists every fault of cfg, one line for
// each field.
func New(cfg Config) (*Service, error) {
	cfg = cfg.withDefaults()
	numbers, err := cfg.validate()
	if err != nil {
		return nil, err
	}
	keys, err := newKeyring(cfg.Keys, cfg.Realm)
	if err != nil {
		return nil, err
	}
	s := &Service{
		cfg:       &cfg,
		keys:      keys,
		store:     guarded(cfg.Store),
		tokens:    cfg.Tokens,
		numbers:   numbers,
		tests:     map[Phone]*TestNumber{},
		running:   make(chan struct{}, uninterruptedAtOnce),
		sendTimes: new(latency.Recent),
		holdIndex: cfg.Limits.holdOf(),
		zeros:     strings.Repeat("0", cfg.Code.Digits),
		sent:      newest.New[sentCode](sentCodesKept),
		reporting: new(sync.Map),

		unknownHashes: new(sync.Map),
		hashes:        places.New(hashesAtOnce(), hashLine*hashesAtOnce()),
	}
	_, s.apart = partsOf(cfg.Store)
	s.channels, s.orders = cfg.compiledChannels()
	s.later = background.New(laterAtOnce, laterCodesAtOnce, func(ctx context.Context, err error) {
		s.cfg.Logger.ErrorContext(ctx, "phoneauth: after the answer", "error", err, "cause", causes(err))
	})
	s.journal = newJournal(cfg.Journal, func(err error, lost int) {
		cfg.Logger.Error("phoneauth: entries of the journal are lost", "error", err, "entries", lost)
	})
	if s.humans, err = newHumanChecks(cfg.HumanCheck, keys.HumanCheckKeys()); err != nil {
		return nil, err
	}
	s.clock = time.Now
	if held := seamOf(cfg.Store); held != nil {
		s.clock = held.Now
		held.Join(s.later)
	}
	for _, n := range cfg.Numbers.Test {
		s.tests[StoredPhone(n.Phone)] = &n
	}
	if s.tokens == nil {
		if s.tokens, err = accessTokens(keys, cfg.Name, s.clock); err != nil {
			return nil, err
		}
	}
	s.opens = s.opensSessions()
	cfg.Keys = Keys{} // the derived keys are enough
	return s, nil
}

// seamOf returns the clock that a test suite of this module gives to the Service. It is nil
// for the stores of hosts.
func seamOf(s Store) *seam.Seam {
	switch s := s.(type) {
	case seam.Holder:
		return s.Seam()
	case interface{ unwrap() Store }:
		return seamOf(s.unwrap())
	}
	return nil
}

// Format writes "phoneauth.Service" for every verb, and nothing of the configuration.
func (Service) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "phoneauth.Service") }

// Close waits until the texts that are sent after an answer have left, and lets no more of
// them start. If ctx ends first, Close returns its error. It then writes what waits for the
// journal, within 2 seconds if ctx has ended. Close the Store and the Sender yourself, after
// it.
func (s *Service) Close(ctx context.Context) error {
	err := s.later.Close(ctx)
	if s.journal != nil {
		if ctx.Err() != nil { // what waits may be all that says who did something
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), storeDeadline)
			defer cancel()
		}
		s.journal.flush(ctx)
	}
	if err != nil {
		return fmt.Errorf("phoneauth: close: %w", err)
	}
	return nil
}

// now returns the time in UTC and whole microseconds, as stores keep it.
func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// VerifyRequest brings a code back. It needs Phone or ChallengeToken, or both.
type VerifyRequest struct {
	// Phone is the number as the person typed it. With a ChallengeToken it may be empty;
	// otherwise it must be the number of the token.
	Phone string
	// Code is the code as the person typed it. ASCII spaces around it are ignored.
	Code string
	// ChallengeToken is that of the Pending. It may be empty when Phone is set.
	ChallengeToken Secret
	// Purpose must be that of the RegisterRequest. Empty means [PurposeSignIn].
	Purpose Purpose
	// BoundTo must be that of the RegisterRequest.
	BoundTo string
	// Client describes the client that asks.
	Client ClientInfo
}

// ConnectRequest brings the proof of a sign-in to [Service.Connect], or the proof of a
// change of number to [Service.ChangePhone].
type ConnectRequest struct {
	// Phone is the number as the person typed it. It must be the number of the proof, or
	// empty.
	Phone string
	// Token is Proof.Token.
	Token Secret
	// Client describes the client that asks.
	Client ClientInfo
}

// LoginRequest brings a code to [Service.Login]. It needs Phone or ChallengeToken, or both.
type LoginRequest struct {
	// Phone is the number as the person typed it. With a ChallengeToken it may be empty;
	// otherwise it must be the number of the token.
	Phone string
	// Code is the code as the person typed it. ASCII spaces around it are ignored.
	Code string
	// ChallengeToken is that of the Pending. It may be empty when Phone is set. A password
	// registration requires it.
	ChallengeToken Secret
	// Purpose is [PurposeSignIn] or [PurposePasswordRegistration]. Empty means
	// PurposeSignIn.
	Purpose Purpose
	// Client describes the client that asks.
	Client ClientInfo
}

// RedeemRequest finishes a purpose of the host, with the token of a Proof or with the code
// itself.
type RedeemRequest struct {
	// Token is Proof.Token. When it is set, Phone, Code and ChallengeToken are ignored.
	Token Secret
	// Phone is as in VerifyRequest.
	Phone string
	// Code is as in VerifyRequest.
	Code string
	// ChallengeToken is as in VerifyRequest.
	ChallengeToken Secret
	// Purpose must be that of the RegisterRequest. Required.
	Purpose Purpose
	// BoundTo must be that of the RegisterRequest.
	BoundTo string
	// Client describes the client that asks.
	Client ClientInfo
}

// Register sends a code. If the number has a live challenge for that purpose, Register
// sends the same code again, with the tries that it has left. It answers alike for numbers
// with and without an account. For PurposePasswordReset the code is sent after the answer,
// and only if there is an account.
//
// Errors:
//   - ErrInvalidPhone: the number is invalid or not served.
//   - ErrNotFound: BoundTo names a user who does not exist, or who may not do this.
//   - ErrInvalidToken, ErrPhoneTaken: see [Service.UnlockAccount].
//   - *LimitError: nothing was sent. Of LimitPhoneChange: the account cannot be deleted yet.
//   - *HumanCheckError: nothing was sent or taken. Ask again with the answer.
//   - ErrUnavailable: the code may have been sent. A *SendError is wrapped when the sender
//     is the cause. It is a *ChannelError when several channels are offered.
//   - ErrChannel: the channel is not offered for this number and purpose.
//   - ErrDetails: no text can name the Details.
//   - ErrPurpose: Purpose or BoundTo is not allowed here.
func (s *Service) Register(ctx context.Context, r RegisterRequest) (*Pending, error) {
	r.Purpose = orSignIn(r.Purpose)
	if err := checkPurpose(r.Purpose, r.BoundTo); err != nil {
		return nil, err
	}
	bound, err := s.boundTo(ctx, r.Purpose, r.BoundTo)
	if err != nil {
		return nil, err
	}
	if r.Purpose.ofOwner() && r.Phone == "" {
		r.Phone = bound.owner.E164()
	}
	c, err := s.parsed(ctx, r.Phone, r.Purpose, bound.to, r.Client)
	if err != nil {
		return nil, err
	}
	if r.Purpose.ofOwner() && c.phone != bound.owner {
		return nil, ErrInvalidPhone
	}
	o, err := s.sendingBy(c, r.Channel, r.Details)
	if err != nil {
		return nil, err
	}
	return s.register(ctx, c, o)
}

// Verify exchanges the right code for a proof. The proof is good once, for 5 minutes. Of
// concurrent calls with one code exactly one gets a proof.
//
// Errors:
//   - ErrInvalidPhone: the number is invalid or not served.
//   - ErrInvalidCode: the code or the challenge token is wrong, expired or used. It is a
//     *CodeError when the challenge token is right and the code is wrong.
//   - *LimitError: nothing was compared.
//   - ErrUnavailable: the code may be used up.
//   - ErrPurpose: Purpose or BoundTo is not allowed here. A code of PurposePasswordReset is
//     for [Service.RecoverPassword]. Codes that go to the number of an account have methods
//     of their own too.
func (s *Service) Verify(ctx context.Context, r VerifyRequest) (*Proof, error) {
	r.Purpose = orSignIn(r.Purpose)
	if err := checkPurpose(r.Purpose, r.BoundTo); err != nil {
		return nil, err
	}
	if r.Purpose == PurposePasswordReset || r.Purpose.ofOwner() {
		return nil, ErrPurpose // RecoverPassword and others take the code itself
	}
	bound, err := s.boundTo(ctx, r.Purpose, r.BoundTo)
	if errors.Is(err, ErrNotFound) {
		return nil, ErrInvalidCode // no code was ever sent for a user who does not exist
	}
	if err != nil {
		return nil, err
	}
	c, challengeID, err := s.received(ctx, answer{r.Phone, r.ChallengeToken, r.Purpose, bound.to, r.Client})
	if err != nil {
		return nil, err
	}
	ctx, done, err := s.uninterrupted(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	p, challenge := s.newProof(c)
	if _, err := s.attemptFor(ctx, c, challengeID, r.Code, challenge); err != nil {
		return nil, err
	}
	p.account = c.account
	token, err := sealedToken(s.keys.SealToken(keyring.Verification, p.encode(), p.expires()))
	if err != nil {
		return nil, err
	}
	return &Proof{
		Token:     token,
		Phone:     c.phone,
		Purpose:   c.purpose,
		BoundTo:   r.BoundTo,
		ExpiresAt: p.expires(),
	}, nil
}

// Connect exchanges the proof of a sign-in for a session of the account that has the
// number. It creates the account if there is none. Of concurrent calls with one proof
// exactly one gets a session.
//
// Errors:
//   - ErrInvalidPhone: Phone is set and no valid number.
//   - ErrInvalidToken: the proof is forged, expired, or of another number or purpose, or
//     the account has changed since. It is a *SpentTokenError when the proof was used.
//   - *BlockedError, ErrLocked: the account is blocked, or its owner has locked it.
//   - ErrRefused: Hooks.BeforeSignIn refused.
//   - *LimitError: the number is locked.
//   - ErrUnavailable: the proof may be used up.
func (s *Service) Connect(ctx context.Context, r ConnectRequest) (*Session, error) {
	c, proof, err := s.proved(presented{r.Token, r.Phone, PurposeSignIn, "", r.Client})
	if err != nil {
		return nil, err
	}
	ctx, done, err := s.uninterrupted(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	in := SignIn{UserID: c.account.id, Epoch: c.account.epoch}
	at, err := s.openSession(ctx, c, s.redeeming(c, proof), in)
	if errors.Is(err, ErrNotFound) {
		return nil, s.spent(ctx, proof)
	}
	if err != nil {
		return nil, s.notRedeemed(ctx, c, err)
	}
	if at.Stored {
		return s.opened(ctx, c, at)
	}
	return s.signIn(ctx, c, in, byCode, ErrInvalidToken)
}

// Login does what Verify and Connect do, in one call. For PurposePasswordRegistration it
// creates the account with the password that [Service.RegisterPassword] has stored with
// the challenge.
//
// Errors: those of Verify and Connect, with ErrInvalidCode in place of ErrInvalidToken.
// ErrPhoneTaken: the number of a password registration has an account by now.
func (s *Service) Login(ctx context.Context, r LoginRequest) (*Session, error) {
	r.Purpose = orSignIn(r.Purpose)
	registration := r.Purpose == PurposePasswordRegistration
	switch {
	case r.Purpose != PurposeSignIn && !registration:
		return nil, ErrPurpose
	case registration && r.ChallengeToken == "":
		return nil, ErrInvalidCode
	}
	c, challengeID, err := s.received(ctx, answer{r.Phone, r.ChallengeToken, r.Purpose, "", r.Client})
	if err != nil {
		return nil, err
	}
	ctx, done, err := s.uninterrupted(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if s.opens && !registration && !c.device.known() { // a known device is first compared with the account
		return s.loginAtOnce(ctx, c, challengeID, r.Code)
	}
	taken, err := s.attemptFor(ctx, c, challengeID, r.Code, nil)
	if err != nil {
		return nil, err
	}
	in := SignIn{UserID: c.account.id, Epoch: c.account.epoch}
	if registration {
		if in.PasswordHash = s.lastSend(taken).hash; in.PasswordHash == "" {
			return nil, ErrInvalidCode
		}
	}
	return s.signIn(ctx, c, in, byCode, ErrInvalidCode)
}

// Redeem finishes a purpose of the host. It uses up the proof or the code, and creates
// neither an account nor a session. The Proof that it returns has the number and no token.
//
// Errors:
//   - ErrInvalidToken: the proof is forged, expired, used, or of something else, or the
//     account of the number has changed since the code was sent.
//   - With a code, also those of [Service.Verify].
//   - ErrBlocked: the account of the number is blocked or locked.
//   - *LimitError: the number is locked, or the address has too many failures.
//   - ErrUnavailable: the proof or the code may be used up.
//   - ErrPurpose: the purpose is one of the package.
func (s *Service) Redeem(ctx context.Context, r RedeemRequest) (*Proof, error) {
	if r.Purpose.ours() {
		return nil, ErrPurpose
	}
	if err := checkPurpose(r.Purpose, r.BoundTo); err != nil {
		return nil, err
	}
	ctx, done, err := s.uninterrupted(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	c, err := s.redeemHosts(ctx, r)
	if err != nil {
		return nil, err
	}
	user, err := s.phoneAccount(ctx, c.phone)
	if err != nil {
		return nil, err
	}
	now := account{user.ID, user.Epoch}
	if !c.account.still(now) || c.device.known() && now != (account{c.device.userID, c.device.epoch}) {
		return nil, ErrInvalidToken
	}
	if user.Blocked || user.Locked {
		return nil, ErrBlocked
	}
	s.event(ctx, c.event(EventRedeemed))
	return &Proof{Phone: c.phone, Purpose: c.purpose, BoundTo: c.boundTo, ExpiresAt: c.now.Add(proofLife)}, nil
}

// redeemHosts uses up the proof or the code of r.
func (s *Service) redeemHosts(ctx context.Context, r RedeemRequest) (*call, error) {
	if r.Token != "" || r.Code == "" {
		return s.redeemed(ctx, presented{r.Token, "", r.Purpose, r.BoundTo, r.Client})
	}
	c, challengeID, err := s.received(ctx, answer{r.Phone, r.ChallengeToken, r.Purpose, r.BoundTo, r.Client})
	if err == nil {
		_, err = s.attemptFor(ctx, c, challengeID, r.Code, nil)
	}
	return c, err
}

func orSignIn(p Purpose) Purpose {
	if p == "" {
		return PurposeSignIn
	}
	return p
}
