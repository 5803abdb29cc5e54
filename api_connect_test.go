package phoneauth_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

func TestAPIConnect(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		a := c.post("/users/verification/start", apiBody{"phone": apiCairo}).ok()
		assert.Empty(t, a.text)
		body := apiBody{"phone": apiCairo, "verification_code": s.inbox.Code(t, apiCairo)}
		a = c.post("/users/verification/verify", body).ok()
		assert.Equal(t, "Verification code is correct.", a.str("message"))
		assert.Equal(t, true, a.get("success"))
		token := a.str("verification_token")

		registered := c.post("/connect", apiBody{"phone": apiCairo, "verification_token": token}).ok()
		assert.Equal(t, true, registered.get("data.attributes.new_user"))
		created := apiTime(t, registered.str("data.attributes.created_at"))
		assert.Equal(t, time.Now().UTC().Truncate(time.Millisecond), created)

		elapse(time.Minute)
		again := c.connect(apiCairo)
		assert.Equal(t, false, again.get("data.attributes.new_user"), "once in the life of an account")
		assert.Equal(t, registered.get("data.id"), again.get("data.id"))
		assert.Equal(t, created, apiTime(t, again.str("data.attributes.created_at")))
		assert.NotEqual(t, registered.get("meta.access_token"), again.get("meta.access_token"))
		assert.NotEqual(t, registered.get("meta.refresh_token"), again.get("meta.refresh_token"))
		c.do("GET", "/users/me", nil).ok()
	})
}

func TestAPIConnectErrors(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		for _, body := range []apiBody{{}, {"phone": "+20106"}, {"phone": "+1 900 555 0123"}} {
			c.post("/users/verification/start", body).refused(422, "invalid_phone")
			c.post("/users/verification/verify", body).refused(422, "invalid_phone")
			body["verification_code"] = "123456"
			c.post("/users/verification/verify", body).refused(422, "invalid_phone")
		}
		assert.Zero(t, s.inbox.Sends())
		code := c.start(apiCairo)
		c.post("/users/verification/verify", apiBody{"phone": apiCairo}).refused(422, "missing_verification_code")
		for _, wrong := range []string{apiWrong(code), "12345", code + "0", "x", "１２３４５６", "+12345"} {
			c.post("/users/verification/verify", apiBody{"phone": apiCairo, "verification_code": wrong}).refused(422, "verification_failed")
		}
		// Only the one of them that was compared counts.
		for range 3 {
			c.post("/users/verification/verify", apiBody{"phone": apiCairo, "verification_code": apiWrong(code)}).refused(422, "verification_failed")
		}
		a := c.post("/users/verification/verify", apiBody{"phone": apiCairo, "verification_code": " \t" + code + "\r\n "}).ok()
		token := a.str("verification_token")

		for _, body := range []apiBody{
			{}, {"phone": apiCairo}, {"verification_token": token},
			{"phone": "junk", "verification_token": token},
			{"phone": apiCairo2, "verification_token": token},
			{"phone": apiCairo, "verification_token": "junk"},
			{"phone": apiCairo, "verification_token": token + "x"},
			{"phone": apiCairo, "verification_token": token[:len(token)-1]},
		} {
			c.post("/connect", body).refused(422, "invalid_data")
		}
		// Of all that the token was not used up.
		c.post("/connect", apiBody{"phone": "+20 (106) 179-78.40", "verification_token": token}).ok()
	})
}

// Whichever way a code is no good, the answer is the same to the byte.
func TestAPIConnectOneAnswerForBadCodes(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		verify := func(phone, code string) *apiAnswer {
			return c.post("/users/verification/verify", apiBody{"phone": phone, "verification_code": code})
		}
		never := verify(apiParis, "123456").refused(422, "verification_failed")
		code := c.start(apiCairo)
		wrong := verify(apiCairo, apiWrong(code))
		for range 4 {
			verify(apiCairo, apiWrong(code))
		}
		spent := verify(apiCairo, code)
		late := c.start(apiDelhi)
		elapse(5 * time.Minute)
		expired := verify(apiDelhi, late)
		used := c.start(apiCairo2)
		verify(apiCairo2, used).ok()
		twice := verify(apiCairo2, used)
		malformed := verify(apiCairo2, "no code")
		for _, a := range []*apiAnswer{wrong, spent, expired, twice, malformed} {
			assert.Equal(t, never.text, a.text)
			assert.Equal(t, never.header, a.header)
			assert.Equal(t, never.status, a.status)
		}
	})
}

