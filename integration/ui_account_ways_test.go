package integration

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/ui"
)

// account opens the account page of cairo, signed in for as long as age says.
func (b *browser) account(age string) {
	b.t.Helper()
	b.open("/as?age=" + age)
	b.at("/account/")
	b.sees("Your account")
}

// tab is another tab of the same browser.
func (b *browser) tab() *browser {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	b.t.Cleanup(cancel)
	other := &browser{t: b.t, ctx: ctx, home: b.home, also: b.also}
	other.size(390, 844)
	return other
}

// asksForNewNumber goes to where the code of the new number is typed.
func (b *browser) asksForNewNumber() {
	b.t.Helper()
	b.press("Change number")
	b.sees("Change your number")
	b.choose("Country or region", "France")
	b.fill("Phone number", parisTyped)
	b.press("Send me a code")
	b.sees("Confirm the new number")
}

// By keyboard alone, from the list of devices to a new number. The focus is always somewhere.
func TestUIAccountKeyboard(t *testing.T) {
	h := newAccountHost(t)
	b := newBrowser(t, h.url)
	b.account("1m")
	tabTo := func(label string) {
		t.Helper()
		for range 40 {
			if valueOf[string](b, "text(document.activeElement)") == label {
				return
			}
			b.key("\t")
		}
		t.Fatalf("no Tab leads to %s", label)
	}
	tabTo("Sign out")
	b.enter()
	b.sees("That device is signed out.")
	b.until("the focus is lost", "document.activeElement !== document.body && seen(document.activeElement)")
	tabTo("Change number")
	b.enter()
	b.sees("Change your number")
	b.until("the focus is not on the number", `document.activeElement === field("Phone number")`)
	b.key("+33600000178\r")
	b.sees("Confirm the new number")
	b.until("the focus is not on the code", `document.activeElement === field("Code")`)
	assert.Contains(t, valueOf[string](b, `text(document.getElementById(document.activeElement.getAttribute('aria-describedby')))`), "+33 6 00 00 01 78")
	code := h.inbox.Code(t, paris)
	b.key(wrong(code))
	b.sees("You have 4 tries left.")
	b.until("the code is not marked", `document.activeElement === field("Code") && field("Code").getAttribute('aria-invalid') === 'true'`)
	b.key(code) // it was selected
	b.sees("Your number is now +33 6 00 00 01 78.")
	b.until("the focus is not on the title", `document.activeElement.id === 'title'`)
	assert.Equal(t, "Your account · Sunbird", valueOf[string](b, "document.title"))
	b.sees("Back to Sunbird")
	tabTo("Delete my account")
	b.enter()
	b.sees("This cannot be undone.")
	b.until("the focus is lost", "document.activeElement !== document.body")
	tabTo("Cancel")
	b.enter()
	b.sees("Where you are signed in")
}

// Each state of the network has its own true sentence on the account page, too. What was typed stays,
// and trying again is enough.
func TestUIAccountNetwork(t *testing.T) {
	h := newAccountHost(t)
	l := newLine(t, h)
	b := newBrowser(t, l.url)
	b.account("1m")
	b.press("Change number")
	b.sees("Change your number")
	b.choose("Country or region", "France")
	b.fill("Phone number", parisTyped)
	const route = "account/number/start"
	for _, tt := range []struct {
		rule     http.HandlerFunc
		sentence string
	}{
		{says(200), "Something else on this network answered in our place."},
		{says(502), "This does not work just now. Try again in a moment."},
		{dead, "We could not reach the service. Check your connection, then try again."},
	} {
		l.answer(route, tt.rule)
		b.press("Send me a code")
		b.sees(tt.sentence)
		assert.Contains(t, valueOf[string](b, `field("Phone number").value`), "78")
	}
	l.answer(route, nil)
	b.offline(true)
	b.press("Send me a code")
	b.sees("You are offline. Check your connection, then try again.")
	b.offline(false)
	h.store.down.Store(true)
	b.press("Send me a code")
	b.sees("This does not work just now. Try again in a moment.")
	h.store.down.Store(false)
	sends := h.inbox.Sends()
	b.press("Send me a code")
	b.sees("Confirm the new number")
	assert.Equal(t, sends+1, h.inbox.Sends())
	b.fill("Code", h.inbox.Code(t, paris))
	b.sees("Your number is now")

	b.press("Download my data")
	b.press("Send me a code")
	b.sees("The download then begins.")
	b.fill("Code", h.inbox.Code(t, paris))
	b.offline(true)
	b.press("Download")
	b.sees("You are offline. Check your connection, then try again.")
	b.offline(false)
	// Two presses are one, as the second would cancel the download of the first.
	assert.Equal(t, []bool{false, true}, valueOf[[]bool](b, `(() => {
		const stopped = [];
		document.addEventListener('submit', (event) => stopped.push(event.defaultPrevented), true);
		document.getElementById('submit').click();
		document.getElementById('submit').click();
		return stopped;
	})()`))
	b.sees("The download begins now.")
	Eventually(t, "the owner is told", func() bool {
		last, _ := h.inbox.Last(paris)
		return last.Purpose == phoneauth.NoticeDataExported
	})

	// A page that cannot be shown says so, and has a way on.
	h.store.down.Store(true)
	// The browser may still be making a download of the page that it has asked for, and then ends
	// the next one, too.
	Eventually(t, "the page opens", func() bool { return chromedp.Do(b.ctx, chromedp.Navigate(b.home+"/account/")) == nil })
	b.sees("This does not work just now. Try again in a moment.")
	b.axe(axeSource(t), "trouble")
	h.store.down.Store(false)
	b.press("Try again")
	b.sees("Where you are signed in")
}

