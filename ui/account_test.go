package ui_test

import (
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/phonetest"
	"github.com/phoneauth/phoneauth/ui"
)

// guest is a host with an account page beside the sign-in page, and one browser without scripts.
type guest struct {
	*host
	mux *http.ServeMux
	// at is where the browser is.
	at   string
	body string
	code int
}

func newGuest(t *testing.T, change ...func(*phoneauth.Config)) *guest {
	t.Helper()
	store := memstore.New()
	h := newHost(t, ui.Options{Name: "Acme", Next: "/home", Passwords: true}, append([]func(*phoneauth.Config){func(c *phoneauth.Config) {
		c.Store, c.Journal.Store = store, store
		c.Limits.InsecureOff = true
		c.Texts.NotMeURL = "https://acme.example/account/not-me"
	}}, change...)...)
	g := &guest{host: h, mux: http.NewServeMux()}
	g.mux.Handle("/signin/", h.page)
	g.mux.Handle("/account/", ui.Account(h.page, h.svc, ui.AccountOptions{}))
	g.mux.HandleFunc("/home", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("home")) })
	return g
}

// follow reads an answer, after its redirects.
func (g *guest) follow(w *httptest.ResponseRecorder, at string) {
	g.t.Helper()
	for range 5 {
		if w.Code != http.StatusSeeOther {
			g.at, g.body, g.code = at, strings.ReplaceAll(w.Body.String(), "\u00a0", " "), w.Code
			return
		}
		at = w.Header().Get("Location")
		w = g.ask(g.mux, "GET", at, "", "Accept", "text/html")
	}
	g.t.Fatal("goes round in circles")
}

func (g *guest) visit(at string) {
	g.t.Helper()
	g.follow(g.ask(g.mux, "GET", at, "", "Accept", "text/html"), at)
}

var (
	formPattern = regexp.MustCompile(`(?s)<form id="form" method="post" action="([^"]+)".*?</form>`)
	// submitPattern finds where the main button leads, when the form leads elsewhere.
	submitPattern = regexp.MustCompile(`id="submit"[^>]* formaction="([^"]+)"`)
	shownPattern  = regexp.MustCompile(`data-screen="([a-z_]+)"`)
)

// filled is the main form of the screen, filled in, and where it leads.
func (g *guest) filled(fields ...string) (to string, values url.Values) {
	g.t.Helper()
	form := formPattern.FindStringSubmatch(g.shown())
	require.NotNil(g.t, form, g.body)
	if m := submitPattern.FindStringSubmatch(form[0]); m != nil {
		form[1] = m[1]
	}
	values = url.Values{}
	for _, m := range hiddenPattern.FindAllStringSubmatch(form[0], -1) {
		values.Set(m[1], html.UnescapeString(m[2]))
	}
	for i := 0; i < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	return strings.ReplaceAll(form[1], "&amp;", "&"), values
}

// send fills the main form of the screen in, and sends it.
func (g *guest) send(fields ...string) {
	g.t.Helper()
	g.submit(g.filled(fields...))
}

// shown is the body without what the scripts show later.
func (g *guest) shown() string { return templatePattern.ReplaceAllString(g.body, "") }

