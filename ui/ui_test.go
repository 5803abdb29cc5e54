package ui_test

import (
	"compress/gzip"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/ui"
)

func TestHeaders(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{})
	for _, path := range []string{"/signin/", "/signin/app.js", "/signin/style.css", "/signin/nothing"} {
		w := h.ask(h.page, "GET", path, "")
		assert.Equal(t, "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "+
			"base-uri 'none'; frame-ancestors 'none'; form-action 'self'; "+
			"worker-src 'self'; require-trusted-types-for 'script'; trusted-types phoneauth",
			w.Header().Get("Content-Security-Policy"), path)
		assert.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"), path)
		assert.Empty(t, w.Result().Cookies(), path)
	}
	body := h.ask(h.page, "GET", "/signin/", "").Body.String()
	assert.NotRegexp(t, `<script(?:[^>]*)>[^<{]`, body, "no inline script but data")
	assert.NotRegexp(t, `\son[a-z]+=|style=`, body)
}

// All that a first sign-in loads, as it goes over the wire: the page, its files, the worker of the
// human check, and the numbering plan of the country.
func TestWeight(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{Name: "Sunbird", Passwords: true})
	loads := regexp.MustCompile(`(?:href|src)="/signin/([a-z]+\.(?:js|css))"|from '\./([a-z]+\.js)'`)
	for _, lang := range languagesOf(t) {
		total, seen, queue := 0, map[string]bool{}, []string{"?lang=" + lang, "worker.js", "plan?region=IN"}
		for len(queue) > 0 {
			path := queue[0]
			queue = queue[1:]
			w := h.ask(h.page, "GET", "/signin/"+path, "", "Accept-Encoding", "gzip, br")
			require.Equal(t, 200, w.Code, path)
			require.Equal(t, "gzip", w.Header().Get("Content-Encoding"), path)
			total += w.Body.Len()
			r, err := gzip.NewReader(w.Body)
			require.NoError(t, err)
			text, err := io.ReadAll(r)
			require.NoError(t, err)
			assert.NotRegexp(t, `(?:src|href)="(?:https?:)?//|url\(|@import`, string(text), "another host")
			for _, m := range loads.FindAllStringSubmatch(string(text), -1) {
				if name := m[1] + m[2]; !seen[name] {
					seen[name] = true
					queue = append(queue, name)
				}
			}
		}
		assert.Len(t, seen, 9)
		assert.Less(t, total, 25<<10, lang)
		t.Logf("%s: %d bytes", lang, total)
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{})
	w := h.ask(h.page, "GET", "/signin/app.js", "")
	assert.Equal(t, "text/javascript; charset=utf-8", w.Header().Get("Content-Type"))
	assert.Empty(t, w.Header().Get("Content-Encoding"))
	tag := w.Header().Get("ETag")
	assert.Equal(t, 304, h.ask(h.page, "GET", "/signin/app.js", "", "If-None-Match", tag).Code)
	assert.Equal(t, 200, h.ask(h.page, "GET", "/signin/app.js", "", "If-None-Match", tag, "Accept-Encoding", "gzip").Code)
	assert.Empty(t, h.ask(h.page, "GET", "/signin/app.js", "", "Accept-Encoding", "gzip;q=0").Header().Get("Content-Encoding"))
	assert.Equal(t, 404, h.ask(h.page, "GET", "/signin/page.html", "").Code)
	assert.Equal(t, 404, h.ask(h.page, "GET", "/signin/../ui.go", "").Code)
	w = h.ask(h.page, "DELETE", "/signin/", "")
	assert.Equal(t, 405, w.Code)
	assert.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
}

