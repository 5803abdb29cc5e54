package integration

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/ui"
)

// withoutScripts turns JavaScript off in the pages of b.
func (b *browser) withoutScripts() {
	b.t.Helper()
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
}

// tapsTwice taps a button, and again when the first tap has got so far.
func (b *browser) tapsTwice(text string, once <-chan struct{}) {
	b.t.Helper()
	at := valueOf[[]float64](b, `(r => [r.x + r.width / 2, r.y + r.height / 2])(button("`+text+`").getBoundingClientRect())`)
	tap := chromedp.MouseClickXY(at[0], at[1])
	b.run(tap)
	<-once
	b.run(tap)
}

// Without JavaScript people sign up, mistype, sign out, and sign in again.
func TestUIPlainSignIn(t *testing.T) {
	host := newUIHost(t, func(cfg *phoneauth.Config, o *ui.Options) {
		o.Next = ""
		cfg.Limits.PhoneSends = []phoneauth.Limit{{Burst: 10, Every: time.Minute}}
	})
	b := newBrowser(t, host.url)
	b.withoutScripts()
	b.open("/signin/")
	b.press("Continue")
	b.sees("Enter your phone number.")
	b.choose("Country or region", "Egypt")
	b.fill("Phone number", cairoTyped)
	b.press("Continue")
	b.sees("We sent a code by text message to " + cairoShown + ".")
	assert.Equal(t, "Enter your code · Sunbird", valueOf[string](b, "document.title"))
	code := host.inbox.Code(t, cairo)
	b.fill("Code", wrong(code))
	b.press("Confirm")
	b.sees("This code is wrong. You have 4 tries left.")
	b.fill("Code", code)
	b.press("Confirm")
	b.sees("You are signed in")
	b.sees("Your number is " + cairoShown + ".")
	b.press("Sign out")
	b.sees("You are signed out.")
	assert.Equal(t, "Sign in · Sunbird", valueOf[string](b, "document.title"))
}

// An address that does not exist shows a page with a way on.
func TestUIMissingAddress(t *testing.T) {
	source := axeSource(t)
	host := newUIHost(t, nil)
	b := newBrowser(t, host.url)
	b.open("/signin/nothing")
	b.sees("Page not found")
	assert.Equal(t, "Page not found · Sunbird", valueOf[string](b, "document.title"))
	b.axe(source, "missing")
	b.press("Sign in")
	b.sees("Enter your phone number and we will send you a code.")
	b.takeFaults() // the browser says on its console that the answer was 404
}

// Without JavaScript somebody presses "Confirm" twice. The browser hangs up the first request and shows the
// answer to the second one.
func TestUIPlainConfirmsTwice(t *testing.T) {
	once, twice := make(chan struct{}), make(chan struct{})
	host := newUIHost(t, func(cfg *phoneauth.Config, _ *ui.Options) {
		cfg.Hooks.BeforeSignIn = func(context.Context, phoneauth.SignInInfo) error {
			select {
			case <-twice:
			case <-t.Context().Done():
			}
			return nil
		}
	})
	var posts atomic.Int32
	host.mux.HandleFunc("POST /signin/verify", func(w http.ResponseWriter, r *http.Request) {
		switch posts.Add(1) {
		case 1:
			close(once)
		case 2:
			close(twice)
		}
		host.page.ServeHTTP(w, r)
	})
	b := newBrowser(t, host.url)
	b.withoutScripts()
	b.open("/signin/")
	b.choose("Country or region", "Egypt")
	b.fill("Phone number", cairoTyped)
	b.press("Continue")
	b.arrives("We sent a code by text message to " + cairoShown + ".")
	b.fill("Code", host.inbox.Code(t, cairo))
	b.tapsTwice("Confirm", once)
	b.at("/home")
	assert.EqualValues(t, 2, posts.Load())
}

