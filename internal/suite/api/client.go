package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/phoneauth/phoneauth/internal/suite/record"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// client is one client at an address of its own. A browser keeps cookies.
type client struct {
	*server
	addr    string
	bearer  string
	browser bool
	cookies map[string]string
	header  map[string]string
}

func (s *server) client() *client {
	s.clients++
	return &client{
		server:  s,
		addr:    fmt.Sprintf("198.51.%d.%d:4711", s.clients/250, 1+s.clients%250),
		cookies: map[string]string{},
		header:  map[string]string{},
	}
}

func (s *server) newBrowser() *client {
	c := s.client()
	c.browser = true
	return c
}

// object is a JSON object; a string is sent as it is.
type object = map[string]any

func (c *client) request(method, path string, body any) *http.Request {
	text, raw := body.(string)
	if !raw && body != nil {
		data, err := json.Marshal(body)
		require.NoError(c.t, err)
		text = string(data)
	}
	r := httptest.NewRequest(method, path, strings.NewReader(text))
	r.RemoteAddr = c.addr
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	for name, value := range c.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	return r
}

// do sends a request and checks what holds for every answer.
func (c *client) do(method, path string, body any) *answer {
	c.t.Helper()
	w := httptest.NewRecorder()
	record.Handler(c.handler).ServeHTTP(w, c.request(method, path, body))
	a := &answer{t: c.t, path: path, status: w.Code, header: w.Header(), text: w.Body.String(), cookies: w.Result().Cookies()}
	a.checkHeaders()
	if origin := a.header.Get("Access-Control-Allow-Origin"); origin != "" {
		assert.Contains(c.t, c.trusted, origin)
	}
	if c.browser {
		for _, cookie := range a.cookies {
			c.cookies[cookie.Name] = cookie.Value
			if cookie.MaxAge < 0 {
				delete(c.cookies, cookie.Name)
			}
		}
	}
	return a
}

func (c *client) post(path string, body any) *answer {
	c.t.Helper()
	return c.do("POST", path, body)
}

func (c *client) put(path string, body any) *answer {
	c.t.Helper()
	return c.do("PUT", path, body)
}

// start has a sign-in code sent and reads it.
func (c *client) start(phone string) (code string) {
	c.t.Helper()
	c.post("/users/verification/start", object{"phone": phone}).ok()
	return c.inbox.Code(c.t, phone)
}

// proof is a verification token.
func (c *client) proof(phone string) string {
	c.t.Helper()
	body := object{"phone": phone, "verification_code": c.start(phone)}
	return c.post("/users/verification/verify", body).ok().str("verification_token")
}

// connect signs in and stays signed in.
func (c *client) connect(phone string) *answer {
	c.t.Helper()
	a := c.redeem(phone, c.proof(phone)).ok()
	c.bearer = a.str("meta.access_token")
	return a
}

// redeem sends a verification token to /connect.
func (c *client) redeem(phone, token string) *answer {
	c.t.Helper()
	return c.post("/connect", object{"phone": phone, "verification_token": token})
}

func (c *client) login(phone, code string) *answer {
	c.t.Helper()
	return c.post("/api/v1/login", object{"user": object{"phone": phone, "sms_code": code}})
}

func (c *client) loginPassword(phone, password string) *answer {
	c.t.Helper()
	return c.post("/api/v1/login", object{"user": object{"phone": phone, "password": password}})
}

// register begins a registration with a password.
func (c *client) register(phone, password string, more ...string) *answer {
	c.t.Helper()
	body := object{"msisdn": phone, "password": password, "password_confirmation": password}
	for i := 0; i < len(more); i += 2 {
		body[more[i]] = more[i+1]
	}
	return c.post("/api/v1/users", body)
}

// signUp makes an account with a password and signs in to it.
func (c *client) signUp(phone, password string) *answer {
	c.t.Helper()
	token := c.register(phone, password).ok().str("session_token")
	a := c.post("/api/v1/users/verify", object{"code": c.inbox.Code(c.t, phone), "session_token": token}).ok()
	c.bearer = a.str("authentication_token")
	return a
}
