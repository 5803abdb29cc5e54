package ui_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/bubble"
	"github.com/phoneauth/phoneauth/phonetest"
	"github.com/phoneauth/phoneauth/ui"
)

func TestStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, ui.Options{})
		status, answer := h.post("start", "country", "EG", "phone", "010 6179 7840", "purpose", "sign_in")
		require.Equal(t, 200, status)
		assert.NotEmpty(t, answer["session_token"])
		delete(answer, "session_token")
		assert.Equal(t, map[string]any{
			"phone": cairo, "display": "+20 10 61797840", "expires_in": 300.0, "resend_in": 60.0, "code_length": 6.0, "tries_left": 5.0,
			"channel": "sms", "channels": []any{map[string]any{"channel": "sms", "available_in": 60.0}},
		}, answer)
		bubble.Elapse(18 * time.Second)
		w := h.ask(h.page, "POST", "/signin/start", `{"phone":"`+cairo+`","purpose":"sign_in"}`)
		assert.Equal(t, 429, w.Code)
		assert.JSONEq(t, `{"code":"rate_limited","limit":"sent","retry_after":42}`, w.Body.String())
		assert.Equal(t, "42", w.Header().Get("Retry-After"))
		status, answer = h.post("start", "country", "FR", "phone", "12", "purpose", "sign_in")
		assert.Equal(t, 422, status)
		assert.Equal(t, map[string]any{"code": "invalid_phone"}, answer)
	})
}

// Each way to say no, and the sentence that the page has for it in every language.
func TestRefusals(t *testing.T) {
	t.Parallel()
	failing := func(cfg *phoneauth.Config) {
		inbox := phonetest.New()
		inbox.FailNext(phonetest.Permanent)
		cfg.Sender = inbox
	}
	for _, tt := range []struct {
		name, route string
		fields      []string
		change      func(*phoneauth.Config)
		status      int
		code        string
	}{
		{"no code", "verify", []string{"phone", cairo, "purpose", "sign_in", "password", "x"}, nil, 422, "invalid_code"},
		{"wrong code", "verify", []string{"phone", cairo, "purpose", "sign_in", "code", "123456"}, nil, 422, "invalid_code"},
		{"no registration", "verify", []string{"phone", cairo, "purpose", "password_registration", "code", "123456"}, nil, 422, "invalid_code"},
		{"wrong password", "password", []string{"phone", cairo, "password", "x"}, nil, 422, "invalid_password"},
		{"no password", "password", []string{"phone", cairo}, nil, 422, "invalid_password"},
		{"short password", "register", []string{"phone", cairo, "password", "x"}, nil, 422, "password_rejected"},
		{"recover", "recover", []string{"phone", cairo, "password", "correct horse", "code", "123456"}, nil, 422, "invalid_code"},
		{"sender", "start", []string{"phone", cairo, "purpose", "sign_in"}, failing, 503, "unavailable"},
		{"no purpose", "start", []string{"phone", cairo}, nil, 400, "bad_request"},
		{"another purpose", "start", []string{"phone", cairo, "purpose", "phone_change"}, nil, 400, "bad_request"},
		{"another purpose", "verify", []string{"phone", cairo, "purpose", "password_reset", "code", "1"}, nil, 400, "bad_request"},
		{"no session", "session/refresh", nil, nil, 401, "signed_out"},
		{"nobody", "user", nil, nil, 401, "signed_out"},
		{"no route", "nothing", nil, nil, 404, "bad_request"},
	} {
		change := tt.change
		if change == nil {
			change = func(*phoneauth.Config) {}
		}
		h := newHost(t, ui.Options{Passwords: true}, change)
		status, answer := h.post(tt.route, tt.fields...)
		assert.Equal(t, tt.status, status, tt.name)
		assert.Equal(t, tt.code, answer["code"], tt.name)
		for _, lang := range []string{"en", "fr", "es", "ar", "hi"} {
			assert.NotEmpty(t, words(t, lang)["error."+tt.code], "%s in %s", tt.code, lang)
		}
	}
}

