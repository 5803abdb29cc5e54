package phoneauth

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/phoneauth/phoneauth/internal/keyring"
	"github.com/phoneauth/phoneauth/internal/random"
)

// answer says what a code that a client brought is for.
type answer struct {
	phone   string // as typed; may be empty with a token
	token   Secret // the challenge token; may be empty with a phone
	purpose Purpose
	boundTo string
	client  ClientInfo
}

// received returns the call that a is about, and the ID of the challenge that its token
// names. Without a token the ID is empty, and the call is about the challenge of the phone.
// ErrInvalidPhone comes before any fault of the token.
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
	// Only the token of a password registration knows what the registration is bound to.
	bound := t.boundTo == a.boundTo || a.purpose == PurposePasswordRegistration
	if !ok || !same || t.purpose != a.purpose || !bound {
		return nil, "", ErrInvalidCode
	}
	c.target = t
	c.test = s.testNumber(t.phone, c.now)
	return c, claims.challengeID, nil
}

// mayAttempt asks whether the address of c may try a code. Call it before look-ups and
// before taking a place for hashing.
func (s *Service) mayAttempt(ctx context.Context, c *call) error {
	asks := s.addressFailureTakes(c)
	if len(asks) == 0 {
		return nil
	}
	return s.limited(ctx, c, s.store.TakeLimits(ctx, TakeParams{Asks: asks, Now: c.now}))
}

// ownerOf returns the user of c's phone, or the zero User if there is none, and sets
// c.account to it. A proof or session that follows is then valid for that account at that
// epoch only. ErrInvalidCode: the known device belongs to another account or epoch.
func (s *Service) ownerOf(ctx context.Context, c *call) (User, error) {
	user, err := s.phoneAccount(ctx, c.phone)
	if err != nil {
		return User{}, err
	}
	if err = c.owned(user); err != nil {
		return User{}, err
	}
	return user, nil
}

// owned is ownerOf for the user that was found.
func (c *call) owned(by User) error {
	c.account = account{by.ID, by.Epoch}
	if c.device.known() && c.account != (account{c.device.userID, c.device.epoch}) {
		return ErrInvalidCode
	}
	return nil
}

// admitted asks the limits as mayAttempt does, and sets c.owner and c.account as ownerOf does. The answer
// of the limits comes first, whatever the account is.
func (s *Service) admitted(ctx context.Context, c *call) error {
	found, err := s.admit(ctx, c)
	if err != nil {
		return err
	}
	if err = c.owned(found); err == nil {
		c.owner = found
	}
	return err
}

// admit returns the user of c's phone, or the zero User if there is none. Where the store is one, it
// asks the limits and the account in one call. Where they are in two databases, it asks both at the
// same time.
func (s *Service) admit(ctx context.Context, c *call) (found User, err error) {
	asks := s.addressFailureTakes(c)
	if len(asks) == 0 {
		return s.phoneAccount(ctx, c.phone)
	}
	if store, ok := s.store.(Admitter); ok && !s.apart {
		found, err = orNobody(store.AdmitUser(ctx, TakeParams{Asks: asks, Now: c.now}, c.phone))
		return found, s.limited(ctx, c, err)
	}
	var lookUp error
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	looked := concurrently(func() { found, lookUp = s.phoneAccount(ctx, c.phone) })
	if err = s.mayAttempt(ctx, c); err != nil {
		cancel() // nobody waits for the account
	}
	looked()
	return found, cmp.Or(err, lookUp)
}

// concurrently starts do, and returns a function that waits for it. A panic of do is one of that
// function.
func concurrently(do func()) (wait func()) {
	ended := make(chan any, 1)
	go func() {
		defer func() { ended <- recover() }()
		do()
	}()
	return func() {
		if reason := <-ended; reason != nil {
			panic(reason)
		}
	}
}

// waitForAll calls each of waits, also after a panic of one of them.
func waitForAll(waits []func()) {
	for _, wait := range waits {
		defer wait()
	}
}

