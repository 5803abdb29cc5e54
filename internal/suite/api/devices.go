package api

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/phoneauth/phoneauth/internal/suite"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// device signs in once, and returns the token of the device.
func (c *client) device(phone string) string {
	c.t.Helper()
	return c.connect(phone).str("meta.device_token")
}

// Every answer with a refresh token has a device token beside it, and its cookie.
func testAPIDeviceTokenIssued(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	check := func(a *answer, under string) {
		t.Helper()
		require.NotEmpty(t, a.str(under+"refresh_token"))
		cookie := a.cookie(deviceCookie)
		require.NotNil(t, cookie, a.path)
		assert.Equal(t, a.str(under+"device_token"), cookie.Value)
	}
	a := c.connect(cairo)
	check(a, "meta.")
	check(c.refresh(a.str("meta.refresh_token")).ok(), "")
	check(c.login(paris, c.start(paris)).ok(), "user.")
	check(c.signUp(singapore, goodPassword), "")
	check(c.loginPassword(singapore, goodPassword).ok(), "user.")
	check(c.put("/api/v1/users/reset_password", object{"current_password": goodPassword, "password": "another one"}).ok(), "")
	c.bearer = c.loginPassword(singapore, "another one").ok().str("user.token")
	c.changeStart(delhi).ok()
	check(c.changeVerify(delhi, s.inbox.Code(t, delhi)).ok(), "meta.")
	assert.Nil(t, c.do("GET", "/users/me", nil).cookie(deviceCookie))
}

// A session has one device id; so do sessions begun on one device.
func testAPIDeviceTokenStays(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	a := c.connect(cairo)
	token := a.str("meta.device_token")
	t.Elapse(13 * 24 * time.Hour)
	refreshed := c.refresh(a.str("meta.refresh_token")).ok()
	assert.Equal(t, token, refreshed.str("device_token"))
	// Its end is that of the session's beginning: 180 days of it are counted from there.
	assert.InDelta(t, t.Now().Add((180-13)*24*time.Hour).Unix(), endOf(t, token), 1)

	body := object{"user": object{"phone": cairo, "sms_code": "x", "device_token": token}}
	c.post("/users/verification/start", object{"phone": cairo, "device_token": token}).ok()
	body["user"].(object)["sms_code"] = s.inbox.Code(t, cairo)
	next := c.post("/api/v1/login", body).ok().str("user.device_token")
	assert.NotEqual(t, token, next)
	assert.InDelta(t, t.Now().Add(180*24*time.Hour).Unix(), endOf(t, next), 1)
}

// endOf is when a device token ends, in seconds since 1970.
func endOf(t testing.TB, token string) int64 {
	t.Helper()
	body, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(token, "d1."))
	require.NoError(t, err)
	end, n := binary.Uvarint(body[1+body[0]:]) // behind the id of the key
	require.Positive(t, n)
	return int64(end)
}

// lockStrangers makes ten wrong codes without a device.
func (s *server) lockStrangers(phone string) {
	s.t.Helper()
	c := s.client()
	for range 2 {
		code := c.start(phone)
		for range 5 {
			c.login(phone, otherThan(code)).refused(401, "unauthorized")
		}
		s.env.Elapse(time.Minute)
	}
	c.login(phone, "123456").refused(429, "rate_limited")
}

// A stranger's failures never lock the owner out, on any route that takes the token.
func testAPIDeviceHasItsOwnLock(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	for name, signIn := range map[string]func(c *client, token string){
		"connect": func(c *client, token string) {
			c.post("/users/verification/start", object{"phone": cairo, "device_token": token}).ok()
			body := object{"phone": cairo, "verification_code": c.inbox.Code(t, cairo), "device_token": token}
			proof := c.post("/users/verification/verify", body).ok().str("verification_token")
			c.redeem(cairo, proof).ok() // the proof remembers
		},
		"phone": func(c *client, token string) {
			session := c.post("/api/phone/register", object{"phone_number": cairo, "device_token": token}).ok().str("session_token")
			c.phoneVerify(cairo, c.inbox.Code(t, cairo), session).ok()
		},
		"login": func(c *client, token string) {
			c.post("/users/verification/start", object{"phone": cairo, "device_token": token}).ok()
			user := object{"phone": cairo, "sms_code": c.inbox.Code(t, cairo), "device_token": token}
			c.post("/api/v1/login", object{"user": user}).ok()
		},
		"cookie": func(c *client, token string) {
			c.cookies[deviceCookie] = token
			c.connect(cairo)
		},
		"body beats cookie": func(c *client, token string) {
			c.cookies[deviceCookie] = "planted"
			c.post("/users/verification/start", object{"phone": cairo, "device_token": token}).ok()
			body := object{"phone": cairo, "verification_code": c.inbox.Code(t, cairo), "device_token": token}
			c.post("/users/verification/verify", body).ok()
		},
		"forget": func(c *client, token string) {
			c.put("/api/v1/users/forget_password", object{"msisdn": cairo, "device_token": token}).ok()
			body := object{"msisdn": cairo, "code": c.inbox.Code(t, cairo), "device_token": token,
				"password": goodPassword, "password_confirmation": goodPassword}
			c.put("/api/v1/users/recover_password", body).ok()
		},
	} {
		s := newServer(t)
		token := s.client().device(cairo)
		t.Elapse(time.Minute)
		s.lockStrangers(cairo)
		c := s.client()
		c.post("/users/verification/start", object{"phone": cairo}).refused(429, "rate_limited", name)
		c.post("/users/verification/start", object{"phone": cairo, "device_token": "junk"}).refused(429, "rate_limited", "an invalid one is none")
		signIn(c, token)
	}
}