// sent sends a form.
func (g *guest) sent(to string, values url.Values) *httptest.ResponseRecorder {
	g.t.Helper()
	return g.ask(g.mux, "POST", to, values.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

func (g *guest) submit(to string, values url.Values) {
	g.t.Helper()
	g.follow(g.sent(to, values), to)
}

// screen is the one that the browser shows.
func (g *guest) screen() string {
	if m := shownPattern.FindStringSubmatch(g.body); m != nil {
		return m[1]
	}
	return ""
}

func (g *guest) alert() string {
	if m := regexp.MustCompile(`role="alert" data-part data-code="([a-z_]*)"`).FindStringSubmatch(g.body); m != nil {
		return m[1]
	}
	return ""
}

// live are the sessions of the one account with this number.
func (g *guest) live(phone string) []phoneauth.SessionInfo {
	g.t.Helper()
	state, err := g.svc.Inspect(g.t.Context(), phone)
	require.NoError(g.t, err)
	require.NotNil(g.t, state.User)
	sessions, err := g.svc.Sessions(g.t.Context(), state.User.ID)
	require.NoError(g.t, err)
	return sessions
}

// elsewhere signs in on another device.
func (g *guest) elsewhere(phone string) *phoneauth.Session {
	g.t.Helper()
	_, err := g.svc.Register(g.t.Context(), phoneauth.RegisterRequest{Phone: phone})
	require.NoError(g.t, err)
	session, err := g.svc.Login(g.t.Context(), phoneauth.LoginRequest{
		Phone: phone, Code: g.inbox.Code(g.t, phone), Client: phoneauth.ClientInfo{Name: "Safari on iPhone"},
	})
	require.NoError(g.t, err)
	return session
}

// stale makes the sign-in of the browser older than what counts as fresh: it takes a session whose
// proof is old.
func (g *guest) stale(phone string) {
	g.t.Helper()
	state, err := g.svc.Inspect(g.t.Context(), phone)
	require.NoError(g.t, err)
	session, err := g.svc.StartSession(g.t.Context(), phoneauth.StartSessionRequest{
		UserID: state.User.ID, Epoch: state.User.Epoch, AMR: []string{"sms"}, AuthTime: time.Now().Add(-6 * time.Minute),
	})
	require.NoError(g.t, err)
	w := httptest.NewRecorder()
	require.NoError(g.t, g.page.SetSession(w, session))
	for _, c := range w.Result().Cookies() {
		g.cookies[c.Name] = c
	}
}

func TestAccountWantsASignIn(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	for _, at := range []string{"/account/", "/account/?screen=delete", "/account/?reauth=1&next=/home"} {
		g.visit(at)
		assert.Equal(t, "phone", g.screen(), at)
		assert.Equal(t, at, read(t, g.body).Next, "and comes back")
	}
	g.visit("/account/?screen=delete")
	assert.Contains(t, g.body, "Sign in first. Then you go on to: Delete account.")
	g.submit("/account/delete", url.Values{"code": {"123456"}})
	assert.Equal(t, "phone", g.screen())
	w := g.ask(g.mux, "POST", "/account/delete", "code=1", "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "cross-site")
	assert.Equal(t, http.StatusForbidden, w.Code)
	assert.Equal(t, http.StatusNotFound, g.ask(g.mux, "GET", "/account/nothing", "").Code)
	assert.Equal(t, http.StatusMethodNotAllowed, g.ask(g.mux, "PUT", "/account/", "").Code)
}

func TestAccountHome(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.signIn(cairo)
	require.NoError(t, g.svc.FlushJournal(t.Context()))
	other := g.elsewhere(cairo)
	g.visit("/account/")
	require.Equal(t, "home", g.screen())
	for _, want := range []string{"+20 10 61797840", "This device", "Safari on iPhone", "You created the account", "You have no password.", "just now"} {
		assert.Contains(t, g.body, want)
	}
	require.NoError(t, g.svc.FlushJournal(t.Context()))

	g.submit("/account/devices/end", url.Values{"session": {other.ID}})
	assert.Contains(t, g.body, "That device is signed out.")
	assert.Len(t, g.live(cairo), 1)
	g.submit("/account/devices/end", url.Values{"session": {other.ID}})
	assert.Contains(t, g.body, "That device was signed out already.")

	g.elsewhere(cairo)
	g.elsewhere(cairo)
	g.submit("/account/devices/others", nil)
	assert.Contains(t, g.body, "All other devices are signed out.")
	assert.Len(t, g.live(cairo), 1)
	g.submit("/signin/session/end", nil)
	assert.Equal(t, "welcome", g.screen(), "signed out, and still a known device")
}

func TestAccountEndsNoOlderDeviceWithoutACode(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	owners := g.elsewhere(cairo)
	g.stale(cairo)
	g.visit("/account/")
	g.submit("/account/devices/end", url.Values{"session": {owners.ID}})
	assert.Equal(t, "reauth", g.screen())
	g.submit("/account/devices/others", nil)
	require.Equal(t, "reauth", g.screen())
	assert.Len(t, g.live(cairo), 2)
	g.send()
	g.send("code", g.inbox.Code(t, cairo))
	assert.Equal(t, "home", g.screen())
	assert.Contains(t, g.body, "Please do that once more.")
}

func TestAccountChangesTheNumber(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.signIn(cairo)
	g.elsewhere(cairo)
	g.visit("/account/?screen=number")
	require.Equal(t, "number", g.screen())
	g.send("phone", "", "country", "FR")
	assert.Equal(t, "empty_phone", g.alert())
	g.send("phone", "06 00 00", "country", "FR")
	assert.Equal(t, "invalid_phone", g.alert())
	g.send("phone", "06 00 00 01 78", "country", "FR")
	require.Equal(t, "number_code", g.screen())
	assert.Contains(t, g.body, "+33 6 00 00 01 78")
	assert.Contains(t, g.body, "+20 10 61797840", "both numbers are shown")
	code := g.inbox.Code(t, paris)
	g.send("code", "12")
	assert.Equal(t, "empty_code", g.alert())
	g.send("code", wrongCode(code))
	assert.Equal(t, "invalid_code", g.alert())
	assert.Contains(t, g.body, "You have 4 tries left.")
	g.send("code", code)
	require.Equal(t, "home", g.screen(), "the browser stays signed in")
	assert.Contains(t, g.body, `Your number is now <bdi dir="ltr">+33 6 00 00 01 78</bdi>.`)
	assert.Len(t, g.live(paris), 1)
	g.visit("/signin/session/arrived?next=/home")
	assert.Equal(t, "home", g.body, "its cookies are those of the new session")
	status, _ := g.post("session/refresh")
	assert.Equal(t, 200, status)
}

func TestAccountNumberOfSomebodyElse(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.elsewhere(paris)
	g.signIn(cairo)
	g.visit("/account/?screen=number")
	g.send("phone", paris, "country", "FR")
	g.send("code", g.inbox.Code(t, paris))
	assert.Equal(t, "number", g.screen())
	assert.Equal(t, "phone_taken", g.alert())
}

func TestAccountAsksForACode(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.signIn(cairo)
	g.stale(cairo)
	before := g.live(cairo)
	g.visit("/account/?screen=number")
	require.Equal(t, "reauth", g.screen())
	g.send()
	require.Equal(t, "reauth_code", g.screen())
	code := g.inbox.Code(t, cairo)
	g.send("code", wrongCode(code))
	assert.Equal(t, "invalid_code", g.alert())
	g.send("code", code)
	assert.Equal(t, "number", g.screen(), "and back")
	assert.Len(t, g.live(cairo), len(before), "the session of before has ended, and no other")

	g.stale(cairo)
	g.visit("/account/?reauth=1&next=/home")
	g.send()
	g.send("code", g.inbox.Code(t, cairo))
	assert.Equal(t, "/home", g.at)
	g.visit("/account/?reauth=1&next=//evil.example/")
	g.send()
	g.send("code", g.inbox.Code(t, cairo))
	assert.Equal(t, "/account/", g.at, "no other origin")
	g.visit("/signin/")
	g.submit("/signin/session/end", nil)
	assert.Equal(t, "welcome", g.screen(), "the device is still known")
}

func TestAccountPassword(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.signIn(cairo)
	g.visit("/account/?screen=password")
	assert.NotContains(t, g.body, "Current password")
	g.send("password", "short")
	assert.Equal(t, "password_short", g.alert())
	g.send("password", "correct horse")
	require.Equal(t, "home", g.screen())
	assert.Contains(t, g.body, "Your password is saved.")
	assert.Contains(t, g.body, "You have a password.")
	g.visit("/account/?screen=password")
	g.send("current", "wrong horse", "password", "another horse")
	assert.Equal(t, "wrong_password", g.alert())
	assert.Contains(t, g.body, "Your current password is wrong.")
	g.send("current", "correct horse", "password", "another horse")
	assert.Equal(t, "home", g.screen())
	_, err := g.svc.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: cairo, Password: "another horse"})
	assert.NoError(t, err)
}

func TestAccountExport(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.signIn(cairo)
	g.stale(cairo) // the code itself is fresh
	g.visit("/account/?screen=export")
	g.send()
	require.Equal(t, "export_code", g.screen())
	code := g.inbox.Code(t, cairo)
	g.send("code", wrongCode(code))
	assert.Equal(t, "invalid_code", g.alert())
	g.send("code", code)
	var export phoneauth.Export
	require.NoError(t, json.Unmarshal([]byte(g.body), &export), g.body)
	assert.Equal(t, cairo, export.Phone)
	require.NoError(t, g.svc.Close(t.Context()))
	last, _ := g.inbox.Last(cairo)
	assert.Equal(t, phoneauth.NoticeDataExported, last.Purpose)
}

// Who asks for the code again too early can still type the one that has come.
func TestAccountSendsAgain(t *testing.T) {
	t.Parallel()
	g := newGuest(t, func(c *phoneauth.Config) { c.Limits.InsecureOff = false })
	g.signIn(cairo)
	for _, screen := range []string{"number", "export", "delete"} {
		g.visit("/account/?screen=" + screen)
		g.send("phone", paris, "country", "FR")
		require.Equal(t, screen+"_code", g.screen(), g.alert())
		again := regexp.MustCompile(`formaction="([^"]+)"`).FindStringSubmatch(g.body)[1]
		values := url.Values{}
		for _, m := range hiddenPattern.FindAllStringSubmatch(formPattern.FindString(g.shown()), -1) {
			values.Set(m[1], html.UnescapeString(m[2]))
		}
		values.Set("key", "another")
		g.submit(again, values)
		require.Equal(t, screen+"_code", g.screen())
		assert.Equal(t, "rate_limited", g.alert())
		assert.Contains(t, g.body, "You can ask for another in")
		if screen == "export" { // its code gives the wait back
			g.send("code", g.inbox.Code(t, cairo))
			assert.Contains(t, g.body, cairo)
		}
	}
}

// Where everybody is asked whether a person asks, the script answers, and the form is sent again.
func TestAccountHumanCheck(t *testing.T) {
	t.Parallel()
	g := newGuest(t, func(c *phoneauth.Config) { c.HumanCheck.When = phoneauth.HumanCheckAlways })
	question := func() humancheck.Question {
		t.Helper()
		require.Equal(t, http.StatusPreconditionRequired, g.code)
		var q humancheck.Question
		m := regexp.MustCompile(`<main [^>]*data-check="([^"]+)"`).FindStringSubmatch(g.body)
		require.NotNil(t, m, g.body)
		require.NoError(t, json.Unmarshal([]byte(html.UnescapeString(m[1])), &q))
		return q
	}
	status, asked := g.post("start", "phone", cairo, "purpose", "sign_in")
	require.Equal(t, http.StatusPreconditionRequired, status)
	data, err := json.Marshal(asked["human_check"])
	require.NoError(t, err)
	var q humancheck.Question
	require.NoError(t, json.Unmarshal(data, &q))
	_, started := g.post("start", "phone", cairo, "purpose", "sign_in", "human_check", string(phonetest.Answer(t, q)))
	g.post("verify", "phone", cairo, "purpose", "sign_in", "session_token", started["session_token"].(string), "code", g.inbox.Code(t, cairo))

	g.visit("/account/?screen=number")
	g.send("phone", "06 00 00 01 78", "country", "FR")
	first := question()
	assert.Contains(t, g.body, "06 00 00 01 78", "what was typed stays")
	assert.Contains(t, g.body, "needs JavaScript")
	g.send("phone", "06 00 00 01 78", "country", "FR", "human_check", "wrong")
	question()
	assert.Contains(t, g.body, "We could not tell that you are a person.")
	g.send("phone", "06 00 00 01 78", "country", "FR", "human_check", string(phonetest.Answer(t, first)))
	assert.Equal(t, "number_code", g.screen())
}

func TestAccountDelete(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.signIn(cairo)
	g.visit("/account/?screen=delete&lang=en")
	g.send()
	require.Equal(t, "delete_code", g.screen())
	g.send("code", g.inbox.Code(t, cairo))
	assert.Equal(t, "deleted", g.screen())
	assert.Empty(t, g.cookies["__Host-phoneauth-access"])
	assert.Empty(t, g.cookies["__Host-phoneauth-device"])
	state, err := g.svc.Inspect(t.Context(), cairo)
	require.NoError(t, err)
	assert.Nil(t, state.User)
	g.visit("/account/")
	assert.Equal(t, "phone", g.screen())
}

func TestAccountNotMe(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.signIn(cairo)
	g.visit("/account/?screen=password")
	g.send("password", "correct horse")
	require.Equal(t, "home", g.screen())
	g.visit("/account/?screen=password")
	g.send("current", "correct horse", "password", "thief's horse")
	require.Equal(t, "home", g.screen())
	require.NoError(t, g.svc.Close(t.Context())) // both notices have left
	last, _ := g.inbox.Last(cairo)
	_, link, _ := strings.Cut(string(last.Link), "https://acme.example")

	owner := &guest{host: &host{t: t, svc: g.svc, page: g.page, inbox: g.inbox, cookies: map[string]*http.Cookie{}}, mux: g.mux}
	for range 2 {
		owner.visit(link)
		require.Equal(t, "not_me", owner.screen())
		assert.Contains(t, owner.body, "+20 •••• 7840")
		assert.NotContains(t, owner.body, "61797840", "whoever has the link is not told the number")
	}
	owner.send()
	require.Equal(t, "not_me_locked", owner.screen())
	g.visit("/account/")
	assert.Equal(t, "resume", g.screen(), "the thief is out")
	owner.visit(link)
	assert.Equal(t, "not_me_locked", owner.screen())
	owner.send()
	require.Equal(t, "not_me_unlock", owner.screen())
	code := g.inbox.Code(t, cairo)
	owner.send("code", code, "current", "thief's horse")
	assert.Equal(t, "wrong_password", owner.alert())
	owner.send("code", code, "current", "correct horse")
	require.Equal(t, "not_me_done", owner.screen())
	owner.visit(link)
	assert.Equal(t, "not_me_gone", owner.screen())
	_, err := g.svc.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: cairo, Password: "correct horse"})
	assert.NoError(t, err)
	w := owner.ask(g.mux, "GET", link, "")
	assert.Equal(t, "strict-origin", w.Header().Get("Referrer-Policy"))
}

func wrongCode(code string) string { return string('0'+(code[0]-'0'+1)%10) + code[1:] }
