package phoneauth_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

func (c *apiClient) changeStart(phone any) *apiAnswer {
	c.t.Helper()
	return c.post("/users/phone/start", apiBody{"phone": phone})
}

func (c *apiClient) changeVerify(phone, code any) *apiAnswer {
	c.t.Helper()
	return c.post("/users/phone/verify", apiBody{"phone": phone, "verification_code": code})
}

func TestAPIChangePhone(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c, elsewhere := s.client(), s.client()
		c.changeStart(apiParis).refused(401, "unauthorized")
		c.changeVerify(apiParis, "123456").refused(401, "unauthorized")
		other := elsewhere.connect(apiCairo)
		elapse(time.Minute)
		old := c.connect(apiCairo)
		for _, bad := range []any{nil, "", "junk", 7, "+1 800 555 0123"} {
			c.changeStart(bad).refused(422, "invalid_phone")
			c.changeVerify(bad, "123456").refused(422, "invalid_phone")
		}
		sends := s.inbox.Sends()
		assert.Empty(t, c.changeStart(apiParis).ok().text)
		assert.Equal(t, sends+1, s.inbox.Sends())
		code := s.inbox.Code(t, apiParis)
		c.changeVerify(apiParis, nil).refused(422, "missing_verification_code")
		c.changeVerify(apiParis, apiWrong(code)).refused(422, "verification_failed")
		c.changeVerify(apiParis, "x").refused(422, "verification_failed")
		c.changeVerify(apiDelhi, code).refused(422, "verification_failed", "another number")
		elsewhere.login(apiParis, code).refused(401, "unauthorized", "the code of another purpose")

		a := c.changeVerify("+33 6 00 00 01 78", code).ok()
		assert.Equal(t, old.get("data.id"), a.get("data.id"))
		assert.Equal(t, apiParis, a.str("data.attributes.phone"))
		assert.Equal(t, apiParis, a.str("data.attributes.uid"))
		assert.Equal(t, false, a.get("data.attributes.new_user"))
		assert.Equal(t, "Bearer", a.str("meta.token_type"))
		assert.Equal(t, []phoneauth.Purpose{phoneauth.NoticePhoneChanged}, s.notices(apiCairo))
		assert.Empty(t, s.notices(apiParis))

		for _, session := range []*apiAnswer{old, other} {
			c.refresh(session.str("meta.refresh_token")).refused(401, "invalid_refresh_token")
		}
		c.changeStart(apiDelhi).refused(401, "unauthorized", "by the old session")
		c.bearer = a.str("meta.access_token")
		assert.Equal(t, apiParis, c.do("GET", "/users/me", nil).ok().get("data.attributes.phone"))
		c.refresh(a.str("meta.refresh_token")).ok()

		// The old number is anybody's now.
		elapse(time.Minute)
		fresh := elsewhere.connect(apiCairo)
		assert.Equal(t, true, fresh.get("data.attributes.new_user"))
		assert.NotEqual(t, old.get("data.id"), fresh.get("data.id"))
		assert.Equal(t, old.get("data.id"), c.connect(apiParis).get("data.id"))
	})
}

func TestAPIChangePhoneWantsAFreshSignIn(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		c.connect(apiCairo)
		elapse(5 * time.Minute)
		c.changeStart(apiParis).ok()
		code := s.inbox.Code(t, apiParis)
		elapse(time.Microsecond)
		sends := s.inbox.Sends()
		c.changeStart(apiDelhi).refused(403, "reauthentication_required")
		c.changeStart("junk").refused(403, "reauthentication_required", "before the fields")
		c.changeVerify(apiParis, code).refused(403, "reauthentication_required")
		c.changeVerify(nil, nil).refused(403, "reauthentication_required")
		assert.Equal(t, sends, s.inbox.Sends())
		c.connect(apiCairo)
		c.changeVerify(apiParis, code).ok() // the code was not used up
	})
}

func TestAPIChangePhoneTaken(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c, owner := s.client(), s.client()
		theirs := owner.connect(apiParis)
		elapse(time.Minute)
		mine := c.connect(apiCairo)
		c.changeStart(apiParis).ok() // the same answer, known or not
		code := s.inbox.Code(t, apiParis)
		c.changeVerify(apiParis, code).refused(422, "phone_taken")
		c.changeVerify(apiParis, code).refused(422, "verification_failed", "the proof is used up")
		assert.Equal(t, apiCairo, c.do("GET", "/users/me", nil).ok().get("data.attributes.phone"))
		assert.Empty(t, s.notices(apiCairo))
		owner.refresh(theirs.str("meta.refresh_token")).ok()
		c.refresh(mine.str("meta.refresh_token")).ok() // nothing changed
	})
}

// The code belongs to the one who asked for it: nobody else can use it up or use it.
func TestAPIChangePhoneOfAnother(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c, other := s.client(), s.client()
		c.connect(apiCairo)
		other.connect(apiCairo2)
		c.changeStart(apiParis).ok()
		code := s.inbox.Code(t, apiParis)
		for range 6 {
			other.changeVerify(apiParis, code).refused(422, "verification_failed")
		}
		c.changeVerify(apiParis, code).ok()
	})
}

// A change to the number one has already is no news to anybody.
func TestAPIChangePhoneToTheSame(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		c.connect(apiCairo)
		elapse(time.Minute)
		c.changeStart(apiCairo).ok()
		c.bearer = c.changeVerify(apiCairo, s.inbox.Code(t, apiCairo)).ok().str("meta.access_token")
		c.do("GET", "/users/me", nil).ok()
		assert.Empty(t, s.notices(apiCairo))
	})
}

// Notices take no send limits, and their failure fails nothing.
func TestAPIChangePhoneNotice(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		c := s.client()
		c.connect(apiCairo)
		c.changeStart(apiParis).ok()
		code := s.inbox.Code(t, apiParis)
		c.changeVerify(apiParis, code).ok()
		assert.Len(t, s.notices(apiCairo), 1, "less than a minute after its last code")
		c.post("/users/verification/start", apiBody{"phone": apiCairo}).ok() // the notice took no send

		elapse(time.Minute)
		c.connect(apiDelhi)
		c.changeStart(apiSingapore).ok()
		code = s.inbox.Code(t, apiSingapore)
		s.inbox.FailNext(errors.New("down"))
		c.changeVerify(apiSingapore, code).ok()
		require.Empty(t, s.notices(apiDelhi))
		assert.Contains(t, s.log.String(), "after the answer")
	})
}
