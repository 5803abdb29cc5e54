package integration

import (
	"errors"
	"iter"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/ui"
)

var errNoNotice = errors.New("no notice has come")

// newAccountHost is a host with an account page, a journal, and /as, which signs the browser in to
// the account of cairo with a proof that is ?age= old.
func newAccountHost(t *testing.T, change ...func(*phoneauth.Config, *ui.Options)) *uiHost {
	t.Helper()
	journal := memstore.New()
	h := newUIHost(t, func(c *phoneauth.Config, o *ui.Options) {
		c.Journal.Store, c.Limits.InsecureOff, o.Passwords = journal, true, true
		c.Texts.NotMeURL = "http://localhost/account/not-me"
		for _, f := range change {
			f(c, o)
		}
	})
	h.mux.Handle("/account/", ui.Account(h.page, h.svc, ui.AccountOptions{}))
	h.mux.HandleFunc("/as", func(w http.ResponseWriter, r *http.Request) {
		age, err := time.ParseDuration(r.URL.Query().Get("age"))
		assert.NoError(t, err)
		user := h.signIn(t, "Safari on iPhone").User
		session, err := h.svc.StartSession(r.Context(), phoneauth.StartSessionRequest{
			UserID: user.ID, Epoch: user.Epoch, AMR: []string{"sms"}, AuthTime: time.Now().Add(-age), Client: phoneauth.ClientInfo{Name: "Chrome on Android"},
		})
		assert.NoError(t, err)
		assert.NoError(t, h.page.SetSession(w, session))
		assert.NoError(t, h.svc.FlushJournal(r.Context()))
		http.Redirect(w, r, "/account/", http.StatusSeeOther)
	})
	return h
}

// signIn signs in to the account of cairo on another device.
func (h *uiHost) signIn(t *testing.T, client string) *phoneauth.Session {
	t.Helper()
	_, err := h.svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: cairo})
	require.NoError(t, err)
	session, err := h.svc.Login(t.Context(), phoneauth.LoginRequest{
		Phone: cairo, Code: h.inbox.Code(t, cairo), Client: phoneauth.ClientInfo{Name: client},
	})
	require.NoError(t, err)
	return session
}

// arrives waits for a sentence, and for the page that has it: here each form loads another one.
func (b *browser) arrives(sentence string) {
	b.t.Helper()
	b.until("does not see "+sentence, "document.readyState === 'complete' && says("+quoted(sentence)+")")
}

// A new user changes the number, sets a password, ends a device, and cannot delete the account yet. Each screen
// is looked at by axe, narrow and in dark.
func TestUIAccount(t *testing.T) {
	h := newAccountHost(t)
	axe := axeSource(t)
	b := newBrowser(t, h.url)
	looks := func(name string) {
		b.t.Helper()
		b.screenshot("account-" + name)
		b.axe(axe, name)
		b.size(320, 640)
		b.fits()
		b.size(360, 740)
	}
	b.size(360, 740)
	b.open("/as?age=1h")
	b.at("/account/")
	b.arrives("Your account")
	b.arrives(cairoShown)
	b.arrives("This device · Chrome on Android")
	b.arrives("You created the account")
	looks("home")

	b.press("Change number")
	b.arrives("Is it you?")
	looks("reauth")
	b.press("Send me a code")
	b.arrives("Enter the code that we sent to " + cairoShown)
	looks("reauth-code")
	b.fill("Code", h.inbox.Code(t, cairo)) // the last digit is enough
	b.arrives("Change your number")
	b.choose("Country or region", "France")
	b.fill("Phone number", parisTyped)
	looks("number")
	b.press("Send me a code")
	b.arrives("Confirm the new number")
	code := h.inbox.Code(t, paris)
	b.fill("Code", wrong(code))
	b.arrives("This code is wrong. You have 4 tries left.")
	looks("wrong-code")
	b.fill("Code", code)
	b.arrives("Your number is now +33 6 00 00 01 78. All other devices are signed out.")
	looks("changed")

	b.press("Set a password")
	b.arrives("All other devices are signed out when you save it.")
	b.fill("New password", "correct horse")
	looks("password")
	b.press("Save password")
	b.arrives("Your password is saved.")
	b.arrives("You have a password.")

	state, err := h.svc.Inspect(t.Context(), paris)
	require.NoError(t, err)
	user := state.User
	_, err = h.svc.StartSession(t.Context(), phoneauth.StartSessionRequest{
		UserID: user.ID, Epoch: user.Epoch, AMR: []string{"sms"}, AuthTime: time.Now().Add(-time.Hour), Client: phoneauth.ClientInfo{Name: "Firefox on Linux"},
	})
	require.NoError(t, err)
	b.open("/account/")
	b.arrives("Firefox on Linux")
	b.point("the device", `[...document.querySelectorAll('#h-devices ~ ul > li')].find((l) => text(l).startsWith('Firefox on Linux')).querySelector('button')`)
	b.arrives("That device is signed out.")
	b.until("the device is still listed", `![...document.querySelectorAll('#h-devices ~ ul > li')].some((l) => text(l).startsWith('Firefox'))`)

	b.dark()
	b.press("Delete my account")
	b.arrives("This cannot be undone.")
	looks("delete")
	b.press("Send me a code")
	b.arrives("To protect its owner, the account can be deleted in 3 days.")
	looks("delete-later")
	state, err = h.svc.Inspect(t.Context(), paris)
	require.NoError(t, err)
	assert.NotNil(t, state.User)
}

