package ui_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/bubble"
)

// other is a browser of the same host that has other cookies.
func (g *guest) other(cookies map[string]*http.Cookie) *guest {
	return &guest{host: g.browser(cookies), mux: g.mux}
}

// codeOf has a code sent to cairo from an address of the account page, and fills it in.
func (g *guest) codeOf(at string) (to string, values url.Values) {
	g.t.Helper()
	g.visit(at)
	g.send()
	return g.filled("code", g.inbox.Code(g.t, cairo))
}

// told is what the journal has of the account, and the live sessions of it, none when it is gone.
func (g *guest) told() (entries []phoneauth.Entry, sessions []phoneauth.SessionInfo) {
	g.t.Helper()
	require.NoError(g.t, g.svc.FlushJournal(g.t.Context()))
	entries, err := g.svc.Timeline(g.t.Context(), phoneauth.TimelineQuery{UserID: "1", Limit: 100})
	require.NoError(g.t, err)
	sessions, err = g.svc.Sessions(g.t.Context(), "1")
	if !errors.Is(err, phoneauth.ErrNotFound) {
		require.NoError(g.t, err)
	}
	return entries, sessions
}

// A form that is posted twice has the answer of the first post, in the browser that got none, and in one that
// got it and then posted again. Nothing is done twice.
func TestAccountFormPostedTwice(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fill func(*guest) (to string, values url.Values)
		says string
	}{
		"number": {func(g *guest) (string, url.Values) {
			g.visit("/account/?screen=number")
			g.send("phone", paris, "country", "FR")
			return g.filled("code", g.inbox.Code(g.t, paris))
		}, "Your number is now"},
		"password": {func(g *guest) (string, url.Values) {
			g.visit("/account/?screen=password")
			g.send("password", "correct horse")
			g.visit("/account/?screen=password")
			return g.filled("current", "correct horse", "password", "another horse")
		}, "Your password is saved."},
		"fresh sign-in": {func(g *guest) (string, url.Values) { return g.codeOf("/account/?reauth=1&next=/home") }, "home"},
		"export":        {func(g *guest) (string, url.Values) { return g.codeOf("/account/?screen=export") }, `"activity"`},
		"deletion":      {func(g *guest) (string, url.Values) { return g.codeOf("/account/?screen=delete") }, "Your account is deleted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGuest(t)
			g.signIn(cairo)
			to, values := tt.fill(g)
			lost, asked := g.other(g.cookies), g.cookies["__Host-phoneauth-access"].Value
			first := g.sent(to, values)
			require.Less(t, first.Code, 400, first.Body.String())
			entries, sessions := g.told()
			for _, one := range []*guest{lost, g} {
				if name == "deletion" && one == g {
					continue // it has no cookies any more, and shows that the account is deleted
				}
				want := first.Header().Clone()
				if one.cookies["__Host-phoneauth-access"].Value != asked {
					want.Del("Set-Cookie") // it has these cookies
				}
				again := one.sent(to, values)
				assert.Equal(t, want, again.Header())
				one.follow(again, to)
				assert.Equal(t, http.StatusOK, one.code)
				assert.Contains(t, one.body, tt.says)
			}
			require.Len(t, lost.cookies, len(g.cookies))
			for name, c := range g.cookies {
				assert.Equal(t, c.Value, lost.cookies[name].Value, name)
			}
			after, live := g.told()
			assert.Len(t, after, len(entries))
			assert.Len(t, live, len(sessions))
			if name != "deletion" {
				status, _ := lost.post("session/refresh")
				assert.Equal(t, http.StatusOK, status, "it is signed in")
			}
		})
	}
}

