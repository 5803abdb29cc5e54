package phoneauth_test

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
	"github.com/phoneauth/phoneauth/memstore"
)

// apiClaims are the claims of an access token.
func apiClaims(t testing.TB, token string) (claims map[string]any) {
	t.Helper()
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(payload, &claims))
	return claims
}

var apiUUID = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestAPILogin(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		a := c.login(apiParis, c.start(apiParis)).ok()
		assert.Equal(t, true, a.get("first_sign_in"))
		assert.IsType(t, 1.0, a.get("user.id"))
		assert.Equal(t, apiParis, a.str("user.phone"))
		assert.Equal(t, false, a.get("user.has_password"))
		assert.Equal(t, time.Now().UTC().Truncate(time.Millisecond), apiTime(t, a.str("user.created_at")))
		assert.Regexp(t, apiUUID, a.str("user.uuid"))
		claims := apiClaims(t, a.str("user.token"))
		assert.Equal(t, a.get("user.uuid"), claims["sub"])
		assert.Equal(t, fmt.Sprint(a.get("user.id")), claims["uid"])
		assert.Equal(t, []any{"sms"}, claims["amr"])
		c.bearer = a.str("user.token")
		assert.Equal(t, fmt.Sprint(a.get("user.id")), c.do("GET", "/users/me", nil).ok().get("data.id"))
		c.post("/token/refresh", apiBody{"refresh_token": a.get("user.refresh_token")}).ok()

		elapse(time.Minute)
		again := c.login("+33 06 00 00 01 78", c.start(apiParis)).ok()
		assert.Equal(t, false, again.get("first_sign_in"))
		for _, name := range []string{"id", "uuid", "created_at"} {
			assert.Equal(t, a.get("user."+name), again.get("user."+name))
		}
		other := c.login(apiCairo, c.start(apiCairo)).ok()
		assert.NotEqual(t, a.get("user.uuid"), other.get("user.uuid"))
	})
}

func TestAPILoginErrors(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		login := func(user any) *apiAnswer { return c.post("/api/v1/login", apiBody{"format": "json", "user": user}) }
		for _, user := range []any{
			nil, "x", 1, []apiBody{{"phone": apiParis, "sms_code": "123456"}}, apiBody{},
			apiBody{"phone": apiParis}, apiBody{"sms_code": "123456"}, apiBody{"password": apiPassword},
			apiBody{"phone": apiParis, "sms_code": 123456}, apiBody{"phone": apiParis, "sms_code": nil, "password": " "},
			apiBody{"phone": " ", "sms_code": "123456"}, apiBody{"Phone": apiParis, "sms_code": "123456"},
		} {
			login(user).refused(400, "parameter_missing")
		}
		c.post("/api/v1/login", apiBody{"phone": apiParis, "sms_code": "123456"}).refused(400, "parameter_missing", "not in user")
		for _, phone := range []string{"junk", "0", "+1 800 555 0123", apiParis + ";ext=1", "+３３600000178"} {
			login(apiBody{"phone": phone, "sms_code": "123456"}).refused(401, "invalid_phone_format")
			login(apiBody{"phone": phone, "password": apiPassword}).refused(401, "invalid_phone_format")
		}
		unknown := c.login(apiParis, "123456").refused(401, "unauthorized")
		assert.Equal(t, "wrong phone / sms_code", unknown.str("error.message"))
		code := c.start(apiParis)
		for _, a := range []*apiAnswer{
			c.login(apiParis, apiWrong(code)), c.login(apiParis, "x"), c.login(apiCairo, code),
			c.loginPassword(apiParis, apiPassword), c.loginPassword(apiCairo, code),
		} {
			assert.Equal(t, unknown.text, a.text)
			assert.Equal(t, unknown.header, a.header)
			assert.Equal(t, 401, a.status)
		}
		c.login(apiParis, code).ok()
		assert.Equal(t, unknown.text, c.login(apiParis, code).text, "used up")
	})
}

// The code wins where both are there; the password is then not looked at.
func TestAPILoginCodeWins(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		c.signUp(apiParis, apiPassword)
		elapse(time.Minute)
		code := c.start(apiParis)
		both := func(code, password any) *apiAnswer {
			return c.post("/api/v1/login", apiBody{"user": apiBody{"phone": apiParis, "sms_code": code, "password": password}})
		}
		both(apiWrong(code), apiPassword).refused(401, "unauthorized")
		both("malformed", apiPassword).refused(401, "unauthorized")
		a := both(code, "not the password").ok()
		assert.Equal(t, []any{"sms"}, apiClaims(t, a.str("user.token"))["amr"])
		a = both("", apiPassword).ok()
		assert.Equal(t, []any{"pwd"}, apiClaims(t, a.str("user.token"))["amr"])
		assert.Equal(t, true, a.get("user.has_password"))
		both(nil, apiPassword).ok()
	})
}

// DELETED is for those who have proved that it is theirs.
func TestAPILoginBlocked(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		a := c.signUp(apiParis, apiPassword)
		require.NotNil(t, a)
		id := c.do("GET", "/users/me", nil).ok().str("data.id")
		require.NoError(t, s.svc.SetBlocked(t.Context(), id, true))
		elapse(time.Minute)
		code := c.start(apiParis)
		c.login(apiParis, apiWrong(code)).refused(401, "unauthorized")
		c.login(apiParis, code).refused(401, "deleted")
		c.login(apiParis, code).refused(401, "unauthorized", "used up")
		c.loginPassword(apiParis, "not the password").refused(401, "unauthorized")
		c.loginPassword(apiParis, apiPassword).refused(401, "deleted")
		require.NoError(t, s.svc.SetBlocked(t.Context(), id, false))
		c.loginPassword(apiParis, apiPassword).ok()
		c.do("GET", "/users/me", nil).ok() // access tokens are good until they end
	})
}

