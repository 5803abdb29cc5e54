package phoneauth_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/phonetest"
)

// Each refusal stands before all that are also due: here the earlier ones are, one by
// one, put right.
func TestAPIOrderOfRefusals(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		const path = "/api/v1/users/reset_password"
		access := c.signUp(apiSingapore, apiPassword).str("authentication_token")
		for range 10 {
			c.reset("wrong password", "another one").invalid("current_password", "is invalid")
		}
		c.bearer = ""
		big := strings.Repeat("x", 9000)
		c.header["Content-Type"] = "text/plain"
		c.post(path, big).refused(405, "method_not_allowed")
		c.put(path, big).refused(415, "unsupported_media_type")
		delete(c.header, "Content-Type")
		c.put(path, big).refused(413, "body_too_large")
		c.put(path, "x").refused(400, "bad_request")
		c.put(path, apiBody{}).refused(401, "unauthorized")
		c.bearer = access
		c.put(path, apiBody{"current_password": "wrong", "password": "short"}).invalid("password", "is too short (minimum is 8 characters)")
		c.reset("wrong password", "another one").refused(429, "rate_limited")
		elapse(5*time.Minute + time.Second)
		c.put(path, apiBody{"password": "short"}).refused(403, "reauthentication_required", "before 422 and 429")

		// 422 before 429.
		c.start(apiCairo)
		c.post("/users/verification/start", apiBody{"phone": "junk"}).refused(422, "invalid_phone")
		c.post("/users/verification/start", apiBody{"phone": apiCairo}).refused(429, "rate_limited")
		// 403 of the origin before 422 and 429.
		c.register(apiCairo, "short").invalid("password", "is too short (minimum is 8 characters)")
		c.register(apiCairo, apiPassword).refused(429, "rate_limited")
		c.header["Sec-Fetch-Site"] = "cross-site"
		c.register(apiCairo, "short").refused(403, "cross_origin")
	})
}

func TestAPIMethods(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPIScene(t)
		documented := map[string][]string{}
		for _, routes := range apiRoutes {
			for _, route := range routes {
				method, path := apiSplit(route)
				documented[path] = append(documented[path], method)
			}
		}
		for path, methods := range documented {
			for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "post"} {
				if strings.Contains(strings.Join(methods, " "), method) {
					continue
				}
				a := s.c.do(method, path, s.good()["POST "+path])
				if assert.Equal(t, 405, a.status, "%s %s", method, path) && method != "HEAD" {
					a.refused(405, "method_not_allowed")
				}
				assert.ElementsMatch(t, methods, strings.Split(a.header.Get("Allow"), ", "))
			}
		}
		s.c.do("GET", "/nowhere", nil).refused(404, "not_found")
		s.c.do("POST", "/connect/", s.good()["POST /connect"]).refused(404, "not_found")
		s.unharmed()
	})
}

// Where the store does not answer it is 503 in every API's shape, with the cause in the
// log and nothing sent, and everything goes on when it is back.
func TestAPIStoreDown(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		const cause = "dial tcp 10.1.2.3:5432: password authentication failed"
		s := newAPIScene(t)
		s.store.down(errors.New(cause))
		routes := s.good()
		routes["GET /users/me"] = nil
		routes["DELETE /users/me"] = nil
		s.c.bearer = s.access
		for route, body := range routes {
			method, path := apiSplit(route)
			a := s.c.do(method, path, body)
			if path == "/users/verification/start" {
				a.refused(500, "sending_verification_failed")
			} else {
				a.refused(503, "unavailable")
			}
			assert.NotContains(t, a.text, "10.1.2.3")
			assert.NotContains(t, a.text, "password auth")
			assert.Empty(t, a.cookies)
		}
		s.c.loginPassword(apiSingapore, apiPassword).refused(503, "unavailable")
		s.c.do("GET", "/.well-known/jwks.json", nil).ok()
		assert.Contains(t, s.log.String(), cause)
		s.store.set(nil)
		s.unharmed()
	})
}

