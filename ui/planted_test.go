package ui_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/ui"
)

// siblings are a host with the page at app.example.com, and a sibling domain of it that
// plants cookies in whoever visits it.
type siblings struct {
	*host
	scheme string
	server *httptest.Server
	plants []*http.Cookie // for the next visit to the sibling
}

func newSiblings(t *testing.T, insecure bool) *siblings {
	t.Helper()
	s := &siblings{host: newHost(t, ui.Options{InsecureCookie: insecure}, limitsOff), scheme: "https"}
	mux := http.NewServeMux()
	mux.Handle("app.example.com/signin/", s.page)
	mux.Handle("app.example.com/home", s.page.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, _ := phoneauth.ClaimsFrom(r.Context())
		_, _ = io.WriteString(w, claims.UserID)
	})))
	mux.HandleFunc("evil.example.com/", func(w http.ResponseWriter, _ *http.Request) {
		for _, c := range s.plants {
			http.SetCookie(w, c)
		}
	})
	if insecure {
		s.scheme, s.server = "http", httptest.NewServer(mux)
	} else {
		s.server = httptest.NewTLSServer(mux)
	}
	t.Cleanup(s.server.Close)
	return s
}

func limitsOff(cfg *phoneauth.Config) { cfg.Limits.InsecureOff = true }

// visitor is a browser, with the cookies that a browser keeps and sends.
type visitor struct {
	*siblings
	client *http.Client
}

func (s *siblings) visitor() *visitor {
	jar, _ := cookiejar.New(nil)
	transport := s.server.Client().Transport // it leads all of example.com to the server
	v := &visitor{s, &http.Client{Jar: jar, Transport: transport}}
	v.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return v
}

func (v *visitor) ask(method, host, path, body, contentType string) (int, string) {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.scheme+"://"+host+path, strings.NewReader(body))
	require.NoError(v.t, err)
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Accept", "text/html")
	resp, err := v.client.Do(r)
	require.NoError(v.t, err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	require.NoError(v.t, err)
	return resp.StatusCode, string(data)
}

func (v *visitor) post(route string) int {
	v.t.Helper()
	status, _ := v.ask("POST", "app.example.com", "/signin/"+route, "{}", "application/json")
	return status
}

// signIn signs in through the page and returns the cookies that the browser then has.
func (v *visitor) signIn(phone string) map[string]string {
	v.t.Helper()
	v.cookies = map[string]*http.Cookie{}
	v.host.signIn(phone)
	all := map[string]string{}
	var own []*http.Cookie
	for name, c := range v.cookies {
		all[strings.TrimPrefix(strings.TrimPrefix(name, "__Host-"), "__Secure-")] = c.Value
		own = append(own, c)
	}
	at := &url.URL{Scheme: v.scheme, Host: "app.example.com", Path: "/signin/verify"}
	v.client.Jar.SetCookies(at, own)
	return all
}

// plant visits the sibling, which sets a cookie for both domains, where browsers allow it.
func (v *visitor) plant(name, value, path string) {
	v.t.Helper()
	if v.scheme == "https" {
		require.Equal(v.t, "phoneauth-refresh", name, "browsers refuse it for __Host- names")
		name = "__Secure-" + name
	}
	v.plants = []*http.Cookie{{Name: name, Value: value, Path: path, Domain: "example.com", Secure: v.scheme == "https"}}
	status, _ := v.ask("GET", "evil.example.com", "/", "", "")
	require.Equal(v.t, 200, status)
}

// alive reports whether the session of a refresh token has not ended.
func (v *visitor) alive(refresh string) bool {
	_, err := v.svc.Refresh(v.t.Context(), phoneauth.RefreshRequest{Token: phoneauth.Secret(refresh)})
	if err != nil {
		require.ErrorIs(v.t, err, phoneauth.ErrInvalidToken)
	}
	return err == nil
}

// who is the user whom the host's own page sees; "" is nobody.
func (v *visitor) who() string {
	v.t.Helper()
	status, user := v.ask("GET", "app.example.com", "/home", "", "")
	if status == http.StatusSeeOther {
		return ""
	}
	require.Equal(v.t, 200, status)
	return user
}

