package api

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// scene is a server in the middle of everything: a code of each kind is out, and
// somebody is signed in. What is bad in it must change none of that.
type scene struct {
	*server
	c                             *client
	signIn, registered, reset     string // codes
	change                        string
	session, registration, access string
	refreshToken, proof           string
	sends                         int
}

func newScene(t *test) *scene {
	s := &scene{server: newServer(t, limitsOff)}
	s.c = s.client()
	a := s.c.signUp(singapore, goodPassword)
	s.access, s.refreshToken = a.str("authentication_token"), a.str("refresh_token")
	s.proof = s.c.proof(delhi)
	s.session = s.c.phoneRegister(cairo).ok().str("session_token")
	s.signIn = s.inbox.Code(t, cairo)
	s.registration = s.c.register(paris, goodPassword).ok().str("session_token")
	s.registered = s.inbox.Code(t, paris)
	s.c.forget(singapore).ok()
	s.reset = s.inbox.Code(t, singapore)
	s.c.changeStart(cairo2).ok()
	s.change = s.inbox.Code(t, cairo2)
	s.sends = s.inbox.Sends()
	return s
}

// good are bodies that would succeed, by route.
func (s *scene) good() map[string]object {
	return map[string]object{
		"POST /users/verification/start":     {"phone": cairo},
		"POST /users/verification/verify":    {"phone": cairo, "verification_code": s.signIn},
		"POST /connect":                      {"phone": delhi, "verification_token": s.proof},
		"POST /api/phone/register":           {"phone_number": cairo},
		"POST /api/phone/verify":             {"phone_number": cairo, "security_code": s.signIn, "session_token": s.session},
		"POST /api/v1/users":                 {"msisdn": paris, "password": goodPassword, "password_confirmation": goodPassword},
		"POST /api/v1/users/verify":          {"code": s.registered, "session_token": s.registration},
		"PUT /api/v1/users/forget_password":  {"msisdn": singapore},
		"PUT /api/v1/users/recover_password": {"msisdn": singapore, "code": s.reset, "password": "another one", "password_confirmation": "another one"},
		"PUT /api/v1/users/reset_password":   {"current_password": goodPassword, "password": "another one"},
		"POST /api/v1/login":                 {"user": object{"phone": cairo, "sms_code": s.signIn}},
		"POST /token/refresh":                {"refresh_token": s.refreshToken},
		"POST /logout":                       {"refresh_token": s.refreshToken},
		"POST /users/phone/start":            {"phone": cairo2},
		"POST /users/phone/verify":           {"phone": cairo2, "verification_code": s.change},
	}
}

// unharmed checks that nothing was sent, counted, used up or changed.
func (s *scene) unharmed() {
	s.t.Helper()
	s.env.Settle()
	assert.Equal(s.t, s.sends, s.inbox.Sends(), "nothing was sent")
	c := s.c
	wrongTries := func(try func() *answer) {
		for range 4 { // four of five are left to be wrong: none was counted
			assert.Contains(s.t, []int{401, 422}, try().status)
		}
	}
	wrongTries(func() *answer { return c.phoneVerify(cairo, otherThan(s.signIn), s.session) })
	c.phoneVerify(cairo, s.signIn, s.session).ok()
	wrongTries(func() *answer { return c.usersVerify(otherThan(s.registered), "session_token", s.registration) })
	c.usersVerify(s.registered, "session_token", s.registration).ok()
	c.redeem(delhi, s.proof).ok()
	c.bearer = s.access
	assert.Equal(s.t, singapore, c.do("GET", "/users/me", nil).ok().get("data.attributes.phone"))
	c.refresh(s.refreshToken).ok()
	c.loginPassword(singapore, goodPassword).ok()
	wrongTries(func() *answer { return c.changeVerify(cairo2, otherThan(s.change)) })
	wrongTries(func() *answer { return c.recover(singapore, otherThan(s.reset), "another one") })
	c.recover(singapore, s.reset, "another one").ok()
}

// split is a route's method and path.
func split(route string) (method, path string) {
	method, path, _ = strings.Cut(route, " ")
	return method, path
}

func encoded(t testing.TB, c *client, body object) string {
	r := c.request("POST", "/", body)
	data := make([]byte, r.ContentLength)
	_, err := r.Body.Read(data)
	assert.NoError(t, err)
	return string(data)
}

