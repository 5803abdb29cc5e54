package integration

import (
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/ui"
)

// compose shows a text as one that an input method has not yet given to the field.
func (b *browser) compose(text string) {
	b.t.Helper()
	n := int64(len([]rune(text)))
	call(b, input.ImeSetComposition, input.ImeSetCompositionParams{Text: text, SelectionStart: n, SelectionEnd: n})
}

// commit ends the composition with a text. The key Enter, which people press for that, belongs to
// the input method: pages see 229 in its place.
func (b *browser) commit(text string) {
	b.t.Helper()
	call(b, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 229})
	call(b, input.InsertText, input.InsertTextParams{Text: text})
	call(b, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyUp, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13})
}

// With an input method each field has the text in the end, in ASCII digits. The field is left alone
// while the method has its text, and the Enter that ends it sends nothing and takes nothing.
func TestUIInputMethod(t *testing.T) {
	t.Parallel()
	for name, digits := range map[string]string{"full width": "０１２３４５６７８９", "Arabic": "٠١٢٣٤٥٦٧٨٩", "Devanagari": "०१२३४५६७८९", "Thai": "๐๑๒๓๔๕๖๗๘๙"} {
		t.Run(name, func(t *testing.T) {
			native := func(ascii string) string {
				out := []rune(nil)
				for _, c := range ascii {
					if c >= '0' && c <= '9' {
						c = []rune(digits)[c-'0']
					}
					out = append(out, c)
				}
				return string(out)
			}
			host := newUIHost(t, func(cfg *phoneauth.Config, o *ui.Options) { o.Region, cfg.Limits.InsecureOff = "FR", true })
			b := newBrowser(t, host.url)
			b.open("/signin/")
			b.until("has no plan", "document.getElementById('phone')?.placeholder")

			b.point("the search", `field("Country or region")`)
			b.until("is closed", "document.querySelector('#countries:not([hidden])')")
			b.compose("egy")
			b.until("does not find Egypt", "document.querySelector('#countries [aria-selected=true]')?.dataset.region === 'EG'")
			call(b, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13})
			assert.Equal(t, "FR", valueOf[string](b, "document.getElementById('country').value"), "Enter is for the input method")
			b.commit("egy")
			assert.Equal(t, "FR", valueOf[string](b, "document.getElementById('country').value"))
			b.enter()
			b.until("does not choose Egypt", "document.getElementById('dial').textContent === '+20'")

			b.point("the number", `field("Phone number")`)
			b.compose(native("010 61"))
			assert.Equal(t, native("010 61"), valueOf[string](b, `field("Phone number").value`), "the method still has it")
			b.compose(native("010 6179 7840"))
			b.commit(native("010 6179 7840"))
			b.until("is not in ASCII", `field("Phone number").value === "010 61797840"`)
			assert.Equal(t, "phone", valueOf[string](b, "document.getElementById('screen').dataset.screen"))
			assert.Zero(t, host.inbox.Sends())
			b.enter()
			b.sees("Enter your code")

			code := host.inbox.Code(t, cairo)
			b.point("the code", `field("Code")`)
			b.compose(native(code[:2]))
			b.compose(native(wrong(code)))
			assert.Equal(t, native(wrong(code)), valueOf[string](b, `field("Code").value`))
			b.compose(native(code)) // another candidate
			b.commit(native(code))
			b.at("/home")
			assert.Equal(t, 1, host.inbox.Sends())
		})
	}
}

// A keyboard of a phone may compose plain digits. The last of them is enough, as for typed ones.
func TestUIComposedDigits(t *testing.T) {
	t.Parallel()
	host := newUIHost(t, nil)
	b := newBrowser(t, host.url)
	b.open("/signin/")
	b.askForCode("Egypt", cairoTyped)
	code := host.inbox.Code(t, cairo)
	b.point("the code", `field("Code")`)
	for n := range code {
		b.compose(code[:n+1])
	}
	b.at("/home")
}