// The paths of a planted cookie: one that browsers send before ours, one behind it.
var plantedPaths = []string{"/signin/session/refresh", "/signin/session/end", "/signin/session", "/"}

// Signing out ends the session of the browser, whatever was planted beside it.
func TestPlantedRefreshTokenAndSignOut(t *testing.T) {
	t.Parallel()
	for _, insecure := range []bool{false, true} {
		for _, path := range plantedPaths {
			for _, form := range []bool{false, true} {
				s := newSiblings(t, insecure)
				planted := s.visitor().signIn(paris)
				v := s.visitor()
				own := v.signIn(cairo)
				v.plant("phoneauth-refresh", planted["phoneauth-refresh"], path)
				if form {
					status, _ := v.ask("POST", "app.example.com", "/signin/session/end", "", "application/x-www-form-urlencoded")
					require.Equal(t, http.StatusSeeOther, status)
				} else {
					require.Equal(t, http.StatusOK, v.post("session/end"))
				}
				assert.False(t, v.alive(own["phoneauth-refresh"]), "%v %s: signed out, and the session lives", insecure, path)
				assert.Empty(t, v.who())
			}
		}
	}
}

// A refresh gets new tokens of the browser's session; what was planted neither signs
// anybody in nor out, and its own session goes on.
func TestPlantedRefreshTokenAndRefresh(t *testing.T) {
	t.Parallel()
	for _, insecure := range []bool{false, true} {
		for _, path := range plantedPaths {
			for _, junk := range []bool{false, true} {
				s := newSiblings(t, insecure)
				planted := s.visitor().signIn(paris)
				v := s.visitor()
				own := v.signIn(cairo)
				value := planted["phoneauth-refresh"]
				if junk {
					value = "junk"
				}
				v.plant("phoneauth-refresh", value, path)
				require.Equal(t, http.StatusOK, v.post("session/refresh"), "%v %s", insecure, path)
				require.Equal(t, http.StatusOK, v.post("session/refresh"), "%v %s", insecure, path)
				assert.Equal(t, "2", v.who())
				assert.True(t, v.alive(planted["phoneauth-refresh"]), "it is nobody's but the planter's")
				assert.False(t, v.alive(own["phoneauth-refresh"]), "it was rotated twice")
			}
		}
	}
}

// A browser without a session is not signed in to one that was planted.
func TestPlantedRefreshTokenAlone(t *testing.T) {
	t.Parallel()
	for _, insecure := range []bool{false, true} {
		for _, path := range plantedPaths {
			s := newSiblings(t, insecure)
			planted := s.visitor().signIn(paris)
			v := s.visitor()
			v.plant("phoneauth-refresh", planted["phoneauth-refresh"], path)
			require.Equal(t, http.StatusUnauthorized, v.post("session/refresh"))
			assert.Empty(t, v.who())
			assert.True(t, v.alive(planted["phoneauth-refresh"]))
		}
	}
}

// With InsecureCookie every cookie can be planted. A whole session that was planted beside
// the browser's own is not taken for it, and signing out ends both.
func TestPlantedSession(t *testing.T) {
	t.Parallel()
	for _, path := range plantedPaths {
		for _, names := range [][]string{
			{"phoneauth-access"},
			{"phoneauth-session"},
			{"phoneauth-access", "phoneauth-refresh"},
			{"phoneauth-session", "phoneauth-refresh"},
			{"phoneauth-access", "phoneauth-session", "phoneauth-refresh"},
		} {
			s := newSiblings(t, true)
			planted := s.visitor().signIn(paris)
			v := s.visitor()
			own := v.signIn(cairo)
			for _, name := range names {
				v.plant(name, planted[name], path)
				v.plant(name, planted[name], "/home")
			}
			assert.NotEqual(t, "1", v.who(), "%s %v: somebody else's account", path, names)
			if v.post("session/refresh") == http.StatusOK {
				_, page := v.ask("GET", "app.example.com", "/signin/", "", "")
				assert.NotContains(t, page, `data-screen="resume"`, "%s %v: it would refresh for ever", path, names)
			} else {
				assert.True(t, v.alive(own["phoneauth-refresh"]))
				own = v.signIn(cairo)
			}
			assert.NotEqual(t, "1", v.who())
			require.Equal(t, http.StatusOK, v.post("session/end"))
			assert.False(t, v.alive(own["phoneauth-refresh"]), "%s %v", path, names)
		}
	}
}

