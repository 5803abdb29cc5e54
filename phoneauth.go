package phoneauth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"sync"
	"time"

	"github.com/phoneauth/phoneauth/internal/background"
	"github.com/phoneauth/phoneauth/internal/keyring"
	"github.com/phoneauth/phoneauth/internal/latency"
	"github.com/phoneauth/phoneauth/internal/names"
	"github.com/phoneauth/phoneauth/internal/places"
	"github.com/phoneauth/phoneauth/internal/seam"
)

// Purpose says what a code is good for. A code, a session token or a verification
// token of one purpose is nothing to another. A host's own purpose is 1 to 32 lower
// case letters, digits and underscores, and ends with Redeem.
type Purpose string

// The purposes of the package.
const (
	PurposeSignIn               Purpose = "sign_in"
	PurposePasswordRegistration Purpose = "password_registration"
	PurposePasswordReset        Purpose = "password_reset"
	PurposePhoneChange          Purpose = "phone_change"
)

// Purposes of texts that carry no code. They are in the first of Texts.Locales, not in the
// language of the caller, who may be a thief.
const (
	NoticePasswordChanged Purpose = "notice_password_changed"
	NoticePhoneChanged    Purpose = "notice_phone_changed"
)

// Service is the state machine. It is safe for concurrent use and keeps nothing: any
// number of them, in any number of processes, share a Store.
type Service struct {
	cfg       *Config
	keys      *keyring.Ring
	store     Store // guarded
	tokens    TokenIssuer
	numbers   numberPolicy
	tests     map[Phone]TestNumber
	codeSpace *big.Int
	running   chan struct{}  // a place for each operation that runs without its client
	hashes    *places.Places // for password hashes
	sendTimes *latency.Recent
	later     *background.Group // what leaves after its answer
	clock     func() time.Time
	journal   *journal // nil: none is kept

	unknownHashes *sync.Map // kinds of hashes that were logged
}

// New makes a Service, or says everything that is wrong with cfg, one line a field.
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
		tests:     map[Phone]TestNumber{},
		codeSpace: codeSpace(cfg.Code.Digits),
		running:   make(chan struct{}, uninterruptedAtOnce),
		sendTimes: new(latency.Recent),

		unknownHashes: new(sync.Map),
		hashes:        places.New(hashesAtOnce(), hashLine*hashesAtOnce()),
	}
	s.later = background.New(laterAtOnce, laterCodesAtOnce, func(ctx context.Context, err error) {
		s.cfg.Logger.ErrorContext(ctx, "phoneauth: after the answer", "error", err, "cause", causes(err))
	})
	s.journal = newJournal(cfg.Journal, func(err error, lost int) {
		cfg.Logger.Error("phoneauth: entries of the journal are lost", "error", err, "entries", lost)
	})
	s.clock = time.Now
	if held := seamOf(cfg.Store); held != nil {
		s.clock = held.Now
		held.Join(s.later)
	}
	for _, n := range cfg.Numbers.Test {
		s.tests[StoredPhone(n.Phone)] = n
	}
	if s.tokens == nil {
		if s.tokens, err = accessTokens(keys, cfg.Name, s.clock); err != nil {
			return nil, err
		}
	}
	cfg.Keys = Keys{} // what is derived is enough
	return s, nil
}

// seamOf is what a suite of this module holds the Service by, nil for everybody else.
func seamOf(s Store) *seam.Seam {
	switch s := s.(type) {
	case seam.Holder:
		return s.Seam()
	case interface{ unwrap() Store }:
		return seamOf(s.unwrap())
	}
	return nil
}

// Format tells nothing of the configuration, whatever the verb.
func (Service) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "phoneauth.Service") }

// Close waits for the texts that leave after their answer, or for ctx to end, whose error
// it then returns, and lets no more start. The Store and the Sender are the caller's to close, afterwards.
func (s *Service) Close(ctx context.Context) error {
	err := s.later.Close(ctx)
	if s.journal != nil {
		s.journal.flush(ctx)
	}
	if err != nil {
		return fmt.Errorf("phoneauth: close: %w", err)
	}
	return nil
}