// first_sign_in is for the first, by whichever route.
func TestAPIFirstSignIn(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		c.connect(apiCairo)
		elapse(time.Minute)
		assert.Equal(t, false, c.login(apiCairo, c.start(apiCairo)).ok().get("first_sign_in"))

		c.signUp(apiParis, apiPassword)
		elapse(time.Minute)
		assert.Equal(t, false, c.loginPassword(apiParis, apiPassword).ok().get("first_sign_in"))
		assert.Equal(t, false, c.login(apiParis, c.start(apiParis)).ok().get("first_sign_in"))

		assert.Equal(t, true, c.login(apiDelhi, c.start(apiDelhi)).ok().get("first_sign_in"))
		elapse(time.Minute)
		assert.Equal(t, false, c.connect(apiDelhi).get("data.attributes.new_user"))

		// Not after the account is gone and made anew.
		c.do("DELETE", "/users/me", nil).ok(204)
		elapse(time.Minute)
		assert.Equal(t, true, c.login(apiDelhi, c.start(apiDelhi)).ok().get("first_sign_in"))
	})
}

func TestAPILoginTextIDs(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		mem := memstore.New()
		s := newAPI(t, func(cfg *phoneauth.Config) {
			cfg.Store = phoneauth.Stores{ChallengeStore: mem, UserStore: apiTextIDs{mem}, SessionStore: mem}
		})
		c := s.client()
		a := c.login(apiParis, c.start(apiParis)).ok()
		assert.Regexp(t, `^user_\d+$`, a.str("user.id"))
		c.bearer = a.str("user.token")
		assert.Equal(t, a.get("user.id"), c.do("GET", "/users/me", nil).ok().get("data.id"))
		assert.NotEqual(t, a.get("user.id"), a.get("user.uuid"))
		c.do("DELETE", "/users/me", nil).ok(204)
	})
}

// From the tenth wrong password on a wait, doubling, for unknown numbers too.
func TestAPILoginBackoff(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		s.client().signUp(apiParis, apiPassword)
		traces := map[string][]string{}
		for _, phone := range []string{apiParis, apiCairo} {
			c := s.client()
			say := func(a *apiAnswer) {
				traces[phone] = append(traces[phone], fmt.Sprint(a.status, a.header, a.text))
			}
			for range 10 {
				a := c.loginPassword(phone, "not the password").refused(401, "unauthorized")
				say(a)
			}
			for _, wait := range []int{1, 2, 4} {
				a := c.loginPassword(phone, apiPassword).refused(429, "rate_limited", "also the right one")
				assert.Equal(t, fmt.Sprint(wait), a.header.Get("Retry-After"))
				say(a)
				elapse(time.Duration(wait)*time.Second - time.Microsecond)
				say(c.loginPassword(phone, "not the password").refused(429, "rate_limited"))
				elapse(time.Microsecond)
				say(c.loginPassword(phone, "not the password").refused(401, "unauthorized"))
			}
			elapse(8 * time.Second)
		}
		assert.Equal(t, traces[apiParis], traces[apiCairo])
		c := s.client()
		c.loginPassword(apiParis, apiPassword).ok()
		c.loginPassword(apiParis, "not the password").refused(401, "unauthorized", "success cleared it")
		c.loginPassword(apiParis, apiPassword).ok()
		c.login(apiCairo, c.start(apiCairo)).ok() // a wait for passwords is none for codes
	})
}

// Wrong codes are counted by phone across challenges and resends: ten, and it is locked.
func TestAPILoginPhoneLock(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		proof := c.proof(apiParis)
		for range 2 {
			elapse(time.Minute)
			code := c.start(apiParis)
			for range 5 {
				c.login(apiParis, apiWrong(code)).refused(401, "unauthorized")
			}
		}
		for _, a := range []*apiAnswer{
			c.login(apiParis, "123456").refused(429, "rate_limited"),
			c.post("/users/verification/start", apiBody{"phone": apiParis}).refused(429, "rate_limited"),
			c.post("/users/verification/verify", apiBody{"phone": apiParis, "verification_code": "123456"}).refused(429, "rate_limited"),
			c.post("/connect", apiBody{"phone": apiParis, "verification_token": proof}).refused(429, "rate_limited", "redemption too"),
			c.phoneRegister(apiParis).refused(429, "rate_limited"),
			c.register(apiParis, apiPassword).refused(429, "rate_limited"),
			c.forget(apiParis).refused(429, "rate_limited"),
			c.recover(apiParis, "123456", apiPassword).refused(429, "rate_limited"),
		} {
			assert.NotEmpty(t, a.header.Get("Retry-After"))
		}
		assert.Equal(t, "900", c.login(apiParis, "123456").header.Get("Retry-After"))
		c.login(apiParis, "malformed").refused(401, "unauthorized", "not compared, not locked")
		c.connect(apiCairo)
		elapse(15 * time.Minute)
		c.login(apiParis, c.start(apiParis)).ok()
	})
}
