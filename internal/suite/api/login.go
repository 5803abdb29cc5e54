package api

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// claimsOf are the claims of an access token.
func claimsOf(t testing.TB, token string) (claims map[string]any) {
	t.Helper()
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(payload, &claims))
	return claims
}

var uuid4 = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func testAPILogin(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	a := c.login(paris, c.start(paris)).ok()
	assert.Equal(t, true, a.get("first_sign_in"))
	assert.IsType(t, 1.0, a.get("user.id"))
	assert.Equal(t, paris, a.str("user.phone"))
	assert.Equal(t, false, a.get("user.has_password"))
	assert.Equal(t, t.Now().UTC().Truncate(time.Millisecond), timeOf(t, a.str("user.created_at")))
	assert.Regexp(t, uuid4, a.str("user.uuid"))
	claims := claimsOf(t, a.str("user.token"))
	assert.Equal(t, a.get("user.uuid"), claims["sub"])
	assert.Equal(t, fmt.Sprint(a.get("user.id")), claims["uid"])
	assert.Equal(t, []any{"sms"}, claims["amr"])
	c.bearer = a.str("user.token")
	assert.Equal(t, fmt.Sprint(a.get("user.id")), c.do("GET", "/users/me", nil).ok().get("data.id"))
	c.post("/token/refresh", object{"refresh_token": a.get("user.refresh_token")}).ok()

	t.Elapse(time.Minute)
	again := c.login("+33 06 00 00 01 78", c.start(paris)).ok()
	assert.Equal(t, false, again.get("first_sign_in"))
	for _, name := range []string{"id", "uuid", "created_at"} {
		assert.Equal(t, a.get("user."+name), again.get("user."+name))
	}
	other := c.login(cairo, c.start(cairo)).ok()
	assert.NotEqual(t, a.get("user.uuid"), other.get("user.uuid"))
}

func testAPILoginErrors(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	login := func(user any) *answer { return c.post("/api/v1/login", object{"format": "json", "user": user}) }
	for _, user := range []any{
		nil, "x", 1, []object{{"phone": paris, "sms_code": "123456"}}, object{},
		object{"phone": paris}, object{"sms_code": "123456"}, object{"password": goodPassword},
		object{"phone": paris, "sms_code": 123456}, object{"phone": paris, "sms_code": nil, "password": " "},
		object{"phone": " ", "sms_code": "123456"}, object{"Phone": paris, "sms_code": "123456"},
	} {
		login(user).refused(400, "parameter_missing")
	}
	c.post("/api/v1/login", object{"phone": paris, "sms_code": "123456"}).refused(400, "parameter_missing", "not in user")
	for _, phone := range []string{"junk", "0", "+1 800 555 0123", paris + ";ext=1", "+３３600000178"} {
		login(object{"phone": phone, "sms_code": "123456"}).refused(401, "invalid_phone_format")
		login(object{"phone": phone, "password": goodPassword}).refused(401, "invalid_phone_format")
	}
	unknown := c.login(paris, "123456").refused(401, "unauthorized")
	assert.Equal(t, "wrong phone / sms_code", unknown.str("error.message"))
	code := c.start(paris)
	for _, a := range []*answer{
		c.login(paris, otherThan(code)), c.login(paris, "x"), c.login(cairo, code),
		c.loginPassword(paris, goodPassword), c.loginPassword(cairo, code),
	} {
		assert.Equal(t, unknown.text, a.text)
		assert.Equal(t, unknown.header, a.header)
		assert.Equal(t, 401, a.status)
	}
	c.login(paris, code).ok()
	assert.Equal(t, unknown.text, c.login(paris, code).text, "used up")
}

// The code wins where both are there; the password is then not looked at.
func testAPILoginCodeWins(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	c.signUp(paris, goodPassword)
	t.Elapse(time.Minute)
	code := c.start(paris)
	both := func(code, password any) *answer {
		return c.post("/api/v1/login", object{"user": object{"phone": paris, "sms_code": code, "password": password}})
	}
	both(otherThan(code), goodPassword).refused(401, "unauthorized")
	both("malformed", goodPassword).refused(401, "unauthorized")
	a := both(code, "not the password").ok()
	assert.Equal(t, []any{"sms"}, claimsOf(t, a.str("user.token"))["amr"])
	a = both("", goodPassword).ok()
	assert.Equal(t, []any{"pwd"}, claimsOf(t, a.str("user.token"))["amr"])
	assert.Equal(t, true, a.get("user.has_password"))
	both(nil, goodPassword).ok()
}

// DELETED is for those who have proved that it is theirs.
func testAPILoginBlocked(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	a := c.signUp(paris, goodPassword)
	require.NotNil(t, a)
	id := c.do("GET", "/users/me", nil).ok().str("data.id")
	require.NoError(t, s.svc.SetBlocked(t.Context(), id, true))
	t.Elapse(time.Minute)
	code := c.start(paris)
	c.login(paris, otherThan(code)).refused(401, "unauthorized")
	c.login(paris, code).refused(401, "deleted")
	c.login(paris, code).refused(401, "unauthorized", "used up")
	c.loginPassword(paris, "not the password").refused(401, "unauthorized")
	c.loginPassword(paris, goodPassword).refused(401, "deleted")
	require.NoError(t, s.svc.SetBlocked(t.Context(), id, false))
	c.loginPassword(paris, goodPassword).ok()
	c.do("GET", "/users/me", nil).ok() // access tokens are good until they end
}

