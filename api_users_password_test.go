package phoneauth_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

func (c *apiClient) forget(phone string) *apiAnswer {
	c.t.Helper()
	return c.put("/api/v1/users/forget_password", apiBody{"msisdn": phone})
}

func (c *apiClient) recover(phone, code, password string) *apiAnswer {
	c.t.Helper()
	body := apiBody{"msisdn": phone, "code": code, "password": password, "password_confirmation": password}
	return c.put("/api/v1/users/recover_password", body)
}

func (c *apiClient) reset(current, password string) *apiAnswer {
	c.t.Helper()
	return c.put("/api/v1/users/reset_password", apiBody{"current_password": current, "password": password})
}

func TestAPIRecoverPassword(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.newBrowser()
		old := c.signUp(apiSingapore, "the old password")
		elapse(time.Minute)
		assert.JSONEq(t, `{}`, c.forget("84932466").ok().text)
		code := s.inbox.Code(t, apiSingapore)

		// Nothing of this uses up a try or the code.
		for range 6 {
			c.recover("84932466", code, "short").invalid("password", "is too short (minimum is 8 characters)")
			c.recover("junk", code, apiPassword).invalid("msisdn", "is invalid")
			c.put("/api/v1/users/recover_password", apiBody{"msisdn": "84932466", "code": code, "password": apiPassword, "password_confirmation": "x"}).
				invalid("password_confirmation", "doesn't match password")
			c.put("/api/v1/users/recover_password", apiBody{"msisdn": "84932466", "code": code, "password": apiPassword}).
				invalid("password_confirmation", "can't be blank")
			c.put("/api/v1/users/recover_password", apiBody{}).invalid("msisdn", "can't be blank", "code", "can't be blank",
				"password", "can't be blank", "password_confirmation", "can't be blank")
			c.recover("84932466", "no code", apiPassword).invalid("code", "not valid")
		}
		for range 4 {
			c.recover("84932466", apiWrong(code), apiPassword).invalid("code", "not valid")
		}
		assert.Empty(t, s.notices(apiSingapore))
		a := c.recover("84932466", code, apiPassword).ok()
		assert.JSONEq(t, `{"msisdn":"84932466","valid_for_authentication":true}`, a.text)
		assert.Empty(t, a.cookies, "nobody is signed in")
		assert.Equal(t, []phoneauth.Purpose{phoneauth.NoticePasswordChanged}, s.notices(apiSingapore))

		c.post("/token/refresh", apiBody{"refresh_token": old.get("refresh_token")}).refused(401, "invalid_refresh_token")
		c.reset(apiPassword, "yet another").refused(401, "unauthorized", "every older session is ended")
		c.recover("84932466", code, "another try").invalid("code", "not valid")
		c.loginPassword(apiSingapore, "the old password").refused(401, "unauthorized")
		c.loginPassword(apiSingapore, apiPassword).ok()
	})
}

func TestAPIRecoverPasswordField(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		c.signUp(apiSingapore, apiPassword)
		elapse(time.Minute)
		c.forget(apiSingapore).ok()
		code := s.inbox.Code(t, apiSingapore)
		body := apiBody{"msisdn": "84932466", "verification_code": apiWrong(code), "password": "the new one", "password_confirmation": "the new one"}
		c.put("/api/v1/users/recover_password", body).invalid("verification_code", "not valid")
		body["verification_code"] = code
		c.put("/api/v1/users/recover_password", body).ok()
	})
}

// Whether a number is known shows in no answer; only a known one is sent anything.
func TestAPIForgetUnknownNumbers(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		s.client().signUp(apiSingapore, apiPassword)
		blocked := s.client()
		id := blocked.connect(apiDelhi).str("data.id")
		require.NoError(t, s.svc.SetBlocked(t.Context(), id, true))
		elapse(time.Minute)
		sends := s.inbox.Sends()
		var known []*apiAnswer
		for i, phone := range []string{apiSingapore, apiParis, apiDelhi} {
			c := s.client()
			answers := []*apiAnswer{c.forget(phone).ok(), c.forget(phone).refused(429, "rate_limited")}
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
		synctest.Wait()
		assert.Equal(t, sends+1, s.inbox.Sends(), "the known one's")
		s.client().forget("junk").invalid("msisdn", "is invalid")
		s.client().put("/api/v1/users/forget_password", apiBody{}).invalid("msisdn", "can't be blank")
	})
}

// The code of one purpose is nothing to another.
func TestAPIResetCodeIsForNothingElse(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		c.signUp(apiSingapore, apiPassword)
		elapse(time.Minute)
		c.forget(apiSingapore).ok()
		code := s.inbox.Code(t, apiSingapore)
		c.login(apiSingapore, code).refused(401, "unauthorized")
		c.post("/users/verification/verify", apiBody{"phone": apiSingapore, "verification_code": code}).refused(422, "verification_failed")
		elapse(time.Minute)
		signIn := c.start(apiSingapore)
		if signIn != code {
			c.recover(apiSingapore, signIn, "the new password").invalid("code", "not valid")
		}
		c.recover(apiSingapore, code, "the new password").ok()
		c.login(apiSingapore, signIn).refused(401, "unauthorized", "open challenges of the account are void")
	})
}

