package phoneauth_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

const (
	apiRegistrationCookie = "__Host-phoneauth"
	apiDeviceCookie       = "__Host-phoneauth-device"
)

func (c *apiClient) usersVerify(code string, more ...string) *apiAnswer {
	c.t.Helper()
	body := apiBody{"code": code}
	for i := 0; i < len(more); i += 2 {
		body[more[i]] = more[i+1]
	}
	return c.post("/api/v1/users/verify", body)
}

func TestAPIUsersByCookie(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.newBrowser()
		a := c.register("84932466", apiPassword).ok()
		cookie := a.cookie(apiRegistrationCookie)
		require.NotNil(t, cookie)
		assert.Equal(t, a.str("session_token"), cookie.Value)
		code := s.inbox.Code(t, apiSingapore)
		c.usersVerify(apiWrong(code)).invalid("code", "not valid")
		a = c.usersVerify(" " + code + " ").ok()
		assert.NotContains(t, c.cookies, apiRegistrationCookie, "the registration is over, and so is its cookie")
		assert.Equal(t, "84932466", a.str("msisdn"))

		// It counts as a sign-in.
		c.bearer = a.str("authentication_token")
		c.do("GET", "/users/me", nil).ok()
		c.post("/token/refresh", apiBody{"refresh_token": a.get("refresh_token")}).ok()
		assert.Equal(t, false, c.loginPassword(apiSingapore, apiPassword).ok().get("first_sign_in"))
		c.usersVerify(code).invalid("code", "not valid")
	})
}

func TestAPIUsersBySessionToken(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client() // keeps no cookies
		token := c.register(apiParis, apiPassword).ok().str("session_token")
		code := s.inbox.Code(t, apiParis)
		c.usersVerify(code).invalid("code", "not valid")
		c.post("/api/v1/users/verify", apiBody{"verification_code": code}).invalid("verification_code", "not valid")
		c.post("/api/v1/users/verify", apiBody{"verification_code": apiWrong(code), "session_token": token}).invalid("verification_code", "not valid")
		c.usersVerify(code, "session_token", token, "msisdn", apiCairo).invalid("code", "not valid")
		c.post("/api/v1/users/verify", apiBody{"session_token": token}).invalid("code", "can't be blank")
		c.post("/api/v1/users/verify", apiBody{"session_token": token, "verification_code": ""}).invalid("verification_code", "can't be blank")
		for range 3 {
			c.usersVerify(apiWrong(code), "session_token", token).invalid("code", "not valid")
		}
		body := apiBody{"verification_code": code, "session_token": token, "msisdn": "33 6 00 00 01 78"}
		a := c.post("/api/v1/users/verify", body).ok()
		assert.Equal(t, "33600000178", a.str("msisdn"), "international digits: the default region is another")
	})
}

// The same registration, sent again: same code, same tries, the newer password.
func TestAPIUsersRegisterAgain(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.newBrowser()
		first := c.register(apiSingapore, "the first password").ok().str("session_token")
		code := s.inbox.Code(t, apiSingapore)
		for range 3 {
			c.usersVerify(apiWrong(code)).invalid("code", "not valid")
		}
		elapse(time.Minute)
		second := c.register(apiSingapore, "the second password").ok().str("session_token")
		assert.Equal(t, code, s.inbox.Code(t, apiSingapore))
		assert.NotEqual(t, first, second)
		elapse(time.Minute)

		// By the token in the body, which beats the cookie; the cookie may be anything.
		c.cookies[apiRegistrationCookie] = "planted"
		third := c.register(apiSingapore, "the third password", "session_token", second).ok().str("session_token")
		assert.Equal(t, code, s.inbox.Code(t, apiSingapore))
		for _, voided := range []string{first, second} {
			c.usersVerify(code, "session_token", voided).invalid("code", "not valid")
		}
		c.usersVerify(apiWrong(code), "session_token", third).invalid("code", "not valid")
		c.usersVerify(code, "session_token", third).ok()
		c.loginPassword(apiSingapore, "the first password").refused(401, "unauthorized")
		c.loginPassword(apiSingapore, "the second password").refused(401, "unauthorized")
		c.loginPassword(apiSingapore, "the third password").ok()
	})
}

