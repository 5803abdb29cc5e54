package integration

import (
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/ui"
)

// paste pastes a text into the field of a label, behind what it holds.
func (b *browser) paste(label, text string) {
	b.t.Helper()
	b.point("a field "+label, "field("+quoted(label)+")")
	valueOf[bool](b, `((f) => { const clipboardData = new DataTransfer(); clipboardData.setData('text', `+quoted(text)+`);
		const paste = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
		if (f.dispatchEvent(paste)) document.execCommand('insertText', false, `+quoted(text)+`);
		return true })(document.activeElement)`)
}

// A limit holds the number that it refused, and no other.
func TestUIHoldBelongsToTheNumber(t *testing.T) {
	host := newUIHost(t, func(cfg *phoneauth.Config, o *ui.Options) {
		o.Region = "EG"
		cfg.Limits.PhoneSends = []phoneauth.Limit{{Burst: 1, Every: time.Minute}}
	})
	other := newBrowser(t, host.url)
	other.open("/signin/")
	other.askForCode("Egypt", cairoTyped)

	b := newBrowser(t, host.url)
	b.open("/signin/")
	b.fill("Phone number", cairoTyped)
	b.press("Continue")
	b.sees("A code was sent to this number a moment ago.")
	b.sees("Wait 0:")
	b.sees("I already have a code")
	b.fill("Phone number", "010 6179 7841")
	b.sees("Continue")
	b.seesNot("A code was sent to this number a moment ago.")
	b.seesNot("I already have a code")
	b.fill("Phone number", cairoTyped)
	b.sees("Wait 0:") // it is still held
	b.fill("Phone number", "010 6179 7841")
	b.press("Continue")
	b.sees("We sent a code by text message to +20 10 61797841.")
}

// Where storage is blocked, and where it is not, the page uses none.
func TestUIStorageBlocked(t *testing.T) {
	host := newUIHost(t, nil)
	b := newBrowser(t, host.url)
	b.script(`for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches', 'cookieStore']) {
		Object.defineProperty(window, name, { get() { throw new DOMException('blocked', 'SecurityError') } }) }`)
	b.open("/signin/")
	b.askForCode("Egypt", cairoTyped)
	b.open("/signin/") // the page is dropped and comes back
	b.sees("Enter your code")
	b.fill("Code", host.inbox.Code(t, cairo))
	b.at("/home")
}

// A pasted message is not its first digits: the run of as many digits as the code has is the code.
func TestUIPastedMessage(t *testing.T) {
	for _, tt := range []struct{ name, before, after string }{
		{"a digit before", "Room 4: your code is ", ". It is valid for 5 minutes."},
		{"a number before", "From 72 45 11: ", ""},
		{"a year after", "", " is your Sunbird code (2026)"},
		{"the line of browsers", "24680 13579 111111 is not it.\n@127.0.0.1 #", ""},
	} {
		host := newUIHost(t, nil)
		b := newBrowser(t, host.url)
		b.open("/signin/")
		b.askForCode("Egypt", cairoTyped)
		b.paste("Code", tt.before+host.inbox.Code(t, cairo)+tt.after)
		b.at("/home")
	}
	host := newUIHost(t, nil)
	b := newBrowser(t, host.url)
	b.open("/signin/")
	b.askForCode("Egypt", cairoTyped)
	code := host.inbox.Code(t, cairo)
	b.paste("Code", "Gate 7, seat 12: call 55501.") // no code: no try is lost
	b.fill("Code", "12")
	b.paste("Code", code) // behind what was typed
	b.at("/home")

	b = newBrowser(t, host.url)
	b.open("/signin/")
	b.askForCode("France", parisTyped)
	code = host.inbox.Code(t, paris)
	b.paste("Code", code[:3]+" "+code[3:])
	b.at("/home")
}

