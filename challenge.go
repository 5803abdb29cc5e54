package phoneauth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// proofLife is how long a verification token is good.
const proofLife = 5 * time.Minute

// target is who a code is for: one phone, for one purpose, about one subject, on one
// known device or on none.
type target struct {
	number
	print   string // of the phone: the hash tag of everything that is kept about it
	purpose Purpose
	subject string
	device  device
	account account // the phone's, where a code is bound to it: see secretKey
}

// target parses phone and finds out whether c is a known device of it.
func (s *Service) target(ctx context.Context, phone string, purpose Purpose, subject string, c Client) (target, error) {
	n, err := s.numbers.parse(phone)
	if err != nil {
		return target{}, err
	}
	t := target{number: n, print: s.phonePrint(n.phone), purpose: purpose, subject: subject}
	t.device, err = s.knownDevice(ctx, t, c.Device)
	return t, err
}

func (s *Service) phonePrint(p Phone) string { return s.keys.print("phone", p.e164) }

// key is where the challenge of t is found. Whoever differs in any part of t has
// another, with tries of its own.
func (s *Service) key(t target) string {
	return tagged(t.print, "c") + s.keys.print("challenge", t.print, string(t.purpose), t.subject, t.device.id)
}

// secretKey is what the code under key is digested and sealed for. A code for a purpose
// of the host's is bound to the account that its phone has, so that any change of that
// voids it; those of the other purposes are cancelled by the change itself.
func secretKey(key string, purpose Purpose, a account) string {
	if purpose.ours() {
		return key
	}
	return key + " of " + a.id + " at " + strconv.FormatInt(a.epoch, 10)
}

// digests of a code that came back, while the phone's account is now.
func (s *Service) digests(t target, key, code string, now account) [][]byte {
	all := s.keys.digests(secretKey(key, t.purpose, now), code)
	if before := (account{}); !t.purpose.ours() && now != before && before.still(now) {
		all = append(all, s.keys.digests(secretKey(key, t.purpose, before), code)...)
	}
	return all
}

// tagged is the beginning of every key: a print in braces, which Redis Cluster takes for
// the slot, and what kind of key it is.
func tagged(print, kind string) string { return "{" + print + "}" + kind }

// subjectOf is what a code for purpose is bound to. A change of number is about a user at
// an epoch, so that any other change of the account voids its codes and proofs.
func (s *Service) subjectOf(ctx context.Context, purpose Purpose, subject string) (string, error) {
	if purpose != PurposePhoneChange {
		return subject, nil
	}
	user, err := s.store.UserByID(ctx, subject)
	if errors.Is(err, ErrNotFound) {
		return subject, nil // nothing can come of it
	}
	return phoneChangeOf(user), err
}

func phoneChangeOf(u User) string { return u.ID + " at " + strconv.FormatInt(u.Epoch, 10) }

// targetFields is the number of fields that appendTarget writes.
const targetFields = 7

func appendTarget(b []byte, t target) []byte {
	return appendFields(b, t.phone.e164, t.region, string(t.purpose), t.subject,
		t.device.id, t.device.userID, strconv.FormatInt(t.device.epoch, 10))
}

func (s *Service) targetOf(f []string) (target, bool) {
	epoch, err := strconv.ParseInt(f[6], 10, 64)
	t := target{
		number:  number{phone: Phone{f[0]}, region: f[1]},
		purpose: Purpose(f[2]),
		subject: f[3],
		device:  device{id: f[4], userID: f[5], epoch: epoch},
	}
	t.print = s.phonePrint(t.phone)
	return t, err == nil
}

// newCode is uniform over all codes of the configured length, leading zeros kept.
func (s *Service) newCode() (string, error) {
	n, err := rand.Int(rand.Reader, s.codeSpace)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%0*d", s.cfg.Code.Digits, n), nil
}

func codeSpace(digits int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
}

// wellFormed is the code without ASCII spaces around it, if it could be one of ours.
func (s *Service) wellFormed(code string) (string, bool) {
	code = strings.Trim(code, " \t\r\n")
	if len(code) != s.cfg.Code.Digits {
		return "", false
	}
	for i := range len(code) {
		if code[i] < '0' || code[i] > '9' {
			return "", false
		}
	}
	return code, true
}