// Where the answer gets lost, trying again sends no second text.
func TestUIAccountSlowLine(t *testing.T) {
	h := newAccountHost(t)
	l := newLine(t, h)
	b := newBrowser(t, l.url)
	b.fastClocks()
	b.account("1m")
	b.press("Delete my account")
	sends := h.inbox.Sends()
	lost := make(chan struct{})
	l.answer("account/delete/start", func(_ http.ResponseWriter, r *http.Request) {
		h.mux.ServeHTTP(httptest.NewRecorder(), r.WithContext(context.WithoutCancel(r.Context())))
		<-lost
	})
	b.press("Send me a code")
	b.sees("The line is slow. We are still trying.")
	b.sees("We do not know whether your request arrived. Try again: you will not get a second message.")
	close(lost)
	l.answer("account/delete/start", nil)
	b.press("Send me a code")
	b.sees("Confirm the deletion")
	assert.Equal(t, sends+1, h.inbox.Sends())
}

// Two tabs: what one has done the other one learns when it asks, in a true sentence.
func TestUIAccountTwoTabs(t *testing.T) {
	h := newAccountHost(t)
	one := newBrowser(t, h.url)
	one.account("1m")
	two := one.tab()
	two.open("/account/?screen=delete")
	two.press("Send me a code")
	two.sees("Confirm the deletion")
	deletion := h.inbox.Code(t, cairo)
	one.press("Sign out everywhere else")
	one.sees("All other devices are signed out.")
	one.asksForNewNumber()
	one.fill("Code", h.inbox.Code(t, paris))
	one.sees("Your number is now +33 6 00 00 01 78.")
	two.fill("Code", deletion)
	two.press("Delete my account for good")
	two.sees("To protect its owner, the account can be deleted in 3 days.")
	two.press("Cancel")
	two.sees("+33 6 00 00 01 78")
	one.press("Sign out")
	one.sees("You are signed out.")
	two.press("Change number")
	two.sees("Welcome back")
}

// The codes of the account page come by another channel, when its wait is over.
func TestUIAccountChannels(t *testing.T) {
	h := newAccountHost(t, func(c *phoneauth.Config, _ *ui.Options) {
		c.Channels = []phoneauth.Channel{{Name: "sms", Sender: c.Sender}, {Name: "whatsapp", Sender: c.Sender}, {Name: "voice", Sender: c.Sender}}
		c.Sender = nil
	})
	b := newBrowser(t, h.url)
	b.account("1h")
	b.press("Change number")
	b.press("Send me a code") // is it you?
	b.sees("Nothing came? Choose another way to get the code.")
	b.press("Call me")
	b.sees("We are calling " + cairoShown + ". A voice will read the code.")
	b.fill("Code", h.inbox.Code(t, cairo))
	b.sees("Change your number")
	b.choose("Country or region", "France")
	b.fill("Phone number", parisTyped)
	b.press("Send me a code")
	b.sees("Confirm the new number")
	b.press("Send it by WhatsApp")
	b.sees("We sent a code by WhatsApp to +33 6 00 00 01 78.")
	assert.Equal(t, []string{"sms", "whatsapp"}, h.inbox.Channels(paris))
	b.press("Cancel")
	for _, part := range []string{"Download my data", "Delete my account"} {
		b.press(part)
		b.press("Send me a code")
		b.press("Send it by WhatsApp")
		b.sees("We sent a code by WhatsApp to " + cairoShown + ".")
		last, _ := h.inbox.Last(cairo)
		assert.NotEmpty(t, last.Code)
		if part == "Download my data" {
			b.press("Back to your account")
		}
	}
	b.fill("Code", h.inbox.Code(t, cairo))
	b.press("Delete my account for good")
	b.sees("Your account is deleted")
	b.press("Sign in")
	b.at("/signin/")
}

