package phoneauth_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// device signs in once, and returns the token of the device.
func (c *apiClient) device(phone string) string {
	c.t.Helper()
	return c.connect(phone).str("meta.device_token")
}

// Every answer with a refresh token has a device token beside it, and its cookie.
func TestAPIDeviceTokenIssued(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		check := func(a *apiAnswer, under string) {
			t.Helper()
			require.NotEmpty(t, a.str(under+"refresh_token"))
			cookie := a.cookie(apiDeviceCookie)
			require.NotNil(t, cookie, a.path)
			assert.Equal(t, a.str(under+"device_token"), cookie.Value)
		}
		a := c.connect(apiCairo)
		check(a, "meta.")
		check(c.refresh(a.str("meta.refresh_token")).ok(), "")
		check(c.login(apiParis, c.start(apiParis)).ok(), "user.")
		check(c.signUp(apiSingapore, apiPassword), "")
		check(c.loginPassword(apiSingapore, apiPassword).ok(), "user.")
		check(c.put("/api/v1/users/reset_password", apiBody{"current_password": apiPassword, "password": "another one"}).ok(), "")
		c.bearer = c.loginPassword(apiSingapore, "another one").ok().str("user.token")
		c.changeStart(apiDelhi).ok()
		check(c.changeVerify(apiDelhi, s.inbox.Code(t, apiDelhi)).ok(), "meta.")
		assert.Nil(t, c.do("GET", "/users/me", nil).cookie(apiDeviceCookie))
	})
}

// A session has one device id; so do sessions begun on one device.
func TestAPIDeviceTokenStays(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		a := c.connect(apiCairo)
		token := a.str("meta.device_token")
		elapse(13 * 24 * time.Hour)
		refreshed := c.refresh(a.str("meta.refresh_token")).ok()
		assert.Equal(t, token, refreshed.str("device_token"))
		// Its end is that of the session's beginning: 180 days of it are counted from there.
		exp := apiClaims(t, token)["exp"]
		assert.InDelta(t, time.Now().Add((180-13)*24*time.Hour).Unix(), exp, 1)

		body := apiBody{"user": apiBody{"phone": apiCairo, "sms_code": "x", "device_token": token}}
		c.post("/users/verification/start", apiBody{"phone": apiCairo, "device_token": token}).ok()
		body["user"].(apiBody)["sms_code"] = s.inbox.Code(t, apiCairo)
		next := c.post("/api/v1/login", body).ok().str("user.device_token")
		assert.NotEqual(t, token, next)
		assert.InDelta(t, time.Now().Add(180*24*time.Hour).Unix(), apiClaims(t, next)["exp"], 1)
	})
}

// lockStrangers makes ten wrong codes without a device.
func (s *apiServer) lockStrangers(phone string) {
	s.t.Helper()
	c := s.client()
	for range 2 {
		code := c.start(phone)
		for range 5 {
			c.login(phone, apiWrong(code)).refused(401, "unauthorized")
		}
		elapse(time.Minute)
	}
	c.login(phone, "123456").refused(429, "rate_limited")
}

// A stranger's failures never lock the owner out, on any route that takes the token.
func TestAPIDeviceHasItsOwnLock(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		for name, signIn := range map[string]func(c *apiClient, token string){
			"connect": func(c *apiClient, token string) {
				c.post("/users/verification/start", apiBody{"phone": apiCairo, "device_token": token}).ok()
				body := apiBody{"phone": apiCairo, "verification_code": c.inbox.Code(t, apiCairo), "device_token": token}
				proof := c.post("/users/verification/verify", body).ok().str("verification_token")
				c.post("/connect", apiBody{"phone": apiCairo, "verification_token": proof}).ok() // the proof remembers
			},
			"phone": func(c *apiClient, token string) {
				session := c.post("/api/phone/register", apiBody{"phone_number": apiCairo, "device_token": token}).ok().str("session_token")
				c.phoneVerify(apiCairo, c.inbox.Code(t, apiCairo), session).ok()
			},
			"login": func(c *apiClient, token string) {
				c.post("/users/verification/start", apiBody{"phone": apiCairo, "device_token": token}).ok()
				user := apiBody{"phone": apiCairo, "sms_code": c.inbox.Code(t, apiCairo), "device_token": token}
				c.post("/api/v1/login", apiBody{"user": user}).ok()
			},
			"cookie": func(c *apiClient, token string) {
				c.cookies[apiDeviceCookie] = token
				c.connect(apiCairo)
			},
			"body beats cookie": func(c *apiClient, token string) {
				c.cookies[apiDeviceCookie] = "planted"
				c.post("/users/verification/start", apiBody{"phone": apiCairo, "device_token": token}).ok()
				body := apiBody{"phone": apiCairo, "verification_code": c.inbox.Code(t, apiCairo), "device_token": token}
				c.post("/users/verification/verify", body).ok()
			},
			"forget": func(c *apiClient, token string) {
				c.put("/api/v1/users/forget_password", apiBody{"msisdn": apiCairo, "device_token": token}).ok()
				body := apiBody{"msisdn": apiCairo, "code": c.inbox.Code(t, apiCairo), "device_token": token,
					"password": apiPassword, "password_confirmation": apiPassword}
				c.put("/api/v1/users/recover_password", body).ok()
			},
		} {
			s := newAPI(t)
			token := s.client().device(apiCairo)
			elapse(time.Minute)
			s.lockStrangers(apiCairo)
			c := s.client()
			c.post("/users/verification/start", apiBody{"phone": apiCairo}).refused(429, "rate_limited", name)
			c.post("/users/verification/start", apiBody{"phone": apiCairo, "device_token": "junk"}).refused(429, "rate_limited", "an invalid one is none")
			signIn(c, token)
		}
	})
}