// now is the clock of everything: UTC, in whole microseconds.
func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// RegisterRequest asks for a code.
type RegisterRequest struct {
	// Phone as typed.
	Phone string
	// Purpose is sign-in when empty. PasswordRegistration has a method of its own.
	Purpose Purpose
	// Subject binds the code to something beyond the phone: the User.ID for a change of
	// number (required there), or whatever a host's own purpose is about. At most 128
	// bytes.
	BoundTo string
	// Channel is handed to the sender: "sms", "whatsapp"; it may be empty.
	Channel string
	Client  ClientInfo
}

// Pending is a code that is on its way.
type Pending struct {
	// ChallengeToken names the challenge; VerifyRequest takes it in place of the phone.
	ChallengeToken Secret
	// Phone the code went to.
	Phone Phone
	// ExpiresAt is the end of the code, ResendAt when it can be sent again.
	ExpiresAt, ResendAt time.Time
	// CodeLength in digits.
	CodeLength int
	// TriesLeft to give the code. Sending it again adds none.
	TriesLeft int
}

// VerifyRequest brings a code back.
type VerifyRequest struct {
	// Phone as typed. It may be empty when there is a ChallengeToken, and must be the
	// token's phone otherwise.
	Phone string
	Code  string
	// ChallengeToken of the Pending; optional when there is a Phone.
	ChallengeToken Secret
	// Purpose and Subject as in RegisterRequest.
	Purpose Purpose
	BoundTo string
	Client  ClientInfo
}

// Proof says that somebody holds a phone.
type Proof struct {
	// Token for Connect, ChangePhone or Redeem, once; empty in Redeem's answer.
	Token     Secret
	Phone     Phone
	Purpose   Purpose
	BoundTo   string
	ExpiresAt time.Time
}

// ConnectRequest brings a sign-in proof, or for ChangePhone a phone-change proof.
type ConnectRequest struct {
	// Phone as typed; it must be the proof's. Empty: the proof's, whatever it is.
	Phone  string
	Token  Secret
	Client ClientInfo
}

// LoginRequest brings a code.
type LoginRequest struct {
	// Phone as typed. It may be empty when there is a ChallengeToken, and must be the
	// token's phone otherwise.
	Phone string
	Code  string
	// ChallengeToken of the Pending; optional when there is a Phone.
	ChallengeToken Secret
	// Purpose is sign-in when empty, or PasswordRegistration, which needs ChallengeToken.
	Purpose Purpose
	Client  ClientInfo
}

// RedeemRequest ends a host's own purpose, with the token of a Proof or with the code
// itself.
type RedeemRequest struct {
	// Token of the Proof. Where it is empty, Phone, Code and ChallengeToken are as in
	// VerifyRequest.
	Token          Secret
	Phone          string
	Code           string
	ChallengeToken Secret
	Purpose        Purpose
	BoundTo        string
	Client         ClientInfo
}

// Register sends a code, or sends the live one again: the same code with the tries it
// has left. It answers alike for all numbers, with an account or without; for
// PurposePasswordReset the code leaves after the answer, and only if there is an account.
//
// Errors: ErrInvalidPhone; ErrNotFound, a change of number is for a user who does not exist;
// *LimitError, nothing was sent; ErrUnavailable, it may have been, and a *SendError is
// wrapped when the sender is the cause; ErrPurpose.
func (s *Service) Register(ctx context.Context, r RegisterRequest) (*Pending, error) {
	r.Purpose = orSignIn(r.Purpose)
	if err := checkPurpose(r.Purpose, r.BoundTo); err != nil {
		return nil, err
	}
	boundTo, err := s.boundTo(ctx, r.Purpose, r.BoundTo)
	if err != nil {
		return nil, err
	}
	c, err := s.parsed(ctx, r.Phone, r.Purpose, boundTo, r.Client)
	if err != nil {
		return nil, err
	}
	return s.register(ctx, c, sending{channel: r.Channel, takes: s.sendTakes(c)})
}

