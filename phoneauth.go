package phoneauth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"time"
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
	keys      *keyring
	store     guard
	tokens    TokenIssuer
	numbers   numberPolicy
	tests     map[Phone]TestNumber
	codeSpace *big.Int
	hashes    chan struct{} // a place for each password hash that may be computed at once
	later     *later
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
		store:     guard{cfg.Store},
		tokens:    cfg.Tokens,
		numbers:   numbers,
		tests:     map[Phone]TestNumber{},
		codeSpace: codeSpace(cfg.Code.Digits),
		hashes:    make(chan struct{}, hashesAtOnce()),
	}
	s.later = newLater(func(ctx context.Context, err error) {
		s.cfg.Logger.ErrorContext(ctx, "phoneauth: after the answer", "error", err, "cause", causes(err))
	})
	for _, n := range cfg.Numbers.Test {
		s.tests[StoredPhone(n.Phone)] = n
	}
	if s.tokens == nil {
		if s.tokens, err = keys.accessTokens(cfg.Name); err != nil {
			return nil, err
		}
	}
	cfg.Keys = Keys{} // what is derived is enough
	return s, nil
}

// Format tells nothing of the configuration, whatever the verb.
func (Service) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "phoneauth.Service") }

// Close waits for the texts that leave after their answer, or for ctx to end, whose error
// it then returns, and lets no more start. The Store and the Sender are the caller's to close, afterwards.
func (s *Service) Close(ctx context.Context) error { return s.later.close(ctx) }

// now is the clock of everything: UTC, in whole microseconds.
func (s *Service) now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// RegisterRequest asks for a code.
type RegisterRequest struct {
	// Phone as typed.
	Phone string
	// Purpose is sign-in when empty. PasswordRegistration has a method of its own.
	Purpose Purpose
	// Subject binds the code to something beyond the phone: the User.ID for a change of
	// number (required there), or whatever a host's own purpose is about. At most 128
	// bytes.
	Subject string
	// Channel is handed to the sender: "sms", "whatsapp"; it may be empty.
	Channel string
	Client  Client
}

// Pending is a code that is on its way.
type Pending struct {
	// SessionToken names the challenge; VerifyRequest takes it in place of the phone.
	SessionToken Secret
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
	// Phone as typed. It may be empty when there is a SessionToken, and must be the
	// token's phone otherwise.
	Phone string
	Code  string
	// SessionToken of the Pending; optional when there is a Phone.
	SessionToken Secret
	// Purpose and Subject as in RegisterRequest.
	Purpose Purpose
	Subject string
	Client  Client
}

// Proof says that somebody holds a phone.
type Proof struct {
	// Token for Connect, ChangePhone or Redeem, once; empty in Redeem's answer.
	Token     Secret
	Phone     Phone
	Purpose   Purpose
	Subject   string
	ExpiresAt time.Time
}

// ConnectRequest brings a sign-in proof, or for ChangePhone a phone-change proof.
type ConnectRequest struct {
	// Phone as typed; it must be the proof's. Empty: the proof's, whatever it is.
	Phone  string
	Token  Secret
	Client Client
}

// LoginRequest brings a code, or a password. The code wins when there are both.
type LoginRequest struct {
	// Phone as typed. It may be empty when there is a SessionToken, and must be the
	// token's phone otherwise.
	Phone string
	// Code as typed; empty means the Password, which may be empty, too, and is wrong then.
	Code     string
	Password Secret
	// SessionToken of the Pending; optional when there is a Phone.
	SessionToken Secret
	// Purpose is sign-in when empty, or PasswordRegistration, which needs SessionToken.
	Purpose Purpose
	Client  Client
}

// RedeemRequest ends a host's own purpose.
type RedeemRequest struct {
	Token   Secret
	Purpose Purpose
	Subject string
}

// Register sends a code, or sends the live one again: the same code with the tries it
// has left. It answers alike for all numbers, with an account or without; for
// PurposePasswordReset the code leaves after the answer, and only if there is an account.
//
// Errors: ErrInvalidPhone; *LimitError, nothing was sent; ErrUnavailable, it may have
// been, and a *SendError is wrapped when the sender is the cause; ErrPurpose.
func (s *Service) Register(ctx context.Context, r RegisterRequest) (*Pending, error) {
	r.Purpose = orSignIn(r.Purpose)
	if err := checkPurpose(r.Purpose, r.Subject); err != nil {
		return nil, err
	}
	subject, err := s.subjectOf(ctx, r.Purpose, r.Subject)
	if err != nil {
		return nil, err
	}
	t, err := s.target(ctx, r.Phone, r.Purpose, subject, r.Client)
	if err != nil {
		return nil, err
	}
	return s.register(ctx, t, sending{
		client:  r.Client,
		channel: r.Channel,
		takes:   s.sendTakes(t, r.Client, 1),
	})
}

