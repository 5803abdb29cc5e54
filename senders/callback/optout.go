package callback

import (
	"regexp"
	"strings"

	"github.com/phoneauth/phoneauth"
)

// stopWords are the English words that carriers and providers take for the end of all
// messages.
var stopWords = map[string]bool{
	"STOP": true, "STOPALL": true, "UNSUBSCRIBE": true, "END": true, "QUIT": true,
	"REVOKE": true, "OPTOUT": true, "CANCEL": true,
}

// Stop reports whether text is one of the English words that end all messages: STOP,
// STOPALL, UNSUBSCRIBE, END, QUIT, REVOKE, OPTOUT or CANCEL, in any case, with blanks,
// line ends, full stops and exclamation marks around it.
func Stop(text string) bool {
	return stopWords[strings.ToUpper(strings.Trim(text, " .!\t\r\n"))]
}

// e164 is what E.164 numbers look like, with or without their '+'.
var e164 = regexp.MustCompile(`^\+?([1-9][0-9]{6,14})$`)

// Phone returns the number that a text came from, written with or without its '+'. A number that
// no numbering plan has is returned as it is, so that no opt-out is lost. For short codes and
// names it returns the zero Phone.
func Phone(from string) phoneauth.Phone {
	if p, err := phoneauth.ParsePhone(from, ""); err == nil {
		return p
	}
	if m := e164.FindStringSubmatch(from); m != nil {
		return phoneauth.StoredPhone("+" + m[1])
	}
	return phoneauth.Phone{}
}
