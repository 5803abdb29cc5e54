package integration

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/ui"
)

// askForCode goes to the step of the code.
func (b *browser) askForCode(country, typed string) {
	b.t.Helper()
	b.sees("Phone number")
	b.choose("Country or region", country)
	b.fill("Phone number", typed)
	b.press("Continue")
	b.sees("Enter your code")
}

// wrong is a code that is not code.
func wrong(code string) string {
	return string('0'+(code[0]-'0'+1)%10) + code[1:]
}

func TestUISignUpAndSignIn(t *testing.T) {
	host := newUIHost(t, nil)
	b := newBrowser(t, host.url)
	b.open("/home?tab=2") // the host sends whoever is not signed in to the page, and back
	b.sees("Sign in")
	b.askForCode("Egypt", cairoTyped)
	b.sees("We sent a code by text message to " + cairoShown + ".")
	b.fill("Code", host.inbox.Code(t, cairo)) // the last digit is enough
	b.at("/home?tab=2")
	b.sees("Welcome home, user 1.")

	cookies := b.cookies()
	for name, path := range map[string]string{
		"__Host-phoneauth-access": "/", "__Host-phoneauth-session": "/", "__Host-phoneauth-device": "/",
		"__Secure-phoneauth-refresh": "/signin/session/",
	} {
		c := cookies[name]
		require.NotNil(t, c, name)
		assert.Equal(t, path, c.Path, name)
		assert.True(t, c.HTTPOnly && c.Secure, name)
	}
	assert.Empty(t, valueOf[string](b, "document.cookie"), "no script reads a cookie of the page")
	assert.Empty(t, valueOf[map[string]string](b, "({...sessionStorage})"), "nothing is left behind")

	b.open("/signin/") // it knows who is signed in, and goes straight on
	b.at("/home")
	b.signOut()
	b.open("/home")
	b.sees("Welcome back") // /home sent us back, and the device is known
}

// signOut signs out as a script of the host's does.
func (b *browser) signOut() {
	b.t.Helper()
	assert.Equal(b.t, "200", await(b, `fetch('/signin/session/end', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' }).then((r) => r.status)`))
}

func TestUISecondSignIn(t *testing.T) {
	host := newUIHost(t, func(cfg *phoneauth.Config, _ *ui.Options) { cfg.Limits.InsecureOff = true })
	for range 2 { // two visitors with one number are one user
		b := newBrowser(t, host.url)
		b.open("/signin/")
		b.sees("Phone number")
		b.fill("Phone number", "+33 6 00 00 01 78") // the calling code chooses the country
		assert.Contains(t, valueOf[string](b, `field("Country or region").value`), "France")
		b.key("\r")
		b.sees("Enter your code")
		b.fill("Code", host.inbox.Code(t, paris))
		b.at("/home")
		b.sees("Welcome home, user 1.")
	}
}

// A session whose access token is gone goes on without being asked anything.
func TestUIRefresh(t *testing.T) {
	host := newUIHost(t, func(cfg *phoneauth.Config, _ *ui.Options) { cfg.Sessions.AccessTTL = time.Second })
	b := newBrowser(t, host.url)
	b.open("/signin/")
	b.askForCode("France", parisTyped)
	b.fill("Code", host.inbox.Code(t, paris))
	b.at("/home")
	b.sees("Welcome home, user 1.")
	before := b.cookies()["__Secure-phoneauth-refresh"].Value
	Eventually(t, "the access cookie ends", func() bool { return b.cookies()["__Host-phoneauth-access"] == nil })
	b.open("/home?again=1")
	b.at("/home?again=1")
	b.sees("Welcome home, user 1.")
	assert.NotEqual(t, before, b.cookies()["__Secure-phoneauth-refresh"].Value)
	assert.Equal(t, 1, host.inbox.Sends())
}

func TestUIWrongCodes(t *testing.T) {
	host := newUIHost(t, func(cfg *phoneauth.Config, _ *ui.Options) { cfg.Limits.InsecureOff = true })
	b := newBrowser(t, host.url)
	b.open("/signin/")
	b.askForCode("Egypt", cairoTyped)
	code := host.inbox.Code(t, cairo)
	b.fill("Code", "12")
	b.press("Confirm")
	b.sees("Enter the 6 digits of your code.") // and no try is lost
	b.fill("Code", wrong(code))
	b.sees("This code is wrong. You have 4 tries left.")
	b.screenshot("wrong-code-390")
	for _, left := range []string{"3 tries left", "2 tries left", "1 try left"} {
		b.press("Confirm")
		b.sees("You have " + left + ".")
	}
	b.press("Confirm")
	b.sees("You have no tries left. Send a new code.")
	b.seesNot("Confirm")
	b.press("Send a new code") // the main button
	b.sees("We sent a new code.")
	fresh := host.inbox.Code(t, cairo)
	require.NotEqual(t, code, fresh)
	b.fill("Code", fresh)
	b.at("/home")
}

