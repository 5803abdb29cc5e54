package integration

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/ui"
)

// line is what lies between a browser and a host. It may answer in the host's place.
type line struct {
	url   string
	mu    sync.Mutex
	rules map[string]http.HandlerFunc // by the end of a path
	asked map[string]int
}

// newLine returns a line to host.
func newLine(t *testing.T, host *uiHost) *line {
	l := &line{rules: map[string]http.HandlerFunc{}, asked: map[string]int{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, end, _ := strings.Cut(r.URL.Path, "/signin/")
		if end == "" {
			end = strings.TrimPrefix(r.URL.Path, "/") // of the account page
		}
		l.mu.Lock()
		l.asked[end]++
		rule := l.rules[end]
		l.mu.Unlock()
		if rule != nil {
			rule(w, r)
			return
		}
		host.mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	l.url = server.URL
	return l
}

// answer makes the line answer for a route. Nil lets the host answer.
func (l *line) answer(route string, rule http.HandlerFunc) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rules[route] = rule
}

func (l *line) requests(route string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asked[route]
}

// dead is a line that breaks.
func dead(w http.ResponseWriter, _ *http.Request) {
	c, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = c.Close()
	}
}

// says answers with a status and a page that is not of the host.
func says(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `<!doctype html><title>Hotel</title><form><input name="room"><button>Log in</button></form>`)
	}
}

// script runs a script before those of each page.
func (b *browser) script(source string) {
	b.t.Helper()
	call(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: source})
}

func (b *browser) offline(on bool) {
	b.t.Helper()
	call(b, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Offline: on, DownloadThroughput: -1, UploadThroughput: -1}},
	})
	call(b, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: on, DownloadThroughput: -1, UploadThroughput: -1})
	b.until("the browser does not know", "navigator.onLine === "+strconv.FormatBool(!on))
}

