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
	"github.com/phoneauth/phoneauth/phonetest"
)

// What the Service refuses has an order too: who asks, then the fields, then the limits. That
// it is asked only after method, media type, size and body is TestOrderOfRefusals of the root.
func testAPIOrderOfRefusals(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	const path = "/api/v1/users/reset_password"
	access := c.signUp(singapore, goodPassword).str("authentication_token")
	for range 10 {
		c.reset("wrong password", "another one").invalid("current_password", "is invalid")
	}
	c.bearer = ""
	c.put(path, object{}).refused(401, "unauthorized")
	c.bearer = access
	c.put(path, object{"current_password": "wrong", "password": "short"}).invalid("password", "is too short (minimum is 8 characters)")
	c.reset("wrong password", "another one").refused(429, "rate_limited")
	t.Elapse(5*time.Minute + time.Second)
	c.put(path, object{"password": "short"}).refused(403, "reauthentication_required", "before 422 and 429")

	// 422 before 429.
	c.start(cairo)
	c.post("/users/verification/start", object{"phone": "junk"}).refused(422, "invalid_phone")
	c.post("/users/verification/start", object{"phone": cairo}).refused(429, "rate_limited")
	// 403 of the origin before 422 and 429.
	c.register(cairo, "short").invalid("password", "is too short (minimum is 8 characters)")
	c.register(cairo, goodPassword).refused(429, "rate_limited")
	c.header["Sec-Fetch-Site"] = "cross-site"
	c.register(cairo, "short").refused(403, "cross_origin")
}

