package ui_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/ui"
)

var titlePattern = regexp.MustCompile(`<title>([^<]*)</title>`)

// titleOf is the title of a document, as browsers show it.
func titleOf(t *testing.T, body string) string {
	t.Helper()
	m := titlePattern.FindAllStringSubmatch(body, -1)
	require.Len(t, m, 1, body)
	return html.UnescapeString(m[0][1])
}

// The title of a document says which screen it is, in its language (WCAG 2.4.2).
func TestTitles(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{Name: `Söner & "Co" <i>`, Passwords: true}, func(cfg *phoneauth.Config) { cfg.Limits.InsecureOff = true })
	en := words(t, "en")
	check := func(shown seen, screen string) {
		t.Helper()
		require.Equal(t, screen, shown.Screen, shown.Alert)
		assert.Equal(t, en["title."+screen]+` · Söner & "Co" <i>`, titleOf(t, shown.Body))
	}
	for _, screen := range []string{"phone", "password", "register", "forgot", "cookies"} {
		check(h.look("/signin/?screen="+screen), screen)
	}
	_, shown := h.form("start", h.look("/signin/").Form, "country", "EG", "phone", cairo)
	check(shown, "code")
	check(h.look("/signin/"), "code")
	right := h.inbox.Code(t, cairo)
	_, shown = h.form("verify", shown.Form, "code", wrong(right))
	check(shown, "code")
	status, _ := h.form("verify", shown.Form, "code", right)
	require.Equal(t, http.StatusSeeOther, status)
	check(h.look("/signin/"), "done")
	assert.Equal(t, words(t, "ar")["title.done"]+` · Söner & "Co" <i>`, titleOf(t, h.look("/signin/?lang=ar", "Sec-Fetch-Site", "cross-site").Body))
	w := h.ask(h.page, "GET", "/signin/nothing", "", "Accept", "text/html")
	assert.Equal(t, en["title.missing"]+` · Söner & "Co" <i>`, titleOf(t, w.Body.String()))
	_, out := h.form("session/end", h.look("/signin/").Form)
	check(out, "phone")
	check(h.look("/signin/"), "welcome")

	plain := newHost(t, ui.Options{Texts: map[string]map[string]string{"en": {"title.forgot": "A & B"}}, Passwords: true})
	assert.Equal(t, "A & B", titleOf(t, plain.look("/signin/?screen=forgot").Body))
}

// The titles of the account page are those of its screens, also on the answer to a form.
func TestTitlesOfTheAccountPage(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.signIn(cairo)
	heading := regexp.MustCompile(`<h1 id="title" tabindex="-1">([^<]*)</h1>`)
	check := func(screen, key string) {
		t.Helper()
		require.Equal(t, screen, g.screen(), g.alert())
		assert.Equal(t, words(t, "en")[key]+" · Acme", titleOf(t, g.body))
		assert.Equal(t, words(t, "en")[key], html.UnescapeString(heading.FindStringSubmatch(g.shown())[1]))
	}
	g.visit("/account/")
	check("home", "account.title")
	for screen, key := range map[string]string{"number": "account.number.new_title", "export": "account.export.title", "delete": "account.delete.title"} {
		g.visit("/account/?screen=" + screen)
		check(screen, key)
	}
	g.visit("/account/?screen=delete")
	g.send()
	check("delete_code", "account.delete.code_title")
	g.visit("/account/nothing")
	check("missing", "title.missing")
}

// Which screen a page shows tells nothing of a number, and its title is not compressed with anything.
func TestTitleIsStored(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{})
	w := h.ask(h.page, "GET", "/signin/?screen=cookies", "", "Accept-Encoding", "gzip")
	require.Equal(t, http.StatusOK, w.Code)
	assert.True(t, strings.Contains(w.Body.String(), "<title>"+words(t, "en")["title.cookies"]+"</title>"))
}
