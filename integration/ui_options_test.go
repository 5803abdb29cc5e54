package integration

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/ui"
)

// The brand of the host, in a bright colour, under which all can be read.
func TestUIBrand(t *testing.T) {
	source := axeSource(t)
	host := newUIHost(t, func(_ *phoneauth.Config, o *ui.Options) {
		o.Name, o.Color, o.Logo, o.Region = `Söner & "Co"`, "#ffd400", "/logo.svg", "DE"
		o.Texts = map[string]map[string]string{
			"en": {"title.phone": "Welcome aboard", "lead.phone": "Your number is your ticket."},
			"da": {"language": "Dansk", "title.phone": "Velkommen om bord", "action.phone": "Videre"},
		}
	})
	host.mux.HandleFunc("/logo.svg", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/svg+xml")
		_, _ = io.WriteString(w, `<svg xmlns="http://www.w3.org/2000/svg" width="80" height="40"><circle cx="20" cy="20" r="20"/></svg>`)
	})
	b := newBrowser(t, host.url)
	b.open("/signin/")
	b.sees(`Söner & "Co"`)
	b.sees("Welcome aboard")
	b.sees("Your number is your ticket.")
	assert.Equal(t, `Welcome aboard · Söner & "Co"`, valueOf[string](b, "document.title"))
	b.until("the logo is not there", `(i => i.complete && i.naturalWidth > 0 && seen(i))(document.querySelector('img'))`)
	assert.Equal(t, "rgb(255, 212, 0) rgb(0, 0, 0)", valueOf[string](b,
		`(s => s.backgroundColor + ' ' + s.color)(getComputedStyle(button("Continue")))`))
	b.fits()
	b.axe(source, "light")
	b.dark()
	b.axe(source, "dark")
	b.point("the menu of languages", "document.querySelector('.languages summary')")
	b.press("Dansk")
	b.sees("Velkommen om bord")
	b.press("Videre")
	b.sees("Enter your phone number.") // what has no word of the host's is English
	assert.Equal(t, "da", valueOf[string](b, "document.documentElement.lang"))
}

// The host takes the session, sets a cookie of its own, and the page goes on to it.
func TestUIOnSession(t *testing.T) {
	host := newUIHost(t, func(_ *phoneauth.Config, o *ui.Options) {
		o.OnSession = func(w http.ResponseWriter, _ *http.Request, s *phoneauth.Session) error {
			http.SetCookie(w, &http.Cookie{Name: "host", Value: s.User.ID, Path: "/", HttpOnly: true})
			return nil
		}
	})
	host.mux.HandleFunc("/home", func(w http.ResponseWriter, r *http.Request) {
		c, err := r.Cookie("host")
		if assert.NoError(t, err) {
			welcome(w, c.Value)
		}
	})
	b := newBrowser(t, host.url)
	b.open("/signin/")
	b.askForCode("Egypt", cairoTyped)
	b.fill("Code", host.inbox.Code(t, cairo))
	b.at("/home")
	b.sees("Welcome home, user 1.")
	var names []string
	for name := range b.cookies() {
		names = append(names, name)
	}
	assert.ElementsMatch(t, []string{"host", "__Host-phoneauth-device", "__Host-phoneauth-country"}, names)
}

// On plain HTTP, elsewhere than on localhost, browsers keep no Secure cookie: nobody is
// signed in there but with InsecureCookie.
func TestUIInsecureCookie(t *testing.T) {
	for _, insecure := range []bool{false, true} {
		host := newUIHost(t, func(cfg *phoneauth.Config, o *ui.Options) {
			cfg.HTTP.InsecureCookie, o.InsecureCookie, o.Next = insecure, insecure, ""
		})
		b := newBrowser(t, strings.Replace(host.url, "127.0.0.1", plainHost, 1))
		b.open("/signin/")
		b.askForCode("Egypt", cairoTyped)
		b.fill("Code", host.inbox.Code(t, cairo))
		if !insecure {
			b.sees("Your browser keeps the sign-in on a secure connection only. Open this page with https, then sign in again.")
			assert.NotContains(t, b.cookies(), "__Host-phoneauth-access")
			assert.Equal(t, 1, host.inbox.Sends())
			b.takeFaults() // a header of the page's wants HTTPS, too
			continue
		}
		b.sees("You are signed in")
		b.open("/signin/")
		b.sees("Your number is " + cairoShown + ".")
		assert.False(t, b.cookies()["phoneauth-access"].Secure)
		assert.True(t, b.cookies()["phoneauth-refresh"].HTTPOnly)
		b.press("Sign out")
		b.sees("You are signed out.")
		assert.NotContains(t, b.cookies(), "phoneauth-access")
	}
}

// What no test of the page may see is seen: a script that the policy forbids, an error on
// the console, a request to another host.
func TestUIFaultsAreSeen(t *testing.T) {
	host := newUIHost(t, nil)
	b := newBrowser(t, host.url)
	b.open("/signin/")
	b.sees("Phone number")
	for _, tt := range [][2]string{
		{`(document.body.append(Object.assign(document.createElement('style'), {textContent: 'p {}'})), true)`, "security: "},
		{`(console.error('x'), true)`, "console.error"},
		{`(document.body.append(Object.assign(new Image(), {src: 'http://` + plainHost + `/x.png'})), true)`, "security: "},
		{`(location.assign('http://` + plainHost + `:1/'), true)`, "request to http://" + plainHost},
	} {
		valueOf[bool](b, tt[0])
		var seen []string
		Eventually(t, tt[1], func() bool {
			seen = append(seen, b.takeFaults()...)
			return strings.Contains(strings.Join(seen, "\n"), tt[1])
		})
	}
}
