package ui_test

import (
	"context"
	"errors"
	"net/http"
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

// A browser without JavaScript signs in by plain forms.
func TestFormsSignIn(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{NextNew: "/welcome", Next: "/home"})
	first := h.look("/signin/?lang=fr")
	require.Equal(t, "phone", first.Screen)
	status, code := h.form("start", first.Form, "country", "EG", "phone", "010 6179 7840")
	require.Equal(t, 200, status)
	require.Equal(t, "code", code.Screen)
	assert.Equal(t, "fr", code.Lang)
	assert.Contains(t, code.Body, `<bdi dir="ltr">+20 10 61797840</bdi>`)
	right, wrong := h.inbox.Code(t, cairo), "000000"
	if right == wrong {
		wrong = "000001"
	}
	status, code = h.form("verify", code.Form, "code", wrong)
	assert.Equal(t, 422, status)
	assert.Equal(t, "code", code.Screen)
	assert.Equal(t, "invalid_code", code.Alert)
	status, left := h.form("verify", code.Form, "code", "code: "+right)
	assert.Equal(t, 303, status)
	assert.Equal(t, "/signin/session/arrived?lang=fr&next=%2Fwelcome", left.Next, "the account is new")
	w := h.ask(h.page, "POST", left.Next, "")
	assert.Equal(t, 405, w.Code)
	assert.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
	w = h.ask(h.page, "GET", left.Next, "")
	assert.Equal(t, 303, w.Code)
	assert.Equal(t, "/welcome", w.Header().Get("Location"))
	assert.Equal(t, seen{Screen: "leave", Next: "/home"}, h.look("/signin/"), "straight on")
	assert.Equal(t, "/orders", h.look("/signin/?next=/orders").Next)
}

// Whoever refuses cookies is told so, and does not go round in circles.
func TestCookiesRefused(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{Next: "/home"})
	_, code := h.form("start", h.look("/signin/").Form, "country", "EG", "phone", cairo)
	_, left := h.form("verify", code.Form, "code", h.inbox.Code(t, cairo))
	h.cookies = map[string]*http.Cookie{}
	w := h.ask(h.page, "GET", left.Next, "")
	require.Equal(t, 303, w.Code)
	told := h.look(w.Header().Get("Location"))
	assert.Equal(t, "cookies", told.Screen)
	assert.Contains(t, told.Body, words(t, "en")["lead.cookies"])
	assert.NotContains(t, told.Body, "data-autosubmit")
}

// A page that was dropped comes back to the code, and the same number is not sent another.
func TestPageComesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, ui.Options{})
		_, code := h.form("start", h.look("/signin/").Form, "country", "EG", "phone", cairo)
		again := h.look("/signin/")
		assert.Equal(t, "code", again.Screen)
		assert.Equal(t, code.Form["state"], again.Form["state"])
		phone := h.look("/signin/?screen=phone")
		assert.Equal(t, "phone", phone.Screen)
		assert.Contains(t, phone.Body, `value="&#43;20 10 61797840"`)
		_, again = h.form("start", phone.Form, "country", "EG", "phone", "+20 10 61797840")
		assert.Equal(t, "code", again.Screen)
		assert.Len(t, h.inbox.Messages(), 1)
		bubble.Elapse(6 * time.Minute)
		assert.Equal(t, "phone", h.look("/signin/").Screen, "the code is dead")
	})
}

