package phoneauth

import (
	"strings"
	"unicode/utf16"
)

// Encoding is how an SMS spells its text.
type Encoding string

// The encodings of 3GPP TS 23.038 that texts go in.
const (
	// GSM7 is the default alphabet with its extension table, 6.2.1.
	GSM7 Encoding = "GSM-7"
	// UCS2 is for every other character. Phones and carriers take it for UTF-16.
	UCS2 Encoding = "UCS-2"
)

// Segments counts the SMS that text is sent and billed as, and says in which encoding:
// [GSM7] if it has every character, else [UCS2] for all of them. In GSM-7, 160 septets
// are one segment and longer texts go by 153, the characters ^ { } \ [ ~ ] | € and form
// feed taking two; in UCS-2, 70 and 67 UTF-16 code units. No character is cut in two.
// An empty text is one segment, and a byte that is no UTF-8 counts as U+FFFD.
func Segments(text string) (int, Encoding) {
	if n := split(text, septets, 160, 153); n > 0 {
		return n, GSM7
	}
	return split(text, utf16.RuneLen, 70, 67), UCS2
}

// split counts the segments of a text that may have single units in one, or part in each
// of several, which begin with a header of 6 bytes. It is 0 if a character has no width.
func split(text string, width func(rune) int, single, part int) int {
	segments, total, used := 1, 0, 0
	for _, r := range text {
		w := width(r)
		if w == 0 {
			return 0
		}
		if total += w; used+w > part {
			segments, used = segments+1, 0
		}
		used += w
	}
	if total <= single {
		return 1
	}
	return segments
}

// septets is the room that r takes in GSM-7; 0: it is not in there.
func septets(r rune) int {
	switch {
	case ' ' <= r && r <= 'Z', 'a' <= r && r <= 'z', r == '_', r == '\n', r == '\r':
		return 1
	case strings.ContainsRune("\f^{}\\[~]|€", r):
		return 2
	case strings.ContainsRune("£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà", r):
		return 1
	}
	return 0
}