// Each state of the network has its own true sentence, the number stays where it was typed, and
// trying again is enough.
func TestUINetworkStates(t *testing.T) {
	host := newUIHost(t, func(_ *phoneauth.Config, o *ui.Options) { o.Region = "EG" })
	l := newLine(t, host)
	b := newBrowser(t, l.url)
	b.open("/signin/")
	b.sees("Phone number")
	b.fill("Phone number", cairoTyped)
	for _, tt := range []struct {
		name     string
		rule     http.HandlerFunc
		sentence string
	}{
		{"captive portal", says(200), "Something else on this network answered in our place."},
		{"captive portal, RFC 6585", says(511), "Something else on this network answered in our place."},
		{"proxy", says(403), "Something else on this network answered in our place."},
		{"JSON of something else", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"session_token":"x","display":""}`)
		}, "Something else on this network answered in our place."},
		{"gateway", says(502), "This does not work just now. Try again in a moment."},
		{"dead line", dead, "We could not reach the service. Check your connection, then try again."},
	} {
		l.answer("start", tt.rule)
		b.press("Continue")
		b.sees(tt.sentence)
		assert.Equal(t, "phone", valueOf[string](b, "document.getElementById('screen').dataset.screen"), tt.name)
		assert.Contains(t, valueOf[string](b, `field("Phone number").value`), "7840", tt.name)
	}
	l.answer("start", nil)
	b.offline(true)
	b.press("Continue")
	b.sees("You are offline. Check your connection, then try again.")
	b.offline(false)
	host.store.down.Store(true)
	b.press("Continue")
	b.sees("This does not work just now. Try again in a moment.")
	assert.Zero(t, host.inbox.Sends())
	host.store.down.Store(false)
	b.press("Continue")
	b.sees("We sent a code by text message to " + cairoShown + ".")
	assert.Equal(t, 1, host.inbox.Sends())
}

// fastClocks makes the times of the pages shorter by the factor 20.
func (b *browser) fastClocks() {
	b.t.Helper()
	b.script(`const { setTimeout: later } = window;
		window.setTimeout = (f, ms, ...args) => later(f, ms / 20, ...args);
		const limit = Object.getOwnPropertyDescriptor(XMLHttpRequest.prototype, 'timeout');
		Object.defineProperty(XMLHttpRequest.prototype, 'timeout', { ...limit, set(ms) { limit.set.call(this, ms / 20) } });`)
}

// Where an answer takes long the page says so. Where it does not come in time the page says what is
// not known, and trying again sends no second text.
func TestUISlowLine(t *testing.T) {
	host := newUIHost(t, func(cfg *phoneauth.Config, o *ui.Options) { o.Region, cfg.Limits.InsecureOff = "EG", true })
	l := newLine(t, host)
	b := newBrowser(t, l.url)
	b.fastClocks()
	b.open("/signin/")
	b.fill("Phone number", cairoTyped)
	lost := make(chan struct{})
	l.answer("start", func(_ http.ResponseWriter, r *http.Request) {
		host.mux.ServeHTTP(httptest.NewRecorder(), r.WithContext(context.WithoutCancel(r.Context()))) // it arrives, and its answer gets lost
		<-lost
	})
	b.press("Continue")
	b.sees("The line is slow. We are still trying.")
	b.sees("We do not know whether your request arrived. Try again: you will not get a second message.")
	close(lost)
	l.answer("start", nil)
	b.press("Continue")
	b.sees("We sent a code by text message to " + cairoShown + ".")
	assert.Equal(t, 1, host.inbox.Sends())
	b.fill("Code", host.inbox.Code(t, cairo))
	b.at("/home")
}

// While the browser is on its way to the next page, which takes long, a button that is pressed again asks
// for nothing. It would say that the code is used up.
func TestUISlowNextPage(t *testing.T) {
	host := newUIHost(t, func(_ *phoneauth.Config, o *ui.Options) { o.Region = "EG" })
	l := newLine(t, host)
	b := newBrowser(t, l.url)
	b.script(`const open = XMLHttpRequest.prototype.open;
		XMLHttpRequest.prototype.open = function (method, address) {
			if (/verify$/.test(address)) this.addEventListener('load', () => setTimeout(() => {
				document.getElementById('submit').click();
				fetch('/signin/pressed');
			}));
			return open.apply(this, arguments);
		};`)
	pressed := make(chan struct{})
	l.answer("pressed", func(w http.ResponseWriter, _ *http.Request) {
		close(pressed)
		w.WriteHeader(http.StatusNoContent)
	})
	l.answer("session/arrived", func(w http.ResponseWriter, r *http.Request) {
		<-pressed
		host.mux.ServeHTTP(w, r)
	})
	b.open("/signin/")
	b.fill("Phone number", cairoTyped)
	b.press("Continue")
	b.sees("Enter your code")
	b.fill("Code", host.inbox.Code(t, cairo))
	b.at("/home")
	assert.Equal(t, 1, l.requests("verify"))
}

// signedInWithoutAccess returns a browser whose session must be refreshed.
func signedInWithoutAccess(t *testing.T, host *uiHost, l *line) *browser {
	t.Helper()
	b := newBrowser(t, l.url)
	b.open("/signin/")
	b.askForCode("Egypt", cairoTyped)
	b.fill("Code", host.inbox.Code(t, cairo))
	b.at("/home")
	call(b, network.DeleteCookies, network.DeleteCookiesParams{Name: "__Host-phoneauth-access", URL: b.home})
	return b
}

// While a session cannot be opened again the page says why, tries again by itself, and then goes on.
// It does not look as if somebody had signed out.
func TestUIResumeWaits(t *testing.T) {
	for _, tt := range []struct {
		name     string
		rule     http.HandlerFunc
		sentence string
	}{
		{"503", says(503), "This does not work just now. Try again in a moment."},
		{"dead line", dead, "We could not reach the service. Check your connection, then try again."},
		{"captive portal", says(200), "Something else on this network answered in our place."},
	} {
		host := newUIHost(t, nil)
		l := newLine(t, host)
		b := signedInWithoutAccess(t, host, l)
		l.answer("session/refresh", tt.rule)
		b.open("/home?tab=2")
		b.sees("One moment")
		b.sees(tt.sentence)
		b.seesNot("Phone number")
		l.answer("session/refresh", nil)
		b.at("/home?tab=2")
		b.sees("Welcome home, user 1.")
		assert.LessOrEqual(t, l.requests("session/refresh"), 12, tt.name) // browsers repeat what a dead line has lost
	}
}

// A session that was ended elsewhere says so.
func TestUIResumeEnded(t *testing.T) {
	host := newUIHost(t, nil)
	l := newLine(t, host)
	b := signedInWithoutAccess(t, host, l)
	require.NoError(t, host.svc.Logout(t.Context(), phoneauth.Secret(b.cookies()["__Secure-phoneauth-refresh"].Value)))
	b.open("/home")
	b.sees("Your session has ended. Sign in again.")
	b.sees("Phone number")
	assert.Equal(t, 1, l.requests("session/refresh"))
}

// Whatever answers in place of the refresh, for as long as it likes, the page asks five times and
// then waits for the person.
func TestUIResumeGivesUp(t *testing.T) {
	host := newUIHost(t, nil)
	l := newLine(t, host)
	b := signedInWithoutAccess(t, host, l)
	l.answer("session/refresh", says(200))
	b.script(`const { setTimeout: later } = window; window.setTimeout = (f, ms, ...args) => later(f, ms > 60000 ? ms : ms / 20, ...args);`)
	b.open("/home")
	Eventually(t, "five requests", func() bool { return l.requests("session/refresh") == 5 })
	b.until("it is busy", `document.querySelector('form').getAttribute('aria-busy') === 'false' && !document.querySelector('[aria-disabled=true]')`)
	assert.Equal(t, 5, l.requests("session/refresh"))
	l.answer("session/refresh", nil)
	b.press("Continue")
	b.at("/home")
}

// Where the cookies of a sign-in are not kept, the page says so and does not begin again.
func TestUICookiesRefused(t *testing.T) {
	host := newUIHost(t, nil)
	l := newLine(t, host)
	var stripped atomic.Int64
	l.answer("verify", func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		host.mux.ServeHTTP(answer, r)
		stripped.Add(int64(len(answer.Result().Cookies())))
		answer.Header().Del("Set-Cookie")
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	})
	b := newBrowser(t, l.url)
	b.open("/signin/")
	b.askForCode("Egypt", cairoTyped)
	b.fill("Code", host.inbox.Code(t, cairo))
	b.sees("Your browser did not keep the sign-in. Allow cookies for this site, then sign in again.")
	assert.Positive(t, stripped.Load())
	assert.Equal(t, 1, host.inbox.Sends())
}

// A sign-in on slow 3G. How long the first form takes here is written down: TestUIFirstForm holds it.
func TestUISlow3G(t *testing.T) {
	host := newUIHost(t, func(_ *phoneauth.Config, o *ui.Options) { o.Region = "EG" })
	b := newBrowser(t, host.url)
	b.open("/favicon.ico") // the browser runs, and its connection is open
	b.takeFaults()
	b.slow3G()
	b.open("/signin/")
	b.sees("Phone number")
	t.Logf("the first form after %.0f ms", valueOf[float64](b, "performance.getEntriesByName('first-contentful-paint')[0].startTime"))
	b.fill("Phone number", cairoTyped)
	b.press("Continue")
	b.sees("Enter your code")
	b.fill("Code", host.inbox.Code(t, cairo))
	b.at("/home")
}