// A body that is not one strict JSON object is 400, whatever it would do if it were read.
func testAPIBodiesThatAreNoObject(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newScene(t)
	for route, body := range s.good() {
		method, path := split(route)
		good := encoded(t, s.c, body)
		for _, bad := range []string{
			"", " ", "null", "[]", `"x"`, "1", "true", "x", "{", good[:len(good)-1], good + "x", good + good, good + ",", "[" + good + "]",
			"\ufeff" + good, good[:len(good)-1] + ",}", strings.ReplaceAll(good, `"`, "'"),
			// the same name twice, also by another spelling, at any depth
			good[:len(good)-1] + "," + good[1:],
			good[:len(good)-1] + `,"x":1,"x":1}`, good[:len(good)-1] + `,"x":{"y":1,"\u0079":2}}`,
			good[:len(good)-1] + ",\"x\":\"\xff\"}", good[:len(good)-1] + `,"x":"\ud800"}`, good[:len(good)-1] + `,"x":"` + "\x00" + `"}`,
			good[:len(good)-1] + `,"x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`,
			good[:len(good)-1] + `,"x":NaN}`, good[:len(good)-1] + `,"x":01}`, good[:len(good)-1] + `/**/}`,
		} {
			s.c.do(method, path, bad).refused(400, "bad_request", bad)
		}
		pad := strings.Repeat(" ", 8<<10-len(good)+1)
		s.c.do(method, path, good+pad).refused(413, "body_too_large")
		s.c.do(method, path, good[:len(good)-1]+`,"x":"`+strings.Repeat("x", 1<<20)+`"}`).refused(413, "body_too_large")
		for _, contentType := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp", "text/json", "application/json, text/plain"} {
			s.c.header["Content-Type"] = contentType
			s.c.do(method, path, good).refused(415, "unsupported_media_type", contentType)
		}
		delete(s.c.header, "Content-Type")
	}
	s.unharmed()
}

// hostile are values for any field.
var hostile = []any{
	nil, true, 7, 1e300, []any{}, []any{"x"}, object{}, object{"x": "y"}, "", " ", "\t\r\n ", "\u00a0",
}

// A field of the wrong type, null or blank is one that is missing.
func testAPIMistypedFields(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newScene(t)
	for route, good := range s.good() {
		method, path := split(route)
		if path == "/logout" {
			continue // 204 for anything
		}
		inner, within := good["user"].(object)
		fields := good
		if within {
			fields = inner
		}
		for field := range fields {
			send := func(value any, there bool) *answer {
				body := maps.Clone(fields)
				if body[field] = value; !there {
					delete(body, field)
				}
				if within {
					body = object{"user": body}
				}
				return s.c.do(method, path, body)
			}
			missing := send(nil, false)
			want := map[string]string{
				"phone": "invalid_phone", "verification_code": "missing_verification_code", "verification_token": "invalid_data",
				"phone_number": "invalid_phone_number", "security_code": "invalid_security_code", "session_token": "invalid_security_code",
				"refresh_token": "invalid_refresh_token",
			}[field]
			switch {
			case path == "/connect":
				missing.refused(422, "invalid_data")
			case path == "/api/v1/login":
				missing.refused(400, "parameter_missing")
			case path == "/api/v1/users/verify" && field == "session_token":
				missing.invalid("code", "not valid")
			case apiOf(path) == phoneauth.UsersAPI:
				assert.Equal(t, "can't be blank", missing.get("errors."+field+".0"), "%s %s", path, field)
				assert.Equal(t, 422, missing.status)
			case path == "/token/refresh":
				missing.refused(401, want)
			default:
				missing.refused(422, want, path, field)
			}
			for _, value := range hostile {
				a := send(value, true)
				assert.Equal(t, missing.text, a.text, "%s %s %#v", path, field, value)
				assert.Equal(t, missing.header, a.header)
				assert.Equal(t, missing.status, a.status)
			}
			// By the exact case of its name.
			body := maps.Clone(fields)
			delete(body, field)
			body[strings.ToUpper(field)] = fields[field]
			if within {
				body = object{"user": body}
			}
			assert.Equal(t, missing.text, s.c.do(method, path, body).text, "%s %s", path, field)
		}
	}
	s.unharmed()
}

