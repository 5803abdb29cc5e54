package ui_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var keptPattern = regexp.MustCompile(`name="([a-z]+)" value="([^"]*)" form="languages"`)

// language chooses a language from the menu, as a browser without scripts does at the address where it is.
func (g *guest) language(tag string) {
	g.t.Helper()
	query := url.Values{"lang": {tag}}
	for _, m := range keptPattern.FindAllStringSubmatch(g.body, -1) {
		query.Set(m[1], html.UnescapeString(m[2]))
	}
	at, _, _ := strings.Cut(g.at, "?")
	g.visit(at + "?" + query.Encode())
	assert.Contains(g.t, g.body, `<html lang="`+tag+`"`)
}

// Without scripts a form leaves its own address in the browser. The menu of languages asks for that
// address, and so does whoever loads it anew: both come to the code.
func TestLanguageAfterAForm(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.visit("/signin/?next=/orders")
	g.send("country", "EG", "phone", "12")
	assert.Equal(t, "/signin/start", g.at)
	g.language("fr")
	assert.Equal(t, "phone", g.screen())
	g.send("country", "EG", "phone", cairo)
	require.Equal(t, "code", g.screen())
	g.language("de")
	assert.Equal(t, "code", g.screen())
	assert.Equal(t, "/orders", read(t, g.body).Next)
	g.visit("/signin/start")
	assert.Equal(t, "code", g.screen())
	w := g.ask(g.mux, "GET", "/signin/start", "", "Phoneauth-Script", "1")
	assert.Equal(t, http.StatusSeeOther, w.Code, "a script that comes back to the page")
	assert.Equal(t, http.StatusMethodNotAllowed, g.ask(g.mux, "GET", "/signin/start", "").Code, "a program")
	assert.Equal(t, http.StatusMethodNotAllowed, g.ask(g.mux, "GET", "/signin/user", "", "Accept", "text/html").Code, "no form goes there")
}

// The same on the account page, which comes back to its screen.
func TestAccountLanguageAfterAForm(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.signIn(cairo)
	g.visit("/account/?screen=password")
	g.send("password", "short")
	assert.Equal(t, "/account/password", g.at)
	g.language("fr")
	assert.Equal(t, "password", g.screen())
	g.stale(cairo)
	g.visit("/account/?reauth=1&next=/home")
	g.send()
	g.send("code", "")
	assert.Equal(t, "/signin/session/reauth", g.at)
	g.language("de")
	require.Equal(t, "reauth_code", g.screen())
	g.send("code", g.inbox.Code(t, cairo))
	assert.Equal(t, "/home", g.at)
}

// An answer that refuses a method says which ones there are.
func TestAccountMethods(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	for at, allowed := range map[string]string{
		"/account/": "GET, HEAD", "/account/not-me": "GET, HEAD",
		"/account/password": "GET, HEAD, POST", "/account/not-me/lock": "GET, HEAD, POST", "/signin/session/reauth": "GET, HEAD, POST",
	} {
		w := g.ask(g.mux, "PUT", at, "")
		assert.Equal(t, http.StatusMethodNotAllowed, w.Code, at)
		assert.Equal(t, allowed, w.Header().Get("Allow"), at)
	}
}

// Whoever takes an account back may read it in their own language at each step.
func TestNotMeLanguageAfterAForm(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.signIn(cairo)
	g.visit("/account/?screen=password")
	g.send("password", "correct horse")
	require.NoError(t, g.svc.Close(t.Context()))
	notice, _ := g.inbox.Last(cairo)
	_, link, _ := strings.Cut(string(notice.Link), "https://acme.example")
	g.cookies = map[string]*http.Cookie{}
	g.visit(link)
	require.Equal(t, "not_me", g.screen())
	g.send()
	require.Equal(t, "not_me_locked", g.screen())
	g.language("fr")
	assert.Equal(t, "not_me_locked", g.screen())
}
