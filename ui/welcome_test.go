package ui_test

import (
	"net/http"
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/bubble"
	"github.com/phoneauth/phoneauth/ui"
)

// signOut ends the session, and keeps the device.
func (h *host) signOut() {
	h.t.Helper()
	status, _ := h.form("session/end", map[string]string{"screen": "done"})
	require.Equal(h.t, 200, status)
}

// A known device is welcomed back. One tap sends the code, and no answer holds the whole number.
func TestWelcome(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{}, limitsOff)
	h.signIn(cairo)
	h.signOut()
	answers := []seen{h.look("/signin/")}
	require.Equal(t, "welcome", answers[0].Screen)
	assert.Contains(t, answers[0].Body, "+20 •••• 7840")
	sends := h.inbox.Sends()
	status, code := h.form("start", answers[0].Form)
	require.Equal(t, 200, status)
	require.Equal(t, "code", code.Screen)
	assert.Equal(t, sends+1, h.inbox.Sends())
	right, wrong := h.inbox.Code(t, cairo), "000000"
	if right == wrong {
		wrong = "000001"
	}
	_, refused := h.form("verify", code.Form, "code", wrong)
	answers = append(answers, code, refused, h.look("/signin/"))
	for _, a := range answers {
		for _, whole := range []string{"61797840", "6179 7840", "6179-7840"} {
			assert.NotContains(t, a.Body, whole)
			for _, value := range a.Form {
				assert.NotContains(t, value, whole)
			}
		}
	}
	_, again := h.form("start", refused.Form, "channel", "sms")
	assert.Equal(t, "code", again.Screen)
	status, _ = h.form("verify", again.Form, "code", right)
	assert.Equal(t, 303, status)
}

// No refusal tells whoever has a known device its whole number, whichever screen it is asked to stand on.
func TestWelcomeRefused(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{Passwords: true})
	h.signIn(cairo)
	h.signOut()
	for i, screen := range []string{"welcome", "phone", "forgot", "register", "confirm", "welcome"} {
		status, shown := h.form("start", map[string]string{"screen": screen, "device": "1", "purpose": "sign_in"})
		if i > 0 {
			require.Equal(t, 429, status, screen)
		}
		assert.NotContains(t, separators.ReplaceAllString(shown.Body, ""), "61797840", screen)
		if screen == "welcome" {
			assert.Contains(t, shown.Body, "+20 •••• 7840")
		}
	}
}

// separators stand between the digits of a number.
var separators = regexp.MustCompile(`[ -]`)

// "Forget this device" makes the browser a stranger, and so does a device that is not known any more.
func TestForget(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{}, limitsOff)
	h.signIn(cairo)
	h.signOut()
	assert.Equal(t, "phone", h.look("/signin/?screen=phone").Screen, "not you?")
	welcome := h.look("/signin/")
	h.form("start", welcome.Form)
	require.Contains(t, h.cookies, "__Host-phoneauth-country")
	status, gone := h.form("forget", welcome.Form)
	assert.Equal(t, 200, status)
	assert.Equal(t, "phone", gone.Screen)
	assert.NotContains(t, h.cookies, "__Host-phoneauth-device")
	assert.NotContains(t, h.cookies, "__Host-phoneauth-country")
	_, asked := h.form("start", welcome.Form)
	assert.Equal(t, "phone", asked.Screen, "the device is not known any more")
	assert.Equal(t, "phone", h.look("/signin/").Screen)
}

// The page tells whether the code has arrived to whoever asked for it, and to nobody else.
func TestDelivery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, ui.Options{Passwords: true}, limitsOff, func(cfg *phoneauth.Config) {
			cfg.Journal.Store = cfg.Store.(phoneauth.JournalStore)
		})
		defer func() { require.NoError(t, h.svc.Close(t.Context())) }()
		_, code := h.form("start", h.look("/signin/").Form, "country", "EG", "phone", cairo)
		assert.Contains(t, code.Body, `data-delivery="/signin/delivery"`)
		h.svc.ReportDelivery(t.Context(), phoneauth.Delivery{Sender: "phonetest", ID: "phonetest-1", Status: phoneauth.Delivered})
		bubble.Elapse(8 * time.Second)
		require.NoError(t, h.svc.FlushJournal(t.Context()))
		status, told := h.form("delivery", code.Form)
		assert.Equal(t, 200, status)
		assert.Contains(t, told.Body, "Your phone received the code 8 seconds ago.")
		assert.NotContains(t, told.Body, "data-delivery")
		status, stranger := h.form("delivery", map[string]string{"screen": "code", "session_token": "x"})
		assert.Equal(t, 401, status)
		assert.NotContains(t, stranger.Body, "received")
		_, reset := h.form("start", h.look("/signin/?screen=forgot").Form, "country", "EG", "phone", cairo)
		assert.Equal(t, "reset", reset.Screen)
		assert.NotContains(t, reset.Body, "data-delivery", "it would tell of accounts")
		status, _ = h.form("delivery", reset.Form)
		assert.Equal(t, 400, status)
	})
}

// A number that looks like one of another country is asked about before a text goes out.
func TestConfirmCountry(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{Country: func(*http.Request) string { return "IN" }})
	status, confirm := h.form("start", h.look("/signin/").Form, "country", "US", "phone", "98765 43210", "chosen", "hand")
	require.Equal(t, 200, status)
	require.Equal(t, "confirm", confirm.Screen)
	assert.Zero(t, h.inbox.Sends())
	assert.Contains(t, confirm.Body, "India")
	status, code := h.form("start", confirm.Form, "country", "IN")
	assert.Equal(t, 200, status)
	assert.Equal(t, "code", code.Screen)
	assert.Contains(t, code.Body, "+91 98765 43210")
	assert.Equal(t, "IN", h.cookies["__Host-phoneauth-country"].Value)
}

// The page names what people accept, and where there is help.
func TestLinksOfTheHost(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{Terms: "https://example.com/terms", Privacy: "/privacy?a=1&b=2", Help: "/help", Header: "<p>head</p>", Footer: "<p>foot</p>"})
	body := h.look("/signin/").Body
	assert.Contains(t, body, `you accept the <a href="https://example.com/terms">Terms of Service</a> and the <a href="/privacy?a=1&amp;b=2">Privacy Policy</a>.`)
	assert.Contains(t, body, `href="/help">Help</a>`)
	assert.Contains(t, body, "<p>head</p>")
	assert.Contains(t, body, "<p>foot</p>")
	only := newHost(t, ui.Options{Terms: "/terms"})
	assert.Contains(t, only.look("/signin/").Body, `you accept the <a href="/terms">Terms of Service</a>.`)
	assert.NotContains(t, newHost(t, ui.Options{}).look("/signin/").Body, "you accept")
}