// Verify turns the right code into a proof that is good for 5 minutes, once.
//
// Errors: ErrInvalidPhone; ErrInvalidCode, whatever was wrong with the code or the session
// token; *LimitError, nothing was compared; ErrUnavailable, and the code may be used up;
// ErrPurpose.
func (s *Service) Verify(ctx context.Context, r VerifyRequest) (*Proof, error) {
	r.Purpose = orSignIn(r.Purpose)
	if err := checkPurpose(r.Purpose, r.BoundTo); err != nil {
		return nil, err
	}
	if r.Purpose == PurposePasswordReset {
		return nil, ErrPurpose // RecoverPassword takes the code itself
	}
	boundTo, err := s.boundTo(ctx, r.Purpose, r.BoundTo)
	if errors.Is(err, ErrNotFound) {
		return nil, ErrInvalidCode // such a user was never sent one
	}
	if err != nil {
		return nil, err
	}
	c, challengeID, err := s.received(ctx, answer{r.Phone, r.ChallengeToken, r.Purpose, boundTo, r.Client})
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
	token, err := signedToken(s.keys.SealToken(keyring.Verification, p.encode(), p.expires()))
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

// Connect turns a sign-in proof into a session for the owner of the number, whose
// account is made if there is none.
//
// Errors: ErrInvalidPhone; ErrInvalidToken, which is a *SpentTokenError for a proof that
// was used; *BlockedError; ErrLocked; ErrRefused; *LimitError; ErrUnavailable, and the
// proof may be used up.
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
	err = s.redeem(ctx, c, proof)
	if errors.Is(err, ErrNotFound) {
		return nil, s.spent(ctx, proof)
	}
	if err != nil {
		return nil, err
	}
	return s.signIn(ctx, c, SignIn{UserID: c.account.id, Epoch: c.account.epoch}, byCode, ErrInvalidToken)
}

// Login is Verify and Connect in one. For PurposePasswordRegistration the code makes the
// account, with the password that waited.
//
// Errors: those of Verify and Connect; ErrPhoneTaken when a registration's number has been
// proved meanwhile.
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
	taken, err := s.attemptFor(ctx, c, challengeID, r.Code, nil)
	if err != nil {
		return nil, err
	}
	in := SignIn{UserID: c.account.id, Epoch: c.account.epoch}
	if registration {
		hash, ok := s.keys.Open(pendingUse(taken.Key), taken.Pending)
		if !ok {
			return nil, ErrInvalidCode
		}
		in.PasswordHash = Secret(hash)
	}
	return s.signIn(ctx, c, in, byCode, ErrInvalidCode)
}

// Redeem ends a purpose of the host's own: it takes the proof, once, or the code, and makes
// neither an account nor a session. The Proof it returns has the phone and no token.
//
// Errors: ErrInvalidToken, or with a code those of Verify; ErrBlocked, the number's account
// is; *LimitError; ErrUnavailable, and the proof may be used up; ErrPurpose for a purpose of
// the package.
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

// redeemHosts takes away the proof or the code of r.
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

// ours reports whether p is a purpose of the package.
func (p Purpose) ours() bool {
	switch p {
	case PurposeSignIn, PurposePasswordRegistration, PurposePasswordReset, PurposePhoneChange,
		NoticePasswordChanged, NoticePhoneChanged:
		return true
	}
	return false
}

// checkPurpose is ErrPurpose for what Register, Verify and Redeem do not serve.
func checkPurpose(p Purpose, subject string) error {
	switch p {
	case PurposeSignIn, PurposePasswordReset:
		if subject != "" {
			return ErrPurpose
		}
		return nil
	case PurposePhoneChange:
		if subject == "" || len(subject) > maxSubject {
			return ErrPurpose
		}
		return nil
	}
	lower := strings.ToLower(string(p)) == string(p)
	if p.ours() || !lower || !names.Valid(string(p), 32, "_") || len(subject) > maxSubject {
		return ErrPurpose
	}
	return nil
}

// maxSubject is the longest subject, in bytes.
const maxSubject = 128
