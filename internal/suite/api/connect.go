package api

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

func testAPIConnect(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	a := c.post("/users/verification/start", object{"phone": cairo}).ok()
	assert.Empty(t, a.text)
	body := object{"phone": cairo, "verification_code": s.inbox.Code(t, cairo)}
	a = c.post("/users/verification/verify", body).ok()
	assert.Equal(t, "Verification code is correct.", a.str("message"))
	assert.Equal(t, true, a.get("success"))
	token := a.str("verification_token")

	registered := c.redeem(cairo, token).ok()
	assert.Equal(t, true, registered.get("data.attributes.new_user"))
	created := timeOf(t, registered.str("data.attributes.created_at"))
	assert.Equal(t, t.Now().UTC().Truncate(time.Millisecond), created)

	t.Elapse(time.Minute)
	again := c.connect(cairo)
	assert.Equal(t, false, again.get("data.attributes.new_user"), "once in the life of an account")
	assert.Equal(t, registered.get("data.id"), again.get("data.id"))
	assert.Equal(t, created, timeOf(t, again.str("data.attributes.created_at")))
	assert.NotEqual(t, registered.get("meta.access_token"), again.get("meta.access_token"))
	assert.NotEqual(t, registered.get("meta.refresh_token"), again.get("meta.refresh_token"))
	c.do("GET", "/users/me", nil).ok()
}

func testAPIConnectErrors(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	for _, body := range []object{{}, {"phone": "+20106"}, {"phone": "+1 900 555 0123"}} {
		c.post("/users/verification/start", body).refused(422, "invalid_phone")
		c.post("/users/verification/verify", body).refused(422, "invalid_phone")
		body["verification_code"] = "123456"
		c.post("/users/verification/verify", body).refused(422, "invalid_phone")
	}
	assert.Zero(t, s.inbox.Sends())
	code := c.start(cairo)
	c.post("/users/verification/verify", object{"phone": cairo}).refused(422, "missing_verification_code")
	for _, wrong := range []string{otherThan(code), "12345", code + "0", "x", "１２３４５６", "+12345"} {
		c.post("/users/verification/verify", object{"phone": cairo, "verification_code": wrong}).refused(422, "verification_failed")
	}
	// Only the one of them that was compared counts.
	for range 3 {
		c.post("/users/verification/verify", object{"phone": cairo, "verification_code": otherThan(code)}).refused(422, "verification_failed")
	}
	a := c.post("/users/verification/verify", object{"phone": cairo, "verification_code": " \t" + code + "\r\n "}).ok()
	token := a.str("verification_token")

	for _, body := range []object{
		{}, {"phone": cairo}, {"verification_token": token},
		{"phone": "junk", "verification_token": token},
		{"phone": cairo2, "verification_token": token},
		{"phone": cairo, "verification_token": "junk"},
		{"phone": cairo, "verification_token": token + "x"},
		{"phone": cairo, "verification_token": token[:len(token)-1]},
	} {
		c.post("/connect", body).refused(422, "invalid_data")
	}
	// Of all that the token was not used up.
	c.post("/connect", object{"phone": "+20 (106) 179-78.40", "verification_token": token}).ok()
}

// Whichever way a code is no good, the answer is the same to the byte.
func testAPIConnectOneAnswerForBadCodes(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	verify := func(phone, code string) *answer {
		return c.post("/users/verification/verify", object{"phone": phone, "verification_code": code})
	}
	never := verify(paris, "123456").refused(422, "verification_failed")
	code := c.start(cairo)
	wrong := verify(cairo, otherThan(code))
	for range 4 {
		verify(cairo, otherThan(code))
	}
	spent := verify(cairo, code)
	late := c.start(delhi)
	t.Elapse(5 * time.Minute)
	expired := verify(delhi, late)
	used := c.start(cairo2)
	verify(cairo2, used).ok()
	twice := verify(cairo2, used)
	malformed := verify(cairo2, "no code")
	for _, a := range []*answer{wrong, spent, expired, twice, malformed} {
		assert.Equal(t, never.text, a.text)
		assert.Equal(t, never.header, a.header)
		assert.Equal(t, never.status, a.status)
	}
}

func testAPIVerificationToken(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	old := c.proof(cairo)
	t.Elapse(5*time.Minute - time.Microsecond)
	c.redeem(cairo, old).ok()

	late := c.proof(paris)
	t.Elapse(5 * time.Minute)
	c.redeem(paris, late).refused(422, "invalid_data", "no leeway")

	// Several proofs of a phone are good at once.
	first := c.proof(delhi)
	t.Elapse(time.Minute)
	second := c.proof(delhi)
	assert.Equal(t, true, c.redeem(delhi, first).ok().get("data.attributes.new_user"))
	assert.Equal(t, false, c.redeem(delhi, second).ok().get("data.attributes.new_user"))

	// A refresh or access token is none.
	a := c.connect(cairo)
	c.redeem(cairo, a.str("meta.refresh_token")).refused(422, "invalid_data")
	c.redeem(cairo, a.str("meta.access_token")).refused(422, "invalid_data")
	c.redeem(cairo, a.str("meta.device_token")).refused(422, "invalid_data")
}

// The code alone, without a token, signs in by the Login API; a proof is not a code.
func testAPICodesServeEveryAPI(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	c.login(cairo, c.start(cairo)).ok()

	session := c.post("/api/phone/register", object{"phone_number": paris}).ok().str("session_token")
	body := object{"phone": paris, "verification_code": s.inbox.Code(t, paris)}
	token := c.post("/users/verification/verify", body).ok().str("verification_token")
	c.post("/api/phone/verify", object{"phone_number": paris, "security_code": body["verification_code"], "session_token": session}).
		refused(422, "invalid_security_code", "used by another route")
	c.redeem(paris, token).ok()

	c.post("/api/phone/register", object{"phone_number": delhi}).ok()
	c.login(delhi, s.inbox.Code(t, delhi)).ok()
}

