package ui_test

import (
	"net/url"
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

// The page says what was sent: the code once more, or a new one.
func TestNoteSaysWhatWasSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, ui.Options{})
		texts := words(t, "en")
		form := h.codeForm()
		first := form["code"]
		bubble.Elapse(time.Minute)
		_, again := h.form("start", form, "channel", "sms")
		assert.Contains(t, again.Body, texts["note.resent"])
		assert.Equal(t, first, h.inbox.Code(t, cairo))
		_, twice := h.form("start", form, "channel", "sms")
		assert.Contains(t, twice.Body, texts["note.resent"], "the same form, which sends nothing more")
		assert.Equal(t, 2, h.inbox.Sends())

		for range 5 {
			_, again = h.form("verify", again.Form, "code", wrong(first))
		}
		require.Contains(t, again.Body, texts["tries.none"])
		bubble.Elapse(time.Minute)
		_, fresh := h.form("start", again.Form)
		assert.Contains(t, fresh.Body, texts["note.new_code"])
		assert.NotContains(t, fresh.Body, texts["note.resent"])
		second := h.inbox.Code(t, cairo)
		assert.NotEqual(t, first, second)

		bubble.Elapse(6 * time.Minute)
		status, gone := h.form("verify", fresh.Form, "code", second)
		assert.Equal(t, 422, status)
		assert.Equal(t, "code_gone", gone.Alert)
		_, fresh = h.form("start", gone.Form)
		assert.Contains(t, fresh.Body, texts["note.new_code"], "the one before has expired")
	})
}

// A new code of a registration comes after the password was asked for once more.
func TestNoteOfARegistration(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, ui.Options{Passwords: true})
		_, code := h.form("register", h.look("/signin/?screen=register").Form, "country", "EG", "phone", cairo, "password", "correct horse")
		require.Equal(t, "code", code.Screen, code.Alert)
		bubble.Elapse(6 * time.Minute)
		_, again := h.form("again", code.Form)
		_, fresh := h.form("register", again.Form, "country", "EG", "phone", cairo, "password", "correct horse")
		assert.Equal(t, "code", fresh.Screen)
		assert.Contains(t, fresh.Body, words(t, "en")["note.new_code"])
	})
}

// Nobody is told whether a number has an account, and nothing is said to be sent that may not have been.
func TestNoteOfAReset(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, ui.Options{Passwords: true})
		texts := words(t, "en")
		_, reset := h.form("start", h.look("/signin/?screen=forgot").Form, "country", "EG", "phone", cairo)
		require.Equal(t, "reset", reset.Screen)
		for _, wait := range []time.Duration{time.Minute, 6 * time.Minute} { // the same code, and a new one
			bubble.Elapse(wait)
			_, reset = h.form("start", reset.Form, "channel", "sms")
			assert.Contains(t, reset.Body, texts["note.reset_again"])
			assert.NotContains(t, reset.Body, texts["note.resent"])
			assert.NotContains(t, reset.Body, texts["note.new_code"])
		}
		synctest.Wait()
		assert.Zero(t, h.inbox.Sends())
	})
}

// A code that is dead stays dead on the page while no other one can be sent.
func TestDeadCodeWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, ui.Options{})
		form := h.codeForm()
		var dead seen
		for range 5 {
			_, dead = h.form("verify", form, "code", wrong(form["code"]))
			form = dead.Form
		}
		for range 2 {
			status, held := h.form("start", form)
			assert.Equal(t, 429, status)
			assert.Equal(t, "code", held.Screen)
			assert.Equal(t, "rate_limited", held.Alert)
			assert.NotContains(t, held.Body, `id="code"`, "the dead code cannot be typed")
			assert.Contains(t, held.Body, `data-held="60" formaction="/signin/start">Send a new code</button>`)
			assert.NotContains(t, held.Body, `data-key="resend"`)
			form = held.Form
		}
		bubble.Elapse(time.Minute)
		status, fresh := h.form("start", form)
		assert.Equal(t, 200, status)
		assert.Contains(t, fresh.Body, `id="code"`)
		assert.Contains(t, fresh.Body, words(t, "en")["note.new_code"])
		status, _ = h.form("verify", fresh.Form, "code", h.inbox.Code(t, cairo))
		assert.Equal(t, 303, status)
	})
}

// Whoever asks for the code again by voice is told that we call. Nothing is called sent.
func TestNoteOfACall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGuest(t, func(cfg *phoneauth.Config) {
			cfg.Channels = []phoneauth.Channel{{Name: "sms", Sender: cfg.Sender}, {Name: "voice", Sender: phonetest.New()}}
			cfg.Sender = nil
		})
		texts := words(t, "en")
		tells := func(body string) {
			t.Helper()
			assert.Contains(t, body, `<p class="note">`+texts["note.calling"])
			assert.NotContains(t, body, texts["note.resent"])
		}
		form := g.codeForm()
		for range 2 {
			bubble.Elapse(time.Minute)
			_, called := g.form("start", form, "channel", "voice")
			require.Equal(t, "code", called.Screen, called.Alert)
			tells(called.Body)
			form = called.Form
		}
		bubble.Elapse(6 * time.Minute)
		_, called := g.form("start", form, "channel", "voice")
		tells(called.Body)
		assert.NotContains(t, called.Body, texts["note.new_code"])

		g.signIn(paris)
		g.visit("/account/?screen=export")
		g.send("channel", "voice")
		require.Equal(t, "export_code", g.screen())
		bubble.Elapse(time.Minute)
		g.submit("/account/export/start", url.Values{"state": {read(t, g.body).Form["state"]}, "channel": {"voice"}})
		tells(g.body)
	})
}