// newChallenge is a challenge for t, ready to be stored.
func (s *Service) newChallenge(t target, now time.Time) (Challenge, string, error) {
	code, err := s.newCode()
	if err != nil {
		return Challenge{}, "", err
	}
	expires, until := now.Add(s.cfg.Code.Life), now.Add(min(2*s.cfg.Code.Life, maxCodeLife))
	if test := s.testNumber(t.phone, now); test != nil {
		code = string(test.Code)
		expires, until = earlier(expires, test.Until), earlier(until, test.Until)
	}
	key := s.key(t)
	use := secretKey(key, t.purpose, t.account)
	return Challenge{
		Key:       key,
		ID:        randomID(),
		Digest:    s.keys.digest(use, code),
		Sealed:    s.keys.sealed(use, code),
		TriesLeft: s.cfg.Code.Tries,
		Sends:     1,
		ExpiresAt: expires,
		Until:     until,
	}, code, nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// pendingUse is the use under which a pending password of the challenge is sealed.
func pendingUse(key string) string { return key + "/password" }

// begin opens the challenge of b, or finds the live one, and returns the code to send.
// A live one whose code no key opens any more, or that was for another account, is begun
// anew.
func (s *Service) begin(ctx context.Context, t target, b Begin) (Begun, string, error) {
	fresh, code, err := s.newChallenge(t, b.Now)
	if err != nil {
		return Begun{}, "", err
	}
	fresh.Pending, fresh.Sends = b.Challenge.Pending, b.Challenge.Sends
	b.Challenge = fresh
	begun, err := s.store.BeginChallenge(ctx, b)
	if err != nil {
		return Begun{}, "", err
	}
	if string(begun.Challenge.Sealed) == string(fresh.Sealed) {
		return begun, code, nil
	}
	use := secretKey(fresh.Key, t.purpose, t.account)
	if live, ok := s.keys.open(use, begun.Challenge.Sealed); ok {
		return begun, live, nil
	}
	if err := s.store.CancelChallenges(ctx, fresh.Key); err != nil {
		return Begun{}, "", err
	}
	again, err := s.store.BeginChallenge(ctx, Begin{Challenge: fresh, Now: b.Now})
	if err != nil {
		return Begun{}, "", err
	}
	if string(again.Challenge.Sealed) != string(fresh.Sealed) { // a concurrent caller was first
		var ok bool
		if code, ok = s.keys.open(use, again.Challenge.Sealed); !ok {
			return Begun{}, "", &unavailable{"begin challenge", errors.New("sealed under a key that is not among Keys.Secrets")}
		}
	}
	begun.Challenge = again.Challenge
	return begun, code, nil
}

// sessionTokenFor names the challenge c of t. It holds nothing of the code.
func (s *Service) sessionTokenFor(t target, c Challenge) (Secret, error) {
	data := appendTarget(appendFields(nil, c.ID), t)
	return s.keys.sealToken(sessionToken, data, c.Until)
}

// openSessionToken is the reverse: the target, and the challenge's ID.
func (s *Service) openSessionToken(token Secret, now time.Time) (t target, id string, ok bool) {
	f, ok := s.keys.openToken(sessionToken, token, now, 1+targetFields)
	if !ok {
		return target{}, "", false
	}
	t, ok = s.targetOf(f[1:])
	return t, f[0], ok
}

// answered says which challenge a code is meant for: the one that the session token
// names, else the phone's own. ErrInvalidPhone comes first, whatever the token is.
func (s *Service) answered(ctx context.Context, phone string, token Secret, purpose Purpose, subject string, c Client) (t target, id string, err error) {
	if token == "" {
		t, err = s.target(ctx, phone, purpose, subject, c)
		return t, "", err
	}
	t, id, ok := s.openSessionToken(token, s.now())
	same, err := s.numbers.same(phone, t.phone)
	if err != nil {
		return target{}, "", err
	}
	// A registration's subject is its own, and the token is the one who knows it.
	ok = ok && same && t.purpose == purpose && (t.subject == subject || purpose == PurposePasswordRegistration)
	if !ok {
		return target{}, "", ErrInvalidCode
	}
	return t, id, nil
}

// attempt gives code to the challenge of t, and stores then in the step that takes it.
// Whatever was wrong, it is ErrInvalidCode. It returns the account that the phone had
// before, so that what comes of the code is worth nothing once the account has changed;
// and since limits come before look-ups, the address is asked before that.
func (s *Service) attempt(ctx context.Context, t target, id, code string, c Client, now time.Time, then *Challenge) (Challenge, User, error) {
	code, ok := s.wellFormed(code)
	if !ok {
		return Challenge{}, User{}, ErrInvalidCode
	}
	key, address := s.key(t), s.address(c)
	if err := s.store.TakeLimits(ctx, s.addressFailureTakes(address, 0), now); err != nil {
		return Challenge{}, User{}, s.limited(ctx, t, err)
	}
	user, err := s.accountOf(ctx, t)
	if err != nil {
		return Challenge{}, User{}, err
	}
	a := Attempt{
		Key:      key,
		ID:       id,
		Digests:  s.digests(t, key, code, account{user.ID, user.Epoch}),
		Then:     then,
		Failures: s.phoneFailures(t),
		Takes:    s.addressFailureTakes(address, 1),
		GiveBack: append(s.addressFailureTakes(address, -1), s.addressSendTakes(address, -1)...),
		Now:      now,
	}
	if s.budgeted(t, now) {
		a.Earned = s.budgets(t, -earnedBy(t.purpose))
		a.Bonus = Bonus{
			Take: Take{Key: tagged(t.print, "b"), Limit: Limit{Burst: 1, Every: 24 * time.Hour}, Cost: 1},
			Add:  -2,
		}
	}
	taken, err := s.store.AttemptChallenge(ctx, a)
	switch {
	case errors.Is(err, ErrMismatch) && id != "":
		s.event(ctx, s.about(t, EventVerifyFailed))
		return Challenge{}, User{}, &CodeError{TriesLeft: taken.TriesLeft}
	case errors.Is(err, ErrMismatch), errors.Is(err, ErrNotFound):
		s.event(ctx, s.about(t, EventVerifyFailed))
		return Challenge{}, User{}, ErrInvalidCode
	case err != nil:
		return Challenge{}, User{}, s.limited(ctx, t, err)
	}
	s.event(ctx, s.about(t, EventVerified))
	if taken.Sends > 1 { // what was sent again is given back too
		s.afterwards(ctx, "give back sends", func(ctx context.Context) error {
			return s.store.TakeLimits(ctx, s.addressSendTakes(address, 1-taken.Sends), now)
		})
	}
	return taken, user, nil
}

// testNumber is the entry of p, if it has one that has not ended.
func (s *Service) testNumber(p Phone, now time.Time) *TestNumber {
	if n, ok := s.tests[p]; ok && now.Before(n.Until) {
		return &n
	}
	return nil
}
