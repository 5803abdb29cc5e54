package ui_test

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth/ui"
)

// A form that cannot be read is answered with a screen and a sentence, because people see the answer.
func TestRefusedForms(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{})
	for _, tt := range []struct {
		body, site string
		status     int
		code       string
	}{
		{"purpose=sign_in", "cross-site", http.StatusForbidden, "cross_origin"},
		{"phone=" + strings.Repeat("1", 17<<10), "same-origin", http.StatusRequestEntityTooLarge, "bad_request"},
	} {
		w := h.ask(h.page, "POST", "/signin/start", tt.body, "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", tt.site)
		assert.Equal(t, tt.status, w.Code, tt.code)
		assert.Contains(t, w.Body.String(), `data-code="`+tt.code+`"`)
		assert.Contains(t, w.Body.String(), words(t, "en")["error."+tt.code])
	}
	assert.Zero(t, h.inbox.Sends())
}

// A form that was sent from any screen, with any route, is refused in a sentence, and nothing panics.
func TestRefusedFormsOfEveryScreen(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{Passwords: true})
	routes := []string{"start", "verify", "register", "password", "recover", "known", "again", "forget", "delivery", "session/refresh"}
	screens := []string{"phone", "code", "confirm", "welcome", "password", "register", "forgot", "reset", "resume", "cookies", "done", "leave", "", "no such"}
	states := []string{"", `{"phone":"` + cairo + `","session_token":"x","length":6}`, `{"masked":"+20 •••• 7840","session_token":"x","purpose":"password_registration"}`}
	for i, route := range slices.Repeat(routes, len(states)) {
		state := base64.RawURLEncoding.EncodeToString([]byte(states[i/len(routes)]))
		for _, screen := range screens {
			for _, purpose := range []string{"sign_in", "password_reset", ""} {
				fields := map[string]string{"screen": screen, "purpose": purpose, "phone": "12", "country": "XX", "confirmed": "1", "code": "123456", "password": "correct horse", "state": state, "device": "1"}
				_, shown := h.form(route, fields)
				assert.NotEmpty(t, shown.Screen, "%s from %s", route, screen)
			}
		}
	}
}

// What refuses a number whose country was confirmed is said at the number field, which keeps both.
func TestRefusedAfterConfirmation(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{Country: func(*http.Request) string { return "IN" }, Passwords: true}, asking(riddle{kind: "riddle"}))
	for _, tt := range []struct{ first, want string }{{"phone", "phone"}, {"forgot", "forgot"}} {
		_, confirm := h.form("start", h.look("/signin/?screen="+tt.first).Form, "country", "US", "phone", "98765 43210")
		assert.Equal(t, "confirm", confirm.Screen)
		assert.Contains(t, confirm.Body, `id="check"`, "there is a place for the human check")
		status, shown := h.form("start", confirm.Form, "country", "IN")
		assert.Equal(t, http.StatusPreconditionRequired, status)
		assert.Equal(t, tt.want, shown.Screen)
		assert.Equal(t, "human_check_required", shown.Alert)
		assert.Equal(t, "hand", shown.Form["chosen"])
		assert.Contains(t, shown.Body, `value="98765 43210"`)
		assert.Contains(t, shown.Body, `<option value="IN" selected>`)
	}
}
