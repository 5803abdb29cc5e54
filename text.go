package phoneauth

import (
	"github.com/phoneauth/phoneauth/internal/segments"
	"github.com/phoneauth/phoneauth/internal/texts"
)

// TextRules say what the built-in texts carry and may cost. There is one for each
// [Purpose] in English, French, Spanish, Arabic and Hindi; a locale asked for gets the
// nearest, or English. A text holds the code, the name of the service, its purpose and
// fixed words; a warning ("Never share it.") goes where it costs no segment.
//
// [New] refuses a Config.Name with which a text would take more than MaxSegments. The
// longest Name with which none takes more than one, in characters, with codes of 6
// digits:
//
//	                            en   fr   es   ar   hi
//	in GSM-7                    101  99   101  36   30
//	in another script           11   9    11   19   11
//	in GSM-7, Host of 11        80   78   80   15   9
//	in GSM-7, AndroidHash       69   66   69   24   18
//	in GSM-7, both              48   45   48   3    none
//
// A purpose of the host's own, which New cannot know, counts as 32 letters, and is
// worded in English where the text in another language would take more. Config.Text
// words it better.
type TextRules struct {
	// Host ends each text that has a code with the line "@example.com #123456", by which
	// browsers and iOS offer the code to pages of that site and to no other (WICG
	// origin-bound one-time codes). The host name of the page that asks for the code, in
	// lower case, without scheme, port and path; punycode for other scripts. Empty: no
	// line.
	Host string
	// AndroidHash ends each text that has a code with the 11 characters by which Google
	// Play services hand it to the app they stand for (SMS Retriever API); [AndroidHash]
	// computes them. Such a text is at most 140 bytes of UTF-8. Empty: none.
	//
	// With Host they end its line, "@example.com #123456 FA+9qCX9VSu": WICG has what
	// follows the code ignored, and Google asks no more than that the text has them. This
	// is written to both documents, and was not tried on phones.
	AndroidHash string
	// Locales of the texts, of "en", "fr", "es", "ar" and "hi"; empty is all of them.
	// English serves whoever asks for another, listed or not. Notices are in the first,
	// whoever asks.
	Locales []string
	// MaxSegments is what a built-in text may take, see [Segments]; 0 is 1. Above 1 a
	// text may also have more than the 140 bytes that AndroidHash asks for, and may then
	// not reach the app.
	MaxSegments int
}

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
	n, gsm7 := segments.Count(text)
	if gsm7 {
		return n, GSM7
	}
	return n, UCS2
}

// AndroidHash returns the 11 characters for [TextRules.AndroidHash] that stand for an
// Android app: of its package name, such as "com.example.app", and of the certificate
// that it is signed with, in DER. A fingerprint of the certificate will not do. With
// Play App Signing it is the deployment_cert.der of the Play console, not that of the
// upload key; otherwise `keytool -exportcert` prints it, and x509.Certificate has it in
// Raw. A debug build has another.
//
// The rule is that of developers.google.com/identity/sms-retriever/verify.
func AndroidHash(packageName string, certificate []byte) string {
	return texts.AndroidHash(packageName, certificate)
}

// text is the built-in text of m.
func (r TextRules) text(m Message) string {
	return texts.Rules(r).Text(texts.Message{
		Purpose: string(m.Purpose), Code: string(m.Code), Service: m.Service, Locale: m.Locale,
	})
}
