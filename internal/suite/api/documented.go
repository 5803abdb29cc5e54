package api

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// Every example body of the four documents, as printed, gets the documented answer. The
// documents are public; their examples are copied here.

func testAPISeedConnect(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	a := c.post("/users/verification/start", `
  {
    "phone": "+201061797840"
  }
`).ok()
	assert.Empty(t, a.text)
	code := s.inbox.Code(t, cairo)
	token := c.post("/users/verification/verify", `{"phone": "+201061797840", "verification_code": "`+code+`"}`).
		ok().str("verification_token")
	a = c.post("/connect", `{"phone": "+201061797840", "verification_token": "`+token+`"}`).ok()
	assert.NotEmpty(t, a.str("data.id"))
	assert.Equal(t, "user", a.str("data.type"))
	assert.Equal(t, cairo, a.str("data.attributes.uid"))
	assert.Equal(t, cairo, a.str("data.attributes.phone"))
	assert.Equal(t, true, a.get("data.attributes.phone_verified"))
	assert.IsType(t, true, a.get("data.attributes.new_user"))
	timeOf(t, a.str("data.attributes.created_at"))
	timeOf(t, a.str("data.attributes.updated_at"))
	assert.False(t, a.has("data.relationships"), "the host gives none")
	assert.Equal(t, "Bearer", a.str("meta.token_type"))
	assert.EqualValues(t, 900, a.get("meta.expires_in"))
	for _, name := range []string{"access_token", "refresh_token", "device_token"} {
		assert.NotEmpty(t, a.str("meta."+name))
	}
}

// The session token that the document prints carries its code readable by anyone. Here
// it is nothing, also beside the code it carries.
const printedToken = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpb3NfKzkxOTkxMTcxNTkyOV9zZXNzaW9uX2NvZGUiOiI3MTExNDYifQ.XSIBOsfA6kYd8NUE2MlvhdrOZszoWQdzunOGEU_Wr94"

func testAPISeedPhone(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	a := c.post("/api/phone/register", `
    {
        "phone_number": "`+delhi+`"
    }
`).ok()
	token := a.str("session_token")
	assert.Equal(t, 2, strings.Count(token, "."), "a JWT")
	assert.EqualValues(t, 300, a.get("expires_in"))
	assert.EqualValues(t, 60, a.get("resend_in"))
	assert.EqualValues(t, 6, a.get("code_length"))

	printed := func(code, token string) string {
		return `
    {
        "phone_number": "` + delhi + `",
        "security_code": "` + code + `",
        "session_token": "` + token + `"
    }
`
	}
	code := s.inbox.Code(t, delhi)
	c.post("/api/phone/verify", printed("711146", printedToken)).refused(422, "invalid_security_code")
	c.post("/api/phone/verify", printed(code, printedToken)).refused(422, "invalid_security_code")
	a = c.post("/api/phone/verify", printed(code, token)).ok()
	assert.Equal(t, "Security code is valid.", a.str("message"))

	body := object{"phone": delhi, "verification_token": a.str("verification_token")}
	c.post("/connect", body).ok()
}

// As printed, the number is masked: no number at all.
func testAPISeedPhoneMasked(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	s.client().post("/api/phone/register", `{"phone_number": "+9180765XXX10"}`).refused(422, "invalid_phone_number")
	s.client().post("/api/phone/verify",
		`{"phone_number": "+9180765XXX10", "security_code": "711146", "session_token": "`+printedToken+`"}`).
		refused(422, "invalid_phone_number")
	assert.Zero(t, s.inbox.Sends())
}

func testAPISeedUsers(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.newBrowser()
	const registration = `
{
  "msisdn": "84932466",
  "password": "12345678",
  "password_confirmation": "12345678"
}
`
	a := c.post("/api/v1/users", registration).ok()
	assert.Equal(t, "84932466", a.str("msisdn"))
	assert.Equal(t, false, a.get("valid_for_authentication"))
	assert.NotEmpty(t, a.str("session_token"))
	assert.Len(t, a.cookies, 1)

	code := s.inbox.Code(t, singapore)
	if code != "323445" {
		c.post("/api/v1/users/verify", `{"code": "323445"}`).invalid("code", "not valid")
	}
	a = c.post("/api/v1/users/verify", `{"code": "`+code+`"}`).ok()
	assert.Equal(t, "84932466", a.str("msisdn"))
	assert.NotEmpty(t, a.str("authentication_token"))
	assert.Equal(t, true, a.get("valid_for_authentication"))
	assert.NotEmpty(t, a.str("refresh_token"))
	assert.NotEmpty(t, a.str("device_token"))
	assert.EqualValues(t, 900, a.get("expires_in"))

	// The sample error response, byte for byte in its meaning.
	another := s.newBrowser().do("POST", "/api/v1/users", registration)
	assert.Equal(t, 422, another.status)
	assert.JSONEq(t, `{
  "error": "Invalid resource. Please fix errors and try again.",
  "errors": {
    "msisdn": [
      "has already been taken"
    ]
  }
}`, another.text)

	a = s.client().put("/api/v1/users/forget_password", `{"msisdn": "84932466"}`).ok()
	assert.JSONEq(t, sentBySMS, a.text, "the document has an empty object, to which fields may be added")
}

func testAPISeedLogin(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	test := phoneauth.TestNumber{Phone: paris, Code: "123456"}
	s := newServer(t, func(cfg *phoneauth.Config) {
		test.Until = timeOf(t, "2100-01-01T00:00:00.000Z")
		cfg.Numbers.Test = []phoneauth.TestNumber{test} // so that the printed code is the right one
	})
	c := s.client()
	const printed = `{"format":"json","user":{"phone":"+33600000178","sms_code":"123456"}}`
	c.post("/api/v1/login", printed).refused(401, "unauthorized", "nothing was sent yet")
	c.post("/users/verification/start", object{"phone": paris}).ok()
	c.header["Cookie"] = "" // as printed
	a := c.post("/api/v1/login", printed).ok()
	assert.IsType(t, 180.0, a.get("user.id"), "a number")
	assert.Equal(t, true, a.get("first_sign_in"))
	assert.Equal(t, paris, a.str("user.phone"))
	assert.Equal(t, false, a.get("user.has_password"))
	for _, name := range []string{"uuid", "token", "refresh_token", "device_token"} {
		assert.NotEmpty(t, a.str("user."+name))
	}
	timeOf(t, a.str("user.created_at"))
	assert.Zero(t, s.inbox.Sends(), "a test number is sent nothing")
}

// The attributes that the documents print beyond ours are the host's, by one hook.
func testAPISeedHostAttributes(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t, func(cfg *phoneauth.Config) { cfg.HTTP.UserView = hostView })
	c := s.client()
	a := c.connect(cairo)
	assert.Equal(t, "John", a.str("data.attributes.first_name"))
	assert.EqualValues(t, 0, a.get("data.attributes.balance"))
	assert.Contains(t, a.get("data.attributes"), "notes")
	assert.Equal(t, "36", a.str("data.relationships.addresses.data.0.id"))
	assert.Equal(t, cairo, a.str("data.attributes.uid"), "never the host's")
	a = c.do("GET", "/users/me", nil).ok()
	assert.Equal(t, "John", a.str("data.attributes.first_name"))
	assert.Equal(t, "address", a.str("data.relationships.addresses.data.0.type"))

	a = c.login(paris, c.start(paris)).ok()
	assert.Equal(t, "John", a.str("user.first_name"))
	assert.Equal(t, paris, a.str("user.phone"))
	assert.NotEqual(t, "no token", a.str("user.token"))
}
