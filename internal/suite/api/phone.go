package api

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

func (c *client) phoneRegister(phone string) *answer {
	c.t.Helper()
	return c.post("/api/phone/register", object{"phone_number": phone})
}

func (c *client) phoneVerify(phone, code, token string) *answer {
	c.t.Helper()
	return c.post("/api/phone/verify", object{"phone_number": phone, "security_code": code, "session_token": token})
}

func testAPIPhone(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	token := c.phoneRegister(delhi).ok().str("session_token")
	a := c.phoneVerify(delhi, s.inbox.Code(t, delhi), token).ok()
	assert.Equal(t, "Security code is valid.", a.str("message"))
	c.redeem(delhi, a.str("verification_token")).ok()

	for _, body := range []object{{}, {"phone_number": "junk"}, {"phone_number": 918076512310}} {
		c.post("/api/phone/register", body).refused(422, "invalid_phone_number")
		c.post("/api/phone/verify", body).refused(422, "invalid_phone_number")
	}
}

// Hit again: the same code with the same tries, a later end, within bounds.
func testAPIPhoneResend(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	begun := t.Now()
	register := func(expiresIn, resendIn int) string {
		t.Helper()
		a := c.phoneRegister(delhi).ok()
		assert.EqualValues(t, expiresIn, a.get("expires_in"))
		assert.EqualValues(t, resendIn, a.get("resend_in"))
		return a.str("session_token")
	}
	first := register(300, 60)
	code := s.inbox.Code(t, delhi)
	for range 4 {
		c.phoneVerify(delhi, otherThan(code), first).refused(422, "invalid_security_code")
	}
	a := c.phoneRegister(delhi).refused(429, "rate_limited")
	assert.Equal(t, "60", a.header.Get("Retry-After"))
	t.Elapse(59*time.Second + time.Millisecond)
	assert.Equal(t, "1", c.phoneRegister(delhi).refused(429, "rate_limited").header.Get("Retry-After"))
	t.Elapse(time.Second - time.Millisecond)

	second := register(300, 60)
	assert.Equal(t, code, s.inbox.Code(t, delhi), "the same code while it lives")
	t.Elapse(4*time.Minute + 59*time.Second)
	third := register(600-359, 60) // at most 10 minutes after the first send
	assert.Equal(t, code, s.inbox.Code(t, delhi))
	t.Elapse(begun.Add(10*time.Minute - time.Microsecond).Sub(t.Now()))
	_ = first
	// The late first text still works, with the token of any sending.
	c.phoneVerify(delhi, code, second).ok()
	c.phoneVerify(delhi, code, third).refused(422, "invalid_security_code", "used up")

	register(300, 60)
	assert.NotEqual(t, code, s.inbox.Code(t, delhi), "one in a million: the next one is new")
}

func testAPIPhoneResendGivesNoTries(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t, limitsOff)
	c := s.client()
	token := c.phoneRegister(delhi).ok().str("session_token")
	code := s.inbox.Code(t, delhi)
	for range 4 {
		c.phoneVerify(delhi, otherThan(code), token).refused(422, "invalid_security_code")
		a := c.phoneRegister(delhi).ok()
		assert.EqualValues(t, 0, a.get("resend_in"), "no cooldown holds")
		token = a.str("session_token")
		assert.Equal(t, code, s.inbox.Code(t, delhi))
	}
	c.phoneVerify(delhi, otherThan(code), token).refused(422, "invalid_security_code")
	c.phoneVerify(delhi, code, token).refused(422, "invalid_security_code", "five tries, however often it was sent")

	// A used-up challenge is gone at once: the next one is new and has tries of its own.
	old := token
	token = c.phoneRegister(delhi).ok().str("session_token")
	fresh := s.inbox.Code(t, delhi)
	for range 4 {
		c.phoneVerify(delhi, otherThan(fresh), token).refused(422, "invalid_security_code")
	}
	c.phoneVerify(delhi, fresh, old).refused(422, "invalid_security_code", "the token of the old one")
	c.phoneVerify(delhi, fresh, token).ok()
}

