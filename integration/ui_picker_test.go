package integration

import (
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/ui"
)

// The list of countries, by keyboard alone, as people meet it: a small window, other scripts, colours of
// the system, large text, little height. Nothing is cut off, and axe finds nothing while it is open.
func TestUIPicker(t *testing.T) {
	t.Parallel()
	source := axeSource(t)
	host := newUIHost(t, func(cfg *phoneauth.Config, o *ui.Options) { o.Region, cfg.Limits.InsecureOff = "FR", true })
	for name, tt := range map[string]struct {
		lang, query, egypt string
		set                func(*browser)
	}{
		"Arabic at 320 px":         {"ar", "مص", "مصر", func(b *browser) { b.size(320, 568) }},
		"Hindi at 320 px":          {"hi", "मि", "मिस्र", func(b *browser) { b.size(320, 568) }},
		"Arabic in forced colours": {"ar", "٢٠", "مصر", func(b *browser) { b.size(320, 568); b.media("forced-colors", "active") }},
		"Hindi in the dark":        {"hi", "+२०", "मिस्र", (*browser).dark},
		"English at 320 px":        {"en", "egy", "Egypt", func(b *browser) { b.size(320, 568) }},
		"forced colours":           {"en", "egy", "Egypt", func(b *browser) { b.media("forced-colors", "active") }},
		"text twice as large":      {"hi", "egypt", "मिस्र", func(b *browser) { b.size(320, 568) }},
		"380 px high":              {"en", "eg", "Egypt", func(b *browser) { b.size(360, 380) }},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBrowser(t, host.url)
			tt.set(b)
			words := uiTexts(t, tt.lang)
			b.open("/signin/?lang=" + tt.lang)
			if name == "text twice as large" {
				valueOf[bool](b, "(document.documentElement.style.fontSize = '200%', true)")
			}
			b.until("has no search", `field(`+quoted(words["label.country"])+`)?.role === 'combobox'`)
			valueOf[bool](b, "(document.activeElement.blur(), true)")
			check := func(what string) {
				t.Helper()
				b.until(what+" is out of sight", `(({ top, bottom }) => top >= -1 && bottom <= innerHeight + 1)(document.querySelector('#countries [aria-selected=true]').getBoundingClientRect())`)
				b.fits()
				b.axe(source, name+": "+what)
				b.screenshot("picker-" + name + "-" + what)
			}
			active := "document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))"
			b.key("\t")
			b.until("is closed", "document.activeElement.getAttribute('aria-expanded') === 'true' && "+active)
			assert.Equal(t, "FR", valueOf[string](b, active+".dataset.region"), "it begins with what is chosen")
			check("open")
			edge := `((s) => parseFloat(s.outlineWidth) > 0 && s.outlineStyle !== 'none' && s.outlineColor !== 'rgba(0, 0, 0, 0)')(getComputedStyle(` + active + `))`
			assert.True(t, valueOf[bool](b, edge+` || getComputedStyle(`+active+`).backgroundColor !== getComputedStyle(document.getElementById('countries')).backgroundColor`), "the option is marked")
			arrow(b, "ArrowUp")
			b.until("does not go round", active+" === document.querySelector('#countries li:last-child')")
			check("last")
			arrow(b, "ArrowDown")
			b.until("does not come back", active+".dataset.region === 'FR'")
			b.key(tt.query)
			b.until("does not find "+tt.egypt, active+"?.textContent.startsWith("+quoted(tt.egypt)+")")
			check("search")
			b.key("\x1b")
			b.until("stays open", "document.getElementById('countries').hidden")
			assert.Equal(t, "FR", valueOf[string](b, "document.getElementById('country').value"))
			valueOf[bool](b, "(document.activeElement.select(), true)")
			b.key(tt.query)
			b.until("does not find "+tt.egypt, active+"?.textContent.startsWith("+quoted(tt.egypt)+")")
			b.enter()
			b.until("does not choose Egypt", "document.getElementById('dial').textContent === '+20'")
			assert.Equal(t, "country-name", valueOf[string](b, "document.activeElement.id"), "the focus stays")
			b.key("zzzz")
			b.until("does not say that there is none", "text("+active+") === "+quoted(words["js.none_found"]))
			b.fits()
			b.axe(source, name+": nothing found")
			b.enter()
			b.until("is open", "document.getElementById('countries').hidden && document.getElementById('dial').textContent === '+20'")
			b.key("\t" + cairoTyped)
			b.enter()
			b.sees(words["title.code"])
			host.inbox.Code(t, cairo)
		})
	}
}

// arrow presses a key that types nothing.
func arrow(b *browser, key string) {
	b.t.Helper()
	code := map[string]int64{"ArrowUp": 38, "ArrowDown": 40}[key]
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		call(b, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: key, Code: key, WindowsVirtualKeyCode: code})
	}
}