// What is wrong goes while it is corrected, and the caret stays where it was.
func TestUIErrorsGo(t *testing.T) {
	host := newUIHost(t, func(cfg *phoneauth.Config, o *ui.Options) { o.Region, cfg.Limits.InsecureOff = "EG", true })
	b := newBrowser(t, host.url)
	b.open("/signin/")
	b.press("Continue")
	b.sees("Enter your phone number.")
	b.until("the field is not marked", `field("Phone number").getAttribute('aria-invalid') === 'true'`)
	b.key("0")
	b.seesNot("Enter your phone number.")
	assert.False(t, valueOf[bool](b, `field("Phone number").hasAttribute('aria-invalid')`))
	b.fill("Phone number", cairoTyped)
	b.press("Continue")
	b.sees("Enter your code")
	code := host.inbox.Code(t, cairo)
	b.fill("Code", wrong(code))
	b.sees("You have 4 tries left.")
	b.key("1")
	b.seesNot("You have 4 tries left.")
	assert.Equal(t, "1", valueOf[string](b, `field("Code").value`))
	// A digit that was forgotten, in the middle.
	valueOf[bool](b, `(field("Code").value = `+quoted(wrong(code)[:1]+wrong(code)[2:])+`, field("Code").setSelectionRange(1, 1), true)`)
	b.key("x") // no digit: it goes, and the caret stays
	assert.Equal(t, 1, valueOf[int](b, `field("Code").selectionStart`))
	assert.Equal(t, wrong(code)[:1]+wrong(code)[2:], valueOf[string](b, `field("Code").value`))
	b.fill("Code", code)
	b.at("/home")
}

// "Change number" takes the place of the code screen, and the button that goes back leaves no trace.
func TestUIChangeNumberReplaces(t *testing.T) {
	host := newUIHost(t, func(cfg *phoneauth.Config, o *ui.Options) { o.Region, cfg.Limits.InsecureOff = "EG", true })
	b := newBrowser(t, host.url)
	b.open("/signin/")
	b.fill("Phone number", cairoTyped)
	b.press("Continue")
	b.sees("Enter your code")
	before := valueOf[int](b, "history.length")
	b.press("Change number")
	b.sees("Phone number")
	assert.Equal(t, before, valueOf[int](b, "history.length"))
	b.fill("Phone number", "010 6179 7841")
	b.press("Continue")
	b.sees("+20 10 61797841")
	b.fill("Code", host.inbox.Code(t, "+201061797841"))
	b.at("/home")
}

// On a small screen with a keyboard, the button is in sight when a code was wrong.
func TestUISmallHeight(t *testing.T) {
	host := newUIHost(t, func(cfg *phoneauth.Config, o *ui.Options) { o.Region, cfg.Limits.InsecureOff = "EG", true })
	b := newBrowser(t, host.url)
	b.size(360, 380)
	b.open("/signin/")
	b.fill("Phone number", cairoTyped)
	b.press("Continue")
	b.sees("Enter your code")
	b.fill("Code", wrong(host.inbox.Code(t, cairo)))
	b.sees("You have 4 tries left.")
	b.until("the button is out of sight", `(({ top, bottom }) => top >= 0 && bottom <= innerHeight)(button("Confirm").getBoundingClientRect())`)
	b.until("the sentence is out of sight", `(({ top, bottom }) => top >= 0 && bottom <= innerHeight)(document.getElementById('alert').getBoundingClientRect())`)
	b.screenshot("small-380")
}

// With the colours of the system the main button has an edge and each digit has its place.
func TestUIForcedColors(t *testing.T) {
	host := newUIHost(t, func(_ *phoneauth.Config, o *ui.Options) { o.Region = "EG" })
	b := newBrowser(t, host.url)
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "forced-colors", Value: "active"}},
	})
	b.open("/signin/")
	edge := `((s) => parseFloat(s.borderTopWidth) > 0 && s.borderTopStyle !== 'none' && s.borderTopColor !== s.backgroundColor)`
	b.until("the button has no edge", edge+`(getComputedStyle(button("Continue")))`)
	b.fill("Phone number", cairoTyped)
	b.press("Continue")
	b.sees("Enter your code")
	b.until("the code has no edge", edge+`(getComputedStyle(field("Code")))`)
	b.screenshot("forced-colors")
}