// A form that is sent twice sends one code.
func TestFormTwice(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{})
	first := h.look("/signin/")
	for range 2 {
		status, code := h.form("start", first.Form, "country", "EG", "phone", cairo)
		assert.Equal(t, 200, status)
		assert.Equal(t, "code", code.Screen)
		h.cookies = map[string]*http.Cookie{}
	}
	assert.Len(t, h.inbox.Messages(), 1)
	status, held := h.form("start", h.look("/signin/").Form, "country", "EG", "phone", cairo)
	assert.Equal(t, 429, status)
	assert.Equal(t, "rate_limited", held.Alert)
	assert.Contains(t, held.Body, `data-held="60"`)
	status, known := h.form("known", held.Form, "country", "EG", "phone", cairo)
	assert.Equal(t, 200, status)
	assert.Contains(t, known.Body, "Enter the code that was sent to")
	assert.Equal(t, known.Form["state"], h.look("/signin/").Form["state"], "a reload comes back to it")
	for _, typed := range []string{"٠١٠٦١٧٩٧٨٤٠", "0020 10 61797840", "+20 +20 10 61797840"} {
		_, alike := h.form("known", held.Form, "country", "EG", "phone", typed)
		assert.Equal(t, "code", alike.Screen, "%s, as it may be typed to get a code", typed)
	}
	status, left := h.form("verify", known.Form, "code", h.inbox.Code(t, cairo))
	assert.Equal(t, 303, status)
	assert.Equal(t, "leave", left.Screen)
}

// After the last try the main button sends a new code.
func TestLastTry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, ui.Options{})
		_, code := h.form("start", h.look("/signin/").Form, "country", "EG", "phone", cairo)
		wrong := "000000"
		if h.inbox.Code(t, cairo) == wrong {
			wrong = "000001"
		}
		for range 5 {
			_, code = h.form("verify", code.Form, "code", wrong)
		}
		assert.Contains(t, code.Body, words(t, "en")["tries.none"])
		assert.Contains(t, code.Body, `formaction="/signin/start">Send a new code</button>`)
		assert.NotContains(t, code.Body, `id="code"`)
		bubble.Elapse(time.Minute)
		status, fresh := h.form("start", code.Form)
		assert.Equal(t, 200, status)
		assert.Equal(t, "code", fresh.Screen)
		assert.Len(t, h.inbox.Messages(), 2)
	})
}

// The code travels by another channel, once its wait is over.
func TestChannelsOfForms(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		call := phonetest.New()
		h := newHost(t, ui.Options{}, func(cfg *phoneauth.Config) {
			cfg.Channels = []phoneauth.Channel{{Name: "sms", Sender: cfg.Sender}, {Name: "voice", Sender: call}}
			cfg.Sender = nil
		})
		_, code := h.form("start", h.look("/signin/").Form, "country", "EG", "phone", cairo)
		assert.Contains(t, code.Body, `name="channel" value="voice" data-available="30" data-in="Call me ({time})">Call me</button>`)
		status, early := h.form("start", code.Form, "channel", "voice")
		assert.Equal(t, 429, status)
		assert.Equal(t, "code", early.Screen)
		bubble.Elapse(30 * time.Second)
		status, code = h.form("start", early.Form, "channel", "voice")
		assert.Equal(t, 200, status)
		assert.Contains(t, code.Body, "We are calling")
		right := h.inbox.Code(t, cairo)
		assert.Equal(t, right, call.Code(t, cairo))
		call.FailNext(phonetest.Permanent)
		bubble.Elapse(60 * time.Second)
		status, failed := h.form("start", code.Form, "channel", "voice")
		assert.Equal(t, 503, status)
		assert.Equal(t, "channel_failed", failed.Alert)
		status, left := h.form("verify", failed.Form, "code", right)
		assert.Equal(t, 303, status, left)
	})
}