// Whoever brings the session token of a code hears how many tries it has left, and of one
// that is gone nothing.
func TestTriesLeft(t *testing.T) {
	t.Parallel()
	for purpose, route := range map[string]string{"sign_in": "verify", "password_reset": "recover"} {
		h := newHost(t, ui.Options{Passwords: true})
		_, started := h.post("start", "phone", cairo, "purpose", purpose)
		require.Equal(t, 5.0, started["tries_left"])
		code := "000000"
		if m, ok := h.inbox.Last(cairo); ok && string(m.Code) == code {
			code = "000001"
		}
		give := []string{"phone", cairo, "purpose", purpose, "password", "correct horse", "code", code}
		_, answer := h.post(route, give...)
		assert.Equal(t, map[string]any{"code": "invalid_code"}, answer, "the number only")
		give = append(give, "session_token", started["session_token"].(string))
		for _, left := range []float64{3, 2, 1, 0} {
			_, answer = h.post(route, give...)
			assert.Equal(t, map[string]any{"code": "invalid_code", "tries_left": left}, answer)
		}
		_, answer = h.post(route, give...)
		assert.Equal(t, map[string]any{"code": "invalid_code"}, answer, "it is gone")
	}
}

func TestBlockedAndRefused(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{}, func(cfg *phoneauth.Config) {
		cfg.Limits.InsecureOff = true
		cfg.Hooks.BeforeSignIn = func(_ context.Context, i phoneauth.SignInInfo) error {
			if i.Phone.E164() == paris {
				return errors.New("by invitation only")
			}
			return nil
		}
	})
	h.signIn(cairo)
	require.NoError(t, h.svc.SetBlocked(t.Context(), "1", true))
	status, answer := h.post("user")
	assert.Equal(t, 401, status)
	assert.Equal(t, map[string]any{"code": "signed_out"}, answer)
	for phone, code := range map[string]string{cairo: "blocked", paris: "refused"} {
		h.post("start", "phone", phone, "purpose", "sign_in")
		status, answer := h.post("verify", "phone", phone, "purpose", "sign_in", "code", h.inbox.Code(t, phone))
		assert.Equal(t, 403, status)
		assert.Equal(t, map[string]any{"code": code}, answer)
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{})
	for body, status := range map[string]int{
		``: 400, `[]`: 400, `"x"`: 400, `{}{}`: 400, `{"phone":1}`: 400, `{"phone":null}`: 400, `{"phone":{"a":"b"}}`: 400,
		`{"phone":"a","phone":"b"}`: 400, "{\"phone\":\"\xff\"}": 400,
		`{"phone":"` + strings.Repeat("1", 17<<10) + `"}`: 413,
		`{"purpose":"sign_in","Phone":"` + cairo + `"}`:   422, // by exact case
	} {
		assert.Equal(t, status, h.ask(h.page, "POST", "/signin/start", body).Code, "%.40s", body)
	}
	assert.Equal(t, 415, h.ask(h.page, "POST", "/signin/start", "{}", "Content-Type", "text/plain").Code)
	r := httptest.NewRequest("POST", "/signin/start", strings.NewReader(`{"phone":"`+cairo+`","purpose":"sign_in"}`))
	r.Header["Content-Type"] = []string{"application/json", "text/plain"}
	w := httptest.NewRecorder()
	h.page.ServeHTTP(w, r)
	assert.Equal(t, 415, w.Code, "two content types")
	assert.Zero(t, h.inbox.Sends())
}

// Without Options.Passwords there are none.
func TestPasswordsOff(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{})
	for _, route := range []string{"register", "password", "recover"} {
		assert.Equal(t, 404, h.ask(h.page, "POST", "/signin/"+route, "{}").Code)
	}
	status, _ := h.post("start", "phone", cairo, "purpose", "password_reset")
	assert.Equal(t, 400, status)
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{Passwords: true}, func(cfg *phoneauth.Config) { cfg.Limits.InsecureOff = true })
	_, answer := h.post("register", "phone", cairo, "password", "correct horse")
	status, _ := h.post("verify", "phone", cairo, "purpose", "password_registration",
		"session_token", answer["session_token"].(string), "code", h.inbox.Code(t, cairo))
	require.Equal(t, 200, status)
	require.Contains(t, h.cookies, "__Host-phoneauth-access")
	status, answer = h.post("register", "phone", cairo, "password", "correct horse")
	assert.Equal(t, 422, status)
	assert.Equal(t, "phone_taken", answer["code"])
	status, _ = h.post("start", "phone", cairo, "purpose", "password_reset")
	require.Equal(t, 200, status)
	status, answer = h.post("recover", "phone", cairo, "code", h.inbox.Code(t, cairo), "password", "another horse")
	require.Equal(t, 200, status)
	assert.Empty(t, answer)
	status, _ = h.post("password", "phone", cairo, "password", "correct horse")
	assert.Equal(t, 422, status)
	status, _ = h.post("password", "phone", cairo, "password", "another horse")
	assert.Equal(t, 200, status)
}
