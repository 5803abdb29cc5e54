package segments

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestSegments has the edges; integration/ has a foreign implementation agree on random
// texts.
func TestSegments(t *testing.T) {
	t.Parallel()
	x := strings.Repeat
	const gsm7, ucs2 = true, false
	for _, c := range []struct {
		text string
		n    int
		gsm7 bool
		why  string
	}{
		{"", 1, gsm7, "nothing is sent as one"},
		{x("a", 160), 1, gsm7, "160"},
		{x("a", 161), 2, gsm7, "153 and 8"},
		{x("a", 306), 2, gsm7, "2 × 153"},
		{x("a", 307), 3, gsm7, "2 × 153 and 1"},
		{x("€", 80), 1, gsm7, "extension: two septets each"},
		{x("€", 81), 2, gsm7, "162 septets"},
		{x("a", 152) + "€" + x("a", 152), 3, gsm7, "306 septets, but the escape stays with its character"},
		{x("a", 151) + "€" + x("a", 153), 2, gsm7, "306 septets, none cut"},
		{x("ü", 160), 1, gsm7, "two bytes of UTF-8, one septet"},
		{x("ü", 159) + "ç", 3, ucs2, "Ç is in the alphabet and ç is not"},
		{x("ش", 70), 1, ucs2, "70"},
		{x("ش", 71), 2, ucs2, "67 and 4"},
		{x("ش", 134), 2, ucs2, "2 × 67"},
		{x("ش", 135), 3, ucs2, "2 × 67 and 1"},
		{x("€", 69) + "ç", 1, ucs2, "one unit each outside GSM-7"},
		{x("😀", 35), 1, ucs2, "two units each"},
		{x("😀", 36), 2, ucs2, "33 and 3: 67 is odd"},
		{x("😀", 67), 3, ucs2, "134 units, but no surrogate pair is cut"},
		{"\xff", 1, ucs2, "no UTF-8"},
		{"\ufffd", 1, ucs2, "what it counts as"},
	} {
		n, gsm7 := Count(c.text)
		assert.Equal(t, c.n, n, c.why)
		assert.Equal(t, c.gsm7, gsm7, c.why)
	}
}

// TestSegmentsAlphabet has every character of 3GPP TS 23.038, 6.2.1, in the order of its
// tables, and no other of the first two planes.
func TestSegmentsAlphabet(t *testing.T) {
	t.Parallel()
	const basic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	const extension = "\f^{}\\[~]|€"
	for r := range rune(0x20000) {
		want := 0 // septets
		switch {
		case strings.ContainsRune(basic, r):
			want = 1
		case strings.ContainsRune(extension, r):
			want = 2
		}
		n, gsm7 := Count(strings.Repeat(string(r), 160))
		if !gsm7 {
			n = 0
		}
		assert.Equal(t, want, min(n, 2), "%U", r)
	}
}