// The page is found with its prefix and without, and its addresses are relative.
func TestMounting(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{Path: "/account/login"})
	mux := http.NewServeMux()
	mux.Handle("/account/login/", h.page)
	for i, handler := range []http.Handler{h.page, mux, http.StripPrefix("/account/login", h.page), http.StripPrefix("/account/login/", h.page)} {
		assert.Contains(t, h.ask(handler, "GET", "/account/login/", "").Body.String(), `src="/account/login/app.js"`, i)
		assert.Equal(t, 200, h.ask(handler, "GET", "/account/login/app.js", "").Code, i)
		assert.Equal(t, 405, h.ask(handler, "GET", "/account/login/session/end", "").Code, i)
	}
	w := h.ask(http.StripPrefix("/account/login", h.page), "GET", "/account/login", "")
	assert.Equal(t, 303, w.Code)
	assert.Equal(t, "/account/login/", w.Header().Get("Location"))
	root := newHost(t, ui.Options{Path: "/"})
	assert.Contains(t, root.ask(root.page, "GET", "/", "").Body.String(), `<form id="form" method="post" action="/start"`)
}

func TestNext(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{Next: "/home"})
	for next, want := range map[string]string{
		"":                              "/home",
		"/orders?id=1%262#top":          "/orders?id=1&2#top",
		"//example.com":                 "/home",
		`/\example.com`:                 "/home",
		`/a\b`:                          "/home",
		"/%09/example.com":              "/home", // a tab, which browsers drop
		"/%0a/example.com":              "/home",
		"https://example.com/":          "/home",
		"javascript:alert(1)":           "/home",
		"home":                          "/home",
		"%20//example.com":              "/home",
		"/" + strings.Repeat("a", 4096): "/home",
	} {
		next = strings.ReplaceAll(strings.ReplaceAll(next, "#", "%23"), `\`, "%5C")
		assert.Equal(t, want, h.look("/signin/?next="+next).Next, next)
	}
	assert.Equal(t, "/home", h.look("/signin/?next=/a&next=/b").Next, "which of them is not told")
	hostile := `/</script><script>alert(1)//">'<!--&`
	w := h.ask(h.page, "GET", `/signin/?next=`+url.QueryEscape(hostile), "")
	assert.NotContains(t, w.Body.String(), "<script>alert")
	assert.Contains(t, w.Body.String(), `<input type="hidden" name="next" value="`+html.EscapeString(hostile)+`" form="languages">`)
	assert.Equal(t, hostile, h.look("/signin/?next="+url.QueryEscape(hostile)).Next)
	assert.NotContains(t, h.look("/signin/?next=/home").Body, `form="languages">\n<input`, "the default is not kept")
}

func TestLocale(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{Texts: map[string]map[string]string{"da": {"title.phone": "Log ind"}, "en": {"title.phone": "Hello"}}})
	for _, tt := range [][3]string{
		{"", "", "en"}, {"", "fr-CA,en;q=0.8", "fr"}, {"", "xx, ar-EG;q=0.5, en;q=0.4", "ar"}, {"?lang=hi", "fr", "hi"},
		{"?lang=<x>", "es", "es"}, {"?lang=hi&lang=ar", "fr", "fr"}, {"", "DA-dk", "da"},
		{"", "zh-TW", "zh-Hant"}, {"?lang=zh-HK", "fr", "zh-Hant"}, {"?lang=pt-PT", "fr", "pt"}, {"", "fi", "en"}, {"", "nb", "da"}, {"", "*", "en"},
	} {
		assert.Equal(t, tt[2], h.look("/signin/"+tt[0], "Accept-Language", tt[1], "Sec-Fetch-Site", "cross-site").Lang, "%v", tt)
	}
	assert.Empty(t, h.cookies, "a link of another site chooses for one visit only")
	r := httptest.NewRequest("GET", "/signin/", nil)
	r.Header["Accept-Language"] = []string{"en;q=0.5", "fr;q=0.9", "es;q=0.7"}
	w := httptest.NewRecorder()
	h.page.ServeHTTP(w, r)
	assert.Contains(t, w.Body.String(), `<html lang="fr"`, "a list in several lines")
	danish := h.look("/signin/?lang=da", "Sec-Fetch-Site", "cross-site").Body
	assert.Contains(t, danish, `tabindex="-1">Log ind</h1>`)
	assert.Contains(t, danish, ">Phone number</label>")
	assert.Contains(t, h.ask(h.page, "GET", "/signin/?lang=ar", "", "Sec-Fetch-Site", "none").Body.String(), `<html lang="ar" dir="rtl">`)
	assert.Contains(t, h.ask(h.page, "GET", "/signin/", "").Body.String(), "<title>Hello</title>")
	one := newHost(t, ui.Options{Locale: "fr"})
	assert.Equal(t, "fr", one.look("/signin/?lang=en", "Accept-Language", "en").Lang)
	assert.NotContains(t, one.ask(one.page, "GET", "/signin/", "").Body.String(), "<nav")
	assert.Empty(t, one.cookies, "there is nothing to choose")
}