// Verify turns the right code into a proof that is good for 5 minutes, once.
//
// Errors: ErrInvalidPhone; ErrInvalidCode, whatever was wrong with the code or the
// session token; *LimitError, nothing was compared; ErrUnavailable, and the code may be
// used up; ErrPurpose.
func (s *Service) Verify(ctx context.Context, r VerifyRequest) (*Proof, error) {
	r.Purpose = orSignIn(r.Purpose)
	if err := checkPurpose(r.Purpose, r.Subject); err != nil {
		return nil, err
	}
	if r.Purpose == PurposePasswordReset {
		return nil, ErrPurpose // RecoverPassword takes the code itself
	}
	subject, err := s.subjectOf(ctx, r.Purpose, r.Subject)
	if err != nil {
		return nil, err
	}
	t, id, err := s.answered(ctx, r.Phone, r.SessionToken, r.Purpose, subject, r.Client)
	if err != nil {
		return nil, err
	}
	p := s.newProof(t, s.now())
	_, user, err := s.attempt(ctx, t, id, r.Code, r.Client, p.at, s.proofChallenge(p))
	if err != nil {
		return nil, err
	}
	p.account = account{user.ID, user.Epoch}
	token, err := s.signProof(p)
	if err != nil {
		return nil, err
	}
	return &Proof{
		Token:     token,
		Phone:     t.phone,
		Purpose:   t.purpose,
		Subject:   r.Subject,
		ExpiresAt: p.expires(),
	}, nil
}

// Connect turns a sign-in proof into a session for the owner of the number, whose
// account is made if there is none.
//
// Errors: ErrInvalidPhone; ErrInvalidToken; ErrPhoneTaken: the token is authentic but
// gone, and the phone's account is not older than it, so that its first use signed up or
// is about to; ErrBlocked, with a Session that has the User and nothing else; ErrRefused;
// *LimitError; ErrUnavailable, and the proof may be used up.
func (s *Service) Connect(ctx context.Context, r ConnectRequest) (*Session, error) {
	p, err := s.redeem(ctx, r.Phone, r.Token, PurposeSignIn, "")
	if errors.Is(err, errProofGone) {
		return nil, s.whyGone(ctx, p)
	}
	if err != nil {
		return nil, err
	}
	// From here on there is no way back: a client that hangs up must not leave it half done.
	ctx = context.WithoutCancel(ctx)
	return s.signIn(ctx, p.target, SignIn{UserID: p.account.id, Epoch: p.account.epoch}, []string{amrCode}, r.Client, ErrInvalidToken)
}

// Login is Verify and Connect in one. Without a code it takes the password; and for
// PurposePasswordRegistration the code makes the account, with the password that waited.
//
// Errors: those of Verify and Connect; ErrInvalidPassword for a wrong password, an
// unknown number or one without a password; ErrPhoneTaken when a registration's number
// has been proved meanwhile. With ErrBlocked the Session has the User and nothing else.
func (s *Service) Login(ctx context.Context, r LoginRequest) (*Session, error) {
	r.Purpose = orSignIn(r.Purpose)
	registration := r.Purpose == PurposePasswordRegistration
	switch {
	case r.Purpose != PurposeSignIn && !registration:
		return nil, ErrPurpose
	case registration && r.SessionToken == "":
		return nil, ErrInvalidCode
	case r.Code == "" && !registration:
		return s.loginPassword(ctx, r)
	}
	t, id, err := s.answered(ctx, r.Phone, r.SessionToken, r.Purpose, "", r.Client)
	if err != nil {
		return nil, err
	}
	taken, user, err := s.attempt(ctx, t, id, r.Code, r.Client, s.now(), nil)
	if err != nil {
		return nil, err
	}
	in := SignIn{UserID: user.ID, Epoch: user.Epoch}
	if registration {
		hash, ok := s.keys.open(pendingUse(taken.Key), taken.Pending)
		if !ok {
			return nil, ErrInvalidCode
		}
		in.PasswordHash = Secret(hash)
	}
	return s.signIn(context.WithoutCancel(ctx), t, in, []string{amrCode}, r.Client, ErrInvalidCode)
}

// Redeem ends a purpose of the host's own: it takes the proof, once, and makes neither
// an account nor a session. The Proof it returns has the phone and no token.
//
// Errors: ErrInvalidToken; ErrBlocked, the number's account is; *LimitError;
// ErrUnavailable, and the proof may be used up; ErrPurpose for a purpose of the package.
func (s *Service) Redeem(ctx context.Context, r RedeemRequest) (*Proof, error) {
	if r.Purpose.ours() {
		return nil, ErrPurpose
	}
	if err := checkPurpose(r.Purpose, r.Subject); err != nil {
		return nil, err
	}
	p, err := s.redeem(ctx, "", r.Token, r.Purpose, r.Subject)
	if err != nil {
		return nil, invalidIfGone(err)
	}
	user, err := s.accountOf(context.WithoutCancel(ctx), p.target)
	if errors.Is(err, ErrInvalidCode) || err == nil && !p.account.still(account{user.ID, user.Epoch}) {
		return nil, ErrInvalidToken
	}
	if err != nil {
		return nil, err
	}
	if user.Blocked {
		return nil, ErrBlocked
	}
	s.event(ctx, s.about(p.target, EventRedeemed))
	return &Proof{Phone: p.phone, Purpose: p.purpose, Subject: p.subject, ExpiresAt: p.expires()}, nil
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
	if p.ours() || !lower || !validName(string(p), 32, "_") || len(subject) > maxSubject {
		return ErrPurpose
	}
	return nil
}

// maxSubject is the longest subject, in bytes.
const maxSubject = 128