// first_sign_in is for the first, by whichever route.
func testAPIFirstSignIn(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	c.connect(cairo)
	t.Elapse(time.Minute)
	assert.Equal(t, false, c.login(cairo, c.start(cairo)).ok().get("first_sign_in"))

	c.signUp(paris, goodPassword)
	t.Elapse(time.Minute)
	assert.Equal(t, false, c.loginPassword(paris, goodPassword).ok().get("first_sign_in"))
	assert.Equal(t, false, c.login(paris, c.start(paris)).ok().get("first_sign_in"))

	assert.Equal(t, true, c.login(delhi, c.start(delhi)).ok().get("first_sign_in"))
	t.Elapse(time.Minute)
	assert.Equal(t, false, c.connect(delhi).get("data.attributes.new_user"))

	// Not after the account is gone and made anew.
	c.do("DELETE", "/users/me", nil).ok(204)
	t.Elapse(time.Minute)
	assert.Equal(t, true, c.login(delhi, c.start(delhi)).ok().get("first_sign_in"))
}

func testAPILoginTextIDs(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t, func(cfg *phoneauth.Config) {
		cfg.Store = phoneauth.Stores{ChallengeStore: cfg.Store, UserStore: textIDs{cfg.Store}, SessionStore: cfg.Store}
	})
	c := s.client()
	a := c.login(paris, c.start(paris)).ok()
	assert.Regexp(t, `^user_\d+$`, a.str("user.id"))
	c.bearer = a.str("user.token")
	assert.Equal(t, a.get("user.id"), c.do("GET", "/users/me", nil).ok().get("data.id"))
	assert.NotEqual(t, a.get("user.id"), a.get("user.uuid"))
	c.do("DELETE", "/users/me", nil).ok(204)
}

// From the tenth wrong password on a wait, doubling, for unknown numbers too.
func testAPILoginBackoff(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	s.client().signUp(paris, goodPassword)
	traces := map[string][]string{}
	for _, phone := range []string{paris, cairo} {
		c := s.client()
		say := func(a *answer) {
			traces[phone] = append(traces[phone], fmt.Sprint(a.status, a.header, a.text))
		}
		for range 10 {
			a := c.loginPassword(phone, "not the password").refused(401, "unauthorized")
			say(a)
		}
		for _, wait := range []int{1, 2, 4} {
			a := c.loginPassword(phone, goodPassword).refused(429, "rate_limited", "also the right one")
			assert.Equal(t, fmt.Sprint(wait), a.header.Get("Retry-After"))
			say(a)
			t.Elapse(time.Duration(wait)*time.Second - time.Microsecond)
			say(c.loginPassword(phone, "not the password").refused(429, "rate_limited"))
			t.Elapse(time.Microsecond)
			say(c.loginPassword(phone, "not the password").refused(401, "unauthorized"))
		}
		t.Elapse(8 * time.Second)
	}
	assert.Equal(t, traces[paris], traces[cairo])
	c := s.client()
	c.loginPassword(paris, goodPassword).ok()
	c.loginPassword(paris, "not the password").refused(401, "unauthorized", "success cleared it")
	c.loginPassword(paris, goodPassword).ok()
	c.login(cairo, c.start(cairo)).ok() // a wait for passwords is none for codes
}

// Wrong codes are counted by phone across challenges and resends: ten, and it is locked.
func testAPILoginPhoneLock(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	proof := c.proof(paris)
	for range 2 {
		t.Elapse(time.Minute)
		code := c.start(paris)
		for range 5 {
			c.login(paris, otherThan(code)).refused(401, "unauthorized")
		}
	}
	for _, a := range []*answer{
		c.login(paris, "123456").refused(429, "rate_limited"),
		c.post("/users/verification/start", object{"phone": paris}).refused(429, "rate_limited"),
		c.post("/users/verification/verify", object{"phone": paris, "verification_code": "123456"}).refused(429, "rate_limited"),
		c.redeem(paris, proof).refused(429, "rate_limited", "redemption too"),
		c.phoneRegister(paris).refused(429, "rate_limited"),
		c.register(paris, goodPassword).refused(429, "rate_limited"),
		c.forget(paris).refused(429, "rate_limited"),
		c.recover(paris, "123456", goodPassword).refused(429, "rate_limited"),
	} {
		assert.NotEmpty(t, a.header.Get("Retry-After"))
	}
	assert.Equal(t, "900", c.login(paris, "123456").header.Get("Retry-After"))
	c.login(paris, "malformed").refused(401, "unauthorized", "not compared, not locked")
	c.connect(cairo)
	t.Elapse(15 * time.Minute)
	c.login(paris, c.start(paris)).ok()
}
