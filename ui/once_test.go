package ui_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/bubble"
	"github.com/phoneauth/phoneauth/ui"
)

// browser is a browser of the same host that has other cookies.
func (h *host) browser(cookies map[string]*http.Cookie) *host {
	b := &host{t: h.t, svc: h.svc, page: h.page, inbox: h.inbox, cookies: map[string]*http.Cookie{}}
	maps.Copy(b.cookies, cookies)
	return b
}

// codeForm asks for a code. It returns the form where the code is typed, with the right code.
func (h *host) codeForm() map[string]string {
	h.t.Helper()
	_, code := h.form("start", h.look("/signin/?screen=phone").Form, "country", "EG", "phone", cairo)
	require.Equal(h.t, "code", code.Screen, code.Alert)
	code.Form["code"] = h.inbox.Code(h.t, cairo)
	return code.Form
}

// Without scripts a second tap posts the form again, and the first answer is lost. The second one signs in.
func TestCodePostedTwice(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{Next: "/home", NextNew: "/welcome"})
	form := h.codeForm()
	second := h.browser(h.cookies)
	status, first := h.form("verify", form)
	require.Equal(t, 303, status)
	status, left := second.form("verify", form)
	assert.Equal(t, 303, status)
	assert.Equal(t, first.Next, left.Next, "also for an account that the first one has created")
	assert.Equal(t, "/home", second.look("/signin/").Next, "it is signed in")
	assert.NotContains(t, second.cookies, "__Host-phoneauth-pending")
	sessions, err := h.svc.Sessions(t.Context(), "1")
	require.NoError(t, err)
	assert.Len(t, sessions, 1)

	status, left = h.form("verify", form)
	assert.Equal(t, 303, status, "the first answer has arrived")
	assert.Equal(t, first.Next, left.Next)
}

// The second post may come while the first one is still being answered.
func TestCodePostedTwiceAtOnce(t *testing.T) {
	t.Parallel()
	entered, released := make(chan struct{}, 2), make(chan struct{})
	h := newHost(t, ui.Options{Next: "/home"}, func(cfg *phoneauth.Config) {
		cfg.Hooks.BeforeSignIn = func(context.Context, phoneauth.SignInInfo) error {
			entered <- struct{}{}
			<-released
			return nil
		}
	})
	form := h.codeForm()
	answers := make(chan int)
	post := func(b *host) {
		status, _ := b.form("verify", form)
		answers <- status
	}
	first, second := h.browser(h.cookies), h.browser(h.cookies)
	go post(first)
	<-entered
	go post(second)
	close(released)
	assert.Equal(t, []int{303, 303}, []int{<-answers, <-answers})
	for _, b := range []*host{first, second} {
		assert.Equal(t, "/home", b.look("/signin/").Next)
	}
	assert.Empty(t, entered, "there is one sign-in")
}

// A form that was posted before signs nobody in, but the browser that waits for its answer.
func TestCodePostedTwiceByAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, ui.Options{Next: "/home"})
		form := h.codeForm()
		waiting := maps.Clone(h.cookies)
		status, _ := h.form("verify", form)
		require.Equal(t, 303, status)
		other := h.browser(nil)
		status, _ = other.form("verify", form)
		assert.Equal(t, 303, status, "it leads on")
		assert.NotContains(t, other.cookies, "__Host-phoneauth-access", "and gives nothing")
		for name, value := range map[string]string{"key": "another", "code": wrong(form["code"])} {
			changed := maps.Clone(form)
			changed[name] = value
			late := h.browser(waiting)
			status, refused := late.form("verify", changed)
			assert.Equal(t, 422, status, name)
			assert.Equal(t, "code_gone", refused.Alert, name)
			assert.NotContains(t, late.cookies, "__Host-phoneauth-access", name)
		}
		bubble.Elapse(61 * time.Second)
		late := h.browser(waiting)
		status, _ = late.form("verify", form)
		assert.Equal(t, 422, status, "an answer is not lost for so long")
		assert.NotContains(t, late.cookies, "__Host-phoneauth-access")
	})
}