func testAPIMethods(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newScene(t)
	documented := map[string][]string{}
	for _, routes := range allRoutes {
		for _, route := range routes {
			method, path := split(route)
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
}

// Where the store does not answer it is 503 in every API's shape, with the cause in the
// log and nothing sent, and everything goes on when it is back.
func testAPIStoreDown(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	const cause = "dial tcp 10.1.2.3:5432: password authentication failed"
	s := newScene(t)
	s.store.down(errors.New(cause))
	routes := s.good()
	routes["GET /users/me"] = nil
	routes["DELETE /users/me"] = nil
	s.c.bearer = s.access
	for route, body := range routes {
		method, path := split(route)
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
	s.c.loginPassword(singapore, goodPassword).refused(503, "unavailable")
	s.c.do("GET", "/.well-known/jwks.json", nil).ok()
	assert.Contains(t, s.log.String(), cause)
	s.store.set(nil)
	s.unharmed()
}

// A store that hangs is one that is down after 2 s; a verb that fails late does not turn
// a failure into a success.
func testAPIStoreHangs(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	c.connect(cairo)
	for _, verb := range []string{"CreateSession", "SignInUser", "AttemptChallenge"} {
		t.Elapse(12 * time.Minute)
		phone := cairo
		if verb == "SignInUser" { // of a number that has no account yet
			phone = singapore
		}
		code := c.start(phone)
		s.store.set(func(v string) error {
			if v == verb {
				t.Elapse(2 * time.Second)
				return context.DeadlineExceeded
			}
			return nil
		})
		a := c.login(phone, code).refused(503, "unavailable", verb)
		assert.Empty(t, a.cookies)
		s.store.set(nil)
	}
}

func testAPISenderDown(tt *testing.T, o suite.Options) { bubble(tt, o, senderDown) }

func senderDown(t *test) {
	s := newServer(t, limitsOff)
	c := s.client()
	c.signUp(singapore, goodPassword)
	for _, failure := range []phonetest.Failure{phonetest.Permanent, phonetest.Temporary, phonetest.Ambiguous, phonetest.Hang} {
		for _, tt := range []struct {
			send   func() *answer
			status int
			code   string
		}{
			{func() *answer { return c.post("/users/verification/start", object{"phone": cairo}) }, 500, "sending_verification_failed"},
			{func() *answer { return c.phoneRegister(cairo) }, 503, "unavailable"},
			{func() *answer { return c.register(cairo, goodPassword) }, 503, "unavailable"},
			{func() *answer { return c.changeStart(cairo) }, 503, "unavailable"},
		} {
			s.inbox.FailNext(failure)
			a := tt.send().refused(tt.status, tt.code)
			assert.NotContains(t, a.text, "phonetest")
			assert.NotContains(t, a.text, string(failure))
		}
		// What is sent for known numbers only leaves after the answer.
		s.inbox.FailNext(failure)
		c.forget(singapore).ok()
		t.Settle()
		t.Elapse(11 * time.Second)
	}
	assert.Contains(t, s.log.String(), "phonetest")
}

// Every route that can be asked too often says so in its API's shape, with the wait.
func testAPIRateLimits(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	c.connect(singapore)
	for _, send := range []func() *answer{
		func() *answer { return c.changeStart(cairo) },
		func() *answer { return c.post("/users/verification/start", object{"phone": cairo}) },
		func() *answer { return c.phoneRegister(cairo) },
		func() *answer { return c.register(cairo, goodPassword) },
		func() *answer { return c.forget(cairo) },
	} {
		t.Elapse(time.Minute)
		send().ok()
		sends := s.inbox.Sends()
		t.Elapse(10*time.Second + time.Millisecond)
		assert.Equal(t, "50", send().refused(429, "rate_limited").header.Get("Retry-After"))
		t.Settle()
		assert.Equal(t, sends, s.inbox.Sends())
	}
}

// One address may have 20 texts sent, and try 30 codes, whatever the numbers.
func testAPIAddressLimits(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
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
		c.login(cairo, "123456").refused(401, "unauthorized")
	}
	code := s.client().start(cairo)
	assert.Equal(t, "10", c.login(cairo, code).refused(429, "rate_limited").header.Get("Retry-After"))
	c.loginPassword(paris, goodPassword).refused(429, "rate_limited")
	c.post("/users/verification/verify", object{"phone": cairo, "verification_code": code}).refused(429, "rate_limited")
	c.phoneVerify(cairo, code, "junk").refused(422, "invalid_security_code", "costs no store call")
	s.client().login(cairo, code).ok()
}

// Whether a number is known shows nowhere that a code is sent or given back.
func testAPIKnownAndUnknownNumbers(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	s.client().signUp(singapore, goodPassword) // has a password
	s.client().connect(cairo)                  // has none
	blocked := s.client().connect(delhi).str("data.id")
	require.NoError(t, s.svc.SetBlocked(t.Context(), blocked, true))
	t.Elapse(time.Hour)
	var unknown []*answer
	var lengths []int
	for i, phone := range []string{paris, singapore, cairo, delhi} {
		c := s.client()
		answers := []*answer{
			c.login(phone, "123456"), c.loginPassword(phone, "wrong password"), c.recover(phone, "123456", goodPassword),
			c.post("/users/verification/verify", object{"phone": phone, "verification_code": "123456"}),
			c.post("/users/verification/start", object{"phone": phone}).ok(),
			c.post("/users/verification/start", object{"phone": phone}).refused(429, "rate_limited"),
		}
		wrong := otherThan(s.inbox.Code(t, phone))
		answers = append(answers, c.login(phone, wrong), c.login(phone, wrong))
		t.Elapse(5 * time.Minute)
		random := c.phoneRegister(phone).ok()
		token := random.str("session_token")
		random.text = strings.Replace(random.text, token, "x", 1)
		lengths = append(lengths, len(token))
		answers = append(answers, random, c.phoneVerify(phone, wrong, printedToken), c.forget(phone))
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
		t.Elapse(time.Hour)
	}
}

// The forms of a number, on the wire: the answer is always E.164.
func testAPIPhoneInput(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t, limitsOff)
	c := s.client()
	for spelled, phone := range map[string]string{
		cairo: cairo, "201061797840": cairo, "+20 (106) 179-78.40": cairo, "84932466": singapore, "8493 2466": singapore,
		"+65 84932466": singapore, "6584932466": singapore, "+33 06 00 00 01 78": paris, "33600000178": paris,
	} {
		c.post("/users/verification/start", object{"phone": spelled}).ok()
		code := s.inbox.Code(t, phone)
		token := c.post("/users/verification/verify", object{"phone": phone, "verification_code": code}).ok().str("verification_token")
		a := c.redeem(spelled, token).ok()
		assert.Equal(t, phone, a.str("data.attributes.phone"))
		a = c.login(spelled, c.start(phone)).ok()
		assert.Equal(t, phone, a.str("user.phone"))
		token = c.phoneRegister(spelled).ok().str("session_token")
		c.phoneVerify(spelled, s.inbox.Code(t, phone), token).ok()
	}
	french := newServer(t, func(cfg *phoneauth.Config) { cfg.Numbers.Regions = []string{"FR"} })
	french.client().phoneRegister(cairo).refused(422, "invalid_phone_number", "a region that is not served")
	french.client().phoneRegister(paris).ok()
}
