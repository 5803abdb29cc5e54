package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/bubble"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/phonetest"
)

// deskLink is the link that a server has printed.
func (s *server) deskLink() *url.URL {
	s.t.Helper()
	link := regexp.MustCompile(`http://\S+/enter\?key=\S+`).FindString(s.stdout.String())
	require.NotEmpty(s.t, link, s.stdout.String())
	u, err := url.Parse(link)
	require.NoError(s.t, err)
	return u
}

func TestDesk(t *testing.T) {
	t.Parallel()
	s := start(t, "-console", "localhost:0")
	s.post("/users/verification/start", body{"phone": "+201061797840"})
	link := s.deskLink()
	home := "http://" + link.Host + "/"

	get := func(address string) (int, string) {
		resp, err := s.client.Get(address)
		require.NoError(t, err)
		defer resp.Body.Close()
		data, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, string(data)
	}
	status, _ := get(home)
	assert.Equal(t, http.StatusUnauthorized, status, "before the link was opened")
	status, page := get(link.String())
	require.Equal(t, http.StatusOK, status)
	assert.Contains(t, page, `method="get"`)
	status, page = get(home + "?q=010+6179+7840")
	assert.Equal(t, http.StatusNotFound, status, "no region is given: %s", page)
	status, page = get(home + "?q=%2B20+106+179+7840")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, page, "A code by sms to sign in was asked for.")
	assert.NotContains(t, page, "61797840")
	status, _ = get(link.String())
	assert.Equal(t, http.StatusForbidden, status, "a second time")

	stranger := &http.Client{Transport: s.client.Transport}
	resp, err := stranger.Get(home)
	require.NoError(t, err)
	resp.Body.Close()
	assert.Equal(t, http.StatusUnauthorized, resp.StatusCode)
	for _, path := range []string{"/enter", "/about", "/overview", "/do"} {
		resp, err := s.client.Get(s.url + path)
		require.NoError(t, err)
		resp.Body.Close()
		assert.Equal(t, http.StatusNotFound, resp.StatusCode, "%s on the users' address", path)
	}
	assert.NotContains(t, s.log(), "/enter", "the log has no link")
}

// newTestGate is a desk at 127.0.0.1:8081, and how to ask it.
func newTestGate(t *testing.T) (*gate, func(address string, header ...string) *http.Response) {
	t.Helper()
	keys, err := loadKeys(filepath.Join(t.TempDir(), "key"))
	require.NoError(t, err)
	store := memstore.New()
	svc, err := phoneauth.New(phoneauth.Config{Store: store, Sender: phonetest.New(), Keys: keys, Logger: quiet, Journal: phoneauth.JournalRules{Store: journalOf(store)}})
	require.NoError(t, err)
	g := newGate(svc, "127.0.0.1:8081", "", quiet)
	return g, func(address string, header ...string) *http.Response {
		r := httptest.NewRequest(http.MethodGet, address, nil)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		return w.Result()
	}
}

func TestGateIsOneAddress(t *testing.T) {
	t.Parallel()
	g, ask := newTestGate(t)
	for _, host := range []string{"evil.example", "localhost:8081", "127.0.0.1", "127.0.0.1:8080"} {
		assert.Equal(t, http.StatusMisdirectedRequest, ask("http://"+host+"/enter?key="+g.key).StatusCode, host)
	}
	assert.Equal(t, http.StatusForbidden, ask("http://127.0.0.1:8081/enter").StatusCode)
	assert.Equal(t, http.StatusForbidden, ask("http://127.0.0.1:8081/enter?key=x").StatusCode)
	assert.Equal(t, http.StatusSeeOther, ask("http://127.0.0.1:8081/enter?key="+g.key).StatusCode)
	assert.Equal(t, http.StatusForbidden, ask("http://127.0.0.1:8081/enter?key=").StatusCode, "the empty key of a used link")
}

func TestGateEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g, ask := newTestGate(t)
		bubble.Elapse(linkLife)
		assert.Equal(t, http.StatusForbidden, ask("http://127.0.0.1:8081/enter?key="+g.key).StatusCode, "too old")

		g, ask = newTestGate(t)
		bubble.Elapse(linkLife - 1)
		resp := ask("http://127.0.0.1:8081/enter?key=" + g.key)
		require.Equal(t, http.StatusSeeOther, resp.StatusCode)
		require.Len(t, resp.Cookies(), 1)
		cookie := resp.Cookies()[0]
		assert.True(t, cookie.HttpOnly)
		assert.Equal(t, http.SameSiteStrictMode, cookie.SameSite)
		assert.Equal(t, 8*60*60, cookie.MaxAge)
		header := []string{"Cookie", cookie.Name + "=" + cookie.Value}
		assert.Equal(t, http.StatusOK, ask("http://127.0.0.1:8081/", header...).StatusCode)
		assert.Equal(t, http.StatusUnauthorized, ask("http://127.0.0.1:8081/", "Cookie", cookie.Name+"=").StatusCode)
		bubble.Elapse(cookieLife)
		assert.Equal(t, http.StatusUnauthorized, ask("http://127.0.0.1:8081/", header...).StatusCode)
		another, askAnother := newTestGate(t)
		require.NotNil(t, another)
		assert.Equal(t, http.StatusUnauthorized, askAnother("http://127.0.0.1:8081/", header...).StatusCode, "of another process")
	})
}

func TestEveryStoreKeepsAJournal(t *testing.T) {
	t.Parallel()
	for _, spec := range []string{"memory", "sqlite:" + filepath.Join(t.TempDir(), "db")} {
		store, closeStore, err := openStore(t.Context(), spec)
		require.NoError(t, err)
		assert.NotNil(t, journalOf(store), spec)
		assert.NotNil(t, journalOf(phoneauth.Stores{ChallengeStore: store}), "that of the challenges")
		require.NoError(t, closeStore())
	}
}