// A store that hangs is one that is down after 2 s; a verb that fails late does not turn
// a failure into a success.
func TestAPIStoreHangs(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		c.connect(apiCairo)
		for _, verb := range []string{"CreateSession", "SignInUser", "AttemptChallenge"} {
			elapse(12 * time.Minute)
			code := c.start(apiCairo)
			s.store.set(func(v string) error {
				if v == verb {
					elapse(2 * time.Second)
					return context.DeadlineExceeded
				}
				return nil
			})
			a := c.login(apiCairo, code).refused(503, "unavailable", verb)
			assert.Empty(t, a.cookies)
			s.store.set(nil)
		}
	})
}

func TestAPISenderDown(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t, apiLimitsOff)
		c := s.client()
		c.signUp(apiSingapore, apiPassword)
		for _, failure := range []phonetest.Failure{phonetest.Permanent, phonetest.Temporary, phonetest.Ambiguous, phonetest.Hang} {
			for _, tt := range []struct {
				send   func() *apiAnswer
				status int
				code   string
			}{
				{func() *apiAnswer { return c.post("/users/verification/start", apiBody{"phone": apiCairo}) }, 500, "sending_verification_failed"},
				{func() *apiAnswer { return c.phoneRegister(apiCairo) }, 503, "unavailable"},
				{func() *apiAnswer { return c.register(apiCairo, apiPassword) }, 503, "unavailable"},
				{func() *apiAnswer { return c.changeStart(apiCairo) }, 503, "unavailable"},
			} {
				s.inbox.FailNext(failure)
				a := tt.send().refused(tt.status, tt.code)
				assert.NotContains(t, a.text, "phonetest")
				assert.NotContains(t, a.text, string(failure))
			}
			// What is sent for known numbers only leaves after the answer.
			s.inbox.FailNext(failure)
			c.forget(apiSingapore).ok()
			synctest.Wait()
			elapse(11 * time.Second)
		}
		assert.Contains(t, s.log.String(), "phonetest")
	})
}

// Every route that can be asked too often says so in its API's shape, with the wait.
func TestAPIRateLimits(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		c.connect(apiSingapore)
		for _, send := range []func() *apiAnswer{
			func() *apiAnswer { return c.changeStart(apiCairo) },
			func() *apiAnswer { return c.post("/users/verification/start", apiBody{"phone": apiCairo}) },
			func() *apiAnswer { return c.phoneRegister(apiCairo) },
			func() *apiAnswer { return c.register(apiCairo, apiPassword) },
			func() *apiAnswer { return c.forget(apiCairo) },
		} {
			elapse(time.Minute)
			send().ok()
			sends := s.inbox.Sends()
			elapse(10*time.Second + time.Millisecond)
			assert.Equal(t, "50", send().refused(429, "rate_limited").header.Get("Retry-After"))
			synctest.Wait()
			assert.Equal(t, sends, s.inbox.Sends())
		}
	})
}

// One address may have 20 texts sent, and try 30 codes, whatever the numbers.
func TestAPIAddressLimits(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		phones := func(i int) string {
			return "+2010" + strings.Repeat(string(rune('0'+i%10)), 4) + "00" + string(rune('0'+i/10)) + "1"
		}
		c := s.client()
		for i := range 20 {
			c.phoneRegister(phones(i)).ok()
		}
		assert.Equal(t, "180", c.phoneRegister(phones(20)).refused(429, "rate_limited").header.Get("Retry-After"))
		c.header["X-Forwarded-For"] = "203.0.113.9"
		c.phoneRegister(phones(20)).refused(429, "rate_limited", "from anyone else it is ignored")
		s.client().phoneRegister(phones(20)).ok()

		c = s.client()
		for range 30 {
			c.login(apiCairo, "123456").refused(401, "unauthorized")
		}
		code := s.client().start(apiCairo)
		assert.Equal(t, "10", c.login(apiCairo, code).refused(429, "rate_limited").header.Get("Retry-After"))
		c.loginPassword(apiParis, apiPassword).refused(429, "rate_limited")
		c.post("/users/verification/verify", apiBody{"phone": apiCairo, "verification_code": code}).refused(429, "rate_limited")
		c.phoneVerify(apiCairo, code, "junk").refused(422, "invalid_security_code", "costs no store call")
		s.client().login(apiCairo, code).ok()
	})
}

