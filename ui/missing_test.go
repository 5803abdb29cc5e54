package ui_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/ui"
)

// Whoever visits an address that does not exist sees a page with a sentence and a way on. Programs get JSON.
func TestMissingAddress(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{Next: "/home"})
	for _, path := range []string{"nothing", "verify/", "page.html", "plan", "plan?region=XX", "plan?zone=Mars/Base"} {
		w := h.ask(h.page, "GET", "/signin/"+path, "", "Accept", "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language", "de")
		require.Equal(t, http.StatusNotFound, w.Code, path)
		assert.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
		assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		shown := read(t, w.Body.String())
		assert.Equal(t, "missing", shown.Screen)
		assert.Contains(t, shown.Body, words(t, "de")["title.missing"])
		assert.Contains(t, shown.Body, words(t, "de")["lead.missing"])
		assert.Contains(t, shown.Body, `href="/signin/">`+words(t, "de")["title.phone"]+`</a>`)
		assert.NotContains(t, shown.Body, `id="submit"`)

		w = h.ask(h.page, "GET", "/signin/"+path, "", "Accept", "application/json")
		assert.Equal(t, http.StatusNotFound, w.Code, path)
		assert.JSONEq(t, `{"code":"bad_request"}`, w.Body.String())
	}
	w := h.ask(h.page, "GET", "/signin/nothing?next=/orders&lang=fr", "", "Accept", "text/html")
	assert.Contains(t, w.Body.String(), `href="/signin/?lang=fr&amp;next=%2Forders"`)
	w = h.ask(h.page, "POST", "/signin/nothing", "{}", "Accept", "text/html")
	assert.JSONEq(t, `{"code":"bad_request"}`, w.Body.String())
}

// A route for programs alone shows visitors the same page.
func TestRouteForPrograms(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{Next: "/home"})
	w := h.ask(h.page, "GET", "/signin/user", "", "Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
	assert.Equal(t, "POST", w.Header().Get("Allow"))
	assert.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	assert.Equal(t, "missing", read(t, w.Body.String()).Screen)
	for _, method := range []string{"GET", "PUT"} {
		w = h.ask(h.page, method, "/signin/user", "", "Accept", "application/json")
		assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
		assert.Equal(t, "POST", w.Header().Get("Allow"))
		assert.JSONEq(t, `{"code":"bad_request"}`, w.Body.String())
	}
}

func TestMissingAddressOfAccount(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.visit("/account/nothing?lang=es")
	assert.Equal(t, http.StatusNotFound, g.code)
	assert.Equal(t, "missing", g.screen())
	assert.Empty(t, g.alert())
	assert.Contains(t, g.body, words(t, "es")["title.missing"])
	assert.Contains(t, g.body, words(t, "es")["lead.missing"])
	assert.Contains(t, g.body, words(t, "es")["account.back"])
}

// Whoever has allowed cookies begins again.
func TestCookiesTryAgain(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{Next: "/home"})
	told := h.look("/signin/?screen=cookies&next=/orders&lang=fr")
	require.Equal(t, "cookies", told.Screen)
	status, again := h.form(mainRoute(t, told.Body), told.Form)
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, "phone", again.Screen)
	assert.Equal(t, "/orders", again.Next)
	assert.Equal(t, "fr", again.Lang)
}

// mainRoute is where the main form of a screen of the page leads.
func mainRoute(t *testing.T, body string) string {
	t.Helper()
	form := formPattern.FindStringSubmatch(body)
	require.NotNil(t, form, body)
	require.Contains(t, form[1], "/signin/")
	return form[1][len("/signin/"):]
}