// And the failures of known devices lock all of them, and no stranger.
func TestAPIDevicesShareACounter(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		one := c.device(apiCairo)
		elapse(time.Minute)
		two := c.device(apiCairo)
		elapse(10 * time.Minute)
		start := func(token string) *apiAnswer {
			return c.post("/users/verification/start", apiBody{"phone": apiCairo, "device_token": token})
		}
		start(one).ok()
		proved := apiBody{"phone": apiCairo, "verification_code": s.inbox.Code(t, apiCairo), "device_token": one}
		proof := c.post("/users/verification/verify", proved).ok().str("verification_token")
		for _, token := range []string{one, two} {
			elapse(time.Minute)
			start(token).ok()
			start(token).refused(429, "rate_limited", "the known devices of a number share their send limits")
			s.client().post("/users/verification/start", apiBody{"phone": apiCairo}).ok() // strangers have limits of their own
			body := apiBody{"phone": apiCairo, "verification_code": apiWrong(s.inbox.Code(t, apiCairo)), "device_token": token}
			for range 5 {
				c.post("/users/verification/verify", body).refused(422, "verification_failed")
			}
		}
		elapse(time.Minute)
		start(one).refused(429, "rate_limited")
		start(two).refused(429, "rate_limited")
		c.post("/connect", apiBody{"phone": apiCairo, "verification_token": proof}).refused(429, "rate_limited", "redemption checks that device's lock")
		stranger := s.client()
		stranger.connect(apiCairo)
	})
}

// Passwords have such a pair of counters too.
func TestAPIDevicePasswordCounter(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c, stranger := s.client(), s.client()
		token := c.signUp(apiSingapore, apiPassword).str("device_token")
		for range 10 {
			stranger.loginPassword(apiSingapore, "wrong password").refused(401, "unauthorized")
		}
		stranger.loginPassword(apiSingapore, apiPassword).refused(429, "rate_limited")
		user := apiBody{"phone": apiSingapore, "password": apiPassword, "device_token": token}
		c.post("/api/v1/login", apiBody{"user": user}).ok()
		stranger.loginPassword(apiSingapore, apiPassword).refused(429, "rate_limited", "the owner's success is no stranger's")
	})
}

// What ends a device: 180 days, another number, a block, a deletion. It is none then.
func TestAPIDeviceEnds(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		for name, end := range map[string]func(s *apiServer, c *apiClient, id string) (phone string){
			"time": func(*apiServer, *apiClient, string) string {
				elapse(180*24*time.Hour + time.Second)
				return apiCairo
			},
			"change of number": func(s *apiServer, c *apiClient, _ string) string {
				c.changeStart(apiParis).ok()
				c.changeVerify(apiParis, s.inbox.Code(s.t, apiParis)).ok()
				elapse(time.Minute)
				return apiParis
			},
			"block and unblock": func(s *apiServer, _ *apiClient, id string) string {
				require.NoError(s.t, s.svc.SetBlocked(s.t.Context(), id, true))
				require.NoError(s.t, s.svc.SetBlocked(s.t.Context(), id, false))
				return apiCairo
			},
			"deletion": func(s *apiServer, c *apiClient, _ string) string {
				c.do("DELETE", "/users/me", nil).ok(204)
				return apiCairo
			},
			"another's number": func(s *apiServer, c *apiClient, _ string) string { return apiDelhi },
		} {
			s := newAPI(t)
			c := s.client()
			a := c.connect(apiCairo)
			token := a.str("meta.device_token")
			elapse(time.Minute)
			phone := end(s, c, a.str("data.id"))
			s.lockStrangers(phone)
			c.post("/users/verification/start", apiBody{"phone": phone, "device_token": token}).refused(429, "rate_limited", name)
			elapse(15 * time.Minute)
			c.post("/users/verification/start", apiBody{"phone": phone, "device_token": token}).ok() // none, and no error
			c.login(phone, s.inbox.Code(t, phone)).ok()
		}
	})
}

// A known device is outside the number budgets: a dry block still serves its own.
func TestAPIDeviceIsOutsideTheBudgets(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		token := c.device(apiCairo)
		refused := 0
		for i := range 40 {
			phone := apiCairo[:len(apiCairo)-2] + string(rune('0'+i/10)) + string(rune('0'+i%10))
			if s.client().post("/users/verification/start", apiBody{"phone": phone}).status == 429 {
				refused++
			}
		}
		assert.Positive(t, refused, "the block is dry")
		elapse(time.Minute)
		c.post("/users/verification/start", apiBody{"phone": apiCairo}).refused(429, "rate_limited")
		c.post("/users/verification/start", apiBody{"phone": apiCairo, "device_token": token}).ok()
	})
}

// The Users API takes the token too: the device of a signed-out browser stays known.
func TestAPIDeviceSurvivesSignOut(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.newBrowser()
		a := c.signUp(apiSingapore, apiPassword)
		c.post("/logout", apiBody{"refresh_token": a.get("refresh_token")}).ok(204)
		c.bearer = ""
		stranger := s.client()
		for range 10 {
			stranger.loginPassword(apiSingapore, "wrong password").refused(401, "unauthorized")
		}
		c.loginPassword(apiSingapore, apiPassword).ok()
		// A new password keeps nothing of the old sessions; the device is of the old epoch.
		c.bearer = c.loginPassword(apiSingapore, apiPassword).ok().str("user.token")
		fresh := c.reset(apiPassword, "another one").ok().str("device_token")
		assert.Equal(t, fresh, c.cookies[apiDeviceCookie])
		stranger.loginPassword(apiSingapore, "another one").refused(429, "rate_limited")
		c.loginPassword(apiSingapore, "another one").ok()
	})
}
