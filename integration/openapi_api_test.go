package integration_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/internal/bubble"
	"github.com/phoneauth/phoneauth/phonetest"
)

// TestDescription drives every route to every answer that the description has, each
// request and answer being held to it. Each example of an answer is one that was seen.
func TestDescription(t *testing.T) {
	t.Parallel()
	s := &sought{ours: describeOurs(t), seen: map[string][]exchange{}}
	t.Run("all", func(t *testing.T) {
		for name, f := range map[string]func(*client){
			"success":  driveSuccess,
			"phone":    driveChangePhone,
			"password": drivePasswords,
			"blocked":  driveBlocked,
			"wrong":    driveWrong,
			"fields":   driveFields,
			"early":    driveEarly,
			"down":     driveDown,
			"limits":   driveLimits,
			"old":      driveOld,
			"sessions": driveSessions,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { f(newClient(t, s)) })
			})
		}
		t.Run("human check", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var level humancheck.Level
				driveHumanCheck(newClient(t, s, func(cfg *phoneauth.Config) {
					cfg.HumanCheck.Demand = func(context.Context, phoneauth.SendInfo) humancheck.Level { return level }
				}), &level)
			})
		})
		t.Run("channels", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				driveChannels(newClient(t, s, func(cfg *phoneauth.Config) {
					cfg.Channels = []phoneauth.Channel{{Name: "sms", Sender: cfg.Sender}, {Name: "whatsapp", Sender: cfg.Sender}}
				}))
			})
		})
		t.Run("moved", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				driveMoved(newClient(t, s, func(cfg *phoneauth.Config) { cfg.Texts.NotMeURL = "https://example.com/not-me" }))
			})
		})
		t.Run("origin", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				driveOrigin(newClient(t, s, func(cfg *phoneauth.Config) {
					cfg.HostSessions = true
					cfg.HTTP.Authenticate = func(*http.Request) (phoneauth.Claims, error) { return phoneauth.Claims{UserID: "1"}, nil }
					cfg.HTTP.SignedOut = func(http.ResponseWriter, *http.Request) error { return nil }
				}))
			})
		})
	})
	s.complete(t)
}

func driveSuccess(c *client) {
	a := c.connect(cairo)
	c.do(200, "GET /users/me", nil)
	refresh := c.do(200, "POST /token/refresh", fields{"refresh_token": a.text("meta.refresh_token")}).text("refresh_token")
	c.do(204, "POST /logout", fields{"refresh_token": refresh})
	c.do(204, "POST /logout", fields{"refresh_token": refresh})
	c.do(204, "POST /logout", fields{})

	token := c.do(200, "POST /api/phone/register", fields{"phone_number": delhi}).text("session_token")
	c.do(200, "POST /api/phone/verify", fields{"phone_number": delhi, "security_code": c.code(delhi), "session_token": token})

	login := fields{"phone": paris, "sms_code": c.start(paris)}
	c.bearer = c.do(200, "POST /api/v1/login", fields{"format": "json", "user": login}).text("user.token")
	c.do(204, "DELETE /users/me", nil)
	c.do(401, "GET /users/me", nil)
	c.do(200, "GET /.well-known/jwks.json", nil)
	c.do(404, "GET /nowhere", nil)
}

func driveChangePhone(c *client) {
	c.connect(cairo2)
	c.bearer = ""
	c.connect(cairo)
	c.do(200, "POST /users/phone/start", fields{"phone": paris})
	code := c.code(paris)
	c.do(422, "POST /users/phone/verify", fields{"phone": paris, "verification_code": wrong(code)})
	c.do(422, "POST /users/phone/verify", fields{"phone": paris})
	c.do(422, "POST /users/phone/verify", fields{"verification_code": code})
	c.do(422, "POST /users/phone/start", fields{"phone": "junk"})
	c.bearer = c.do(200, "POST /users/phone/verify", fields{"phone": paris, "verification_code": code}).text("meta.access_token")
	bubble.Elapse(time.Minute)
	c.do(200, "POST /users/phone/start", fields{"phone": cairo2})
	c.do(422, "POST /users/phone/verify", fields{"phone": cairo2, "verification_code": c.code(cairo2)}) // taken
}

