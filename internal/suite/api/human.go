package api

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/internal/suite"
	"github.com/phoneauth/phoneauth/phonetest"
)

// everybodyIsAsked by the embedded check.
func everybodyIsAsked(c *phoneauth.Config) { c.HumanCheck.When = phoneauth.HumanCheckAlways }

// solved is the answer to the question in a.
func (a *answer) solved() string {
	a.t.Helper()
	text, err := json.Marshal(a.get("human_check"))
	require.NoError(a.t, err)
	var q humancheck.Question
	require.NoError(a.t, json.Unmarshal(text, &q))
	return string(phonetest.Answer(a.t, q))
}

// testAPIHumanCheck: every route that sends a code asks in the shape of its API, and takes the
// answer in the body or in the header.
func testAPIHumanCheck(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t, limitsOff, everybodyIsAsked)
	signedIn := s.client()
	asked := signedIn.post("/users/verification/start", object{"phone": singapore}).refused(428, "human_check_required")
	signedIn.post("/users/verification/start", object{"phone": singapore, "human_check": asked.solved()}).ok()
	proof := signedIn.post("/users/verification/verify", object{"phone": singapore, "verification_code": s.inbox.Code(t, singapore)}).ok()
	signedIn.bearer = signedIn.redeem(singapore, proof.str("verification_token")).ok().str("meta.access_token")

	for _, route := range []struct {
		method, path string
		body         object
	}{
		{"POST", "/users/verification/start", object{"phone": cairo}},
		{"POST", "/api/phone/register", object{"phone_number": cairo}},
		{"POST", "/api/v1/users", object{"msisdn": cairo, "password": goodPassword, "password_confirmation": goodPassword}},
		{"PUT", "/api/v1/users/forget_password", object{"msisdn": singapore}},
		{"POST", "/users/phone/start", object{"phone": delhi}},
	} {
		sends := s.inbox.Sends()
		a := signedIn.do(route.method, route.path, route.body).refused(428, "human_check_required")
		assert.Equal(t, "altcha", a.str("human_check.kind"))
		t.Settle()
		assert.Equal(t, sends, s.inbox.Sends(), "nothing is sent")

		signedIn.header["X-Human-Check"] = a.solved()
		route.body["human_check"] = "nonsense"
		again := signedIn.do(route.method, route.path, route.body).refused(428, "human_check_required", "the body counts before the header")
		assert.NotEqual(t, a.get("human_check.challenge"), again.get("human_check.challenge"))
		delete(route.body, "human_check")
		signedIn.do(route.method, route.path, route.body).ok()
		t.Settle()
		assert.Equal(t, sends+1, s.inbox.Sends(), route.path)
		signedIn.do(route.method, route.path, route.body).refused(428, "human_check_required", "it is used")
		delete(signedIn.header, "X-Human-Check")
		route.body["human_check"] = again.solved()
		signedIn.do(route.method, route.path, route.body).ok()
		t.Settle()
	}
}

// testAPIHumanCheckOfAClient: by default a client is asked early only if it shows that it can
// answer. A field that is null shows nothing.
func testAPIHumanCheckOfAClient(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	for i := range 10 {
		s.client().post("/users/verification/start", object{"phone": "+20106179000" + string(rune('0'+i))}).ok()
	}
	const path = "/users/verification/start"
	body := object{"phone": cairo}
	able := s.client()
	able.header["X-Human-Check"] = ""
	able.post(path, body).refused(428, "human_check_required")
	for _, empty := range []any{"", " "} {
		body["human_check"] = empty
		s.client().post(path, body).refused(428, "human_check_required")
	}
	body["human_check"] = nil
	s.client().post(path, body).ok()
	delete(body, "human_check")
	t.Elapse(time.Minute)
	s.client().post(path, body).ok()
}

// testAPIHumanCheckOrder: 422 comes first, then 428, then what an answer lifts. What no answer
// lifts is 429, and a number that is taken is not told before the answer.
func testAPIHumanCheckOrder(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t, everybodyIsAsked)
	c := s.client()
	c.post("/users/verification/start", object{"phone": "junk"}).refused(422, "invalid_phone")
	c.register(cairo, "short").invalid("password", "is too short (minimum is 8 characters)")
	answer := c.register(cairo, goodPassword).refused(428, "human_check_required").solved()
	token := c.register(cairo, goodPassword, "human_check", answer).ok().str("session_token")
	c.post("/users/verification/start", object{"phone": cairo}).refused(429, "rate_limited")
	c.post("/api/v1/users/verify", object{"code": s.inbox.Code(t, cairo), "session_token": token}).ok()
	t.Elapse(time.Minute)
	answer = c.register(cairo, goodPassword).refused(428, "human_check_required").solved()
	c.register(cairo, goodPassword, "human_check", answer).invalid("msisdn", "has already been taken")
	c.header["Sec-Fetch-Site"] = "cross-site"
	c.register(cairo, goodPassword).refused(403, "cross_origin")
}

// testAPIHumanCheckFails: where nobody can be asked or verified, the answer is that of any
// outage, and nothing is sent.
func testAPIHumanCheckFails(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	puzzle := suite.NewPuzzle()
	s := newServer(t, everybodyIsAsked, func(c *phoneauth.Config) { c.HumanCheck.Check = suite.LocalPuzzle{Puzzle: puzzle} })
	c := s.client()
	puzzle.Fails = errors.New("the secret of the vendor is wrong")
	c.post("/api/phone/register", object{"phone_number": cairo}).refused(503, "unavailable")
	c.post("/api/phone/register", object{"phone_number": cairo, "human_check": "CANARY"}).refused(503, "unavailable")
	c.post("/users/verification/start", object{"phone": cairo}).refused(500, "sending_verification_failed")
	assert.Contains(t, s.log.String(), "the secret of the vendor is wrong")
	assert.NotContains(t, s.log.String(), "CANARY")
	puzzle.Fails = nil
	require.Zero(t, s.inbox.Sends())
}