// A number that was proved without a password gets one by way of recover.
func TestAPIRecoverGivesAFirstPassword(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		c.connect(apiSingapore)
		c.loginPassword(apiSingapore, apiPassword).refused(401, "unauthorized")
		elapse(time.Minute)
		c.forget(apiSingapore).ok()
		c.recover(apiSingapore, s.inbox.Code(t, apiSingapore), apiPassword).ok()
		a := c.loginPassword(apiSingapore, apiPassword).ok()
		assert.Equal(t, true, a.get("user.has_password"))
		assert.Equal(t, false, a.get("first_sign_in"))
	})
}

func TestAPIResetPassword(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c, elsewhere := s.client(), s.client()
		c.reset(apiPassword, "the new one").refused(401, "unauthorized")
		c.put("/api/v1/users/reset_password", apiBody{}).refused(401, "unauthorized", "before the fields")
		old := c.signUp(apiSingapore, apiPassword)
		other := elsewhere.loginPassword(apiSingapore, apiPassword).ok()

		const short = "is too short (minimum is 8 characters)"
		path := "/api/v1/users/reset_password"
		c.put(path, apiBody{}).invalid("current_password", "can't be blank", "password", "can't be blank")
		c.put(path, apiBody{"current_password": "x"}).invalid("password", "can't be blank")
		assert.Equal(t, "can't be blank", c.put(path, apiBody{"password": "short"}).get("errors.current_password.0"))
		c.put(path, apiBody{"current_password": apiPassword, "password": "short"}).invalid("password", short)
		c.put(path, apiBody{"current_password": apiPassword, "password": "the new one", "password_confirmation": "another"}).
			invalid("password_confirmation", "doesn't match password")
		c.reset("not the one", "the new one").invalid("current_password", "is invalid")
		c.loginPassword(apiSingapore, apiPassword).ok()

		a := c.put(path, apiBody{"current_password": apiPassword, "password": "the new one", "password_confirmation": "the new one"}).ok()
		assert.Equal(t, "84932466", a.str("msisdn"))
		assert.Equal(t, true, a.get("valid_for_authentication"))
		assert.EqualValues(t, 900, a.get("expires_in"))
		assert.NotEmpty(t, a.str("device_token"))
		c.reset("the new one", "a third one").refused(401, "unauthorized", "its own old session ended too")
		for _, ended := range []any{old.get("refresh_token"), other.get("user.refresh_token")} {
			c.post("/token/refresh", apiBody{"refresh_token": ended}).refused(401, "invalid_refresh_token")
		}
		c.bearer = a.str("authentication_token")
		c.post("/token/refresh", apiBody{"refresh_token": a.get("refresh_token")}).ok()
		c.loginPassword(apiSingapore, apiPassword).refused(401, "unauthorized")
		c.loginPassword(apiSingapore, "the new one").ok()

		elapse(5 * time.Minute)
		c.put(path, apiBody{}).invalid("current_password", "can't be blank", "password", "can't be blank")
		elapse(time.Microsecond)
		c.put(path, apiBody{}).refused(403, "reauthentication_required", "before the fields")
		c.reset("the new one", "a third one").refused(403, "reauthentication_required")
		c.loginPassword(apiSingapore, "the new one").ok()
	})
}

func TestAPIResetPasswordOfAUserWithoutOne(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		c.connect(apiSingapore)
		a := c.put("/api/v1/users/reset_password", apiBody{"password": apiPassword}).ok()
		assert.NotEmpty(t, a.str("authentication_token"))
		c.loginPassword(apiSingapore, apiPassword).ok()
	})
}

// The tenth wrong current password brings a wait, in the shape of this API.
func TestAPIResetPasswordBackoff(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		c.signUp(apiSingapore, apiPassword)
		for range 10 {
			c.reset("not the one", "the new one").invalid("current_password", "is invalid")
		}
		assert.Equal(t, "1", c.reset(apiPassword, "the new one").refused(429, "rate_limited").header.Get("Retry-After"))
		elapse(time.Second)
		c.reset(apiPassword, "the new one").ok()
	})
}

// A change of password voids a proof and a code that were open.
func TestAPIResetPasswordVoidsWhatIsOpen(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t, apiLimitsOff)
		c := s.client()
		c.signUp(apiSingapore, apiPassword)
		proof := c.proof(apiSingapore)
		c.forget(apiSingapore).ok()
		reset := s.inbox.Code(t, apiSingapore)
		code := c.start(apiSingapore)
		c.reset(apiPassword, strings.Repeat("x", 128)).ok()
		c.login(apiSingapore, code).refused(401, "unauthorized")
		c.recover(apiSingapore, reset, apiPassword).invalid("code", "not valid")
		c.post("/connect", apiBody{"phone": apiSingapore, "verification_token": proof}).refused(422, "invalid_data")
	})
}