// A page that the phone has dropped comes back to the code; a number that was mistyped is corrected.
func TestUIAccountComesBack(t *testing.T) {
	h := newAccountHost(t)
	b := newBrowser(t, h.url)
	b.account("1m")
	b.asksForNewNumber()
	b.open("/account/")
	b.sees("Confirm the new number")
	b.press("Use another number")
	b.sees("Change your number")
	b.fill("Phone number", "+33 6 00 00 01 79")
	b.press("Send me a code")
	b.sees("+33 6 00 00 01 79")
	b.open("/account/")
	b.fill("Code", h.inbox.Code(t, "+33600000179"))
	b.sees("Your number is now +33 6 00 00 01 79.")
	b.open("/account/")
	b.sees("Where you are signed in")
	b.press("Download my data")
	b.press("Send me a code")
	b.sees("The download then begins.")
	b.press("Back to your account")
	b.sees("Where you are signed in")
	b.open("/account/") // it was left, and does not come back
	b.sees("Where you are signed in")
}

// A code that is wrong too often, a number of somebody else, and one's own.
func TestUIAccountRefusals(t *testing.T) {
	h := newAccountHost(t)
	_, err := h.svc.Import(t.Context(), one(paris), phoneauth.ImportOptions{})
	require.NoError(t, err)
	b := newBrowser(t, h.url)
	b.account("1m")
	b.press("Change number")
	b.sees("Change your number")
	b.choose("Country or region", "Egypt")
	b.fill("Phone number", cairoTyped)
	b.press("Send me a code")
	b.sees("This is your number already. Enter another one.")
	b.press("Cancel")
	b.asksForNewNumber()
	code := h.inbox.Code(t, paris)
	b.fill("Code", wrong(code))
	b.sees("4 tries left")
	for _, said := range []string{"3 tries left", "2 tries left", "1 try left"} {
		b.press("Change number")
		b.sees(said)
	}
	b.press("Change number")
	b.sees("You have no tries left. Send a new code.")
	b.press("Send a new code")
	b.sees("We sent a new code.")
	b.fill("Code", h.inbox.Code(t, paris))
	b.sees("This number belongs to another account.")
	assert.Contains(t, valueOf[string](b, `field("Phone number").value`), "78")
	b.press("Cancel")
	b.sees("Where you are signed in")
}

// A code has expired, and the next one is good.
func TestUIAccountExpiredCode(t *testing.T) {
	h := newAccountHost(t, func(c *phoneauth.Config, _ *ui.Options) { c.Code.TTL = 5 * time.Second })
	b := newBrowser(t, h.url)
	b.account("1m")
	b.press("Delete my account")
	b.press("Send me a code")
	b.sees("Confirm the deletion")
	b.sees("Your code has expired. Send a new one.")
	b.press("Send a new code")
	b.sees("We sent a new code.")
	b.fill("Code", h.inbox.Code(t, cairo))
	b.press("Delete my account for good")
	b.sees("Your account is deleted")
}

// A page of the host's gets its fresh sign-in, and the browser goes back to it.
func TestUIAccountReauth(t *testing.T) {
	h := newAccountHost(t)
	b := newBrowser(t, h.url)
	b.account("1h")
	b.open("/account/?reauth=1&next=/home%3Ftab%3D2")
	b.sees("Is it you?")
	b.press("Send me a code")
	b.sees("Enter the code that we sent to")
	b.open("/account/") // dropped
	b.fill("Code", h.inbox.Code(t, cairo))
	b.at("/home?tab=2")

	b.account("1h")
	b.open("/account/?screen=number")
	b.sees("Is it you?")
	b.press("Send me a code")
	b.sees("Enter the code that we sent to")
	b.fill("Code", h.inbox.Code(t, cairo))
	b.sees("Change your number")
	b.at("/account/?screen=number") // the address asks for no further code
}

// A new number that looks like one of another country is asked about before a code goes out.
func TestUIAccountLooksLike(t *testing.T) {
	h := newAccountHost(t)
	b := newBrowser(t, h.url)
	b.size(320, 640)
	call(b, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Calcutta"})
	b.account("1m")
	b.press("Change number")
	b.sees("Change your number")
	b.choose("Country or region", "United States")
	b.fill("Phone number", "70123 45678")
	b.press("Send me a code")
	b.sees("Check the country")
	b.fits()
	b.axe(axeSource(t), "looks like")
	b.point("the Indian number", "[...document.querySelectorAll('button[name=country]')].find((e) => e.value === 'IN')")
	b.sees("We sent a code to +91 70123 45678.")
	b.fill("Code", h.inbox.Code(t, "+917012345678"))
	b.sees("Your number is now +91 70123 45678.")
}