// Whether a number is known shows nowhere that a code is sent or given back.
func TestAPIKnownAndUnknownNumbers(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		s.client().signUp(apiSingapore, apiPassword) // has a password
		s.client().connect(apiCairo)                 // has none
		blocked := s.client().connect(apiDelhi).str("data.id")
		require.NoError(t, s.svc.SetBlocked(t.Context(), blocked, true))
		elapse(time.Hour)
		var unknown []*apiAnswer
		var lengths []int
		for i, phone := range []string{apiParis, apiSingapore, apiCairo, apiDelhi} {
			c := s.client()
			answers := []*apiAnswer{
				c.login(phone, "123456"), c.loginPassword(phone, "wrong password"), c.recover(phone, "123456", apiPassword),
				c.post("/users/verification/verify", apiBody{"phone": phone, "verification_code": "123456"}),
				c.post("/users/verification/start", apiBody{"phone": phone}).ok(),
				c.post("/users/verification/start", apiBody{"phone": phone}).refused(429, "rate_limited"),
			}
			wrong := apiWrong(s.inbox.Code(t, phone))
			answers = append(answers, c.login(phone, wrong), c.login(phone, wrong))
			elapse(5 * time.Minute)
			random := c.phoneRegister(phone).ok()
			token := random.str("session_token")
			random.text = strings.Replace(random.text, token, "x", 1)
			lengths = append(lengths, len(token))
			answers = append(answers, random, c.phoneVerify(phone, wrong, apiSeedSessionToken), c.forget(phone))
			s.inbox.Code(t, phone)
			if i == 0 {
				unknown = answers
			}
			for j, a := range answers {
				assert.Equal(t, unknown[j].status, a.status, "%s %d", phone, j)
				assert.Equal(t, unknown[j].header, a.header, "%s %d", phone, j)
				assert.Equal(t, unknown[j].text, a.text, "%s %d", phone, j)
			}
			assert.InDelta(t, lengths[0], lengths[i], 8, "but for the length of the number")
			elapse(time.Hour)
		}
	})
}

// The forms of a number, on the wire: the answer is always E.164.
func TestAPIPhoneInput(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t, apiLimitsOff)
		c := s.client()
		for spelled, phone := range map[string]string{
			apiCairo: apiCairo, "201061797840": apiCairo, "+20 (106) 179-78.40": apiCairo, "84932466": apiSingapore, "8493 2466": apiSingapore,
			"+65 84932466": apiSingapore, "6584932466": apiSingapore, "+33 06 00 00 01 78": apiParis, "33600000178": apiParis,
		} {
			c.post("/users/verification/start", apiBody{"phone": spelled}).ok()
			code := s.inbox.Code(t, phone)
			token := c.post("/users/verification/verify", apiBody{"phone": phone, "verification_code": code}).ok().str("verification_token")
			a := c.post("/connect", apiBody{"phone": spelled, "verification_token": token}).ok()
			assert.Equal(t, phone, a.str("data.attributes.phone"))
			a = c.login(spelled, c.start(phone)).ok()
			assert.Equal(t, phone, a.str("user.phone"))
			token = c.phoneRegister(spelled).ok().str("session_token")
			c.phoneVerify(spelled, s.inbox.Code(t, phone), token).ok()
		}
		french := newAPI(t, func(cfg *phoneauth.Config) { cfg.Numbers.Regions = []string{"FR"} })
		french.client().phoneRegister(apiCairo).refused(422, "invalid_phone_number", "a region that is not served")
		french.client().phoneRegister(apiParis).ok()
	})
}