// The same on the account page: while the first answer is on its way, and when it has come with its cookies,
// but not the page that it leads to.
func TestUIPlainAccountConfirmsTwice(t *testing.T) {
	for _, late := range []string{"answer", "page"} {
		t.Run(late, func(t *testing.T) {
			host := newAccountHost(t)
			b := newBrowser(t, host.url)
			b.withoutScripts()
			b.open("/as?age=1m")
			b.press("Change number")
			b.arrives("Your number is " + cairoShown)
			b.choose("Country or region", "France")
			b.fill("Phone number", parisTyped)
			b.press("Send me a code")
			b.arrives("Confirm the new number")
			b.fill("Code", host.inbox.Code(t, paris))

			account, _ := host.mux.Handler(httptest.NewRequest(http.MethodGet, "/account/export", nil))
			once, twice := make(chan struct{}), make(chan struct{})
			var posts atomic.Int32
			holds := sync.OnceFunc(func() {
				close(once)
				select {
				case <-twice:
				case <-t.Context().Done():
				}
			})
			host.mux.HandleFunc("POST /account/number/verify", func(w http.ResponseWriter, r *http.Request) {
				if posts.Add(1) == 2 {
					close(twice)
				}
				account.ServeHTTP(w, r)
				if late == "answer" {
					holds()
				}
			})
			host.mux.HandleFunc("GET /account/{$}", func(w http.ResponseWriter, r *http.Request) {
				if late == "page" {
					holds()
				}
				account.ServeHTTP(w, r)
			})
			b.tapsTwice("Change number", once)
			b.arrives("Your number is now +33 6 00 00 01 78.")
			assert.EqualValues(t, 2, posts.Load())
		})
	}
}

// Without JavaScript people sign up with a password, and choose a new one.
func TestUIPlainPasswords(t *testing.T) {
	host := newUIHost(t, func(cfg *phoneauth.Config, o *ui.Options) {
		o.Next, o.Passwords, o.Region = "", true, "EG"
		cfg.Limits.PhoneSends = []phoneauth.Limit{{Burst: 10, Every: time.Minute}}
	})
	b := newBrowser(t, host.url)
	b.withoutScripts()
	b.open("/signin/?screen=register")
	b.fill("Phone number", cairoTyped)
	b.fill("New password", "short")
	b.press("Create account")
	b.sees("Choose a password of at least 8 characters.")
	b.fill("New password", "correct horse")
	b.press("Create account")
	b.fill("Code", host.inbox.Code(t, cairo))
	b.press("Confirm")
	b.sees("You are signed in")
	b.press("Sign out")
	b.press("Use a password instead")
	b.press("Forgot your password?")
	b.fill("Phone number", cairoTyped)
	b.press("Send code")
	b.sees("If " + cairoShown + " has an account, a code is on its way to it.")
	b.fill("Code", host.inbox.Code(t, cairo))
	b.fill("New password", "another horse")
	b.press("Save password")
	b.sees("Your password is saved. Sign in with it.")
	b.fill("Password", "another horse")
	b.press("Sign in")
	b.sees("You are signed in")
}

// On plain HTTP browsers drop the cookies of a secure page. The right code then leads to a
// sentence, and not back to the form.
func TestUIPlainHTTP(t *testing.T) {
	for name, scripts := range map[string]bool{"scripts": true, "none": false} {
		t.Run(name, func(t *testing.T) {
			host := newUIHost(t, nil)
			plain := strings.Replace(host.url, "127.0.0.1", plainHost, 1)
			b := newBrowser(t, plain)
			if !scripts {
				b.withoutScripts()
			}
			b.open("/signin/")
			b.choose("Country or region", "Egypt")
			b.fill("Phone number", cairoTyped)
			b.press("Continue")
			b.sees("Enter your code")
			b.fill("Code", host.inbox.Code(t, cairo))
			if !scripts {
				b.press("Confirm")
			}
			b.sees("Open this page with https, then sign in again.")
			b.takeFaults() // the browser complains of headers that need a secure page
			assert.Len(t, host.inbox.Messages(), 1)
		})
	}
}

// On plain HTTP browsers send no Sec-Fetch-Site, as old ones never do: they tell where a form comes from by
// Origin alone. The forms of the account page say so.
func TestUIPlainAccount(t *testing.T) {
	host := newAccountHost(t, func(_ *phoneauth.Config, o *ui.Options) { o.InsecureCookie = true })
	b := newBrowser(t, strings.Replace(host.url, "127.0.0.1", plainHost, 1))
	b.withoutScripts()
	b.open("/as?age=1m")
	b.press("Sign out everywhere else")
	b.arrives("All other devices are signed out.")
	b.press("Download my data")
	b.press("Send me a code")
	b.arrives("Enter the code that we sent to " + cairoShown)
	b.takeFaults() // the browser complains of headers that need a secure page
}