func testAPIPhoneExpiry(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	token := c.phoneRegister(delhi).ok().str("session_token")
	code := s.inbox.Code(t, delhi)
	t.Elapse(5 * time.Minute)
	c.phoneVerify(delhi, code, token).refused(422, "invalid_security_code")
	token = c.phoneRegister(delhi).ok().str("session_token")
	code = s.inbox.Code(t, delhi)
	t.Elapse(5*time.Minute - time.Microsecond)
	c.phoneVerify(delhi, code, token).ok()
}

// A session token of anything else costs the real challenge no attempt.
func testAPIPhoneForeignSessionTokens(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t, limitsOff)
	c := s.client()
	earlier := c.phoneRegister(delhi).ok().str("session_token")
	c.phoneVerify(delhi, s.inbox.Code(t, delhi), earlier).ok()
	otherPhone := c.phoneRegister(paris).ok().str("session_token")
	otherPurpose := c.register(delhi, goodPassword).ok().str("session_token")
	s.inbox.Code(t, delhi)
	signedIn := c.connect(cairo)

	token := c.phoneRegister(delhi).ok().str("session_token")
	code := s.inbox.Code(t, delhi)
	tail := token[len(token)-4:]
	for _, foreign := range []string{
		earlier, otherPhone, otherPurpose, printedToken, "junk", "a.b.c", strings.Repeat("x", 5000),
		token[:len(token)-4] + strings.Repeat("A", 4), token + "." + tail, token + "x",
		strings.Join(strings.Split(token, ".")[:2], ".") + ".",
		signedIn.str("meta.access_token"), signedIn.str("meta.refresh_token"), signedIn.str("meta.device_token"),
	} {
		for range 3 {
			c.phoneVerify(delhi, code, foreign).refused(422, "invalid_security_code", foreign)
			c.phoneVerify(delhi, otherThan(code), foreign).refused(422, "invalid_security_code", foreign)
		}
	}
	for _, body := range []object{
		{"phone_number": paris, "security_code": code, "session_token": token}, // of another phone
		{"phone_number": delhi, "security_code": code},
		{"phone_number": delhi, "session_token": token},
		{"phone_number": delhi, "security_code": code, "session_token": nil},
		{"phone_number": delhi, "security_code": code, "session_token": []string{token}},
		{"phone_number": delhi, "security_code": 123456, "session_token": token},
	} {
		c.post("/api/phone/verify", body).refused(422, "invalid_security_code")
	}
	for range 4 {
		c.phoneVerify(delhi, otherThan(code), token).refused(422, "invalid_security_code")
	}
	c.phoneVerify(delhi, code, token).ok()
}

// The session token holds nothing from which the code can be had, and no number.
func testAPIPhoneSessionTokenIsOpaque(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t, limitsOff)
	c := s.client()
	sizes := map[int]bool{}
	for range 20 {
		token := c.phoneRegister(delhi).ok().str("session_token")
		code := s.inbox.Code(t, delhi)
		sizes[len(token)] = true
		parts := strings.Split(token, ".")
		require.Len(t, parts, 3)
		for _, part := range parts {
			plain, err := base64.RawURLEncoding.DecodeString(part)
			require.NoError(t, err)
			assert.NotContains(t, string(plain), code)
			assert.NotContains(t, string(plain), delhi[1:])
		}
		payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
		var claims struct {
			Data []byte  `json:"d"`
			Exp  float64 `json:"exp"`
		}
		require.NoError(t, json.Unmarshal(payload, &claims))
		assert.NotContains(t, string(claims.Data), code)
		assert.NotContains(t, string(claims.Data), delhi[3:])
		assert.NotZero(t, claims.Exp)
		c.phoneVerify(delhi, code, token).ok()
	}
	assert.Len(t, sizes, 1)
}

func testAPIPhoneCodeRules(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t, func(cfg *phoneauth.Config) {
		cfg.Code = phoneauth.CodeRules{Digits: 8, TTL: 10 * time.Minute, Tries: 1}
	})
	c := s.client()
	a := c.phoneRegister(delhi).ok()
	assert.EqualValues(t, 8, a.get("code_length"))
	assert.EqualValues(t, 600, a.get("expires_in"))
	code := s.inbox.Code(t, delhi)
	assert.Len(t, code, 8)
	c.phoneVerify(delhi, otherThan(code), a.str("session_token")).refused(422, "invalid_security_code")
	c.phoneVerify(delhi, code, a.str("session_token")).refused(422, "invalid_security_code")
}
