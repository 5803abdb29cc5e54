package api

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

const (
	registrationCookie = "__Host-phoneauth"
	deviceCookie       = "__Host-phoneauth-device"
)

func (c *client) usersVerify(code string, more ...string) *answer {
	c.t.Helper()
	body := object{"code": code}
	for i := 0; i < len(more); i += 2 {
		body[more[i]] = more[i+1]
	}
	return c.post("/api/v1/users/verify", body)
}

func testAPIUsersByCookie(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.newBrowser()
	a := c.register("84932466", goodPassword).ok()
	cookie := a.cookie(registrationCookie)
	require.NotNil(t, cookie)
	assert.Equal(t, a.str("session_token"), cookie.Value)
	code := s.inbox.Code(t, singapore)
	c.usersVerify(otherThan(code)).invalid("code", "not valid")
	a = c.usersVerify(" " + code + " ").ok()
	assert.NotContains(t, c.cookies, registrationCookie, "the registration is over, and so is its cookie")
	assert.Equal(t, "84932466", a.str("msisdn"))

	// It counts as a sign-in.
	c.bearer = a.str("authentication_token")
	c.do("GET", "/users/me", nil).ok()
	c.post("/token/refresh", object{"refresh_token": a.get("refresh_token")}).ok()
	assert.Equal(t, false, c.loginPassword(singapore, goodPassword).ok().get("first_sign_in"))
	c.usersVerify(code).invalid("code", "not valid")
}

func testAPIUsersBySessionToken(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client() // keeps no cookies
	token := c.register(paris, goodPassword).ok().str("session_token")
	code := s.inbox.Code(t, paris)
	c.usersVerify(code).invalid("code", "not valid")
	c.post("/api/v1/users/verify", object{"verification_code": code}).invalid("verification_code", "not valid")
	c.post("/api/v1/users/verify", object{"verification_code": otherThan(code), "session_token": token}).invalid("verification_code", "not valid")
	c.usersVerify(code, "session_token", token, "msisdn", cairo).invalid("code", "not valid")
	c.post("/api/v1/users/verify", object{"session_token": token}).invalid("code", "can't be blank")
	c.post("/api/v1/users/verify", object{"session_token": token, "verification_code": ""}).invalid("verification_code", "can't be blank")
	for range 3 {
		c.usersVerify(otherThan(code), "session_token", token).invalid("code", "not valid")
	}
	body := object{"verification_code": code, "session_token": token, "msisdn": "33 6 00 00 01 78"}
	a := c.post("/api/v1/users/verify", body).ok()
	assert.Equal(t, "33600000178", a.str("msisdn"), "international digits: the default region is another")
}

// The same registration, sent again: same code, same tries, the newer password.
func testAPIUsersRegisterAgain(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.newBrowser()
	first := c.register(singapore, "the first password").ok().str("session_token")
	code := s.inbox.Code(t, singapore)
	for range 3 {
		c.usersVerify(otherThan(code)).invalid("code", "not valid")
	}
	t.Elapse(time.Minute)
	second := c.register(singapore, "the second password").ok().str("session_token")
	assert.Equal(t, code, s.inbox.Code(t, singapore))
	assert.NotEqual(t, first, second)
	t.Elapse(time.Minute)

	// By the token in the body, which beats the cookie; the cookie may be anything.
	c.cookies[registrationCookie] = "planted"
	third := c.register(singapore, "the third password", "session_token", second).ok().str("session_token")
	assert.Equal(t, code, s.inbox.Code(t, singapore))
	for _, voided := range []string{first, second} {
		c.usersVerify(code, "session_token", voided).invalid("code", "not valid")
	}
	c.usersVerify(otherThan(code), "session_token", third).invalid("code", "not valid")
	c.usersVerify(code, "session_token", third).ok()
	c.loginPassword(singapore, "the first password").refused(401, "unauthorized")
	c.loginPassword(singapore, "the second password").refused(401, "unauthorized")
	c.loginPassword(singapore, "the third password").ok()
}

func testAPIUsersRegisterAgainTries(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t, limitsOff)
	c := s.newBrowser()
	c.register(singapore, goodPassword).ok()
	code := s.inbox.Code(t, singapore)
	for range 5 {
		c.register(singapore, goodPassword).ok()
		c.usersVerify(otherThan(code)).invalid("code", "not valid")
	}
	c.usersVerify(code).invalid("code", "not valid")
	c.register(singapore, goodPassword).ok() // a new one now
	c.usersVerify(s.inbox.Code(t, singapore)).ok()
}

