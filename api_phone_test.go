package phoneauth_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

func (c *apiClient) phoneRegister(phone string) *apiAnswer {
	c.t.Helper()
	return c.post("/api/phone/register", apiBody{"phone_number": phone})
}

func (c *apiClient) phoneVerify(phone, code, token string) *apiAnswer {
	c.t.Helper()
	return c.post("/api/phone/verify", apiBody{"phone_number": phone, "security_code": code, "session_token": token})
}

func TestAPIPhone(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		token := c.phoneRegister(apiDelhi).ok().str("session_token")
		a := c.phoneVerify(apiDelhi, s.inbox.Code(t, apiDelhi), token).ok()
		assert.Equal(t, "Security code is valid.", a.str("message"))
		c.post("/connect", apiBody{"phone": apiDelhi, "verification_token": a.str("verification_token")}).ok()

		for _, body := range []apiBody{{}, {"phone_number": "junk"}, {"phone_number": 918076512310}} {
			c.post("/api/phone/register", body).refused(422, "invalid_phone_number")
			c.post("/api/phone/verify", body).refused(422, "invalid_phone_number")
		}
	})
}

// Hit again: the same code with the same tries, a later end, within bounds.
func TestAPIPhoneResend(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		begun := time.Now()
		register := func(expiresIn, resendIn int) string {
			t.Helper()
			a := c.phoneRegister(apiDelhi).ok()
			assert.EqualValues(t, expiresIn, a.get("expires_in"))
			assert.EqualValues(t, resendIn, a.get("resend_in"))
			return a.str("session_token")
		}
		first := register(300, 60)
		code := s.inbox.Code(t, apiDelhi)
		for range 4 {
			c.phoneVerify(apiDelhi, apiWrong(code), first).refused(422, "invalid_security_code")
		}
		a := c.phoneRegister(apiDelhi).refused(429, "rate_limited")
		assert.Equal(t, "60", a.header.Get("Retry-After"))
		elapse(59*time.Second + time.Millisecond)
		assert.Equal(t, "1", c.phoneRegister(apiDelhi).refused(429, "rate_limited").header.Get("Retry-After"))
		elapse(time.Second - time.Millisecond)

		second := register(300, 60)
		assert.Equal(t, code, s.inbox.Code(t, apiDelhi), "the same code while it lives")
		elapse(4*time.Minute + 59*time.Second)
		third := register(600-359, 60) // at most 10 minutes after the first send
		assert.Equal(t, code, s.inbox.Code(t, apiDelhi))
		elapse(time.Until(begun.Add(10*time.Minute - time.Microsecond)))
		_ = first
		// The late first text still works, with the token of any sending.
		c.phoneVerify(apiDelhi, code, second).ok()
		c.phoneVerify(apiDelhi, code, third).refused(422, "invalid_security_code", "used up")

		register(300, 60)
		assert.NotEqual(t, code, s.inbox.Code(t, apiDelhi), "one in a million: the next one is new")
	})
}

func TestAPIPhoneResendGivesNoTries(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t, apiLimitsOff)
		c := s.client()
		token := c.phoneRegister(apiDelhi).ok().str("session_token")
		code := s.inbox.Code(t, apiDelhi)
		for range 4 {
			c.phoneVerify(apiDelhi, apiWrong(code), token).refused(422, "invalid_security_code")
			a := c.phoneRegister(apiDelhi).ok()
			assert.EqualValues(t, 0, a.get("resend_in"), "no cooldown holds")
			token = a.str("session_token")
			assert.Equal(t, code, s.inbox.Code(t, apiDelhi))
		}
		c.phoneVerify(apiDelhi, apiWrong(code), token).refused(422, "invalid_security_code")
		c.phoneVerify(apiDelhi, code, token).refused(422, "invalid_security_code", "five tries, however often it was sent")

		// A used-up challenge is gone at once: the next one is new and has tries of its own.
		old := token
		token = c.phoneRegister(apiDelhi).ok().str("session_token")
		fresh := s.inbox.Code(t, apiDelhi)
		for range 4 {
			c.phoneVerify(apiDelhi, apiWrong(fresh), token).refused(422, "invalid_security_code")
		}
		c.phoneVerify(apiDelhi, fresh, old).refused(422, "invalid_security_code", "the token of the old one")
		c.phoneVerify(apiDelhi, fresh, token).ok()
	})
}