// Phone numbers that are none, on every route that takes one.
func testAPIHostileNumbers(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newScene(t)
	for _, bad := range []string{
		"+", "0", "+0", "123", "+999999999999", cairo + "1", cairo + "x99", cairo + ";ext=1", "tel:" + cairo, "++" + cairo[1:],
		"+2010617978４0", "+٢٠١٠٦١٧٩٧٨٤٠", "\u200b" + cairo, cairo + "\u200e", cairo + "\x00", "1-800-FLOWERS",
		"+18005550123", "+19005550123", "+4420712345678901", "+442079460000", "' OR 1=1 --", "<script>", "$(id)", "00201061797840",
		strings.Repeat("1", 33), strings.Repeat(" ", 33) + cairo, cairo + strings.Repeat(" ", 30), strings.Repeat("9", 7000),
	} {
		for route, good := range s.good() {
			method, path := split(route)
			body := maps.Clone(good)
			switch {
			case body["phone"] != nil:
				body["phone"] = bad
			case body["phone_number"] != nil:
				body["phone_number"] = bad
			case body["msisdn"] != nil:
				body["msisdn"] = bad
			case body["user"] != nil:
				user := maps.Clone(body["user"].(object))
				user["phone"] = bad
				body["user"] = user
			default:
				continue
			}
			a := s.c.do(method, path, body)
			switch apiOf(path) {
			case phoneauth.UsersAPI:
				a.invalid("msisdn", "is invalid")
			case phoneauth.LoginAPI:
				a.refused(401, "invalid_phone_format", bad)
			case phoneauth.PhoneAPI:
				a.refused(422, "invalid_phone_number", bad)
			case phoneauth.SessionAPI:
				a.refused(422, "invalid_phone", bad)
			default:
				if path == "/connect" {
					a.refused(422, "invalid_data", bad)
				} else {
					a.refused(422, "invalid_phone", bad)
				}
			}
			assert.NotContains(t, a.text, bad+`"`, "nothing is echoed")
		}
	}
	s.unharmed()
}

// Codes and tokens that are none are wrong ones; none was compared, so none is counted.
func testAPIHostileSecrets(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newScene(t)
	junk := []string{"x", "12345", "1234567", "-12345", "1e5", "0x1e24", "123 456", "12345\u0660", "\u00a0" + s.signIn, s.signIn + "\x00",
		"' OR ''='", "../../etc/passwd", "a.b.c", "..", ".", strings.Repeat("A", 4097), strings.Repeat("1", 7000), "eyJhbGciOiJub25lIn0.e30."}
	for i, bad := range junk {
		for field, route := range map[string]string{
			"verification_code":  "POST /users/verification/verify",
			"verification_token": "POST /connect",
			"security_code":      "POST /api/phone/verify",
			"session_token":      "POST /api/phone/verify",
			"code":               "PUT /api/v1/users/recover_password",
			"refresh_token":      "POST /token/refresh",
		} {
			method, path := split(route)
			body := maps.Clone(s.good()[route])
			body[field] = bad
			a := s.c.do(method, path, body)
			assert.Contains(t, []int{401, 422}, a.status, fmt.Sprint(i, field))
		}
		s.c.usersVerify(bad, "session_token", s.registration).invalid("code", "not valid")
		s.c.usersVerify(s.registered, "session_token", bad).invalid("code", "not valid")
		s.c.changeVerify(cairo2, bad).refused(422, "verification_failed")
		s.c.login(cairo, bad).refused(401, "unauthorized")
		s.c.post("/logout", object{"refresh_token": bad}).ok(204)
		body := object{"phone": cairo, "verification_code": otherThan(s.signIn)[:5], "device_token": bad}
		s.c.post("/users/verification/verify", body).refused(422, "verification_failed")
	}
	s.unharmed()
}

// What is fine: unknown fields, a charset, blanks, 8 KiB to the byte, junk in fields that
// nobody reads.
func testAPILenientBodies(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t, limitsOff)
	c := s.client()
	good := `{"phone":"` + cairo + `","x":{"phone":[1,null]},"user":7,"Phone":"no"}`
	c.post("/users/verification/start", " \r\n\t"+good+" \n").ok()
	c.post("/users/verification/start", good+strings.Repeat(" ", 8<<10-len(good))).ok()
	for _, contentType := range []string{"application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"} {
		c.header["Content-Type"] = contentType
		c.post("/users/verification/start", good).ok()
	}
	assert.Equal(t, 5, s.inbox.Sends())
}