func testAPIUsersAnotherNumberIsAnotherRegistration(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.newBrowser()
	old := c.register(singapore, goodPassword).ok().str("session_token")
	oldCode := s.inbox.Code(t, singapore)
	c.register(paris, goodPassword).ok()
	code := s.inbox.Code(t, paris)
	assert.Equal(t, "33600000178", c.usersVerify(code).ok().str("msisdn"))
	c.usersVerify(oldCode, "session_token", old).ok() // the first is untouched
}

// Somebody who registers your number, from elsewhere, has a registration of their own.
func testAPIUsersTwoRegistrations(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	owner, attacker := s.newBrowser(), s.newBrowser()
	attacker.register(singapore, "the attacker's").ok()
	theirs := s.inbox.Code(t, singapore)
	owner.register(singapore, goodPassword).refused(429, "rate_limited", "a number's sends are one")
	t.Elapse(time.Minute)
	owner.register(singapore, "the owner's").ok()
	code := s.inbox.Code(t, singapore)
	if code != theirs {
		owner.usersVerify(theirs).invalid("code", "not valid")
		attacker.usersVerify(code).invalid("code", "not valid")
	}
	owner.usersVerify(code).ok()
	attacker.usersVerify(theirs).invalid("code", "not valid")
	owner.loginPassword(singapore, "the attacker's").refused(401, "unauthorized")
	owner.loginPassword(singapore, "the owner's").ok()
}

// A cookie that an attacker planted in the owner's browser swaps no password.
func testAPIUsersPlantedCookie(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	attacker, owner := s.newBrowser(), s.newBrowser()
	planted := attacker.register(singapore, "the attacker's").ok().str("session_token")
	s.inbox.Code(t, singapore)
	t.Elapse(time.Minute)
	owner.cookies[registrationCookie] = planted
	owner.register(singapore, "the owner's").ok()
	code := s.inbox.Code(t, singapore)
	assert.NotEqual(t, planted, owner.cookies[registrationCookie])

	// The attacker still has the old token, and can neither go on with it nor verify.
	t.Elapse(time.Minute)
	attacker.register(singapore, "the attacker's").ok() // is one of its own
	attackers := s.inbox.Code(t, singapore)
	attacker.usersVerify(code, "session_token", planted).invalid("code", "not valid")
	a := owner.usersVerify(code).ok()
	attacker.usersVerify(attackers).invalid("code", "not valid")
	owner.loginPassword(singapore, "the attacker's").refused(401, "unauthorized")
	owner.loginPassword(singapore, "the owner's").ok()
	assert.Equal(t, "84932466", a.str("msisdn"))
}

// No account before the proof; then other pending registrations answer "not valid".
func testAPIUsersPendingRegistrationsOfAProvedNumber(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	attacker, owner := s.newBrowser(), s.newBrowser()
	attacker.register(singapore, "the attacker's").ok()
	code := s.inbox.Code(t, singapore)
	t.Elapse(time.Minute)
	assert.Equal(t, true, owner.connect(singapore).get("data.attributes.new_user"), "no account was made")
	attacker.usersVerify(code).invalid("code", "not valid")
	owner.loginPassword(singapore, "the attacker's").refused(401, "unauthorized")
	t.Elapse(time.Minute)
	assert.Equal(t, false, owner.login(singapore, owner.start(singapore)).ok().get("user.has_password"))
	t.Elapse(time.Minute)
	owner.register(singapore, goodPassword).invalid("msisdn", "has already been taken")
}

func testAPIUsersTakenSendsNothing(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	c.signUp(singapore, goodPassword)
	t.Elapse(time.Minute)
	sends := s.inbox.Sends()
	for _, spelled := range []string{"84932466", "6584932466", "+6584932466", "(+65) 8493-24.66"} {
		a := c.register(spelled, "another password").invalid("msisdn", "has already been taken")
		assert.Empty(t, a.cookies)
	}
	assert.Equal(t, sends, s.inbox.Sends())
	c.loginPassword(singapore, "another password").refused(401, "unauthorized")
	c.loginPassword(singapore, goodPassword).ok()
}

func testAPIUsersBlocked(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c, owner := s.newBrowser(), s.client()
	c.register(singapore, goodPassword).ok()
	code := s.inbox.Code(t, singapore)
	t.Elapse(time.Minute)
	id := owner.connect(singapore).str("data.id")
	require.NoError(t, s.svc.SetBlocked(t.Context(), id, true))
	c.usersVerify(otherThan(code)).invalid("code", "not valid")
	a := c.usersVerify(code).ok()
	assert.JSONEq(t, `{"msisdn":"84932466","valid_for_authentication":false}`, a.text)
	assert.NotContains(t, c.cookies, "__Host-phoneauth-device")
	owner.do("GET", "/users/me", nil).refused(401, "unauthorized")
}