func TestAPIPhoneExpiry(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		token := c.phoneRegister(apiDelhi).ok().str("session_token")
		code := s.inbox.Code(t, apiDelhi)
		elapse(5 * time.Minute)
		c.phoneVerify(apiDelhi, code, token).refused(422, "invalid_security_code")
		token = c.phoneRegister(apiDelhi).ok().str("session_token")
		code = s.inbox.Code(t, apiDelhi)
		elapse(5*time.Minute - time.Microsecond)
		c.phoneVerify(apiDelhi, code, token).ok()
	})
}

// A session token of anything else costs the real challenge no attempt.
func TestAPIPhoneForeignSessionTokens(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t, apiLimitsOff)
		c := s.client()
		earlier := c.phoneRegister(apiDelhi).ok().str("session_token")
		c.phoneVerify(apiDelhi, s.inbox.Code(t, apiDelhi), earlier).ok()
		otherPhone := c.phoneRegister(apiParis).ok().str("session_token")
		otherPurpose := c.register(apiDelhi, apiPassword).ok().str("session_token")
		s.inbox.Code(t, apiDelhi)
		signedIn := c.connect(apiCairo)

		token := c.phoneRegister(apiDelhi).ok().str("session_token")
		code := s.inbox.Code(t, apiDelhi)
		tail := token[len(token)-4:]
		for _, foreign := range []string{
			earlier, otherPhone, otherPurpose, apiSeedSessionToken, "junk", "a.b.c", strings.Repeat("x", 5000),
			token[:len(token)-4] + strings.Repeat("A", 4), token + "." + tail, token + "x",
			strings.Join(strings.Split(token, ".")[:2], ".") + ".",
			signedIn.str("meta.access_token"), signedIn.str("meta.refresh_token"), signedIn.str("meta.device_token"),
		} {
			for range 3 {
				c.phoneVerify(apiDelhi, code, foreign).refused(422, "invalid_security_code", foreign)
				c.phoneVerify(apiDelhi, apiWrong(code), foreign).refused(422, "invalid_security_code", foreign)
			}
		}
		for _, body := range []apiBody{
			{"phone_number": apiParis, "security_code": code, "session_token": token}, // of another phone
			{"phone_number": apiDelhi, "security_code": code},
			{"phone_number": apiDelhi, "session_token": token},
			{"phone_number": apiDelhi, "security_code": code, "session_token": nil},
			{"phone_number": apiDelhi, "security_code": code, "session_token": []string{token}},
			{"phone_number": apiDelhi, "security_code": 123456, "session_token": token},
		} {
			c.post("/api/phone/verify", body).refused(422, "invalid_security_code")
		}
		for range 4 {
			c.phoneVerify(apiDelhi, apiWrong(code), token).refused(422, "invalid_security_code")
		}
		c.phoneVerify(apiDelhi, code, token).ok()
	})
}

// The session token holds nothing from which the code can be had, and no number.
func TestAPIPhoneSessionTokenIsOpaque(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t, apiLimitsOff)
		c := s.client()
		sizes := map[int]bool{}
		for range 20 {
			token := c.phoneRegister(apiDelhi).ok().str("session_token")
			code := s.inbox.Code(t, apiDelhi)
			sizes[len(token)] = true
			parts := strings.Split(token, ".")
			require.Len(t, parts, 3)
			for _, part := range parts {
				plain, err := base64.RawURLEncoding.DecodeString(part)
				require.NoError(t, err)
				assert.NotContains(t, string(plain), code)
				assert.NotContains(t, string(plain), apiDelhi[1:])
			}
			payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
			var claims struct {
				Data []byte  `json:"d"`
				Exp  float64 `json:"exp"`
			}
			require.NoError(t, json.Unmarshal(payload, &claims))
			assert.NotContains(t, string(claims.Data), code)
			assert.NotContains(t, string(claims.Data), apiDelhi[3:])
			assert.NotZero(t, claims.Exp)
			c.phoneVerify(apiDelhi, code, token).ok()
		}
		assert.Len(t, sizes, 1)
	})
}

func TestAPIPhoneCodeRules(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t, func(cfg *phoneauth.Config) {
			cfg.Code = phoneauth.CodeRules{Digits: 8, TTL: 10 * time.Minute, Tries: 1}
		})
		c := s.client()
		a := c.phoneRegister(apiDelhi).ok()
		assert.EqualValues(t, 8, a.get("code_length"))
		assert.EqualValues(t, 600, a.get("expires_in"))
		code := s.inbox.Code(t, apiDelhi)
		assert.Len(t, code, 8)
		c.phoneVerify(apiDelhi, apiWrong(code), a.str("session_token")).refused(422, "invalid_security_code")
		c.phoneVerify(apiDelhi, code, a.str("session_token")).refused(422, "invalid_security_code")
	})
}