// Passwords work by plain forms: sign up, sign in, recover.
func TestPasswordForms(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, ui.Options{Passwords: true})
		register := h.look("/signin/?screen=register")
		for password, alert := range map[string]string{"": "empty_password", "short": "password_short"} {
			_, refused := h.form("register", register.Form, "country", "EG", "phone", cairo, "password", password)
			assert.Equal(t, alert, refused.Alert)
			assert.Equal(t, "register", refused.Screen)
			assert.Contains(t, refused.Body, ` required aria-describedby="alert hint" aria-invalid="true"`, "the field is marked")
		}
		_, code := h.form("register", register.Form, "country", "EG", "phone", cairo, "password", "correct horse")
		require.Equal(t, "code", code.Screen, code.Alert)
		assert.Contains(t, code.Body, `data-key="resend" formaction="/signin/register"`)
		bubble.Elapse(time.Minute)
		_, code = h.form("register", code.Form, "channel", "sms") // without the password, which waits with the code
		require.Equal(t, "code", code.Screen, code.Alert)
		assert.Contains(t, code.Body, words(t, "en")["note.resent"])
		assert.Equal(t, 2, h.inbox.Sends())
		_, again := h.form("again", code.Form)
		assert.Equal(t, "register", again.Screen)
		assert.Equal(t, code.Form["state"], again.Form["state"])
		status, _ := h.form("verify", code.Form, "code", h.inbox.Code(t, cairo))
		require.Equal(t, 303, status)
		require.Equal(t, "done", h.look("/signin/").Screen)
		status, out := h.form("session/end", h.look("/signin/").Form)
		assert.Equal(t, 200, status)
		assert.Contains(t, out.Body, words(t, "en")["note.signed_out"])

		_, wrong := h.form("password", h.look("/signin/?screen=password").Form, "country", "EG", "phone", cairo, "password", "wrong horse")
		assert.Equal(t, "invalid_password", wrong.Alert)
		bubble.Elapse(time.Minute)
		_, reset := h.form("start", h.look("/signin/?screen=forgot").Form, "country", "EG", "phone", cairo)
		require.Equal(t, "reset", reset.Screen, reset.Alert)
		synctest.Wait()
		_, saved := h.form("recover", reset.Form, "code", h.inbox.Code(t, cairo), "password", "another horse")
		require.Equal(t, "password", saved.Screen, saved.Alert)
		assert.Contains(t, saved.Body, words(t, "en")["note.saved"])
		status, _ = h.form("password", saved.Form, "country", "EG", "phone", cairo, "password", "another horse")
		assert.Equal(t, 303, status)
	})
}

// Where the code of a registration is gone, so is its password, and it is asked for once more.
func TestRegistrationIsGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, ui.Options{Passwords: true})
		_, code := h.form("register", h.look("/signin/?screen=register").Form, "country", "EG", "phone", cairo, "password", "correct horse")
		require.Equal(t, "code", code.Screen, code.Alert)
		bubble.Elapse(6 * time.Minute)
		status, gone := h.form("register", code.Form, "channel", "sms")
		assert.Equal(t, 422, status)
		assert.Equal(t, "code_gone", gone.Alert)
		assert.Contains(t, gone.Body, `formaction="/signin/again">Send a new code</button>`)
		assert.Equal(t, 1, h.inbox.Sends())
		_, again := h.form("again", gone.Form)
		assert.Equal(t, "register", again.Screen)
		assert.Contains(t, again.Body, "61797840")
	})
}

// A session that cannot be opened again just now is not over, and one that is over is said to be.
func TestResume(t *testing.T) {
	t.Parallel()
	store := &away{Store: nil}
	h := newHost(t, ui.Options{}, func(cfg *phoneauth.Config) {
		store.Store = cfg.Store
		cfg.Store = store
	})
	h.signIn(cairo)
	delete(h.cookies, "__Host-phoneauth-access")
	resume := h.look("/signin/")
	assert.Equal(t, "resume", resume.Screen)
	assert.Contains(t, resume.Body, "data-autosubmit")
	store.away = true
	status, failed := h.form("session/refresh", resume.Form)
	assert.Equal(t, 503, status)
	assert.Equal(t, "resume", failed.Screen)
	assert.Equal(t, "unavailable", failed.Alert)
	assert.NotContains(t, failed.Body, "data-autosubmit")
	store.away = false
	status, _ = h.form("session/refresh", failed.Form)
	assert.Equal(t, 303, status)
	require.NoError(t, h.svc.LogoutAll(t.Context(), "1"))
	status, over := h.form("session/refresh", failed.Form)
	assert.Equal(t, 401, status)
	assert.Equal(t, "phone", over.Screen)
	assert.Equal(t, "signed_out", over.Alert)
}

// away is a store whose sessions cannot be rotated for a while.
type away struct {
	phoneauth.Store
	away bool
}

func (s *away) RotateSession(ctx context.Context, r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
	if s.away {
		return phoneauth.SessionRecord{}, errors.New("the store is away")
	}
	return s.Store.RotateSession(ctx, r)
}
