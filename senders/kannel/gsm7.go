package kannel

import "strings"

// gsmAlphabet is the default alphabet of 3GPP TS 23.038, 6.2.1, and its extension table.
const gsmAlphabet = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
	"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà" +
	"\f^{}\\[~]|€"

// gsm7 reports whether every character of text is one of GSM-7.
func gsm7(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune(gsmAlphabet, r) })
}