// Where everybody is asked, the script of the page answers before the new number gets its code.
func TestUIAccountHumanCheck(t *testing.T) {
	asking := newAccountHost(t, func(c *phoneauth.Config, _ *ui.Options) { c.HumanCheck.When = phoneauth.HumanCheckAlways })
	asking.mux.HandleFunc("/in", func(w http.ResponseWriter, r *http.Request) { // nobody is asked by StartSession
		users, err := asking.svc.Import(r.Context(), one(cairo), phoneauth.ImportOptions{})
		assert.NoError(t, err)
		assert.Equal(t, 1, users.Created)
		state, err := asking.svc.Inspect(r.Context(), cairo)
		assert.NoError(t, err)
		session, err := asking.svc.StartSession(r.Context(), phoneauth.StartSessionRequest{UserID: state.User.ID, AMR: []string{"hwk"}, AuthTime: time.Now().Add(-time.Second)})
		assert.NoError(t, err)
		assert.NoError(t, asking.page.SetSession(w, session))
		http.Redirect(w, r, "/account/?screen=number", http.StatusSeeOther)
	})
	b := newBrowser(t, asking.url)
	b.size(360, 740)
	b.open("/in")
	b.arrives("Change your number")
	b.choose("Country or region", "France")
	b.fill("Phone number", parisTyped)
	b.press("Send me a code")
	b.arrives("Confirm the new number")
	b.fill("Code", asking.inbox.Code(t, paris))
	b.arrives("Your number is now")
}

// beginning is a text up to its first placeholder.
func beginning(text string) string {
	before, _, _ := strings.Cut(text, "{")
	return strings.TrimSpace(before)
}

// one is an export with one account.
func one(phone string) iter.Seq2[phoneauth.ImportUser, error] {
	return func(yield func(phoneauth.ImportUser, error) bool) {
		yield(phoneauth.ImportUser{Source: "1", Phone: phone, Verified: true}, nil)
	}
}

// Other languages and directions, on the smallest phone.
func TestUIAccountLanguages(t *testing.T) {
	h := newAccountHost(t)
	axe := axeSource(t)
	for _, lang := range []string{"ar", "de", "hi"} {
		words := uiTexts(t, lang)
		b := newBrowser(t, h.url)
		b.size(320, 568)
		b.open("/as?age=1m")
		for screen, title := range map[string]string{
			"": "account.title", "number": "account.number.new_title", "password": "account.password.add",
			"export": "account.export.title", "delete": "account.delete.title",
		} {
			b.open("/account/?lang=" + lang + "&screen=" + screen)
			b.arrives(words[title])
			b.fits()
			b.axe(axe, lang+" "+screen)
			b.screenshot("account-" + lang + "-" + screen)
		}
	}
}

// Somebody whose number was taken over locks the account, and takes it back.
func TestUIAccountNotMe(t *testing.T) {
	h := newAccountHost(t)
	axe := axeSource(t)
	session := h.signIn(t, "A thief")
	claims, err := h.svc.Authenticate(t.Context(), session.AccessToken)
	require.NoError(t, err)
	_, err = h.svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: paris, Purpose: phoneauth.PurposePhoneChange, BoundTo: session.User.ID})
	require.NoError(t, err)
	proof, err := h.svc.Verify(t.Context(), phoneauth.VerifyRequest{
		Phone: paris, Purpose: phoneauth.PurposePhoneChange, BoundTo: session.User.ID, Code: h.inbox.Code(t, paris),
	})
	require.NoError(t, err)
	_, err = h.svc.ChangePhone(t.Context(), claims, phoneauth.ConnectRequest{Token: proof.Token})
	require.NoError(t, err)
	var link string
	require.NoError(t, Poll(appears, func() error {
		last, _ := h.inbox.Last(cairo)
		_, link, _ = strings.Cut(string(last.Link), "http://localhost")
		if link == "" {
			return errNoNotice
		}
		return nil
	}))

	b := newBrowser(t, h.url)
	b.size(360, 740)
	b.open(link)
	b.arrives("Was this not you?")
	b.arrives("+20 •••• 7840")
	b.axe(axe, "not me")
	b.screenshot("account-not-me")
	b.press("Lock the account")
	b.arrives("The account is locked")
	b.axe(axe, "locked")
	b.press("Send me a code")
	b.arrives("Unlock your account")
	b.axe(axe, "unlock")
	b.fill("Code", h.inbox.Code(t, cairo))
	b.arrives("The account is yours again")
	b.press("Sign in")
	b.at("/signin/")
	assert.Equal(t, session.User.ID, h.signIn(t, "").User.ID)
	b.open(link)
	b.arrives("This link is no longer good")
	b.axe(axe, "gone")
}