func testAPIUsersFieldErrors(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t, func(cfg *phoneauth.Config) {
		cfg.Password.Check = func(_ context.Context, password phoneauth.Secret) error {
			if strings.Contains(string(password), "qwerty") {
				return errors.New("is too common")
			}
			return nil
		}
	})
	c := s.newBrowser()
	const short, long = "is too short (minimum is 8 characters)", "is too long (maximum is 128 characters)"
	for _, tt := range []struct {
		msisdn, password, confirmation string
		want                           []string
	}{
		{"", "", "", []string{"msisdn", "can't be blank", "password", "can't be blank", "password_confirmation", "can't be blank"}},
		{" ", "\t", "\n", []string{"msisdn", "can't be blank", "password", "can't be blank", "password_confirmation", "can't be blank"}},
		{"junk", "12345678", "12345678", []string{"msisdn", "is invalid"}},
		{"84932466", "1234567", "1234567", []string{"password", short}},
		{"84932466", "pässwör", "pässwör", []string{"password", short}}, // 9 bytes, 7 characters
		{"84932466", strings.Repeat("x", 129), strings.Repeat("x", 129), []string{"password", long}},
		{"84932466", strings.Repeat("é", 129), strings.Repeat("é", 129), []string{"password", long}},
		{"84932466", "12345678", "12345679", []string{"password_confirmation", "doesn't match password"}},
		{"84932466", "12345678", "12345678 ", []string{"password_confirmation", "doesn't match password"}},
		{"84932466", "12345678", "", []string{"password_confirmation", "can't be blank"}},
		{"84932466", "qwerty123", "qwerty123", []string{"password", "is too common"}},
		{"1", "qwerty", "x", []string{"msisdn", "is invalid", "password", short, "password_confirmation", "doesn't match password"}},
	} {
		body := object{"msisdn": tt.msisdn, "password": tt.password, "password_confirmation": tt.confirmation}
		c.post("/api/v1/users", body).invalid(tt.want...)
	}
	assert.Zero(t, s.inbox.Sends())
	assert.Empty(t, c.cookies)
	c.register(singapore, goodPassword).ok() // none of it was counted
}

// Characters are counted, not bytes; nothing is trimmed or cut; what is right is only
// exactly the same.
func testAPIUsersPasswordLengths(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	for phone, password := range map[string]string{
		singapore: "12345678",
		paris:     strings.Repeat("é", 128),
		delhi:     strings.Repeat("😀", 128),
		cairo:     "  spaces count  ",
	} {
		s := newServer(t)
		c := s.client()
		c.signUp(phone, password)
		assert.Equal(t, true, c.loginPassword(phone, password).ok().get("user.has_password"))
		for _, wrong := range []string{password + "x", strings.TrimSpace(password) + "\u0301"} {
			c.loginPassword(phone, wrong).refused(401, "unauthorized")
		}
	}
}

func testAPIUsersMSISDN(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	for _, tt := range []struct{ region, sent, e164, want string }{
		{"SG", "84932466", singapore, "84932466"},
		{"SG", "+65 8493 2466", singapore, "84932466"},
		{"SG", "6584932466", singapore, "84932466"},
		{"SG", "33600000178", paris, "33600000178"},
		{"", "6584932466", singapore, "6584932466"},
		{"FR", "06 00 00 01 78", paris, "600000178"},
		{"EG", "0106 179 7840", cairo, "1061797840"},
		{"EG", "84932466", "", ""},
	} {
		s := newServer(t, func(cfg *phoneauth.Config) { cfg.Numbers.DefaultRegion = tt.region })
		c := s.newBrowser()
		if tt.want == "" {
			c.register(tt.sent, goodPassword).invalid("msisdn", "is invalid")
			continue
		}
		assert.Equal(t, tt.want, c.register(tt.sent, goodPassword).ok().get("msisdn"))
		assert.Equal(t, tt.want, c.usersVerify(s.inbox.Code(t, tt.e164)).ok().get("msisdn"))
	}
}

// The end of a registration: code and token both.
func testAPIUsersExpiry(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.newBrowser()
	a := c.register(singapore, goodPassword).ok()
	assert.Equal(t, 300, a.cookie(registrationCookie).MaxAge)
	code := s.inbox.Code(t, singapore)
	t.Elapse(5 * time.Minute)
	expired := c.usersVerify(code).invalid("code", "not valid")
	wrong := c.usersVerify("x")
	delete(c.cookies, registrationCookie)
	unknown := c.usersVerify(code)
	assert.Equal(t, expired.text, wrong.text)
	assert.Equal(t, expired.text, unknown.text)
	assert.Equal(t, expired.header, unknown.header)

	c.cookies[registrationCookie] = a.str("session_token")
	c.register(singapore, goodPassword).ok()
	c.usersVerify(s.inbox.Code(t, singapore)).ok()
}