func TestAPIVerificationToken(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		connect := func(phone, token string) *apiAnswer {
			return c.post("/connect", apiBody{"phone": phone, "verification_token": token})
		}
		old := c.proof(apiCairo)
		elapse(5*time.Minute - time.Microsecond)
		connect(apiCairo, old).ok()

		late := c.proof(apiParis)
		elapse(5 * time.Minute)
		connect(apiParis, late).refused(422, "invalid_data", "no leeway")

		// Several proofs of a phone are good at once.
		first := c.proof(apiDelhi)
		elapse(time.Minute)
		second := c.proof(apiDelhi)
		assert.Equal(t, true, connect(apiDelhi, first).ok().get("data.attributes.new_user"))
		assert.Equal(t, false, connect(apiDelhi, second).ok().get("data.attributes.new_user"))

		// A refresh or access token is none.
		a := c.connect(apiCairo)
		connect(apiCairo, a.str("meta.refresh_token")).refused(422, "invalid_data")
		connect(apiCairo, a.str("meta.access_token")).refused(422, "invalid_data")
		connect(apiCairo, a.str("meta.device_token")).refused(422, "invalid_data")
	})
}

// The code alone, without a token, signs in by the Login API; a proof is not a code.
func TestAPICodesServeEveryAPI(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		c.login(apiCairo, c.start(apiCairo)).ok()

		session := c.post("/api/phone/register", apiBody{"phone_number": apiParis}).ok().str("session_token")
		body := apiBody{"phone": apiParis, "verification_code": s.inbox.Code(t, apiParis)}
		token := c.post("/users/verification/verify", body).ok().str("verification_token")
		c.post("/api/phone/verify", apiBody{"phone_number": apiParis, "security_code": body["verification_code"], "session_token": session}).
			refused(422, "invalid_security_code", "used by another route")
		c.post("/connect", apiBody{"phone": apiParis, "verification_token": token}).ok()

		c.post("/api/phone/register", apiBody{"phone_number": apiDelhi}).ok()
		c.login(apiDelhi, s.inbox.Code(t, apiDelhi)).ok()
	})
}

func TestAPIConnectPhoneTaken(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		connect := func(phone, token string) *apiAnswer {
			return c.post("/connect", apiBody{"phone": phone, "verification_token": token})
		}
		token := c.proof(apiCairo)
		connect(apiCairo, token).ok()
		connect(apiCairo, token).refused(422, "phone_taken", "tapped twice")
		elapse(4 * time.Minute)
		connect(apiCairo, token).refused(422, "phone_taken", "while the token lives")
		elapse(time.Minute)
		connect(apiCairo, token).refused(422, "invalid_data", "after it")

		elapse(time.Minute)
		token = c.proof(apiCairo)
		connect(apiCairo, token).ok()
		connect(apiCairo, token).refused(422, "invalid_data", "a replay after a plain sign-in")

		// The store may say so of itself.
		token = c.proof(apiParis)
		s.store.set(func(verb string) error {
			if verb == "SignInUser" {
				return phoneauth.ErrPhoneTaken
			}
			return nil
		})
		connect(apiParis, token).refused(422, "phone_taken")
		s.store.set(nil)

		// Or the first request is still about to make the account.
		token = c.proof(apiDelhi)
		entered, leave := make(chan struct{}), make(chan struct{})
		var once sync.Once
		s.store.set(func(verb string) error {
			if verb == "SignInUser" {
				once.Do(func() {
					close(entered)
					<-leave
				})
			}
			return nil
		})
		done := make(chan *apiAnswer)
		go func() { done <- connect(apiDelhi, token) }()
		<-entered
		connect(apiDelhi, token).refused(422, "phone_taken")
		close(leave)
		(<-done).ok()
	})
}