// A language that was chosen is that of the next visit, of the texts, and of the account page.
func TestLanguageIsKept(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	for _, site := range []string{"same-origin", ""} { // browsers before 2023 say nothing
		g.cookies = map[string]*http.Cookie{}
		assert.Equal(t, "fr", g.look("/signin/?lang=fr-CA", "Accept-Language", "en", "Sec-Fetch-Site", site).Lang)
		assert.Equal(t, "fr", g.look("/signin/", "Accept-Language", "en").Lang)
	}
	c := g.cookies["__Host-phoneauth-language"]
	assert.Equal(t, "fr", c.Value)
	assert.True(t, c.HttpOnly && c.Secure && c.Path == "/" && c.SameSite == http.SameSiteLaxMode)
	assert.Equal(t, "de", g.look("/signin/?lang=de", "Sec-Fetch-Site", "same-site").Lang)
	assert.Equal(t, "fr", g.look("/signin/").Lang)
	g.signIn(cairo)
	text, _ := g.inbox.Last(cairo)
	assert.Contains(t, string(text.Body), "votre code")
	g.visit("/account/")
	assert.Contains(t, g.body, `<html lang="fr"`)
	g.visit("/account/?lang=ar")
	assert.Contains(t, g.body, `<html lang="ar"`)
	g.signOut()
	assert.Equal(t, "ar", g.look("/signin/").Lang)
	c.Value = "tlh"
	g.cookies[c.Name] = c
	assert.Equal(t, "es", g.look("/signin/", "Accept-Language", "es").Lang, "a language that the page does not have")
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{})
	for field, o := range map[string]ui.Options{
		"Path": {Path: "signin"}, "Next": {Next: "https://example.com/"}, "Logo": {Logo: "https://example.com/logo.png"},
		"Color": {Color: "red;}"}, "Regions": {Regions: []string{"XX"}}, "Region": {Region: "fr"},
		"Texts": {Texts: map[string]map[string]string{"en": {"title": "x"}}}, "Locale": {Locale: "da"},
	} {
		func() {
			defer func() { assert.Contains(t, recover(), "phoneauth/ui: Options."+field+": ") }()
			ui.Handler(h.svc, o)
		}()
	}
	for _, path := range []string{"/a;b/", "/año/", "/a%20b/", "//host/", "/a?b/"} {
		assert.Panics(t, func() { ui.Handler(h.svc, ui.Options{Path: path}) }, path)
	}
	page := ui.Handler(h.svc, ui.Options{OnSession: func(http.ResponseWriter, *http.Request, *phoneauth.Session) error { return nil }})
	assert.Panics(t, func() { page.Require(http.NotFoundHandler()) })
}

func TestBrand(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{Name: `<Söner & "Co">`, Color: "#ffd400", Logo: "/logo.svg"})
	page := h.ask(h.page, "GET", "/signin/", "").Body.String()
	assert.Contains(t, page, `<img src="/logo.svg" alt="" height="40">`)
	assert.NotContains(t, page, "<Söner")
	css := h.ask(h.page, "GET", "/signin/style.css", "").Body.String()
	assert.True(t, strings.HasPrefix(css, ":root{--brand:#ffd400;--on-brand:#000000;"), css[:100])
}

// languagesOf are the languages that are shipped.
func languagesOf(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir("text")
	require.NoError(t, err)
	all := make([]string, len(entries))
	for i, entry := range entries {
		all[i] = strings.TrimSuffix(entry.Name(), ".json")
	}
	return all
}