func TestUIResend(t *testing.T) {
	host := newUIHost(t, func(cfg *phoneauth.Config, _ *ui.Options) {
		cfg.Limits.PhoneSends = []phoneauth.Limit{{Burst: 1, Every: 4 * time.Second}}
	})
	b := newBrowser(t, host.url)
	b.open("/signin/")
	b.askForCode("Egypt", cairoTyped)
	first := host.inbox.Code(t, cairo)
	b.sees("Send the code again (0:0") // counting down
	b.open("/signin/")                 // the page is gone and comes back, and goes on where it was
	b.sees("Enter your code")
	b.press("Send the code again")
	b.sees("We sent the code again.")
	b.sees("Send the code again (0:0")
	assert.Equal(t, first, host.inbox.Code(t, cairo), "the same code, as the first message may come late")
	b.press("Change number")
	b.askForCode("France", parisTyped)
	b.fill("Code", host.inbox.Code(t, paris))
	b.at("/home")
}

// laterBy makes the clock of the page go on by skipped milliseconds, a variable of the page.
const laterBy = `window.skipped = 0; const { now } = Date; Date.now = () => now() + skipped;`

// As soon as a code has expired the main button sends a new one, and a screen reader says why.
func TestUIExpiredCode(t *testing.T) {
	host := newUIHost(t, func(cfg *phoneauth.Config, _ *ui.Options) { cfg.Limits.InsecureOff = true })
	source := axeSource(t)
	b := newBrowser(t, host.url)
	b.script(laterBy)
	b.open("/signin/")
	b.askForCode("Egypt", cairoTyped)
	code := host.inbox.Code(t, cairo)
	b.fill("Code", "12")
	valueOf[int](b, "(skipped = 301000)")
	b.sees("Your code has expired. Send a new one.")
	assert.Equal(t, "expired", valueOf[string](b, `document.querySelector("[role=alert]").dataset.code`))
	assert.Equal(t, "title", valueOf[string](b, "document.activeElement.id"), "the field that had the focus is gone")
	assert.False(t, valueOf[bool](b, `!!(field("Code") || button("Confirm") || button("Send the code again"))`))
	b.axe(source, "expired")
	b.key("\t")
	assert.Equal(t, "Send a new code", valueOf[string](b, "text(document.activeElement)"))
	b.enter()
	b.sees("We sent the code again.")
	assert.Equal(t, 2, host.inbox.Sends())
	assert.Equal(t, code, host.inbox.Code(t, cairo), "for the server it was not yet over")
	b.fill("Code", code)
	b.at("/home")
}

// What was typed beside the code stays when the code expires.
func TestUIExpiredResetCode(t *testing.T) {
	host := newUIHost(t, func(cfg *phoneauth.Config, o *ui.Options) {
		o.Region, o.Passwords, cfg.Limits.InsecureOff = "EG", true, true
	})
	b := newBrowser(t, host.url)
	b.script(laterBy)
	b.open("/signin/?screen=forgot")
	b.fill("Phone number", cairoTyped)
	b.press("Send code")
	b.fill("New password", "correct horse")
	valueOf[int](b, "(skipped = 301000)")
	b.sees("Your code has expired. Send a new one.")
	b.seesNot("Save password")
	b.press("Send a new code")
	b.sees("If this number has an account, another message is on its way to it.")
	b.sees("Save password")
	assert.Equal(t, "correct horse", valueOf[string](b, `field("New password").value`))
}

// Without a page of the host's to go to, the page itself is where it ends.
func TestUILanding(t *testing.T) {
	host := newUIHost(t, func(_ *phoneauth.Config, o *ui.Options) { o.Next = "" })
	b := newBrowser(t, host.url)
	b.open("/signin/?next=//example.com/")
	b.askForCode("Egypt", cairoTyped)
	b.fill("Code", host.inbox.Code(t, cairo))
	b.sees("You are signed in")
	b.sees("Your number is " + cairoShown + ".")
	b.press("Sign out")
	b.sees("You are signed out.")
	assert.NotContains(t, b.cookies(), "__Secure-phoneauth-refresh")
	assert.Contains(t, b.cookies(), "__Host-phoneauth-device")
}
