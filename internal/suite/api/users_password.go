package api

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

func (c *client) forget(phone string) *answer {
	c.t.Helper()
	return c.put("/api/v1/users/forget_password", object{"msisdn": phone})
}

func (c *client) recover(phone, code, password string) *answer {
	c.t.Helper()
	body := object{"msisdn": phone, "code": code, "password": password, "password_confirmation": password}
	return c.put("/api/v1/users/recover_password", body)
}

// sentBySMS is the answer of forget_password, for every number.
const sentBySMS = `{"channel": "sms", "channels": [{"channel": "sms", "available_in": 60}]}`

func (c *client) reset(current, password string) *answer {
	c.t.Helper()
	return c.put("/api/v1/users/reset_password", object{"current_password": current, "password": password})
}

func testAPIRecoverPassword(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.newBrowser()
	old := c.signUp(singapore, "the old password")
	t.Elapse(time.Minute)
	assert.JSONEq(t, sentBySMS, c.forget("84932466").ok().text)
	code := s.inbox.Code(t, singapore)

	// Nothing of this uses up a try or the code.
	for range 6 {
		c.recover("84932466", code, "short").invalid("password", "is too short (minimum is 8 characters)")
		c.recover("junk", code, goodPassword).invalid("msisdn", "is invalid")
		c.put("/api/v1/users/recover_password", object{"msisdn": "84932466", "code": code, "password": goodPassword, "password_confirmation": "x"}).
			invalid("password_confirmation", "doesn't match password")
		c.put("/api/v1/users/recover_password", object{"msisdn": "84932466", "code": code, "password": goodPassword}).
			invalid("password_confirmation", "can't be blank")
		c.put("/api/v1/users/recover_password", object{}).invalid("msisdn", "can't be blank", "code", "can't be blank",
			"password", "can't be blank", "password_confirmation", "can't be blank")
		c.recover("84932466", "no code", goodPassword).invalid("code", "not valid")
	}
	for range 4 {
		c.recover("84932466", otherThan(code), goodPassword).invalid("code", "not valid")
	}
	assert.Empty(t, s.notices(singapore))
	a := c.recover("84932466", code, goodPassword).ok()
	assert.JSONEq(t, `{"msisdn":"84932466","valid_for_authentication":true}`, a.text)
	assert.Empty(t, a.cookies, "nobody is signed in")
	assert.Equal(t, []phoneauth.Purpose{phoneauth.NoticePasswordChanged}, s.notices(singapore))

	c.post("/token/refresh", object{"refresh_token": old.get("refresh_token")}).refused(401, "invalid_refresh_token")
	c.reset(goodPassword, "yet another").refused(401, "unauthorized", "every older session is ended")
	c.recover("84932466", code, "another try").invalid("code", "not valid")
	c.loginPassword(singapore, "the old password").refused(401, "unauthorized")
	c.loginPassword(singapore, goodPassword).ok()
}

func testAPIRecoverPasswordField(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	c.signUp(singapore, goodPassword)
	t.Elapse(time.Minute)
	c.forget(singapore).ok()
	code := s.inbox.Code(t, singapore)
	body := object{"msisdn": "84932466", "verification_code": otherThan(code), "password": "the new one", "password_confirmation": "the new one"}
	c.put("/api/v1/users/recover_password", body).invalid("verification_code", "not valid")
	body["verification_code"] = code
	c.put("/api/v1/users/recover_password", body).ok()
}

// Whether a number is known shows in no answer; only a known one is sent anything.
func testAPIForgetUnknownNumbers(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	s.client().signUp(singapore, goodPassword)
	blocked := s.client()
	id := blocked.connect(delhi).str("data.id")
	require.NoError(t, s.svc.SetBlocked(t.Context(), id, true))
	t.Elapse(time.Minute)
	sends := s.inbox.Sends()
	var known []*answer
	for i, phone := range []string{singapore, paris, delhi} {
		c := s.client()
		answers := []*answer{c.forget(phone).ok(), c.forget(phone).refused(429, "rate_limited")}
		answers = append(answers, c.recover(phone, "12345", "the new password").invalid("code", "not valid"))
		for range 5 {
			// One in two hundred thousand is the right one.
			answers = append(answers, c.recover(phone, "271828", "the new password").invalid("code", "not valid"))
		}
		if i == 0 {
			known = answers
		}
		for j, a := range answers {
			assert.Equal(t, known[j].text, a.text)
			assert.Equal(t, known[j].header, a.header)
		}
	}
	t.Settle()
	assert.Equal(t, sends+1, s.inbox.Sends(), "the known one's")
	s.client().forget("junk").invalid("msisdn", "is invalid")
	s.client().put("/api/v1/users/forget_password", object{}).invalid("msisdn", "can't be blank")
}