func TestAPIConnectOneNewUser(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t, apiLimitsOff)
		c := s.client()
		const callers = 16
		var tokens []string
		for range callers {
			tokens = append(tokens, c.proof(apiCairo))
		}
		code := c.start(apiCairo)
		answers := make(chan *apiAnswer, callers+1)
		for _, token := range tokens {
			go func() { answers <- c.post("/connect", apiBody{"phone": apiCairo, "verification_token": token}) }()
		}
		go func() { answers <- c.login(apiCairo, code) }()
		first, ids := 0, map[any]bool{}
		for range callers + 1 {
			a := <-answers
			a.ok()
			if a.get("data.attributes.new_user") == true || a.get("first_sign_in") == true {
				first++
			}
			if id := a.get("data.id"); id != nil {
				ids[id] = true
			}
		}
		assert.Equal(t, 1, first, "of all routes together")
		assert.Len(t, ids, 1)
	})
}

// One token at once from many: one signs up, the rest hear that the phone is taken.
func TestAPIConnectTappedOften(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		token := c.proof(apiCairo)
		answers := make(chan *apiAnswer, 16)
		for range cap(answers) {
			go func() { answers <- c.post("/connect", apiBody{"phone": apiCairo, "verification_token": token}) }()
		}
		signedUp := 0
		for range cap(answers) {
			if a := <-answers; a.status == 200 {
				signedUp++
			} else {
				a.refused(422, "phone_taken")
			}
		}
		assert.Equal(t, 1, signedUp)
	})
}

func TestAPIConnectBlocked(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		id := c.connect(apiCairo).str("data.id")
		elapse(time.Minute)
		before := c.proof(apiCairo)
		require.NoError(t, s.svc.SetBlocked(t.Context(), id, true))
		c.post("/connect", apiBody{"phone": apiCairo, "verification_token": before}).refused(422, "invalid_data")
		elapse(time.Minute)
		after := c.proof(apiCairo)
		c.post("/connect", apiBody{"phone": apiCairo, "verification_token": after}).refused(422, "invalid_data")
		require.NoError(t, s.svc.SetBlocked(t.Context(), id, false))
		elapse(10 * time.Minute)
		c.connect(apiCairo)
	})
}

// What keeps a text from going is one answer, limits excepted; its cause is not in it.
func TestAPIConnectSendingFailed(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		start := func() *apiAnswer { return c.post("/users/verification/start", apiBody{"phone": apiCairo}) }
		s.inbox.FailNext(errors.New("provider says: no money"))
		a := start().refused(500, "sending_verification_failed")
		assert.NotContains(t, a.text, "money")
		assert.Contains(t, s.log.String(), "no money")
		start().refused(429, "rate_limited", "a failed send gives nothing back")

		elapse(time.Minute)
		s.store.down(errors.New("dial tcp 10.1.2.3: refused"))
		a = start().refused(500, "sending_verification_failed")
		assert.NotContains(t, a.text, "10.1.2.3")
		assert.Contains(t, s.log.String(), "10.1.2.3")
		sends := s.inbox.Sends()
		s.store.set(nil)
		start().ok()
		assert.Equal(t, sends+1, s.inbox.Sends(), "nothing was sent while the store was down")
		synctest.Wait()
	})
}

// Invitation-only and the like: the host refuses after the proof, without a word of why.
func TestAPIConnectRefusedByHost(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t, func(cfg *phoneauth.Config) {
			cfg.Hooks.BeforeSignIn = func(_ context.Context, in phoneauth.SignInInfo) error {
				if in.Phone.E164() == apiCairo {
					return errors.New("not invited")
				}
				return nil
			}
		})
		c := s.client()
		token := c.proof(apiCairo)
		a := c.post("/connect", apiBody{"phone": apiCairo, "verification_token": token}).refused(422, "invalid_data")
		assert.NotContains(t, a.text, "invited")
		elapse(time.Minute)
		c.login(apiCairo, c.start(apiCairo)).refused(401, "unauthorized")
		session := c.register(apiCairo, apiPassword).ok().str("session_token")
		c.post("/api/v1/users/verify", apiBody{"code": s.inbox.Code(t, apiCairo), "session_token": session}).invalid("code", "not valid")
		c.connect(apiParis)
	})
}
