package phoneauth

import (
	"fmt"
	"slices"
	"strings"

	"github.com/phoneauth/phoneauth/internal/segments"
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

// home is the language of notices: "" where none is listed, which is English.
func (r TextRules) home() string {
	if len(r.Locales) == 0 {
		return ""
	}
	return r.Locales[0]
}

// words are one text. The tail goes when there is no room for it.
type words struct{ text, tail string }

// wording is every text in one language. The words of the empty purpose serve a host's
// own.
type wording struct {
	locale string // BCP 47
	words  map[Purpose]words
}

// text is the built-in text of m.
func (r TextRules) text(m Message) string {
	in := r.wordingFor(m.Locale)
	w, ok := in.words[m.Purpose]
	if !ok {
		w = in.words[""]
	}
	short, end := w.say(m), r.autofill(m.Code)
	if whole := short + " " + w.tail + end; r.small(whole, 1, m.Code) {
		return whole
	}
	if short += end; !ok && in != &english && !r.small(short, r.maxSegments(), m.Code) {
		m.Locale = english.locale
		return r.text(m)
	}
	return short
}

// say fills in the text.
func (w words) say(m Message) string {
	s := strings.ReplaceAll(w.text, "{code}", string(m.Code))
	s = strings.ReplaceAll(s, "{purpose}", strings.ReplaceAll(string(m.Purpose), "_", " "))
	// The name comes last: it is the one value that could look like a placeholder.
	return strings.ReplaceAll(s, "{service}", m.Service)
}

// small reports whether a text takes no more than segments, and can be read by an app.
func (r TextRules) small(text string, segments int, code Secret) bool {
	n, _ := Segments(text)
	forApp := r.AndroidHash != "" && code != "" && segments == 1
	return n <= segments && (!forApp || len(text) <= maxRetrieverBytes)
}

func (r TextRules) maxSegments() int { return max(r.MaxSegments, 1) }

// longestPurpose stands for the purposes of a host's own.
var longestPurpose = Purpose(strings.Repeat("w", 32))

// validate reports what is wrong with r, or else the texts that are too long by it.
func (r TextRules) validate(name string, digits int, fault func(field, format string, args ...any)) {
	sound := digits >= 6 && digits <= 10 // or a fault of its own
	check := func(ok bool, field, format string, args ...any) {
		if sound = sound && ok; !ok {
			fault(field, format, args...)
		}
	}
	check(r.Host == "" || validHost(r.Host),
		"Texts.Host", "must be a lower case host name such as example.com, without scheme, port and path")
	check(r.AndroidHash == "" || validAndroidHash(r.AndroidHash), "Texts.AndroidHash", "must be 11 characters of base64")
	check(r.MaxSegments >= 0, "Texts.MaxSegments", "must not be negative, is %d", r.MaxSegments)
	for i, locale := range r.Locales {
		known := slices.ContainsFunc(wordings, func(w *wording) bool { return w.locale == locale })
		check(known, fmt.Sprintf("Texts.Locales[%d]", i), "must be en, fr, es, ar or hi, is %q", locale)
	}
	if !sound {
		return
	}
	if long := r.tooLong(name, Secret(strings.Repeat("0", digits))); len(long) > 0 {
		fault("Texts.MaxSegments", "%d is not enough, with this Name, Host and AndroidHash, for the text of %s",
			r.maxSegments(), strings.Join(long, ", "))
	}
}

// tooLong names the texts that take too much.
func (r TextRules) tooLong(name string, code Secret) (long []string) {
	for _, in := range wordings {
		if in != r.wordingFor(in.locale) {
			continue
		}
		for _, p := range purposes {
			m := Message{Purpose: p, Service: name, Locale: in.locale}
			if p != NoticePasswordChanged && p != NoticePhoneChanged {
				m.Code = code
			}
			if !r.small(r.text(m), r.maxSegments(), m.Code) {
				long = append(long, fmt.Sprintf("%s in %s", p, in.locale))
			}
		}
	}
	m := Message{Purpose: longestPurpose, Service: name, Code: code}
	if !r.small(r.text(m), r.maxSegments(), code) {
		long = append(long, fmt.Sprintf("a purpose of %d letters in en", len(longestPurpose)))
	}
	return long
}