// A known device is shown its number masked. Whoever posts its form again is told no more of the number.
func TestMaskedCodePostedTwiceByAnother(t *testing.T) {
	t.Parallel()
	kept := func(http.ResponseWriter, *http.Request, *phoneauth.Session) error { return nil }
	h := newHost(t, ui.Options{OnSession: kept}, limitsOff)
	_, first := h.form("verify", h.codeForm())
	require.Equal(t, "done", first.Screen)
	_, code := h.form("start", h.look("/signin/").Form)
	require.Equal(t, "code", code.Screen, code.Alert)
	code.Form["code"] = h.inbox.Code(t, cairo)
	status, _ := h.form("verify", code.Form)
	require.Equal(t, 200, status)
	status, led := h.browser(nil).form("verify", code.Form)
	require.Equal(t, 200, status)
	require.Equal(t, "done", led.Screen)
	assert.NotContains(t, separators.ReplaceAllString(led.Body, ""), "61797840")
	assert.Contains(t, led.Body, "+20 •••• 7840")
}

// Another process of the host may get the second post. Whoever is signed in by then goes on.
func TestCodePostedTwiceElsewhere(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{Next: "/home"})
	form := h.codeForm()
	status, first := h.form("verify", form)
	require.Equal(t, 303, status)
	h.page = ui.Handler(h.svc, ui.Options{Next: "/home"})
	status, left := h.form("verify", form)
	assert.Equal(t, 303, status)
	assert.Equal(t, first.Next, left.Next)
	stranger := h.browser(nil)
	status, _ = stranger.form("verify", form)
	assert.Equal(t, 422, status)
	other := h.browser(nil)
	other.signIn(paris)
	status, refused := other.form("verify", form)
	assert.Equal(t, 422, status, "who is signed in to another account is told that the code is gone")
	assert.Equal(t, "code_gone", refused.Alert)
}

// A wrong code that is posted twice costs one try.
func TestWrongCodePostedTwice(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{})
	form := h.codeForm()
	right := form["code"]
	form["code"] = wrong(right)
	var again seen
	for range 2 {
		_, again = h.form("verify", form)
		assert.Equal(t, "invalid_code", again.Alert)
		assert.Contains(t, again.Body, "You have 4 tries left.")
	}
	_, again = h.form("verify", again.Form, "code", wrong(right))
	assert.Contains(t, again.Body, "You have 3 tries left.", "the same code, given anew")
}

// A new password that is posted twice is saved once, and the page says so.
func TestNewPasswordPostedTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, ui.Options{Passwords: true}, func(cfg *phoneauth.Config) { cfg.Limits.InsecureOff = true })
		h.signIn(cairo)
		b := h.browser(nil)
		_, reset := b.form("start", b.look("/signin/?screen=forgot").Form, "country", "EG", "phone", cairo)
		require.Equal(t, "reset", reset.Screen)
		synctest.Wait()
		reset.Form["code"], reset.Form["password"] = h.inbox.Code(t, cairo), "correct horse"
		second := b.browser(b.cookies)
		for _, one := range []*host{b, second} {
			status, saved := one.form("recover", reset.Form)
			assert.Equal(t, 200, status)
			assert.Equal(t, "password", saved.Screen)
			assert.Contains(t, saved.Body, words(t, "en")["note.saved"])
		}
	})
}

// Forms with a code that nobody was sent push nothing out of the memory.
func TestJunkIsForgotten(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{Next: "/home"})
	form := h.codeForm()
	second := h.browser(h.cookies)
	status, _ := h.form("verify", form)
	require.Equal(t, 303, status)
	state, err := json.Marshal(map[string]string{"phone": paris, "purpose": "sign_in", "session_token": "junk"})
	require.NoError(t, err)
	junk := map[string]string{"state": base64.RawURLEncoding.EncodeToString(state), "code": "123456"}
	for i := range 1024 {
		status, _ = h.browser(nil).form("verify", junk, "key", strconv.Itoa(i))
		require.Equal(t, 422, status)
	}
	status, _ = second.form("verify", form)
	assert.Equal(t, 303, status)
}

// What failed is tried again.
func TestCodePostedAgainAfterAFailure(t *testing.T) {
	t.Parallel()
	fails := true
	h := newHost(t, ui.Options{}, func(cfg *phoneauth.Config) {
		cfg.Hooks.BeforeSignIn = func(context.Context, phoneauth.SignInInfo) error {
			if fails {
				return phoneauth.ErrUnavailable
			}
			return nil
		}
	})
	form := h.codeForm()
	status, refused := h.form("verify", form)
	assert.Equal(t, 503, status, refused.Alert)
	fails = false
	status, refused = h.form("verify", form)
	assert.Equal(t, 422, status, "the failure is not remembered; it was after the code was used up")
	assert.Equal(t, "code_gone", refused.Alert)
}

// wrong is a code that is not right.
func wrong(right string) string {
	if right == "000000" {
		return "000001"
	}
	return "000000"
}
