package phoneauth_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
)

// apiScene is a server in the middle of everything: a code of each kind is out, and
// somebody is signed in. What is bad in it must change none of that.
type apiScene struct {
	*apiServer
	c                             *apiClient
	signIn, registered, reset     string // codes
	change                        string
	session, registration, access string
	refreshToken, proof           string
	sends                         int
}

func newAPIScene(t *testing.T) *apiScene {
	s := &apiScene{apiServer: newAPI(t, apiLimitsOff)}
	s.c = s.client()
	a := s.c.signUp(apiSingapore, apiPassword)
	s.access, s.refreshToken = a.str("authentication_token"), a.str("refresh_token")
	s.proof = s.c.proof(apiDelhi)
	s.session = s.c.phoneRegister(apiCairo).ok().str("session_token")
	s.signIn = s.inbox.Code(t, apiCairo)
	s.registration = s.c.register(apiParis, apiPassword).ok().str("session_token")
	s.registered = s.inbox.Code(t, apiParis)
	s.c.forget(apiSingapore).ok()
	s.reset = s.inbox.Code(t, apiSingapore)
	s.c.changeStart(apiCairo2).ok()
	s.change = s.inbox.Code(t, apiCairo2)
	s.sends = s.inbox.Sends()
	return s
}

// good are bodies that would succeed, by route.
func (s *apiScene) good() map[string]apiBody {
	return map[string]apiBody{
		"POST /users/verification/start":     {"phone": apiCairo},
		"POST /users/verification/verify":    {"phone": apiCairo, "verification_code": s.signIn},
		"POST /connect":                      {"phone": apiDelhi, "verification_token": s.proof},
		"POST /api/phone/register":           {"phone_number": apiCairo},
		"POST /api/phone/verify":             {"phone_number": apiCairo, "security_code": s.signIn, "session_token": s.session},
		"POST /api/v1/users":                 {"msisdn": apiParis, "password": apiPassword, "password_confirmation": apiPassword},
		"POST /api/v1/users/verify":          {"code": s.registered, "session_token": s.registration},
		"PUT /api/v1/users/forget_password":  {"msisdn": apiSingapore},
		"PUT /api/v1/users/recover_password": {"msisdn": apiSingapore, "code": s.reset, "password": "another one", "password_confirmation": "another one"},
		"PUT /api/v1/users/reset_password":   {"current_password": apiPassword, "password": "another one"},
		"POST /api/v1/login":                 {"user": apiBody{"phone": apiCairo, "sms_code": s.signIn}},
		"POST /token/refresh":                {"refresh_token": s.refreshToken},
		"POST /logout":                       {"refresh_token": s.refreshToken},
		"POST /users/phone/start":            {"phone": apiCairo2},
		"POST /users/phone/verify":           {"phone": apiCairo2, "verification_code": s.change},
	}
}

// unharmed checks that nothing was sent, counted, used up or changed.
func (s *apiScene) unharmed() {
	s.t.Helper()
	synctest.Wait()
	assert.Equal(s.t, s.sends, s.inbox.Sends(), "nothing was sent")
	c := s.c
	wrongTries := func(try func() *apiAnswer) {
		for range 4 { // four of five are left to be wrong: none was counted
			assert.Contains(s.t, []int{401, 422}, try().status)
		}
	}
	wrongTries(func() *apiAnswer { return c.phoneVerify(apiCairo, apiWrong(s.signIn), s.session) })
	c.phoneVerify(apiCairo, s.signIn, s.session).ok()
	wrongTries(func() *apiAnswer { return c.usersVerify(apiWrong(s.registered), "session_token", s.registration) })
	c.usersVerify(s.registered, "session_token", s.registration).ok()
	c.post("/connect", apiBody{"phone": apiDelhi, "verification_token": s.proof}).ok()
	c.bearer = s.access
	assert.Equal(s.t, apiSingapore, c.do("GET", "/users/me", nil).ok().get("data.attributes.phone"))
	c.refresh(s.refreshToken).ok()
	c.loginPassword(apiSingapore, apiPassword).ok()
	wrongTries(func() *apiAnswer { return c.changeVerify(apiCairo2, apiWrong(s.change)) })
	wrongTries(func() *apiAnswer { return c.recover(apiSingapore, apiWrong(s.reset), "another one") })
	c.recover(apiSingapore, s.reset, "another one").ok()
}

// apiSplit is a route's method and path.
func apiSplit(route string) (method, path string) {
	method, path, _ = strings.Cut(route, " ")
	return method, path
}

