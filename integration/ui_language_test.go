package integration

import "testing"

// Whoever chooses a language from the menu has it at the next visit, too.
func TestUILanguageIsKept(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, newUIHost(t, nil).url)
	b.open("/signin/?screen=phone")
	b.sees("Phone number")
	b.point("the menu", "document.querySelector('.languages summary')")
	b.press("العربية")
	arabic, french := uiTexts(t, "ar"), uiTexts(t, "fr")
	b.sees(arabic["title.phone"])
	b.open("/signin/")
	b.sees(arabic["title.phone"])
	b.open("/signin/?lang=fr") // typed
	b.sees(french["title.phone"])
	b.open("/signin/")
	b.sees(arabic["title.phone"])
}
