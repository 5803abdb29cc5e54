package phoneauth

import (
	"github.com/phoneauth/phoneauth/internal/segments"
	"github.com/phoneauth/phoneauth/internal/texts"
)

// TextRules say what the built-in texts contain and how long they may be. There is a text
// for each [Purpose] in English, French, Spanish, Arabic and Hindi. A client gets the
// nearest language to its Locale, or English. A text contains the code, the name of the
// service, the purpose and fixed words. It contains a warning ("Never share it.") when that
// needs no further segment.
//
// [New] refuses a Config.Name with which a text would take more than MaxSegments. This is the
// longest Name with which every text takes one segment, in characters, for codes of 6
// digits:
//
//	                            en   fr   es   ar   hi
//	in GSM-7                    101  99   101  36   30
//	in another script           11   9    11   19   11
//	in GSM-7, Host of 11        80   78   80   15   9
//	in GSM-7, AndroidHash       69   66   69   24   18
//	in GSM-7, both              48   45   48   3    none
//
// New does not know the purposes of the host. It counts them as 32 letters. Such a text is
// in English when it would take too many segments in another language. Hooks.Text can write
// a better one.
type TextRules struct {
	// Host is the host name of the page that asks for the code: in lower case, without
	// scheme, port and path, and in punycode for other scripts. Each text with a code then
	// ends with the line "@example.com #123456", and browsers and iOS offer the code to
	// pages of that site only (WICG origin-bound one-time codes). Empty means no such line.
	Host string
	// AndroidHash is the 11 characters that stand for an Android app; [AndroidHash]
	// computes them. Each text with a code then ends with them, and Google Play services
	// hand the text to that app (SMS Retriever API). Such a text has at most 140 bytes of
	// UTF-8. Empty means none.
	//
	// With Host they end its line: "@example.com #123456 FA+9qCX9VSu". WICG says that text
	// after the code is ignored. Google requires only that the text contains the
	// characters. The combination follows both documents. It was not tried on phones.
	AndroidHash string
	// Locales are the languages of the texts: "en", "fr", "es", "ar" and "hi". Empty means
	// all of them. A client that asks for another language gets English, even when English
	// is not listed. Notices are always in the first.
	Locales []string
	// MaxSegments is how many segments a built-in text may take; see [Segments]. 0 means
	// 1. With more than 1, a text may be longer than the 140 bytes that AndroidHash needs,
	// and may then not reach the app.
	MaxSegments int
}

// Encoding is the character encoding of an SMS.
type Encoding string

// The encodings of 3GPP TS 23.038 that texts use.
const (
	// GSM7 is the default alphabet with its extension table (section 6.2.1).
	GSM7 Encoding = "GSM-7"
	// UCS2 has every other character. Phones and carriers treat it as UTF-16.
	UCS2 Encoding = "UCS-2"
)

// Segments returns how many SMS the text takes, and in which encoding it is sent: [GSM7] if
// that has every character of the text, else [UCS2]. A text of one segment has up to 160
// septets in GSM-7 or 70 UTF-16 code units in UCS-2. Each segment of a longer text has up to
// 153 or 67. In GSM-7 the characters ^ { } \ [ ~ ] | € and form feed take two septets. No
// character is split between segments. An empty text takes one segment. A byte that is not
// UTF-8 counts as U+FFFD.
func Segments(text string) (int, Encoding) {
	n, gsm7 := segments.Count(text)
	if gsm7 {
		return n, GSM7
	}
	return n, UCS2
}

// AndroidHash returns the 11 characters for [TextRules.AndroidHash]. It computes them from
// the package name of the app, such as "com.example.app", and the certificate that the app
// is signed with, in DER. A fingerprint of the certificate is not enough.
//
// With Play App Signing the certificate is deployment_cert.der of the Play console, not that
// of the upload key. Otherwise `keytool -exportcert` prints it, and x509.Certificate.Raw has
// it. A debug build has another certificate.
//
// The computation follows developers.google.com/identity/sms-retriever/verify.
func AndroidHash(packageName string, certificate []byte) string {
	return texts.AndroidHash(packageName, certificate)
}

// text returns the built-in text of m.
func (r TextRules) text(m Message) string {
	return texts.Rules(r).Text(texts.Message{
		Purpose: string(m.Purpose), Code: string(m.Code), Service: m.Service, Locale: m.Locale,
	})
}