// attemptFor calls admitted and attempt.
func (s *Service) attemptFor(ctx context.Context, c *call, challengeID, code string, proof *Challenge) (Challenge, error) {
	if _, ok := s.wellFormed(code); !ok { // a malformed code is not counted
		return Challenge{}, ErrInvalidCode
	}
	if err := s.admitted(ctx, c); err != nil {
		return Challenge{}, err
	}
	return s.attempt(ctx, c, challengeID, code, proof)
}

// attempt compares code with the challenge of c. On a match it stores proof, unless nil, in
// the step that removes the challenge. ErrInvalidCode: the code is wrong or there is no live
// challenge. Call mayAttempt and ownerOf before it.
func (s *Service) attempt(ctx context.Context, c *call, challengeID, code string, proof *Challenge) (Challenge, error) {
	code, ok := s.wellFormed(code)
	if !ok {
		return Challenge{}, ErrInvalidCode
	}
	taken, err := s.store.AttemptChallenge(ctx, s.attempting(c, challengeID, code, proof))
	return taken, s.attempted(ctx, c, challengeID, taken, err)
}

// attempting returns the step that compares a well-formed code with the challenge of c.
func (s *Service) attempting(c *call, challengeID, code string, proof *Challenge) AttemptParams {
	return AttemptParams{
		Candidates: s.candidates(c, challengeID, code, proof),
		Lockout:    s.codeLockout(c),
		Takes:      s.addressFailureTakes(c),
		Now:        c.now,
	}
}

// attempted reports the outcome of that step, and returns its error for the caller.
func (s *Service) attempted(ctx context.Context, c *call, challengeID string, taken Challenge, err error) error {
	switch {
	case errors.Is(err, ErrMismatch) && challengeID != "":
		s.event(ctx, c.event(EventVerifyFailed))
		return &CodeError{TriesLeft: taken.TriesLeft}
	case errors.Is(err, ErrMismatch), errors.Is(err, ErrNotFound):
		s.event(ctx, c.event(EventVerifyFailed))
		return ErrInvalidCode
	case err != nil:
		return s.limited(ctx, c, err)
	}
	e := c.event(EventVerified)
	last := s.lastSend(taken)
	e.Channel = last.channel
	s.event(ctx, e)
	s.tellVerified(ctx, taken)
	s.creditCharged(ctx, c, last.charged.in(taken.ID))
	return nil
}

// candidates returns the challenges that the code may be for. A known device may also answer
// the challenge that the phone has without a device, unless a token names the challenge.
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

