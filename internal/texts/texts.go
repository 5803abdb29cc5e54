// Package texts words the built-in texts, in every language and within the segments that
// they may take.
package texts

import (
	"fmt"
	"slices"
	"strings"

	"github.com/phoneauth/phoneauth/internal/segments"
)

// Purposes that have words of their own. They are those of phoneauth.
const (
	SignIn               = "sign_in"                 // phoneauth.PurposeSignIn
	PasswordRegistration = "password_registration"   // phoneauth.PurposePasswordRegistration
	PasswordReset        = "password_reset"          // phoneauth.PurposePasswordReset
	PhoneChange          = "phone_change"            // phoneauth.PurposePhoneChange
	AccountDeletion      = "account_deletion"        // phoneauth.PurposeAccountDeletion
	DataExport           = "data_export"             // phoneauth.PurposeDataExport
	AccountUnlock        = "account_unlock"          // phoneauth.PurposeAccountUnlock
	PasswordChanged      = "notice_password_changed" // a notice, which carries no code
	PhoneChanged         = "notice_phone_changed"    // the same
	DataExported         = "notice_data_exported"    // the same
)

// Rules are phoneauth.TextRules, where each field has its contract.
type Rules struct {
	// Host is the site that browsers offer the code to.
	Host string
	// AndroidHash stands for the app that is handed the code.
	AndroidHash string
	// Locales of the texts; empty is all of them.
	Locales []string
	// MaxSegments is what a text may take; 0 is 1.
	MaxSegments int
	// NotMeURL is the page that notices of a change link to; empty for none.
	NotMeURL string
}

// Message is what a text is about.
type Message struct {
	// Purpose is one of those above, or a host's own.
	Purpose string
	// Code is empty in notices.
	Code string
	// Service is the name of the service.
	Service string
	// Locale was asked for, in BCP 47; may be empty.
	Locale string
	// Details are what the code approves, in the words of the host; may be empty. A text that has
	// them does not name the purpose.
	Details string
	// Link is what a notice ends with, instead of its tail; empty for none.
	Link string
}

// Home returns the language of notices: "" where none is listed, which is English.
func (r Rules) Home() string {
	if len(r.Locales) == 0 {
		return ""
	}
	return r.Locales[0]
}

// words are one text. The tail goes when there is no room for it.
type words struct{ text, tail string }

// Keys of words that are of no purpose.
const (
	approval = "details" // the words with details
	notMe    = "not_me"  // the sentence before the link of a notice
)

// linkedSegments is how many segments a notice with a link may take, where MaxSegments is less:
// a link of the greatest length takes most of one.
const linkedSegments = 3

// wording is every text in one language. The words of the empty purpose serve a host's
// own, and those of approval serve them when there are details.
type wording struct {
	locale string // BCP 47
	words  map[string]words
}

// Text returns the text of m. The tail of its words is left out where there is no room.
func (r Rules) Text(m Message) string {
	in := r.wordingFor(m.Locale)
	w, ok := in.words[m.Purpose]
	switch {
	case m.Details != "":
		w, ok = in.words[approval], false
	case !ok || m.Purpose == approval || m.Purpose == notMe:
		w, ok = in.words[""], false
	case m.Link != "" && notice(m.Purpose):
		return w.say(m) + " " + strings.ReplaceAll(in.words[notMe].text, "{link}", m.Link)
	}
	short, end := w.say(m), r.autofill(m.Code)
	if whole := short + " " + w.tail + end; r.small(whole, 1, m.Code) {
		return whole
	}
	if short += end; !ok && in != &english && !r.small(short, r.maxSegments(), m.Code) {
		m.Locale = english.locale
		return r.Text(m)
	}
	return short
}

// Fits reports whether the text of m takes no more segments than it may.
func (r Rules) Fits(m Message) bool {
	most := r.maxSegments()
	if m.Link != "" {
		most = max(most, linkedSegments)
	}
	return r.small(r.Text(m), most, m.Code)
}

// notice reports whether the text of a purpose carries no code.
func notice(purpose string) bool {
	return purpose == PasswordChanged || purpose == PhoneChanged || purpose == DataExported
}

// say fills in the text.
func (w words) say(m Message) string {
	if m.Details != "" {
		return strings.NewReplacer("{code}", m.Code, "{details}", m.Details, "{service}", m.Service).Replace(w.text)
	}
	s := strings.ReplaceAll(w.text, "{code}", m.Code)
	s = strings.ReplaceAll(s, "{purpose}", strings.ReplaceAll(m.Purpose, "_", " "))
	// The name comes last: it is the one value that could look like a placeholder.
	return strings.ReplaceAll(s, "{service}", m.Service)
}

// small reports whether a text takes no more than most segments, and can be read by an app.
func (r Rules) small(text string, most int, code string) bool {
	n, _ := segments.Count(text)
	forApp := r.AndroidHash != "" && code != "" && most == 1
	return n <= most && (!forApp || len(text) <= maxRetrieverBytes)
}

func (r Rules) maxSegments() int { return max(r.MaxSegments, 1) }

// longestPurpose stands for the purposes of a host's own.
var longestPurpose = strings.Repeat("w", 32)

// Validate reports what is wrong with r, or else the texts that are too long by it, with
// this name and codes of so many digits.
func (r Rules) Validate(name string, digits int, fault func(field, format string, args ...any)) {
	sound := digits >= 6 && digits <= 10 // or a fault of its own
	check := func(ok bool, field, format string, args ...any) {
		if sound = sound && ok; !ok {
			fault(field, format, args...)
		}
	}
	check(r.Host == "" || validHost(r.Host),
		"Texts.Host", "must be a lower case host name such as example.com, without scheme, port and path")
	check(r.AndroidHash == "" || validAndroidHash(r.AndroidHash), "Texts.AndroidHash", "must be 11 characters of base64")
	check(r.NotMeURL == "" || validPage(r.NotMeURL), "Texts.NotMeURL",
		"must be an https address of at most %d letters, digits and marks, without query and fragment", maxPage)
	check(r.MaxSegments >= 0, "Texts.MaxSegments", "must not be negative, is %d", r.MaxSegments)
	for i, locale := range r.Locales {
		known := slices.ContainsFunc(wordings, named(locale))
		check(known, fmt.Sprintf("Texts.Locales[%d]", i), "must be a language of docs/languages.md, is %q", locale)
	}
	if !sound {
		return
	}
	if long := r.tooLong(name, strings.Repeat("0", digits)); len(long) > 0 {
		fault("Texts.MaxSegments", "%d is not enough, with this Name, Host and AndroidHash, for the text of %s",
			r.maxSegments(), strings.Join(long, ", "))
	}
}

// tooLong names the texts that take too much.
func (r Rules) tooLong(name string, code string) (long []string) {
	for _, in := range wordings {
		if in != r.wordingFor(in.locale) {
			continue
		}
		for _, p := range purposes {
			m := Message{Purpose: p, Service: name, Locale: in.locale}
			switch {
			case !notice(p):
				m.Code = code
			case r.NotMeURL != "" && p != DataExported:
				m.Link = r.LinkOf(strings.Repeat("w", linkTokenLength))
			}
			if !r.Fits(m) {
				long = append(long, fmt.Sprintf("%s in %s", p, in.locale))
			}
		}
	}
	m := Message{Purpose: longestPurpose, Service: name, Code: code}
	if !r.small(r.Text(m), r.maxSegments(), code) {
		long = append(long, fmt.Sprintf("a purpose of %d letters in en", len(longestPurpose)))
	}
	return long
}
