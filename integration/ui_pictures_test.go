package integration

import (
	"os"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/ui"
)

// The pictures of the README.
func TestUIPictures(t *testing.T) {
	if os.Getenv("PHONEAUTH_SCREENSHOTS") == "" {
		t.Skip("PHONEAUTH_SCREENSHOTS names no folder for the pictures")
	}
	host := newUIHost(t, func(cfg *phoneauth.Config, o *ui.Options) {
		o.Passwords, o.Region = true, "EG"
		cfg.Limits.InsecureOff = true // and "Send the code again" is no countdown
	})
	visit := func(lang string) (*browser, map[string]string) {
		t.Helper()
		b, words := newBrowser(t, host.url), uiTexts(t, lang)
		b.size(360, 600)
		b.open("/signin/?lang=" + lang)
		b.sees(words["title.phone"])
		return b, words
	}
	b, words := visit("en")
	b.fill(words["label.phone"], cairoTyped)
	b.screenshot("number")
	b.press(words["action.phone"])
	b.sees(words["title.code"])
	b.fill(words["label.code"], wrong(host.inbox.Code(t, cairo)))
	b.sees(words["error.invalid_code"])
	b.screenshot("wrong-code")

	b, words = visit("ar")
	b.dark()
	b.fill(words["label.phone"], cairoTyped+"\r")
	b.sees(words["title.code"])
	b.key(host.inbox.Code(t, cairo)[:4])
	b.screenshot("arabic-dark")

	b, _ = visit("fr")
	b.run(chromedp.EmulateViewport(1000, 680))
	b.screenshot("desktop")
}

// The pictures of the account page.
func TestUIPicturesOfTheAccount(t *testing.T) {
	if os.Getenv("PHONEAUTH_SCREENSHOTS") == "" {
		t.Skip("PHONEAUTH_SCREENSHOTS names no folder for the pictures")
	}
	h := newAccountHost(t)
	visit := func(lang string) (*browser, map[string]string) {
		t.Helper()
		b, words := newBrowser(t, h.url), uiTexts(t, lang)
		b.size(360, 600)
		b.account("1m")
		b.open("/account/?lang=" + lang)
		b.sees(words["account.title"])
		return b, words
	}
	b, _ := visit("en")
	b.screenshot("account")
	b.asksForNewNumber()
	b.key(h.inbox.Code(t, paris)[:4])
	b.screenshot("account-number")

	b, words := visit("de")
	b.dark()
	b.press(words["account.delete.action"])
	b.press(words["account.send"])
	b.sees(words["account.delete.code_title"])
	b.key(h.inbox.Code(t, cairo))
	b.screenshot("account-delete-dark")
}
