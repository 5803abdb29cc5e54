package ui_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/bubble"
)

// A page that was dropped comes back to its code, until it is left; and never for another account.
func TestAccountComesBackToItsCode(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.signIn(cairo)
	g.visit("/account/?screen=export")
	g.send()
	require.Equal(t, "export_code", g.screen())
	g.visit("/account/?lang=de")
	require.Equal(t, "export_code", g.screen())
	kept := g.cookies["__Host-phoneauth-account"]
	require.NotNil(t, kept)
	g.visit("/account/?screen=home")
	assert.Equal(t, "home", g.screen())
	g.visit("/account/")
	assert.Equal(t, "home", g.screen(), "it was left")

	g.signIn(paris)
	g.cookies["__Host-phoneauth-account"] = kept
	g.visit("/account/")
	assert.Equal(t, "home", g.screen(), "it was another account's")
	state, err := g.svc.Inspect(t.Context(), paris)
	require.NoError(t, err)
	for _, odd := range []string{"{}", `{"purpose":"other","phone":"` + paris + `","session_token":"x","for":"` + state.User.ID + `","expires_at":99999999999999}`} {
		kept.Value, kept.MaxAge = base64.RawURLEncoding.EncodeToString([]byte(odd)), 600
		g.cookies[kept.Name] = kept
		g.visit("/account/")
		assert.Equal(t, "home", g.screen())
	}
}

// Who asks for the code again while it is on its way gets the screen of the code, and no second text.
func TestAccountCodeIsOnItsWay(t *testing.T) {
	t.Parallel()
	g := newGuest(t, func(c *phoneauth.Config) { c.Limits.InsecureOff = false })
	g.signIn(cairo)
	for _, screen := range []string{"number", "delete"} {
		for range 2 {
			g.visit("/account/?screen=" + screen)
			before := g.inbox.Sends()
			g.send("phone", paris, "country", "FR")
			require.Equal(t, screen+"_code", g.screen())
			assert.Empty(t, g.alert())
			assert.LessOrEqual(t, g.inbox.Sends(), before+1)
		}
	}
	assert.Equal(t, 3, g.inbox.Sends(), "the sign-in, and one for each")
}

// After the last try the page sends a new code and says so, and does not go back to the dead one while it waits.
func TestAccountDeadCode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGuest(t, func(c *phoneauth.Config) { c.Limits.InsecureOff = false })
		texts := words(t, "en")
		g.signIn(cairo)
		g.visit("/account/?screen=export")
		g.send()
		first := g.inbox.Code(t, cairo)
		bubble.Elapse(time.Minute)
		g.submit("/account/export/start", url.Values{"state": {read(t, g.body).Form["state"]}, "channel": {"sms"}})
		assert.Contains(t, g.body, texts["note.resent"])
		for range 5 {
			g.send("code", wrong(first))
		}
		require.Contains(t, g.body, texts["tries.none"])
		g.send()
		assert.Equal(t, http.StatusTooManyRequests, g.code)
		assert.Equal(t, "export_code", g.screen())
		assert.NotContains(t, g.body, `id="code"`)
		assert.Contains(t, g.body, `data-held="60"`)
		bubble.Elapse(time.Minute)
		g.send()
		assert.Contains(t, g.body, texts["note.new_code"])
		g.send("code", g.inbox.Code(t, cairo))
		assert.Equal(t, http.StatusOK, g.code, g.alert())
		assert.Contains(t, g.body, `"activity"`)
	})
}

// What a form asks for is not done where the session must be opened again first. The page says so.
func TestAccountSaysWhatWasNotDone(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.signIn(cairo)
	g.elsewhere(cairo)
	access := g.cookies["__Host-phoneauth-access"]
	delete(g.cookies, "__Host-phoneauth-access")
	g.submit("/account/devices/others", url.Values{"lang": {"en"}})
	require.Equal(t, "resume", g.screen())
	next := read(t, g.body).Next
	g.cookies["__Host-phoneauth-access"] = access
	g.visit(next)
	assert.Equal(t, "home", g.screen())
	assert.Contains(t, g.body, "Please do that once more.")
	assert.Len(t, g.live(cairo), 2)
}

// The country of a new number is at first that of the number before, where nothing else is known.
func TestAccountBeginsWithItsOwnCountry(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.signIn(cairo)
	delete(g.cookies, "__Host-phoneauth-country")
	g.visit("/account/?screen=number")
	assert.Contains(t, g.body, `<option value="EG" selected>`)
}

// The scripts take screens of the account page alone, and leave it for every other page.
func TestAccountScriptsLeave(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	w := g.ask(g.mux, "GET", "/account/?screen=delete", "", "Phoneauth-Script", "1")
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Contains(t, w.Body.String(), `data-leave="/signin/?next=%2Faccount%2F%3Fscreen%3Ddelete"`)
	g.signIn(cairo)
	w = g.ask(g.mux, "GET", "/account/", "", "Phoneauth-Script", "1")
	assert.Contains(t, w.Body.String(), `data-screen="home"`)
	assert.NotContains(t, w.Body.String(), "<html", "it has a frame already")
	w = g.ask(g.mux, "POST", "/signin/session/end", "", "Phoneauth-Script", "1", "Content-Type", "application/x-www-form-urlencoded")
	assert.Contains(t, w.Body.String(), `data-leave="/signin/?signed_out=1"`)
}

// A code for a fresh sign-in leads to where the last link wants to, also while it is on its way.
func TestAccountCodeLeadsToTheLastAddress(t *testing.T) {
	t.Parallel()
	g := newGuest(t, func(c *phoneauth.Config) { c.Limits.InsecureOff = false })
	g.elsewhere(cairo)
	g.stale(cairo)
	g.mux.HandleFunc("/orders", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("orders")) })
	_, ok := g.inbox.Last(cairo)
	require.True(t, ok)
	g.visit("/account/?reauth=1&next=/home")
	g.send()
	require.Equal(t, "reauth_code", g.screen(), g.alert())
	g.visit("/account/?reauth=1&next=/orders")
	require.Equal(t, "reauth_code", g.screen(), "the code is on its way")
	g.visit("/account/")
	require.Equal(t, "reauth_code", g.screen(), "the page was dropped")
	g.send("code", g.inbox.Code(t, cairo))
	assert.Equal(t, "/orders", g.at)
}