// candidate returns the challenge of t as a candidate for code. A match gives back the sends
// of the address and one hold of each channel. It credits the number budgets with what the codes were
// charged, unless t has a known device, and clears the score of the known devices. See creditCharged.
func (s *Service) candidate(c *call, t *target, code string, proof *Challenge) Candidate {
	key := s.challengeKey(t)
	m := OnMatch{
		Store:       proof,
		Refunds:     slices.Concat(s.addressFailureTakes(c), s.hold(t.print, t.device.known(), s.channels...)),
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

// creditCharged credits the number budgets with so many codes that were charged to them, though a known device
// asked for them. Call it for a challenge that was taken: only one caller takes it. It is done after the
// answer, because a store counts all codes of a challenge alike. If it fails, what is owed fades.
func (s *Service) creditCharged(ctx context.Context, c *call, codes int64) {
	if codes == 0 || !s.budgeted(c) {
		return
	}
	credits := s.budgets(c)
	for i := range credits {
		credits[i].Amount *= float64(codes)
	}
	s.afterwards(ctx, "credit the number budgets", func(ctx context.Context) error {
		return s.store.GiveBack(ctx, GiveBackParams{Credits: credits, Now: c.now})
	})
}

// proofLife is how long a proof is good.
const proofLife = 5 * time.Minute

// Proof says that somebody has received a code on a phone.
type Proof struct {
	// Token is the verification token for [Service.Connect], [Service.ChangePhone] or
	// [Service.Redeem]. It is good once. It is empty in what Redeem returns.
	Token Secret
	// Phone is the number that was proved.
	Phone Phone
	// Purpose is that of the code.
	Purpose Purpose
	// BoundTo is that of the request.
	BoundTo string
	// ExpiresAt is when the proof expires: 5 minutes after the code was checked.
	ExpiresAt time.Time
}

// account is the account of a phone at one epoch. It is zero when the phone has none.
type account struct {
	id    string
	epoch int64
}

// still reports whether a proof that was given for the account a is good for the account
// that the phone has now. It is good for the same account at the same epoch. If there was no
// account, it is good for none and for a new one.
func (a account) still(now account) bool {
	return a == now || a.id == "" && now.epoch == 0
}

// newProof returns a proof for c and the challenge to store for it. The secret of that
// challenge is in the verification token. A proof counts only while the store still holds
// it.
func (s *Service) newProof(c *call) (proofClaims, *Challenge) {
	p := proofClaims{secret: random.Secret(), at: c.now, about: c.target}
	key := s.proofKey(c.print, p.secret)
	return p, &Challenge{
		Key:       key,
		ID:        "proof",
		Digest:    s.keys.Digest(key, p.secret),
		TriesLeft: 1,
		ExpiresAt: p.expires(),
		Until:     p.expires(),
	}
}

func (p proofClaims) expires() time.Time { return p.at.Add(proofLife) }

// openProof reads a verification token. It returns false for one that is forged or expired.
func (s *Service) openProof(token Secret, now time.Time) (p proofClaims, ok bool) {
	data, ok := s.keys.OpenToken(keyring.Verification, string(token), now)
	if !ok {
		return proofClaims{}, false
	}
	p, ok = s.decodeProof(data)
	return p, ok && now.Before(p.expires())
}

// presented is a verification token that a client brought, and what it must be for.
type presented struct {
	token   Secret
	phone   string // as typed; empty for the number of the proof
	purpose Purpose
	boundTo string
	client  ClientInfo
}

// proved reads the token of p, without calling the store. ErrInvalidToken: the token is
// forged or expired, or is for something else.
func (s *Service) proved(p presented) (*call, proofClaims, error) {
	now := s.now()
	proof, ok := s.openProof(p.token, now)
	same, err := s.numbers.same(p.phone, proof.about.phone)
	if err != nil {
		return nil, proofClaims{}, err
	}
	if !ok || !same || proof.about.purpose != p.purpose || proof.about.boundTo != p.boundTo {
		return nil, proofClaims{}, ErrInvalidToken
	}
	c := &call{now: now, client: p.client, target: proof.about}
	c.account = proof.account
	c.test = s.testNumber(c.phone, now)
	return c, proof, nil
}

// redeem uses up the proof. ErrNotFound: the token is authentic and has not expired, but the
// store no longer has its proof. *LimitError: the number was locked after the proof was
// given.
func (s *Service) redeem(ctx context.Context, c *call, p proofClaims) error {
	_, err := s.store.AttemptChallenge(ctx, s.redeeming(c, p))
	return s.notRedeemed(ctx, c, err)
}

// redeeming returns the step that uses up the proof.
func (s *Service) redeeming(c *call, p proofClaims) AttemptParams {
	key := s.proofKey(c.print, p.secret)
	return AttemptParams{
		Candidates: []Candidate{{Key: key, Digests: s.keys.Digests(key, p.secret)}},
		Lockout:    s.codeLockout(c),
		Now:        c.now,
	}
}

// notRedeemed returns the error of that step for the caller.
func (s *Service) notRedeemed(ctx context.Context, c *call, err error) error {
	if errors.Is(err, ErrMismatch) {
		return ErrInvalidToken
	}
	return s.limited(ctx, c, err)
}

// redeemed does what proved and redeem do. ErrInvalidToken: also for a proof that was used.
func (s *Service) redeemed(ctx context.Context, p presented) (*call, error) {
	c, proof, err := s.proved(p)
	if err != nil {
		return nil, err
	}
	err = s.redeem(ctx, c, proof)
	if errors.Is(err, ErrNotFound) {
		err = ErrInvalidToken
	}
	return c, err
}

// spent returns the error for the proof of a sign-in that was used.
func (s *Service) spent(ctx context.Context, p proofClaims) error {
	user, err := s.phoneAccount(ctx, p.about.phone)
	if err != nil {
		return err
	}
	// If there is no account, the first request is about to create it.
	return &SpentTokenError{SignedUp: user.ID == "" || !user.CreatedAt.Before(p.at)}
}

// phoneAccount returns the user of a phone, or the zero User if there is none.
func (s *Service) phoneAccount(ctx context.Context, p Phone) (User, error) {
	return orNobody(s.store.UserByPhone(ctx, p))
}

// orNobody returns the zero User for ErrNotFound.
func orNobody(u User, err error) (User, error) {
	if errors.Is(err, ErrNotFound) {
		return User{}, nil
	}
	return u, err
}

// signedIn is SignInUser, which is not called where it would change nothing: this call has read
// the account just before it compared the code, and the session carries the epoch that was read. So
// a session of an account that has changed since is never good.
func (s *Service) signedIn(ctx context.Context, c *call, in SignIn) (SignedIn, error) {
	if !s.cfg.HostSessions && s.cfg.Hooks.BeforeSignIn == nil && in.changesNothing(c.owner) {
		return SignedIn{User: c.owner}, nil
	}
	return s.store.SignInUser(ctx, in)
}

// opensSessions reports whether the store may open a session as soon as a code is right: nobody else
// must see the user before.
func (s *Service) opensSessions() bool {
	_, ok := s.store.(Opener)
	h := &s.cfg.Hooks
	return ok && !s.cfg.HostSessions && h.BeforeSignIn == nil && h.Place == nil && !s.issuingMayFail()
}

// atOnce is a session that is opened in the step that compares the code.
type atOnce struct {
	Opened
	session SessionRecord
	secret  string
}

// openSession does a. Where the store may, it goes on with in and a session in the same call. Its error is that
// of a.
func (s *Service) openSession(ctx context.Context, c *call, a AttemptParams, in SignIn) (*atOnce, error) {
	if !s.opens {
		taken, err := s.store.AttemptChallenge(ctx, a)
		return &atOnce{Opened: Opened{Challenge: taken}}, err
	}
	s.complete(c, &in)
	at := new(atOnce)
	f := byCode
	f.deviceID = c.device.id
	now := s.now()
	at.session, at.secret = s.newRecord(ctx, c, f.at(now), now)
	o := Opening{Attempt: a, SignIn: in, Session: NewSession{Session: at.session, Most: mostSessions, Now: now}}
	var err error
	at.Opened, err = s.store.(Opener).OpenSession(ctx, o)
	return at, err
}

// opened reports the sign-in of a session that is stored, and returns the session.
func (s *Service) opened(ctx context.Context, c *call, at *atOnce) (*Session, error) {
	if at.Created {
		s.event(ctx, s.signInEvent(ctx, c, EventSignedUp, at.User))
	}
	s.evicted(ctx, at.User, at.Evicted)
	rec := at.session
	rec.UserID, rec.Epoch = at.User.ID, at.User.Epoch
	access, err := s.issue(ctx, at.User, rec, nil)
	if err != nil {
		return nil, err
	}
	return s.signedInto(ctx, c, at.SignedIn, s.session(at.User, rec, at.secret, access)), nil
}

// loginAtOnce signs in by a code. The account is read in the step that compares the code, so the session is of
// that account at that epoch.
func (s *Service) loginAtOnce(ctx context.Context, c *call, challengeID, code string) (*Session, error) {
	code, ok := s.wellFormed(code)
	if !ok { // it is not counted
		return nil, ErrInvalidCode
	}
	at, err := s.openSession(ctx, c, s.attempting(c, challengeID, code, nil), SignIn{Epoch: AnyEpoch})
	if err := s.attempted(ctx, c, challengeID, at.Challenge, err); err != nil {
		return nil, err
	}
	if at.Stored {
		return s.opened(ctx, c, at)
	}
	c.owner = at.User
	return s.signIn(ctx, c, SignIn{UserID: c.owner.ID, Epoch: c.owner.Epoch}, byCode, ErrInvalidCode)
}
