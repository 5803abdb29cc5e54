package phoneauth

import "strings"

// english words a message by purpose; the entry of the empty purpose serves a host's
// own. The code comes first, where phones and people look for it. A text holds the
// code, the name of the service and fixed words: never a number, a name or a link,
// which whoever asked for the code could have chosen.
//
// All of it is GSM-7, so that with a name of up to 30 characters a text is one segment
// of 160 septets.
var english = map[Purpose]string{
	PurposeSignIn:               "{code} is your {service} sign-in code. Never share it.",
	PurposePasswordRegistration: "{code} is your {service} code to sign up with a password. Never share it.",
	PurposePasswordReset:        "{code} is your {service} code to reset your password. Never share it.",
	PurposePhoneChange:          "{code} is your {service} code to change your phone number. Never share it.",
	"":                          "{code} is your {service} code for: {purpose}. Never share it.",

	NoticePasswordChanged: "Your {service} password was changed. If it was not you, reset it now.",
	NoticePhoneChanged:    "The phone number of your {service} account was changed. If it was not you, contact us now.",
}

// text is the built-in text of m.
func text(m Message) string {
	words, ok := english[m.Purpose]
	if !ok {
		words = english[""]
	}
	// The name comes last: it is the one value that could look like a placeholder.
	words = strings.ReplaceAll(words, "{code}", string(m.Code))
	words = strings.ReplaceAll(words, "{purpose}", strings.ReplaceAll(string(m.Purpose), "_", " "))
	return strings.ReplaceAll(words, "{service}", m.Service)
}
