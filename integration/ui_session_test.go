package integration

import (
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/ui"
)

// The menu of languages keeps where somebody was going.
func TestUILanguageKeepsNext(t *testing.T) {
	host := newUIHost(t, nil)
	b := newBrowser(t, host.url)
	b.open("/home?tab=2&q=%22a%22")
	b.sees("Sign in")
	b.language("Français")
	b.sees(uiTexts(t, "fr")["lead.phone"])
	b.language("English")
	b.askForCode("Egypt", cairoTyped)
	b.fill("Code", host.inbox.Code(t, cairo))
	b.at("/home?tab=2&q=%22a%22")
}

// language chooses a language from the menu.
func (b *browser) language(name string) {
	b.t.Helper()
	b.point("the menu of languages", "document.querySelector('.languages summary')")
	b.press(name)
}

// Where the account cannot be asked for, the page says so. It does not look as if nobody were signed in.
func TestUISignedInWhileTheStoreIsDown(t *testing.T) {
	host := newUIHost(t, func(_ *phoneauth.Config, o *ui.Options) { o.Next = "" })
	b := newBrowser(t, host.url)
	b.open("/signin/")
	b.askForCode("Egypt", cairoTyped)
	b.fill("Code", host.inbox.Code(t, cairo))
	b.sees("You are signed in")
	host.store.down.Store(true)
	b.open("/signin/")
	b.sees(uiTexts(t, "en")["error.unavailable"])
	b.seesNot("Your number is")
	b.seesNot("Phone number")
	host.store.down.Store(false)
	b.open("/signin/")
	b.sees("Your number is " + cairoShown + ".")

	require.NoError(t, host.svc.SetBlocked(t.Context(), "1", true))
	b.open("/signin/")
	b.sees("Phone number")
}

// A refresh token of another session, with a path that browsers send it first by, changes
// nothing for whoever is signed in.
func TestUIPlantedCookie(t *testing.T) {
	host := newUIHost(t, nil)
	signIn := func(country, typed, phone string) (b *browser, refresh string) {
		b = newBrowser(t, host.url)
		b.open("/signin/")
		b.askForCode(country, typed)
		b.fill("Code", host.inbox.Code(t, phone))
		b.at("/home")
		return b, b.cookies()["__Secure-phoneauth-refresh"].Value
	}
	_, planted := signIn("France", parisTyped, paris)
	b, own := signIn("Egypt", cairoTyped, cairo)
	for _, route := range []string{"refresh", "end"} {
		path := "/signin/session/" + route
		call(b, network.SetCookie, network.SetCookieParams{
			Name: "__Secure-phoneauth-refresh", Value: planted, URL: b.home, Path: path, Secure: new(true),
		})
		var values []string
		for _, c := range call(b, network.GetCookies, network.GetCookiesParams{URLs: []string{b.home + path}}).Cookies {
			values = append(values, c.Value)
		}
		require.Subset(t, values, []string{planted, own})
	}
	call(b, network.DeleteCookies, network.DeleteCookiesParams{Name: "__Host-phoneauth-access", URL: b.home})
	b.open("/home?again=1")
	b.at("/home?again=1") // it was refreshed
	b.sees("Welcome home, user 2.")
	own, before := b.cookies()["__Secure-phoneauth-refresh"].Value, own
	assert.NotEqual(t, before, own)
	b.signOut()
	_, err := host.svc.Refresh(t.Context(), phoneauth.RefreshRequest{Token: phoneauth.Secret(own)})
	require.ErrorIs(t, err, phoneauth.ErrInvalidToken)
	b.open("/home")
	b.sees("Phone number")
}