func drivePasswords(c *client) {
	register := fields{"msisdn": "84932466", "password": password, "password_confirmation": password}
	token := c.do(200, "POST /api/v1/users", register).text("session_token")
	clear(c.cookies)
	code := c.code(singapore)
	c.do(422, "POST /api/v1/users/verify", fields{"code": code})
	c.do(422, "POST /api/v1/users/verify", fields{"session_token": token})
	c.do(422, "POST /api/v1/users/verify", fields{"verification_code": wrong(code), "session_token": token})
	c.do(422, "POST /api/v1/users/verify", fields{"code": code, "session_token": token, "msisdn": "junk"})
	c.do(200, "POST /api/v1/users/verify", fields{"verification_code": code, "session_token": token})
	bubble.Elapse(time.Minute)
	c.do(422, "POST /api/v1/users", register) // taken
	c.do(200, "PUT /api/v1/users/forget_password", fields{"msisdn": "84932466"})
	code = c.code(singapore)
	recovery := fields{"msisdn": "84932466", "code": wrong(code), "password": "another password", "password_confirmation": "another password"}
	c.do(422, "PUT /api/v1/users/recover_password", recovery)
	delete(recovery, "code")
	recovery["verification_code"] = wrong(code)
	c.do(422, "PUT /api/v1/users/recover_password", recovery)
	recovery["verification_code"] = code
	c.do(200, "PUT /api/v1/users/recover_password", recovery)

	login := fields{"phone": singapore, "password": "another password"}
	c.bearer = c.do(200, "POST /api/v1/login", fields{"user": login}).text("user.token")
	change := fields{"current_password": "another password", "password": password}
	c.do(200, "PUT /api/v1/users/reset_password", change)
}

func driveBlocked(c *client) {
	id := c.connect(cairo).text("data.id")
	token := c.proof(cairo2)
	c.do(200, "POST /api/v1/users", fields{"msisdn": singapore, "password": password, "password_confirmation": password})
	code := c.code(singapore)
	other := newAccount(c, singapore)
	for _, account := range []string{id, other} {
		require.NoError(c.t, c.svc.SetBlocked(c.t.Context(), account, true))
	}
	c.do(200, "POST /api/v1/users/verify", fields{"code": code})
	bubble.Elapse(time.Minute)
	c.do(401, "POST /api/v1/login", fields{"user": fields{"phone": cairo, "sms_code": c.start(cairo)}})
	connect := fields{"phone": cairo2, "verification_token": token}
	c.do(200, "POST /connect", connect)
	c.do(422, "POST /connect", connect) // tapped twice
}

// newAccount signs a number up that has a registration open.
func newAccount(c *client, phone string) string {
	c.t.Helper()
	bubble.Elapse(time.Minute)
	return c.do(200, "POST /connect", fields{"phone": phone, "verification_token": c.proof(phone)}).text("data.id")
}

func driveWrong(c *client) {
	code := c.start(cairo)
	c.do(422, "POST /users/verification/start", fields{"phone": "junk"})
	c.do(422, "POST /users/verification/verify", fields{"phone": "junk", "verification_code": code})
	c.do(422, "POST /users/verification/verify", fields{"phone": cairo})
	c.do(422, "POST /users/verification/verify", fields{"phone": cairo, "verification_code": wrong(code)})
	c.do(422, "POST /connect", fields{"phone": cairo, "verification_token": "x"})
	c.do(422, "POST /api/phone/register", fields{})
	c.do(422, "POST /api/phone/verify", fields{"security_code": code, "session_token": "x"})
	c.do(422, "POST /api/phone/verify", fields{"phone_number": cairo, "security_code": code, "session_token": "x"})
	c.do(400, "POST /api/v1/login", fields{"user": fields{"phone": cairo}})
	c.do(401, "POST /api/v1/login", fields{"user": fields{"phone": "junk", "sms_code": code}})
	c.do(401, "POST /api/v1/login", fields{"user": fields{"phone": cairo, "sms_code": wrong(code)}})
	c.do(401, "POST /token/refresh", fields{"refresh_token": "x"})
	c.inbox.FailNext(phoneauth.ErrUnavailable)
	c.do(500, "POST /users/verification/start", fields{"phone": delhi})
}

func driveFields(c *client) {
	c.signUp(singapore)
	const short, other = "1234567", "another one"
	c.do(422, "POST /api/v1/users", fields{})
	c.do(422, "POST /api/v1/users", fields{"msisdn": "junk", "password": short, "password_confirmation": other})
	long := strings.Repeat("x", 129)
	c.do(422, "POST /api/v1/users", fields{"msisdn": cairo, "password": long, "password_confirmation": long})
	c.do(422, "POST /api/v1/users/verify", fields{"code": 123456})
	c.do(422, "PUT /api/v1/users/forget_password", fields{"msisdn": nil})
	c.do(422, "PUT /api/v1/users/forget_password", fields{"msisdn": "junk"})
	c.do(422, "PUT /api/v1/users/recover_password", fields{})
	c.do(422, "PUT /api/v1/users/recover_password", fields{"msisdn": "junk", "code": "123456", "password": short, "password_confirmation": other})
	c.do(422, "PUT /api/v1/users/reset_password", fields{})
	c.do(422, "PUT /api/v1/users/reset_password", fields{"current_password": "not mine", "password": other})
	c.do(422, "PUT /api/v1/users/reset_password", fields{"current_password": password, "password": short, "password_confirmation": other})
}