// And the failures of known devices lock all of them, and no stranger.
func testAPIDevicesShareACounter(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	one := c.device(cairo)
	t.Elapse(time.Minute)
	two := c.device(cairo)
	t.Elapse(10 * time.Minute)
	start := func(token string) *answer {
		return c.post("/users/verification/start", object{"phone": cairo, "device_token": token})
	}
	start(one).ok()
	proved := object{"phone": cairo, "verification_code": s.inbox.Code(t, cairo), "device_token": one}
	proof := c.post("/users/verification/verify", proved).ok().str("verification_token")
	for _, token := range []string{one, two} {
		t.Elapse(time.Minute)
		start(token).ok()
		start(token).refused(429, "rate_limited", "the known devices of a number share their send limits")
		s.client().post("/users/verification/start", object{"phone": cairo}).ok() // strangers have limits of their own
		body := object{"phone": cairo, "verification_code": otherThan(s.inbox.Code(t, cairo)), "device_token": token}
		for range 5 {
			c.post("/users/verification/verify", body).refused(422, "verification_failed")
		}
	}
	t.Elapse(time.Minute)
	start(one).refused(429, "rate_limited")
	start(two).refused(429, "rate_limited")
	c.redeem(cairo, proof).refused(429, "rate_limited", "redemption checks that device's lock")
	stranger := s.client()
	stranger.connect(cairo)
}

// Passwords have such a pair of counters too.
func testAPIDevicePasswordCounter(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c, stranger := s.client(), s.client()
	token := c.signUp(singapore, goodPassword).str("device_token")
	for range 10 {
		stranger.loginPassword(singapore, "wrong password").refused(401, "unauthorized")
	}
	stranger.loginPassword(singapore, goodPassword).refused(429, "rate_limited")
	user := object{"phone": singapore, "password": goodPassword, "device_token": token}
	c.post("/api/v1/login", object{"user": user}).ok()
	stranger.loginPassword(singapore, goodPassword).refused(429, "rate_limited", "the owner's success is no stranger's")
}

// What ends a device: 180 days, another number, a block, a deletion. It is none then.
func testAPIDeviceEnds(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	for name, end := range map[string]func(s *server, c *client, id string) (phone string){
		"time": func(*server, *client, string) string {
			t.Elapse(180*24*time.Hour + time.Second)
			return cairo
		},
		"change of number": func(s *server, c *client, _ string) string {
			c.changeStart(paris).ok()
			c.changeVerify(paris, s.inbox.Code(s.t, paris)).ok()
			t.Elapse(time.Minute)
			return paris
		},
		"block and unblock": func(s *server, _ *client, id string) string {
			require.NoError(s.t, s.svc.SetBlocked(s.t.Context(), id, true))
			require.NoError(s.t, s.svc.SetBlocked(s.t.Context(), id, false))
			return cairo
		},
		"deletion": func(s *server, c *client, _ string) string {
			c.do("DELETE", "/users/me", nil).ok(204)
			return cairo
		},
		"another's number": func(s *server, c *client, _ string) string { return delhi },
	} {
		s := newServer(t)
		c := s.client()
		a := c.connect(cairo)
		token := a.str("meta.device_token")
		t.Elapse(time.Minute)
		phone := end(s, c, a.str("data.id"))
		s.lockStrangers(phone)
		c.post("/users/verification/start", object{"phone": phone, "device_token": token}).refused(429, "rate_limited", name)
		t.Elapse(15 * time.Minute)
		c.post("/users/verification/start", object{"phone": phone, "device_token": token}).ok() // none, and no error
		c.login(phone, s.inbox.Code(t, phone)).ok()
	}
}

// A known device is outside the number budgets: a dry block still serves its own.
func testAPIDeviceIsOutsideTheBudgets(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	token := c.device(cairo)
	refused := 0
	for i := range 40 {
		phone := cairo[:len(cairo)-2] + string(rune('0'+i/10)) + string(rune('0'+i%10))
		if s.client().post("/users/verification/start", object{"phone": phone}).status == 429 {
			refused++
		}
	}
	assert.Positive(t, refused, "the block is dry")
	t.Elapse(time.Minute)
	c.post("/users/verification/start", object{"phone": cairo}).refused(429, "rate_limited")
	c.post("/users/verification/start", object{"phone": cairo, "device_token": token}).ok()
}

// The Users API takes the token too: the device of a signed-out browser stays known.
func testAPIDeviceSurvivesSignOut(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.newBrowser()
	a := c.signUp(singapore, goodPassword)
	c.post("/logout", object{"refresh_token": a.get("refresh_token")}).ok(204)
	c.bearer = ""
	stranger := s.client()
	for range 10 {
		stranger.loginPassword(singapore, "wrong password").refused(401, "unauthorized")
	}
	c.loginPassword(singapore, goodPassword).ok()
	// A new password keeps nothing of the old sessions; the device is of the old epoch.
	c.bearer = c.loginPassword(singapore, goodPassword).ok().str("user.token")
	fresh := c.reset(goodPassword, "another one").ok().str("device_token")
	assert.Equal(t, fresh, c.cookies[deviceCookie])
	stranger.loginPassword(singapore, "another one").refused(429, "rate_limited")
	c.loginPassword(singapore, "another one").ok()
}
