package ui

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
)

// advances are how wide letters are, in the size of the font. They were read off wide fonts of
// phones (Roboto, Noto Sans) in bold, and rounded up.
var advances = []struct {
	script *unicode.RangeTable
	wide   float64
}{
	{unicode.M, 0}, {unicode.Cf, 0},
	{unicode.Han, 1}, {unicode.Hiragana, 1}, {unicode.Katakana, 1}, {unicode.Hangul, .93},
	{unicode.Arabic, .56}, {unicode.Hebrew, .58}, {unicode.Devanagari, .64}, {unicode.Bengali, .66}, {unicode.Thai, .62},
	{unicode.Cyrillic, .61}, {unicode.Greek, .58},
	{unicode.Zs, .27}, {unicode.Nd, .58}, {unicode.Lu, .68}, {unicode.Ll, .55},
}

// width estimates how wide a text is, in the size of its font.
func width(text string) (sum float64) {
	for _, r := range text {
		wide := .5
		switch {
		case strings.ContainsRune("iljtfrI.,:;'|!’", r):
			wide = .35
		case strings.ContainsRune("mwMWш щюжфыМШЩЮЖФ", r) && r != ' ':
			wide = .88
		case strings.ContainsRune("、。，：？（）", r):
			wide = 1
		default:
			for _, of := range advances {
				if unicode.Is(of.script, r) {
					wide = of.wide
					break
				}
			}
		}
		sum += wide
	}
	return sum
}

// The buttons of the account page, whose keys do not say what they are.
var (
	primary = []string{
		"account.sign_out", "account.send", "account.password.save", "account.export.download", "account.delete.confirm",
		"account.not_me.lock", "account.not_me.unlock", "account.not_me.sign_in",
	}
	secondary = []string{
		"account.back", "account.leave", "account.cancel", "account.number.change", "account.devices.end", "account.devices.others",
		"account.password.add", "account.password.change", "account.export.action", "account.delete.action",
	}
)

// TestTextsFit: at 320 px, each button shows its text on the lines that it has, and no word is
// wider than the page.
func TestTextsFit(t *testing.T) {
	t.Parallel()
	const page = 320 - 2*16 // what the card leaves
	for _, l := range everyLocale() {
		longest := l.duration(59 * 60)
		for key, text := range l.Words() {
			filled := strings.NewReplacer("{time}", longest, "{phone}", "+44 20 7946 0018", "{n}", l.number(59), "{action}", l.of("link.resend"), "{channel}", "WhatsApp", "{name}", "Sunbird Bank").Replace(text)
			room, size, lines := 0.0, 16.0, 1.0
			switch kind, _, _ := strings.Cut(key, "."); {
			case kind == "action" && key != "action.number":
				room, size = page-2*16, 17 // within .primary
			case key == "action.number":
				room, size, lines = page-2*16, 17, 2
			case key == "show":
				room, size = 104-6-2*12, 15 // within .quiet, beside the password
			case slices.Contains(primary, key):
				room, size = page-2*16, 17
			case slices.Contains(secondary, key):
				room, size, lines = page-2*6, 15, 2
			case kind == "link" || kind == "channel" || key == "js.cancel":
				room, size, lines = page-2*6, 15, 2
			case kind == "title":
				room, size, lines = page, 26, 3
			case kind == "label":
				room, size = page-2*16, 13
			}
			if room > 0 {
				if lines > 1 {
					lines -= .25 // a line seldom fills
				}
				assert.LessOrEqual(t, width(filled)*size, room*lines, "%s %s: %q", l.Tag, key, filled)
			}
			if strings.ContainsFunc(text, func(r rune) bool { return unicode.In(r, unicode.Han, unicode.Thai, unicode.Hiragana) }) {
				continue // lines break within words
			}
			for word := range strings.FieldsSeq(text) {
				if kind, _, _ := strings.Cut(key, "."); kind == "title" {
					size = 26
				}
				assert.LessOrEqual(t, width(word)*size, float64(page), "%s %s: %q", l.Tag, key, word)
			}
		}
	}
}