// Whoever has taken the account back is told so again, and not that the link is no longer good.
func TestAccountUnlockPostedTwice(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.signIn(cairo)
	g.visit("/account/?screen=password")
	g.send("password", "correct horse")
	require.NoError(t, g.svc.Close(t.Context())) // the notice has left
	last, _ := g.inbox.Last(cairo)
	_, link, _ := strings.Cut(string(last.Link), "https://acme.example")
	owner := g.other(nil)
	owner.visit(link)
	for range 2 {
		to, values := owner.filled()
		owner.submit(to, values)
		owner.submit(to, values)
	}
	require.Equal(t, "not_me_unlock", owner.screen())
	to, values := owner.filled("code", g.inbox.Code(t, cairo))
	for range 2 {
		owner.submit(to, values)
		assert.Equal(t, "not_me_done", owner.screen())
	}
	values.Set("key", "another")
	owner.submit(to, values)
	assert.Equal(t, "not_me_gone", owner.screen())
}

// The second post may come while the first one is still being answered. The browser hangs that up.
func TestAccountFormPostedTwiceAtOnce(t *testing.T) {
	t.Parallel()
	var holds atomic.Bool
	entered, released := make(chan struct{}, 2), make(chan struct{})
	g := newGuest(t, func(cfg *phoneauth.Config) {
		cfg.Hooks.BeforeSignIn = func(ctx context.Context, _ phoneauth.SignInInfo) error {
			if holds.Load() {
				entered <- struct{}{}
				<-released
			}
			return ctx.Err()
		}
	})
	g.signIn(cairo)
	to, values := g.codeOf("/account/?reauth=1&next=/home")
	holds.Store(true)
	first, second := g.other(g.cookies), g.other(g.cookies)
	ctx, hangUp := context.WithCancel(t.Context())
	answers := make(chan *httptest.ResponseRecorder)
	go func() {
		answers <- first.ask(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.mux.ServeHTTP(w, r.WithContext(ctx)) }),
			"POST", to, values.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	}()
	<-entered
	hangUp()
	go func() { answers <- second.sent(to, values) }()
	close(released)
	for range 2 {
		assert.Equal(t, "/home", (<-answers).Header().Get("Location"))
	}
	assert.Empty(t, entered, "there is one sign-in")
	status, _ := second.post("session/refresh")
	assert.Equal(t, http.StatusOK, status)
}

// Nobody else gets the answer, not even another device of the account or whoever has a copy of the form, and
// after a minute nobody at all.
func TestAccountFormPostedTwiceByAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGuest(t)
		g.signIn(cairo)
		device, stranger := g.other(nil), g.other(nil)
		device.signIn(cairo)
		stranger.signIn(paris)
		to, values := g.codeOf("/account/?screen=export")
		g.submit(to, values)
		require.Contains(t, g.body, `"activity"`)
		for name, one := range map[string]*guest{"a device": device, "a stranger": stranger, "nobody": g.other(nil)} {
			one.submit(to, values)
			assert.NotContains(t, one.body, `"activity"`, name)
		}
		assert.Equal(t, "code_gone", device.alert())
		for field, value := range map[string]string{"key": "another", "code": wrong(values.Get("code"))} {
			changed := maps.Clone(values)
			changed.Set(field, value)
			g.submit(to, changed)
			assert.Equal(t, "code_gone", g.alert(), field)
		}
		bubble.Elapse(61 * time.Second)
		g.submit(to, values)
		assert.Equal(t, "code_gone", g.alert(), "an answer is not lost for so long")
	})
}

// Whoever has new tokens since the first answer does not get those of that answer again.
func TestAccountFormPostedAfterARefresh(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.signIn(cairo)
	to, values := g.codeOf("/account/?reauth=1&next=/home")
	g.submit(to, values)
	status, _ := g.post("session/refresh")
	require.Equal(t, http.StatusOK, status)
	g.submit(to, values)
	assert.Equal(t, "code_gone", g.alert())
	status, _ = g.post("session/refresh")
	assert.Equal(t, http.StatusOK, status, "it is still signed in")
}