func TestAPIUsersRegisterAgainTries(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t, apiLimitsOff)
		c := s.newBrowser()
		c.register(apiSingapore, apiPassword).ok()
		code := s.inbox.Code(t, apiSingapore)
		for range 5 {
			c.register(apiSingapore, apiPassword).ok()
			c.usersVerify(apiWrong(code)).invalid("code", "not valid")
		}
		c.usersVerify(code).invalid("code", "not valid")
		c.register(apiSingapore, apiPassword).ok() // a new one now
		c.usersVerify(s.inbox.Code(t, apiSingapore)).ok()
	})
}

func TestAPIUsersAnotherNumberIsAnotherRegistration(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.newBrowser()
		old := c.register(apiSingapore, apiPassword).ok().str("session_token")
		oldCode := s.inbox.Code(t, apiSingapore)
		c.register(apiParis, apiPassword).ok()
		code := s.inbox.Code(t, apiParis)
		assert.Equal(t, "33600000178", c.usersVerify(code).ok().str("msisdn"))
		c.usersVerify(oldCode, "session_token", old).ok() // the first is untouched
	})
}

// Somebody who registers your number, from elsewhere, has a registration of their own.
func TestAPIUsersTwoRegistrations(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		owner, attacker := s.newBrowser(), s.newBrowser()
		attacker.register(apiSingapore, "the attacker's").ok()
		theirs := s.inbox.Code(t, apiSingapore)
		owner.register(apiSingapore, apiPassword).refused(429, "rate_limited", "a number's sends are one")
		elapse(time.Minute)
		owner.register(apiSingapore, "the owner's").ok()
		code := s.inbox.Code(t, apiSingapore)
		if code != theirs {
			owner.usersVerify(theirs).invalid("code", "not valid")
			attacker.usersVerify(code).invalid("code", "not valid")
		}
		owner.usersVerify(code).ok()
		attacker.usersVerify(theirs).invalid("code", "not valid")
		owner.loginPassword(apiSingapore, "the attacker's").refused(401, "unauthorized")
		owner.loginPassword(apiSingapore, "the owner's").ok()
	})
}

// A cookie that an attacker planted in the owner's browser swaps no password.
func TestAPIUsersPlantedCookie(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		attacker, owner := s.newBrowser(), s.newBrowser()
		planted := attacker.register(apiSingapore, "the attacker's").ok().str("session_token")
		s.inbox.Code(t, apiSingapore)
		elapse(time.Minute)
		owner.cookies[apiRegistrationCookie] = planted
		owner.register(apiSingapore, "the owner's").ok()
		code := s.inbox.Code(t, apiSingapore)
		assert.NotEqual(t, planted, owner.cookies[apiRegistrationCookie])

		// The attacker still has the old token, and can neither go on with it nor verify.
		elapse(time.Minute)
		attacker.register(apiSingapore, "the attacker's").ok() // is one of its own
		attackers := s.inbox.Code(t, apiSingapore)
		attacker.usersVerify(code, "session_token", planted).invalid("code", "not valid")
		a := owner.usersVerify(code).ok()
		attacker.usersVerify(attackers).invalid("code", "not valid")
		owner.loginPassword(apiSingapore, "the attacker's").refused(401, "unauthorized")
		owner.loginPassword(apiSingapore, "the owner's").ok()
		assert.Equal(t, "84932466", a.str("msisdn"))
	})
}

// No account before the proof; then other pending registrations answer "not valid".
func TestAPIUsersPendingRegistrationsOfAProvedNumber(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		attacker, owner := s.newBrowser(), s.newBrowser()
		attacker.register(apiSingapore, "the attacker's").ok()
		code := s.inbox.Code(t, apiSingapore)
		elapse(time.Minute)
		assert.Equal(t, true, owner.connect(apiSingapore).get("data.attributes.new_user"), "no account was made")
		attacker.usersVerify(code).invalid("code", "not valid")
		owner.loginPassword(apiSingapore, "the attacker's").refused(401, "unauthorized")
		elapse(time.Minute)
		assert.Equal(t, false, owner.login(apiSingapore, owner.start(apiSingapore)).ok().get("user.has_password"))
		elapse(time.Minute)
		owner.register(apiSingapore, apiPassword).invalid("msisdn", "has already been taken")
	})
}

func TestAPIUsersTakenSendsNothing(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		c.signUp(apiSingapore, apiPassword)
		elapse(time.Minute)
		sends := s.inbox.Sends()
		for _, spelled := range []string{"84932466", "6584932466", "+6584932466", "(+65) 8493-24.66"} {
			a := c.register(spelled, "another password").invalid("msisdn", "has already been taken")
			assert.Empty(t, a.cookies)
		}
		assert.Equal(t, sends, s.inbox.Sends())
		c.loginPassword(apiSingapore, "another password").refused(401, "unauthorized")
		c.loginPassword(apiSingapore, apiPassword).ok()
	})
}