// driveEarly has what is refused before it is understood.
func driveEarly(c *client) {
	for route, operation := range c.sought.operations() {
		_, path, _ := strings.Cut(route, " ")
		c.do(405, "PATCH "+path, nil)
		if operation.RequestBody != nil {
			c.do(400, route, "[]")
			c.do(413, route, strings.Repeat(" ", 9000))
			c.header["Content-Type"] = "text/plain"
			c.do(415, route, "{}")
			delete(c.header, "Content-Type")
		}
		if operation.Security != nil {
			c.do(401, route, fields{})
		}
	}
}

func driveDown(c *client) {
	a := c.signUp(singapore)
	refresh := fields{"refresh_token": a.text("refresh_token")}
	proof := c.proof(cairo)
	phone := c.do(200, "POST /api/phone/register", fields{"phone_number": delhi}).text("session_token")
	register := fields{"msisdn": paris, "password": password, "password_confirmation": password}
	registration := c.do(200, "POST /api/v1/users", register).text("session_token")
	registered, proved := c.code(paris), c.code(delhi)
	c.store.down.Store(true)
	c.do(500, "POST /users/verification/start", fields{"phone": cairo2})
	for route, body := range map[string]fields{
		"POST /users/verification/verify":    {"phone": delhi, "verification_code": proved},
		"POST /connect":                      {"phone": cairo, "verification_token": proof},
		"POST /api/phone/register":           {"phone_number": delhi},
		"POST /api/phone/verify":             {"phone_number": delhi, "security_code": proved, "session_token": phone},
		"POST /api/v1/users":                 register,
		"POST /api/v1/users/verify":          {"code": registered, "session_token": registration},
		"PUT /api/v1/users/forget_password":  {"msisdn": singapore},
		"PUT /api/v1/users/recover_password": {"msisdn": singapore, "code": "123456", "password": password, "password_confirmation": password},
		"PUT /api/v1/users/reset_password":   {"current_password": password, "password": password},
		"POST /api/v1/login":                 {"user": fields{"phone": singapore, "password": password}},
		"POST /token/refresh":                refresh,
		"POST /logout":                       refresh,
		"POST /users/phone/start":            {"phone": cairo2},
		"POST /users/phone/verify":           {"phone": cairo2, "verification_code": "123456"},
		"GET /users/me":                      nil,
		"DELETE /users/me":                   nil,
		"GET /users/me/sessions":             nil,
		"DELETE /users/me/sessions":          nil,
		"DELETE /users/me/sessions/x":        nil,
	} {
		c.do(503, route, body)
	}
}

func driveLimits(c *client) {
	c.signUp(singapore)
	for range 10 {
		c.do(422, "PUT /api/v1/users/reset_password", fields{"current_password": "not mine", "password": password})
	}
	c.do(429, "PUT /api/v1/users/reset_password", fields{"current_password": "not mine", "password": password})

	c.start(cairo)
	c.do(429, "POST /users/verification/start", fields{"phone": cairo})
	c.do(429, "POST /api/phone/register", fields{"phone_number": cairo})
	c.do(429, "POST /api/v1/users", fields{"msisdn": cairo, "password": password, "password_confirmation": password})
	c.do(429, "PUT /api/v1/users/forget_password", fields{"msisdn": cairo})
	c.do(200, "POST /users/phone/start", fields{"phone": delhi})
	c.do(429, "POST /users/phone/start", fields{"phone": delhi})

	// A number that is locked, with one of everything open.
	const phone = paris2
	token := c.do(200, "POST /api/phone/register", fields{"phone_number": phone}).text("session_token")
	proof := c.do(200, "POST /users/verification/verify", fields{"phone": phone, "verification_code": c.code(phone)}).text("verification_token")
	bubble.Elapse(time.Minute)
	c.do(200, "POST /api/v1/users", fields{"msisdn": phone, "password": password, "password_confirmation": password})
	c.lock(phone)
	const code = "123456"
	c.do(429, "POST /users/verification/verify", fields{"phone": phone, "verification_code": code})
	c.do(429, "POST /connect", fields{"phone": phone, "verification_token": proof})
	c.do(429, "POST /api/phone/verify", fields{"phone_number": phone, "security_code": code, "session_token": token})
	c.do(429, "POST /api/v1/users/verify", fields{"code": code})
	c.do(429, "PUT /api/v1/users/recover_password", fields{"msisdn": phone, "code": code, "password": password, "password_confirmation": password})
	c.do(429, "POST /api/v1/login", fields{"user": fields{"phone": phone, "sms_code": code}})
	c.do(429, "POST /users/phone/verify", fields{"phone": phone, "verification_code": code})
}

