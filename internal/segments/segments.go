// Package segments counts how many SMS a text takes.
package segments

import (
	"strings"
	"unicode/utf16"
)

// Count counts the SMS that text is sent and billed as. gsm7 reports whether every
// character is in the GSM 7-bit alphabet (3GPP TS 23.038, 6.2.1). Then 160 septets are one
// segment, and longer texts go by 153. Otherwise 70 UTF-16 code units are one segment, and
// longer texts go by 67. No character is cut in two. An empty text is one segment, and a
// byte that is no UTF-8 counts as U+FFFD.
func Count(text string) (segments int, gsm7 bool) {
	if n := split(text, septets, 160, 153); n > 0 {
		return n, true
	}
	return split(text, utf16.RuneLen, 70, 67), false
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

// septets returns the room that r takes in GSM-7; 0: it is not in there.
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