// Nobody gets an answer again whose session has ended since, not even the browser that got it first.
func TestAccountFormPostedAfterTheEnd(t *testing.T) {
	t.Parallel()
	for name, ends := range map[string]func(*guest){
		"signed out": func(g *guest) { require.NoError(g.t, g.svc.EndSession(g.t.Context(), "1", g.live(cairo)[0].ID)) },
		"blocked":    func(g *guest) { require.NoError(g.t, g.svc.SetBlocked(g.t.Context(), "1", true)) },
		"deleted": func(g *guest) {
			claims, err := g.svc.Authenticate(g.t.Context(), g.elsewhere(cairo).AccessToken)
			require.NoError(g.t, err)
			require.NoError(g.t, g.svc.DeleteUser(g.t.Context(), claims))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, at := range []string{"/account/?screen=export", "/account/?reauth=1&next=/home"} {
				g := newGuest(t)
				g.signIn(cairo)
				to, values := g.codeOf(at)
				before := g.other(g.cookies)
				require.Less(t, g.sent(to, values).Code, 400)
				ends(g)
				for _, one := range []*guest{before, g} {
					again := one.sent(to, values)
					assert.NotContains(t, again.Body.String(), `"activity"`)
					for _, c := range again.Result().Cookies() {
						assert.Negative(t, c.MaxAge, "%s is removed at most", c.Name)
					}
				}
			}
		})
	}
}

// A wrong code that is posted twice costs one try, and so does a wrong password.
func TestAccountWrongFormPostedTwice(t *testing.T) {
	t.Parallel()
	g := newGuest(t, func(c *phoneauth.Config) { c.Limits.InsecureOff = false })
	g.signIn(cairo)
	to, values := g.codeOf("/account/?screen=export")
	values.Set("code", wrong(values.Get("code")))
	for range 2 {
		g.submit(to, values)
		assert.Contains(t, g.body, "You have 4 tries left.")
	}
	g.send("code", values.Get("code"))
	assert.Contains(t, g.body, "You have 3 tries left.", "the same code, given anew")
}

// Whoever has no code and no password pushes no answer out of the memory.
func TestAccountFormsOfStrangersAreForgotten(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.signIn(cairo)
	to, values := g.codeOf("/account/?screen=export")
	g.submit(to, values)
	stranger, user := g.other(nil), g.other(nil)
	user.signIn(paris)
	for _, tt := range []struct {
		who *guest
		to  string
	}{{stranger, "/account/export"}, {stranger, "/account/password"}, {stranger, "/account/not-me/unlock"}, {user, "/account/export"}} {
		for i := range 1024 {
			tt.who.sent(tt.to, url.Values{"key": {strconv.Itoa(i)}, "code": {"123456"}, "password": {"correct horse"}, "state": values["state"]})
		}
		g.submit(to, values)
		assert.Contains(t, g.body, `"activity"`, tt.to)
	}
}

// What failed is tried again.
func TestAccountFormPostedAgainAfterAFailure(t *testing.T) {
	t.Parallel()
	var fails atomic.Bool
	g := newGuest(t, func(cfg *phoneauth.Config) {
		cfg.Hooks.BeforeSignIn = func(context.Context, phoneauth.SignInInfo) error {
			if fails.Load() {
				return phoneauth.ErrUnavailable
			}
			return nil
		}
	})
	g.signIn(cairo)
	to, values := g.codeOf("/account/?reauth=1&next=/home")
	fails.Store(true)
	g.submit(to, values)
	assert.Equal(t, http.StatusServiceUnavailable, g.code)
	fails.Store(false)
	g.submit(to, values)
	assert.Equal(t, "code_gone", g.alert(), "the failure is not remembered; it was after the code was used up")
}

// What can be done twice shows the present state: the device is signed out.
func TestAccountDeviceEndedTwice(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.signIn(cairo)
	other := g.elsewhere(cairo)
	for _, says := range []string{"That device is signed out.", "That device was signed out already."} {
		g.submit("/account/devices/end", url.Values{"session": {other.ID}})
		assert.Contains(t, g.body, says)
	}
	for range 2 {
		g.submit("/account/devices/others", nil)
		assert.Contains(t, g.body, "All other devices are signed out.")
	}
}