// driveHumanCheck signs in, and is then asked at the level.
func driveHumanCheck(c *client, level *humancheck.Level) {
	c.connect(singapore)
	*level = 1
	for route, body := range map[string]fields{
		"POST /users/verification/start":    {"phone": cairo},
		"POST /api/phone/register":          {"phone_number": cairo},
		"POST /api/v1/users":                {"msisdn": cairo, "password": password, "password_confirmation": password},
		"PUT /api/v1/users/forget_password": {"msisdn": cairo},
		"POST /users/phone/start":           {"phone": delhi},
	} {
		c.do(428, route, body)
		body["human_check"] = "no answer"
		c.do(428, route, body)
	}
}

// driveChannels asks by channels, of which one does not reach everybody.
func driveChannels(c *client) {
	c.connect(singapore)
	for route, body := range map[string]fields{
		"POST /users/verification/start":    {"phone": "+33600000171"},
		"POST /api/phone/register":          {"phone_number": "+33600000172"},
		"POST /api/v1/users":                {"msisdn": "+33600000173", "password": password, "password_confirmation": password},
		"PUT /api/v1/users/forget_password": {"msisdn": "+33600000174"},
		"POST /users/phone/start":           {"phone": "+33600000175"},
	} {
		body["channel"] = "telegram"
		c.do(422, route, body)
		body["channel"] = "whatsapp"
		switch {
		case strings.HasSuffix(route, "forget_password"): // what becomes of its text is not told
		case strings.HasSuffix(route, "verification/start"):
			c.inbox.FailNext(phonetest.Destination)
			c.do(500, route, body)
		default:
			c.inbox.FailNext(phonetest.Destination)
			c.do(503, route, body)
		}
		body["channel"] = "sms"
		c.do(200, route, body)
		body["channel"] = "whatsapp"
		c.do(429, route, body)
	}
}

// driveOld has what a sign-in may be too old for.
func driveOld(c *client) {
	c.signUp(singapore)
	bubble.Elapse(5*time.Minute + time.Second)
	c.do(403, "PUT /api/v1/users/reset_password", fields{"current_password": password, "password": password})
	c.do(403, "POST /users/phone/start", fields{"phone": cairo})
	c.do(403, "POST /users/phone/verify", fields{"phone": cairo, "verification_code": "123456"})
	c.do(403, "DELETE /users/me", nil)
}

// driveMoved has a user whose number was changed, which the owner can still undo.
func driveMoved(c *client) {
	c.connect(cairo)
	c.do(200, "POST /users/phone/start", fields{"phone": paris})
	c.bearer = c.do(200, "POST /users/phone/verify", fields{"phone": paris, "verification_code": c.code(paris)}).text("meta.access_token")
	c.do(429, "DELETE /users/me", nil)
}

// driveSessions has one user who is signed in on several devices.
func driveSessions(c *client) {
	const route = "/users/me/sessions"
	c.header["User-Agent"] = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36"
	c.connect(cairo)
	c.do(200, "GET "+route, nil)
	older := c.session()
	c.again(cairo)
	bubble.Elapse(5*time.Minute + time.Second)
	c.do(403, "DELETE "+route, nil)
	c.do(403, "DELETE "+route+"/"+older, nil)
	c.do(404, "DELETE "+route+"/x", nil)

	c.again(cairo)
	c.do(204, "DELETE "+route+"/"+older, nil)
	c.do(404, "DELETE "+route+"/"+older, nil)
	c.do(204, "DELETE "+route, nil)
	c.do(200, "GET "+route, nil)
}

// session is the id of the session of the access token.
func (c *client) session() string {
	c.t.Helper()
	claims, err := c.svc.Authenticate(c.t.Context(), phoneauth.Secret(c.bearer))
	require.NoError(c.t, err)
	return claims.SessionID
}

// again signs the number in on one more device, once it may have a code.
func (c *client) again(phone string) {
	c.t.Helper()
	bubble.Elapse(time.Minute)
	c.bearer = ""
	clear(c.cookies)
	c.connect(phone)
}

// driveOrigin has what a page of another origin may not do; the host keeps sessions.
func driveOrigin(c *client) {
	c.header["Sec-Fetch-Site"] = "cross-site"
	for _, route := range []string{
		"POST /api/v1/users", "POST /api/v1/users/verify", "PUT /api/v1/users/reset_password",
		"POST /users/phone/start", "POST /users/phone/verify", "DELETE /users/me", "POST /logout",
	} {
		c.do(403, route, fields{})
	}
}