// The code of one purpose is nothing to another.
func testAPIResetCodeIsForNothingElse(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	c.signUp(singapore, goodPassword)
	t.Elapse(time.Minute)
	c.forget(singapore).ok()
	code := s.inbox.Code(t, singapore)
	c.login(singapore, code).refused(401, "unauthorized")
	c.post("/users/verification/verify", object{"phone": singapore, "verification_code": code}).refused(422, "verification_failed")
	t.Elapse(time.Minute)
	signIn := c.start(singapore)
	if signIn != code {
		c.recover(singapore, signIn, "the new password").invalid("code", "not valid")
	}
	c.recover(singapore, code, "the new password").ok()
	c.login(singapore, signIn).refused(401, "unauthorized", "open challenges of the account are void")
}

// A number that was proved without a password gets one by way of recover.
func testAPIRecoverGivesAFirstPassword(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	c.connect(singapore)
	c.loginPassword(singapore, goodPassword).refused(401, "unauthorized")
	t.Elapse(time.Minute)
	c.forget(singapore).ok()
	c.recover(singapore, s.inbox.Code(t, singapore), goodPassword).ok()
	a := c.loginPassword(singapore, goodPassword).ok()
	assert.Equal(t, true, a.get("user.has_password"))
	assert.Equal(t, false, a.get("first_sign_in"))
}

func testAPIResetPassword(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c, elsewhere := s.client(), s.client()
	c.reset(goodPassword, "the new one").refused(401, "unauthorized")
	c.put("/api/v1/users/reset_password", object{}).refused(401, "unauthorized", "before the fields")
	old := c.signUp(singapore, goodPassword)
	other := elsewhere.loginPassword(singapore, goodPassword).ok()

	const short = "is too short (minimum is 8 characters)"
	path := "/api/v1/users/reset_password"
	c.put(path, object{}).invalid("current_password", "can't be blank", "password", "can't be blank")
	c.put(path, object{"current_password": "x"}).invalid("password", "can't be blank")
	assert.Equal(t, "can't be blank", c.put(path, object{"password": "short"}).get("errors.current_password.0"))
	c.put(path, object{"current_password": goodPassword, "password": "short"}).invalid("password", short)
	c.put(path, object{"current_password": goodPassword, "password": "the new one", "password_confirmation": "another"}).
		invalid("password_confirmation", "doesn't match password")
	c.reset("not the one", "the new one").invalid("current_password", "is invalid")
	c.loginPassword(singapore, goodPassword).ok()

	a := c.put(path, object{"current_password": goodPassword, "password": "the new one", "password_confirmation": "the new one"}).ok()
	assert.Equal(t, "84932466", a.str("msisdn"))
	assert.Equal(t, true, a.get("valid_for_authentication"))
	assert.EqualValues(t, 900, a.get("expires_in"))
	assert.NotEmpty(t, a.str("device_token"))
	c.reset("the new one", "a third one").refused(401, "unauthorized", "its own old session ended too")
	for _, ended := range []any{old.get("refresh_token"), other.get("user.refresh_token")} {
		c.post("/token/refresh", object{"refresh_token": ended}).refused(401, "invalid_refresh_token")
	}
	c.bearer = a.str("authentication_token")
	c.post("/token/refresh", object{"refresh_token": a.get("refresh_token")}).ok()
	c.loginPassword(singapore, goodPassword).refused(401, "unauthorized")
	c.loginPassword(singapore, "the new one").ok()

	t.Elapse(5 * time.Minute)
	c.put(path, object{}).invalid("current_password", "can't be blank", "password", "can't be blank")
	t.Elapse(time.Microsecond)
	c.put(path, object{}).refused(403, "reauthentication_required", "before the fields")
	c.reset("the new one", "a third one").refused(403, "reauthentication_required")
	c.loginPassword(singapore, "the new one").ok()
}

func testAPIResetPasswordOfAUserWithoutOne(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	c.connect(singapore)
	a := c.put("/api/v1/users/reset_password", object{"password": goodPassword}).ok()
	assert.NotEmpty(t, a.str("authentication_token"))
	c.loginPassword(singapore, goodPassword).ok()
}

// The tenth wrong current password brings a wait, in the shape of this API.
func testAPIResetPasswordBackoff(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	c.signUp(singapore, goodPassword)
	for range 10 {
		c.reset("not the one", "the new one").invalid("current_password", "is invalid")
	}
	assert.Equal(t, "1", c.reset(goodPassword, "the new one").refused(429, "rate_limited").header.Get("Retry-After"))
	t.Elapse(time.Second)
	c.reset(goodPassword, "the new one").ok()
}

// A change of password voids a proof and a code that were open.
func testAPIResetPasswordVoidsWhatIsOpen(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t, limitsOff)
	c := s.client()
	c.signUp(singapore, goodPassword)
	proof := c.proof(singapore)
	c.forget(singapore).ok()
	reset := s.inbox.Code(t, singapore)
	code := c.start(singapore)
	c.reset(goodPassword, strings.Repeat("x", 128)).ok()
	c.login(singapore, code).refused(401, "unauthorized")
	c.recover(singapore, reset, goodPassword).invalid("code", "not valid")
	c.redeem(singapore, proof).refused(422, "invalid_data")
}