// endless is a store that cannot end one session, and counts the ends.
type endless struct {
	phoneauth.Store
	id   string
	ends int
}

func (s *endless) EndSession(ctx context.Context, userID, id string) error {
	s.ends++
	if id == s.id {
		return errors.New("the store is away")
	}
	return s.Store.EndSession(ctx, userID, id)
}

// Where one of two sessions cannot be ended, the other is, and the cookies stay, so that
// people can sign out again.
func TestPlantedRefreshTokenThatCannotBeEnded(t *testing.T) {
	t.Parallel()
	store := &endless{}
	h := newHost(t, ui.Options{}, func(cfg *phoneauth.Config) { store.Store, cfg.Store = cfg.Store, store })
	h.signIn(paris)
	planted := h.cookies["__Secure-phoneauth-refresh"].Value
	store.id, _ = h.svc.SessionOf(phoneauth.Secret(planted))
	h.cookies = map[string]*http.Cookie{}
	h.signIn(cairo)
	used := h.cookies["__Secure-phoneauth-refresh"].Value
	status, _ := h.post("session/refresh")
	require.Equal(t, 200, status)
	own := h.cookies["__Secure-phoneauth-refresh"].Value
	planting := []string{"Cookie", "__Secure-phoneauth-refresh=" + planted + "; __Secure-phoneauth-refresh=" + used}
	for _, contentType := range []string{"application/json", "application/x-www-form-urlencoded"} {
		w := h.ask(h.page, "POST", "/signin/session/end", "{}", append(planting, "Content-Type", contentType)...)
		assert.Equal(t, 503, w.Code)
		assert.Empty(t, w.Result().Cookies())
		assert.Equal(t, 2, store.ends, "one for each session")
		store.ends = 0
		_, err := h.svc.Refresh(t.Context(), phoneauth.RefreshRequest{Token: phoneauth.Secret(own)})
		require.ErrorIs(t, err, phoneauth.ErrInvalidToken)
	}
	store.id = ""
	assert.Equal(t, 200, h.ask(h.page, "POST", "/signin/session/end", "{}", planting...).Code)
	_, err := h.svc.Refresh(t.Context(), phoneauth.RefreshRequest{Token: phoneauth.Secret(planted)})
	require.ErrorIs(t, err, phoneauth.ErrInvalidToken)
}

// Two session cookies that differ: nobody can tell which session is meant, so it is not
// refreshed, and nothing is removed.
func TestTwoSessionCookies(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{})
	h.signIn(cairo)
	w := h.ask(h.page, "POST", "/signin/session/refresh", "{}", "Cookie", "__Host-phoneauth-session=planted")
	assert.Equal(t, 401, w.Code)
	assert.Empty(t, w.Result().Cookies())
	status, _ := h.post("session/refresh")
	assert.Equal(t, 200, status)
}

// sessionless is an issuer whose tokens name a user and no session.
type sessionless struct{}

func (sessionless) IssueToken(_ context.Context, c phoneauth.Claims) (phoneauth.Secret, error) {
	return phoneauth.Secret(c.UserID), nil
}

func (sessionless) VerifyToken(_ context.Context, token phoneauth.Secret) (phoneauth.Claims, error) {
	return phoneauth.Claims{UserID: string(token)}, nil
}

// Of two access tokens without a session none counts, and without a session cookie neither.
func TestTwoAccessTokensOfNoSession(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{}, func(cfg *phoneauth.Config) { cfg.Tokens = sessionless{} })
	h.signIn(cairo) // the user with the ID 1
	h.cookies = nil
	assert.Equal(t, "done", h.look("/signin/", "Cookie", "__Host-phoneauth-access=1").Screen)
	two := "__Host-phoneauth-access=1; __Host-phoneauth-access=2"
	for _, cookie := range []string{two, two + "; __Host-phoneauth-session=s"} {
		assert.NotEqual(t, "done", h.look("/signin/", "Cookie", cookie).Screen)
	}
}
