package integration

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/ui"
)

// An Indian number that was typed under the United States is asked about before a text goes out.
func TestUILooksLike(t *testing.T) {
	t.Parallel()
	h := newUIHost(t, func(_ *phoneauth.Config, o *ui.Options) { o.Regions = []string{"IN", "US", "GB"} })
	b := newBrowser(t, h.url)
	call(b, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Calcutta"})
	b.open("/signin/")
	b.until("does not choose the country of the time zone", "document.getElementById('dial')?.textContent === '+91'")
	b.choose("Country or region", "United States")
	b.fill("Phone number", "70123 45678")
	b.press("Continue")
	b.sees("+91")
	b.until("does not ask", "document.getElementById('screen').dataset.screen === 'confirm'")
	b.screenshot("confirm")
	b.point("the Indian number", "[...document.querySelectorAll('button[name=country]')].find((e) => e.value === 'IN')")
	b.sees("+91 70123 45678")
	h.inbox.Code(t, "+917012345678")
}

// The human check is seen, and can be cancelled, where the country is asked for, too.
func TestUILooksLikeHumanCheck(t *testing.T) {
	t.Parallel()
	check := newHardCheck(t, humancheck.Highest)
	check.endless.Store(true)
	h := newUIHost(t, func(cfg *phoneauth.Config, _ *ui.Options) {
		cfg.HumanCheck = phoneauth.HumanCheckRules{Check: check, When: phoneauth.HumanCheckAlways}
	})
	b := newBrowser(t, h.url)
	call(b, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Calcutta"})
	b.open("/signin/")
	b.choose("Country or region", "United States")
	b.fill("Phone number", "98765 43210")
	b.press("Continue")
	b.until("does not ask", "document.getElementById('screen').dataset.screen === 'confirm'")
	words := uiTexts(t, "en")
	b.point("the Indian number", "document.querySelector('button[name=country][value=IN]')")
	b.sees(words["js.check_working"])
	b.press(words["js.cancel"])
	b.sees(words["js.cancelled"])
	b.until("has no focus", "document.activeElement.id === 'title'")
	check.endless.Store(false)
	b.point("the Indian number", "document.querySelector('button[name=country][value=IN]')")
	b.sees("+91 98765 43210")
	b.sees("Enter your code")
}

// A number that cannot be right is not sent, and the sentence about it goes while it is corrected.
func TestUINumberVerdict(t *testing.T) {
	t.Parallel()
	h := newUIHost(t, func(_ *phoneauth.Config, o *ui.Options) { o.Region = "IN" })
	b := newBrowser(t, h.url)
	b.open("/signin/")
	b.until("has no plan", "document.getElementById('phone')?.placeholder")
	words := uiTexts(t, "en")
	b.fill("Phone number", "98765 432")
	b.press("Continue")
	b.sees(words["js.too_short"])
	b.key("1")
	b.seesNot(words["js.too_short"])
	b.fill("Phone number", "022 2123 4567")
	b.press("Continue")
	b.sees(words["js.landline"])
	b.screenshot("landline")
}