func apiJSON(t testing.TB, c *apiClient, body apiBody) string {
	r := c.request("POST", "/", body)
	data := make([]byte, r.ContentLength)
	_, err := r.Body.Read(data)
	assert.NoError(t, err)
	return string(data)
}

// A body that is not one strict JSON object is 400, whatever it would do if it were read.
func TestAPIBodiesThatAreNoObject(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPIScene(t)
		for route, body := range s.good() {
			method, path := apiSplit(route)
			good := apiJSON(t, s.c, body)
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
	})
}

// apiHostile are values for any field.
var apiHostile = []any{
	nil, true, 7, 1e300, []any{}, []any{"x"}, apiBody{}, apiBody{"x": "y"}, "", " ", "\t\r\n ", "\u00a0",
}

// A field of the wrong type, null or blank is one that is missing.
func TestAPIMistypedFields(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPIScene(t)
		for route, good := range s.good() {
			method, path := apiSplit(route)
			if path == "/logout" {
				continue // 204 for anything
			}
			inner, within := good["user"].(apiBody)
			fields := good
			if within {
				fields = inner
			}
			for field := range fields {
				send := func(value any, there bool) *apiAnswer {
					body := maps.Clone(fields)
					if body[field] = value; !there {
						delete(body, field)
					}
					if within {
						body = apiBody{"user": body}
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
				for _, value := range apiHostile {
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
					body = apiBody{"user": body}
				}
				assert.Equal(t, missing.text, s.c.do(method, path, body).text, "%s %s", path, field)
			}
		}
		s.unharmed()
	})
}

// Phone numbers that are none, on every route that takes one.
func TestAPIHostileNumbers(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPIScene(t)
		for _, bad := range []string{
			"+", "0", "+0", "123", "+999999999999", apiCairo + "1", apiCairo + "x99", apiCairo + ";ext=1", "tel:" + apiCairo, "++" + apiCairo[1:],
			"+2010617978４0", "+٢٠١٠٦١٧٩٧٨٤٠", "\u200b" + apiCairo, apiCairo + "\u200e", apiCairo + "\x00", "1-800-FLOWERS",
			"+18005550123", "+19005550123", "+4420712345678901", "+442079460000", "' OR 1=1 --", "<script>", "$(id)", "00201061797840",
			strings.Repeat("1", 33), strings.Repeat(" ", 33) + apiCairo, apiCairo + strings.Repeat(" ", 30), strings.Repeat("9", 7000),
		} {
			for route, good := range s.good() {
				method, path := apiSplit(route)
				body := maps.Clone(good)
				switch {
				case body["phone"] != nil:
					body["phone"] = bad
				case body["phone_number"] != nil:
					body["phone_number"] = bad
				case body["msisdn"] != nil:
					body["msisdn"] = bad
				case body["user"] != nil:
					user := maps.Clone(body["user"].(apiBody))
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
	})
}

// Codes and tokens that are none are wrong ones; none was compared, so none is counted.
func TestAPIHostileSecrets(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPIScene(t)
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
				method, path := apiSplit(route)
				body := maps.Clone(s.good()[route])
				body[field] = bad
				a := s.c.do(method, path, body)
				assert.Contains(t, []int{401, 422}, a.status, fmt.Sprint(i, field))
			}
			s.c.usersVerify(bad, "session_token", s.registration).invalid("code", "not valid")
			s.c.usersVerify(s.registered, "session_token", bad).invalid("code", "not valid")
			s.c.changeVerify(apiCairo2, bad).refused(422, "verification_failed")
			s.c.login(apiCairo, bad).refused(401, "unauthorized")
			s.c.post("/logout", apiBody{"refresh_token": bad}).ok(204)
			body := apiBody{"phone": apiCairo, "verification_code": apiWrong(s.signIn)[:5], "device_token": bad}
			s.c.post("/users/verification/verify", body).refused(422, "verification_failed")
		}
		s.unharmed()
	})
}

// What is fine: unknown fields, a charset, blanks, 8 KiB to the byte, junk in fields that
// nobody reads.
func TestAPILenientBodies(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t, apiLimitsOff)
		c := s.client()
		good := `{"phone":"` + apiCairo + `","x":{"phone":[1,null]},"user":7,"Phone":"no"}`
		c.post("/users/verification/start", " \r\n\t"+good+" \n").ok()
		c.post("/users/verification/start", good+strings.Repeat(" ", 8<<10-len(good))).ok()
		for _, contentType := range []string{"application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"} {
			c.header["Content-Type"] = contentType
			c.post("/users/verification/start", good).ok()
		}
		assert.Equal(t, 5, s.inbox.Sends())
	})
}
