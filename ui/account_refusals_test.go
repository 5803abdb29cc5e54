package ui_test

import (
	"context"
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/ui"
)

// Whoever was signed out from elsewhere is told so, and does not go round in circles while the access token
// lives.
func TestAccountOfAnEndedSession(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	for _, scripted := range []bool{false, true} {
		g.signIn(cairo)
		state, err := g.svc.Inspect(t.Context(), cairo)
		require.NoError(t, err)
		require.NoError(t, g.svc.LogoutAll(t.Context(), state.User.ID))
		if scripted {
			g.ask(g.mux, "GET", "/account/", "", "Phoneauth-Script", "1")
		}
		g.visit("/signin/?next=/account/")
		require.Equal(t, "resume", g.screen())
		g.send()
		assert.Equal(t, "phone", g.screen())
		assert.Equal(t, "signed_out", g.alert())
	}
}

// Where nobody signs in with a password, nobody gets one.
func TestAccountPasswordsOff(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{})
	g := &guest{host: h, mux: http.NewServeMux()}
	g.mux.Handle("/signin/", h.page)
	g.mux.Handle("/account/", ui.Account(h.page, h.svc, ui.AccountOptions{}))
	g.signIn(cairo)
	g.visit("/account/?screen=password")
	assert.Equal(t, "home", g.screen())
	g.submit("/account/password", url.Values{"password": {"correct horse"}})
	assert.Equal(t, "home", g.screen())
	_, err := g.svc.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: cairo, Password: "correct horse"})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
}

// A link of another site does not make the page say that something was done.
func TestAccountSaysNothingForALink(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.signIn(cairo)
	for site, says := range map[string]bool{"cross-site": false, "same-site": false, "none": false, "same-origin": true, "": true} {
		w := g.ask(g.mux, "GET", "/account/?done=password", "", "Sec-Fetch-Site", site)
		assert.Equal(t, says, strings.Contains(w.Body.String(), "Your password is saved."), site)
	}
}

// silentStore is a store that does not say what it has.
type silentStore struct {
	*memstore.Store
	down bool
}

func (s *silentStore) ReadState(ctx context.Context, p phoneauth.StateParams) (phoneauth.State, error) {
	if s.down {
		return phoneauth.State{}, errors.New("the store is away")
	}
	return s.Store.ReadState(ctx, p)
}

// Where a page cannot be shown, its link leads to the same page, and that of a notice to its own.
func TestAccountTroubleLeadsBack(t *testing.T) {
	t.Parallel()
	store := &silentStore{Store: memstore.New()}
	g := newGuest(t, func(c *phoneauth.Config) { c.Store = store })
	store.down = true
	token := strings.Repeat("A", 22)
	g.visit("/account/not-me?t=" + token + "&lang=fr")
	assert.Equal(t, "trouble", g.screen())
	assert.Contains(t, g.body, `href="/account/not-me?lang=fr&amp;t=`+token+`"`)
	g.submit("/account/not-me/lock", url.Values{"t": {token}, "lang": {"fr"}})
	assert.Equal(t, 503, g.code)
	assert.Contains(t, g.body, `href="/account/not-me?lang=fr&amp;t=`+token+`"`)
	w := g.ask(g.mux, "POST", "/account/not-me/lock", "t="+token, "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "cross-site")
	assert.Equal(t, 403, w.Code)
	w = g.ask(g.mux, "POST", "/account/not-me/lock", "t="+token, "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "cross-site", "Phoneauth-Script", "1")
	assert.Contains(t, w.Body.String(), words(t, "fr")["error.cross_origin"], "the scripts would say that it was not our answer")
	w = g.ask(g.mux, "PUT", "/account/?screen=number", "")
	assert.Contains(t, w.Body.String(), `href="/account/?screen=number"`)
}

// A form that was sent to any route, with the state of any code, is answered with a screen, and nothing panics.
func TestAccountFormsOfEveryState(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.signIn(cairo)
	kept := maps.Clone(g.cookies)
	routes := []string{"number/start", "number/verify", "password", "devices/end", "devices/others", "export/start", "export",
		"delete/start", "delete", "reauth/start", "not-me/lock", "not-me/start", "not-me/unlock"}
	for _, purpose := range []string{"", "sign_in", "phone_change", "data_export", "account_deletion", "account_unlock", "other"} {
		for _, number := range []string{`"phone":"` + paris + `"`, `"masked":"+33 •••• 0178"`} {
			state := base64.RawURLEncoding.EncodeToString([]byte(`{` + number + `,"purpose":"` + purpose + `","session_token":"x","length":6,"expires_at":99999999999999}`))
			for _, route := range routes {
				g.cookies = maps.Clone(kept)
				g.submit("/account/"+route, url.Values{"state": {state}, "code": {"123456"}, "phone": {"12"}, "country": {"XX"}, "channel": {"pigeon"}})
				assert.NotEmpty(t, g.screen(), "%s of %s", route, purpose)
			}
			g.submit("/signin/session/reauth", url.Values{"state": {state}, "code": {"123456"}})
			assert.NotEmpty(t, g.screen(), purpose)
		}
	}
}
