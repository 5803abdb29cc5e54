package api

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

func (c *client) changeStart(phone any) *answer {
	c.t.Helper()
	return c.post("/users/phone/start", object{"phone": phone})
}

func (c *client) changeVerify(phone, code any) *answer {
	c.t.Helper()
	return c.post("/users/phone/verify", object{"phone": phone, "verification_code": code})
}

func testAPIChangePhone(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c, elsewhere := s.client(), s.client()
	c.changeStart(paris).refused(401, "unauthorized")
	c.changeVerify(paris, "123456").refused(401, "unauthorized")
	other := elsewhere.connect(cairo)
	t.Elapse(time.Minute)
	old := c.connect(cairo)
	for _, bad := range []any{nil, "", "junk", 7, "+1 800 555 0123"} {
		c.changeStart(bad).refused(422, "invalid_phone")
		c.changeVerify(bad, "123456").refused(422, "invalid_phone")
	}
	sends := s.inbox.Sends()
	assert.Empty(t, c.changeStart(paris).ok().text)
	assert.Equal(t, sends+1, s.inbox.Sends())
	code := s.inbox.Code(t, paris)
	c.changeVerify(paris, nil).refused(422, "missing_verification_code")
	c.changeVerify(paris, otherThan(code)).refused(422, "verification_failed")
	c.changeVerify(paris, "x").refused(422, "verification_failed")
	c.changeVerify(delhi, code).refused(422, "verification_failed", "another number")
	elsewhere.login(paris, code).refused(401, "unauthorized", "the code of another purpose")

	a := c.changeVerify("+33 6 00 00 01 78", code).ok()
	assert.Equal(t, old.get("data.id"), a.get("data.id"))
	assert.Equal(t, paris, a.str("data.attributes.phone"))
	assert.Equal(t, paris, a.str("data.attributes.uid"))
	assert.Equal(t, false, a.get("data.attributes.new_user"))
	assert.Equal(t, "Bearer", a.str("meta.token_type"))
	assert.Equal(t, []phoneauth.Purpose{phoneauth.NoticePhoneChanged}, s.notices(cairo))
	assert.Empty(t, s.notices(paris))

	for _, session := range []*answer{old, other} {
		c.refresh(session.str("meta.refresh_token")).refused(401, "invalid_refresh_token")
	}
	c.changeStart(delhi).refused(401, "unauthorized", "by the old session")
	c.bearer = a.str("meta.access_token")
	assert.Equal(t, paris, c.do("GET", "/users/me", nil).ok().get("data.attributes.phone"))
	c.refresh(a.str("meta.refresh_token")).ok()

	// The old number is anybody's now.
	t.Elapse(time.Minute)
	fresh := elsewhere.connect(cairo)
	assert.Equal(t, true, fresh.get("data.attributes.new_user"))
	assert.NotEqual(t, old.get("data.id"), fresh.get("data.id"))
	assert.Equal(t, old.get("data.id"), c.connect(paris).get("data.id"))
}

func testAPIChangePhoneWantsAFreshSignIn(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	c.connect(cairo)
	t.Elapse(5 * time.Minute)
	c.changeStart(paris).ok()
	code := s.inbox.Code(t, paris)
	t.Elapse(time.Microsecond)
	sends := s.inbox.Sends()
	c.changeStart(delhi).refused(403, "reauthentication_required")
	c.changeStart("junk").refused(403, "reauthentication_required", "before the fields")
	c.changeVerify(paris, code).refused(403, "reauthentication_required")
	c.changeVerify(nil, nil).refused(403, "reauthentication_required")
	assert.Equal(t, sends, s.inbox.Sends())
	c.connect(cairo)
	c.changeVerify(paris, code).ok() // the code was not used up
}

func testAPIChangePhoneTaken(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c, owner := s.client(), s.client()
	theirs := owner.connect(paris)
	t.Elapse(time.Minute)
	mine := c.connect(cairo)
	c.changeStart(paris).ok() // the same answer, known or not
	code := s.inbox.Code(t, paris)
	c.changeVerify(paris, code).refused(422, "phone_taken")
	c.changeVerify(paris, code).refused(422, "verification_failed", "the proof is used up")
	assert.Equal(t, cairo, c.do("GET", "/users/me", nil).ok().get("data.attributes.phone"))
	assert.Empty(t, s.notices(cairo))
	owner.refresh(theirs.str("meta.refresh_token")).ok()
	c.refresh(mine.str("meta.refresh_token")).ok() // nothing changed
}

// The code belongs to the one who asked for it: nobody else can use it up or use it.
func testAPIChangePhoneOfAnother(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c, other := s.client(), s.client()
	c.connect(cairo)
	other.connect(cairo2)
	c.changeStart(paris).ok()
	code := s.inbox.Code(t, paris)
	for range 6 {
		other.changeVerify(paris, code).refused(422, "verification_failed")
	}
	c.changeVerify(paris, code).ok()
}

// A change to the number one has already is no news to anybody.
func testAPIChangePhoneToTheSame(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	c.connect(cairo)
	t.Elapse(time.Minute)
	c.changeStart(cairo).ok()
	c.bearer = c.changeVerify(cairo, s.inbox.Code(t, cairo)).ok().str("meta.access_token")
	c.do("GET", "/users/me", nil).ok()
	assert.Empty(t, s.notices(cairo))
}

// Notices take no send limits, and their failure fails nothing.
func testAPIChangePhoneNotice(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	c.connect(cairo)
	c.changeStart(paris).ok()
	code := s.inbox.Code(t, paris)
	c.changeVerify(paris, code).ok()
	assert.Len(t, s.notices(cairo), 1, "less than a minute after its last code")
	c.post("/users/verification/start", object{"phone": cairo}).ok() // the notice took no send

	t.Elapse(time.Minute)
	c.connect(delhi)
	c.changeStart(singapore).ok()
	code = s.inbox.Code(t, singapore)
	s.inbox.FailNext(errors.New("down"))
	c.changeVerify(singapore, code).ok()
	require.Empty(t, s.notices(delhi))
	assert.Contains(t, s.log.String(), "after the answer")
}