func TestAPIUsersBlocked(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c, owner := s.newBrowser(), s.client()
		c.register(apiSingapore, apiPassword).ok()
		code := s.inbox.Code(t, apiSingapore)
		elapse(time.Minute)
		id := owner.connect(apiSingapore).str("data.id")
		require.NoError(t, s.svc.SetBlocked(t.Context(), id, true))
		c.usersVerify(apiWrong(code)).invalid("code", "not valid")
		a := c.usersVerify(code).ok()
		assert.JSONEq(t, `{"msisdn":"84932466","valid_for_authentication":false}`, a.text)
		assert.NotContains(t, c.cookies, "__Host-phoneauth-device")
		owner.do("GET", "/users/me", nil).refused(401, "unauthorized")
	})
}

func TestAPIUsersFieldErrors(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t, func(cfg *phoneauth.Config) {
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
			body := apiBody{"msisdn": tt.msisdn, "password": tt.password, "password_confirmation": tt.confirmation}
			c.post("/api/v1/users", body).invalid(tt.want...)
		}
		assert.Zero(t, s.inbox.Sends())
		assert.Empty(t, c.cookies)
		c.register(apiSingapore, apiPassword).ok() // none of it was counted
	})
}

// Characters are counted, not bytes; nothing is trimmed or cut; what is right is only
// exactly the same.
func TestAPIUsersPasswordLengths(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		for phone, password := range map[string]string{
			apiSingapore: "12345678",
			apiParis:     strings.Repeat("é", 128),
			apiDelhi:     strings.Repeat("😀", 128),
			apiCairo:     "  spaces count  ",
		} {
			s := newAPI(t)
			c := s.client()
			c.signUp(phone, password)
			assert.Equal(t, true, c.loginPassword(phone, password).ok().get("user.has_password"))
			for _, wrong := range []string{password + "x", strings.TrimSpace(password) + "\u0301"} {
				c.loginPassword(phone, wrong).refused(401, "unauthorized")
			}
		}
	})
}

func TestAPIUsersMSISDN(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		for _, tt := range []struct{ region, sent, e164, want string }{
			{"SG", "84932466", apiSingapore, "84932466"},
			{"SG", "+65 8493 2466", apiSingapore, "84932466"},
			{"SG", "6584932466", apiSingapore, "84932466"},
			{"SG", "33600000178", apiParis, "33600000178"},
			{"", "6584932466", apiSingapore, "6584932466"},
			{"FR", "06 00 00 01 78", apiParis, "600000178"},
			{"EG", "0106 179 7840", apiCairo, "1061797840"},
			{"EG", "84932466", "", ""},
		} {
			s := newAPI(t, func(cfg *phoneauth.Config) { cfg.Numbers.DefaultRegion = tt.region })
			c := s.newBrowser()
			if tt.want == "" {
				c.register(tt.sent, apiPassword).invalid("msisdn", "is invalid")
				continue
			}
			assert.Equal(t, tt.want, c.register(tt.sent, apiPassword).ok().get("msisdn"))
			assert.Equal(t, tt.want, c.usersVerify(s.inbox.Code(t, tt.e164)).ok().get("msisdn"))
		}
	})
}

// The end of a registration: code and token both.
func TestAPIUsersExpiry(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.newBrowser()
		a := c.register(apiSingapore, apiPassword).ok()
		assert.Equal(t, 300, a.cookie(apiRegistrationCookie).MaxAge)
		code := s.inbox.Code(t, apiSingapore)
		elapse(5 * time.Minute)
		expired := c.usersVerify(code).invalid("code", "not valid")
		wrong := c.usersVerify("x")
		delete(c.cookies, apiRegistrationCookie)
		unknown := c.usersVerify(code)
		assert.Equal(t, expired.text, wrong.text)
		assert.Equal(t, expired.text, unknown.text)
		assert.Equal(t, expired.header, unknown.header)

		c.cookies[apiRegistrationCookie] = a.str("session_token")
		c.register(apiSingapore, apiPassword).ok()
		c.usersVerify(s.inbox.Code(t, apiSingapore)).ok()
	})
}