func testAPIConnectPhoneTaken(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	token := c.proof(cairo)
	c.redeem(cairo, token).ok()
	c.redeem(cairo, token).refused(422, "phone_taken", "tapped twice")
	t.Elapse(4 * time.Minute)
	c.redeem(cairo, token).refused(422, "phone_taken", "while the token lives")
	t.Elapse(time.Minute)
	c.redeem(cairo, token).refused(422, "invalid_data", "after it")

	t.Elapse(time.Minute)
	token = c.proof(cairo)
	c.redeem(cairo, token).ok()
	c.redeem(cairo, token).refused(422, "invalid_data", "a replay after a plain sign-in")

	// The store may say so of itself.
	token = c.proof(paris)
	s.store.set(func(verb string) error {
		if verb == "SignInUser" {
			return phoneauth.ErrPhoneTaken
		}
		return nil
	})
	c.redeem(paris, token).refused(422, "phone_taken")
	s.store.set(nil)

	// Or the first request is still about to make the account.
	token = c.proof(delhi)
	entered, leave := make(chan struct{}), make(chan struct{})
	var once sync.Once
	s.store.set(func(verb string) error {
		if verb == "SignInUser" {
			once.Do(func() {
				close(entered)
				<-leave
			})
		}
		return nil
	})
	done := make(chan *answer)
	go func() { done <- c.redeem(delhi, token) }()
	<-entered
	c.redeem(delhi, token).refused(422, "phone_taken")
	close(leave)
	(<-done).ok()
}

func testAPIConnectOneNewUser(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t, limitsOff)
	c := s.client()
	const callers = 16
	var tokens []string
	for range callers {
		tokens = append(tokens, c.proof(cairo))
	}
	code := c.start(cairo)
	answers := make(chan *answer, callers+1)
	for _, token := range tokens {
		go func() { answers <- c.redeem(cairo, token) }()
	}
	go func() { answers <- c.login(cairo, code) }()
	first, ids := 0, map[any]bool{}
	for range callers + 1 {
		a := <-answers
		a.ok()
		if a.get("data.attributes.new_user") == true || a.get("first_sign_in") == true {
			first++
		}
		if id := a.get("data.id"); id != nil {
			ids[id] = true
		}
	}
	assert.Equal(t, 1, first, "of all routes together")
	assert.Len(t, ids, 1)
}

// One token at once from many: one signs up, the rest hear that the phone is taken.
func testAPIConnectTappedOften(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	token := c.proof(cairo)
	answers := make(chan *answer, 16)
	for range cap(answers) {
		go func() { answers <- c.redeem(cairo, token) }()
	}
	signedUp := 0
	for range cap(answers) {
		if a := <-answers; a.status == 200 {
			signedUp++
		} else {
			a.refused(422, "phone_taken")
		}
	}
	assert.Equal(t, 1, signedUp)
}

func testAPIConnectBlocked(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	id := c.connect(cairo).str("data.id")
	t.Elapse(time.Minute)
	before := c.proof(cairo)
	require.NoError(t, s.svc.SetBlocked(t.Context(), id, true))
	c.redeem(cairo, before).refused(422, "invalid_data")
	t.Elapse(time.Minute)
	after := c.proof(cairo)
	c.redeem(cairo, after).refused(422, "invalid_data")
	require.NoError(t, s.svc.SetBlocked(t.Context(), id, false))
	t.Elapse(10 * time.Minute)
	c.connect(cairo)
}

// What keeps a text from going is one answer, limits excepted; its cause is not in it.
func testAPIConnectSendingFailed(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	start := func() *answer { return c.post("/users/verification/start", object{"phone": cairo}) }
	s.inbox.FailNext(errors.New("provider says: no money"))
	a := start().refused(500, "sending_verification_failed")
	assert.NotContains(t, a.text, "money")
	assert.Contains(t, s.log.String(), "no money")
	start().refused(429, "rate_limited", "a failed send gives nothing back")

	t.Elapse(time.Minute)
	s.store.down(errors.New("dial tcp 10.1.2.3: refused"))
	a = start().refused(500, "sending_verification_failed")
	assert.NotContains(t, a.text, "10.1.2.3")
	assert.Contains(t, s.log.String(), "10.1.2.3")
	sends := s.inbox.Sends()
	s.store.set(nil)
	start().ok()
	assert.Equal(t, sends+1, s.inbox.Sends(), "nothing was sent while the store was down")
	t.Settle()
}

// Invitation-only and the like: the host refuses after the proof, without a word of why.
func testAPIConnectRefusedByHost(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t, func(cfg *phoneauth.Config) {
		cfg.Hooks.BeforeSignIn = func(_ context.Context, in phoneauth.SignInInfo) error {
			if in.Phone.E164() == cairo {
				return errors.New("not invited")
			}
			return nil
		}
	})
	c := s.client()
	token := c.proof(cairo)
	a := c.redeem(cairo, token).refused(422, "invalid_data")
	assert.NotContains(t, a.text, "invited")
	t.Elapse(time.Minute)
	c.login(cairo, c.start(cairo)).refused(401, "unauthorized")
	session := c.register(cairo, goodPassword).ok().str("session_token")
	c.post("/api/v1/users/verify", object{"code": s.inbox.Code(t, cairo), "session_token": session}).invalid("code", "not valid")
	c.connect(paris)
}
