package console

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
)

// sentence says in plain words what an entry of the journal says.
func sentence(e phoneauth.Entry) string {
	text := whatHappened(e)
	if e.Test {
		text += " It is a test number."
	}
	if e.Device {
		text += " A known device asked."
	}
	if e.Type == phoneauth.EventOperator || e.Actor == "" {
		return text
	}
	if notSent(e) {
		return text + " " + e.Actor + " asked for it" + because(e)
	}
	first, rest, _ := strings.Cut(text, ".")
	by := " by " + e.Actor + because(e)
	if rest != "" {
		by = strings.TrimSuffix(by, ".") + "."
	}
	return first + by + rest
}

func because(e phoneauth.Entry) string {
	if e.Reason == "" {
		return "."
	}
	return ", reason: " + e.Reason
}

func whatHappened(e phoneauth.Entry) string {
	switch e.Type {
	case phoneauth.EventCodeSent:
		return capital(code(e)) + " was asked for." + accepted(e)
	case phoneauth.EventNoticeSent:
		return "A notice was sent." + accepted(e)
	case phoneauth.EventSendFailed:
		return capital(code(e)) + " could not be sent" + from(" by ", e.Sender) + failure(e) + "."
	case phoneauth.EventDelivered:
		return "The carrier delivered a text" + from(", id ", e.MessageID) + "."
	case phoneauth.EventUndelivered:
		return "The carrier did not deliver a text" + from(", id ", e.MessageID) + failure(e) + "."
	case phoneauth.EventLimited:
		return limited(e)
	case phoneauth.EventHumanCheckAsked:
		return "No code was sent" + times(e) + ": the client was asked for a human check" + level(e) + "."
	case phoneauth.EventHumanCheckSolved:
		return "The client passed the human check" + level(e) + "."
	case phoneauth.EventHumanCheckFailed:
		return "The answer to a human check was wrong, late or used before" + times(e) + "."
	case phoneauth.EventVerifyFailed:
		return "A wrong or expired code was given" + times(e) + "."
	case phoneauth.EventPasswordFailed:
		return "A wrong password was given" + times(e) + "."
	case phoneauth.EventSignedUp, phoneauth.EventSignedIn:
		return plain[e.Type] + from(", ", e.Client) + from(", ", e.Place) + "."
	case phoneauth.EventAccountLocked:
		return "The owner locked the account" + from(" of user ", e.UserID) + " by the link of a notice " + purposeText(e.Purpose) + "."
	case phoneauth.EventOperator:
		return cmp.Or(e.Actor, "An operator") + " was about to do this: " + cmp.Or(intents[e.Intent], words(string(e.Intent))) + from(" by ", e.Channel) + because(e)
	}
	return cmp.Or(plain[e.Type], capital(words(string(e.Type)))) + "."
}

// plain are the events that are one sentence.
var plain = map[phoneauth.EventType]string{
	phoneauth.EventSendRefused:     "No code was sent: the service's own rule refused it",
	phoneauth.EventOptedOut:        "The owner of the number answered STOP",
	phoneauth.EventVerified:        "The right code was given",
	phoneauth.EventCeilingNear:     "The codes of the whole service are near their ceiling",
	phoneauth.EventRedeemed:        "A proof of the number was used",
	phoneauth.EventSignedUp:        "Signed up",
	phoneauth.EventSignedIn:        "Signed in",
	phoneauth.EventSignInRefused:   "Signing in was refused: the account is blocked or locked, or the service's own rule refused it",
	phoneauth.EventRefreshed:       "A session was continued",
	phoneauth.EventRefreshReused:   "A session was ended, because its token was used twice",
	phoneauth.EventSessionEvicted:  "A session was ended, because there were too many",
	phoneauth.EventSessionEnded:    "A session was ended",
	phoneauth.EventSignedOut:       "Signed out",
	phoneauth.EventPasswordChanged: "The password was changed",
	phoneauth.EventPhoneChanged:    "The number of the account was changed",
	phoneauth.EventBlocked:         "The account was blocked",
	phoneauth.EventUnblocked:       "The account was unblocked",
	phoneauth.EventUnlocked:        "The number was unlocked",
	phoneauth.EventAccountUnlocked: "The account that its owner had locked was opened again",
	phoneauth.EventDeleted:         "The account was deleted",
	phoneauth.EventPhoneShown:      "The whole number was shown",
	phoneauth.EventExported:        "What is kept about the account was exported",
	phoneauth.EventImported:        "Accounts of another system were imported",
}

// intents are what operators are about to do.
var intents = map[phoneauth.EventType]string{
	phoneauth.EventCodeSent:     "send the code again",
	phoneauth.EventSessionEnded: "end a session",
	phoneauth.EventSignedOut:    "end all sessions",
	phoneauth.EventPhoneChanged: "change the number of the account",
	phoneauth.EventBlocked:      "block the account",
	phoneauth.EventUnblocked:    "unblock the account",
	phoneauth.EventUnlocked:     "unlock the number",

	phoneauth.EventAccountUnlocked: "open the account that its owner has locked",

	phoneauth.EventDeleted:    "delete the account",
	phoneauth.EventPhoneShown: "see the whole number",
	phoneauth.EventExported:   "export what is kept about the account",
	phoneauth.EventImported:   "import accounts of another system",
}

// tone is how a line looks beside its words.
func tone(what phoneauth.EventType) string {
	switch what {
	case phoneauth.EventDelivered, phoneauth.EventVerified, phoneauth.EventSignedIn, phoneauth.EventSignedUp:
		return "good"
	case phoneauth.EventSendFailed, phoneauth.EventSendRefused, phoneauth.EventUndelivered, phoneauth.EventLimited,
		phoneauth.EventOptedOut, phoneauth.EventVerifyFailed, phoneauth.EventPasswordFailed, phoneauth.EventSignInRefused, phoneauth.EventHumanCheckFailed,
		phoneauth.EventRefreshReused, phoneauth.EventBlocked, phoneauth.EventAccountLocked, phoneauth.EventDeleted:
		return "bad"
	}
	return ""
}

// purposes complete "a code".
var purposes = map[phoneauth.Purpose]string{
	phoneauth.PurposeSignIn:               "to sign in",
	phoneauth.PurposePasswordRegistration: "to register with a password",
	phoneauth.PurposePasswordReset:        "for a new password",
	phoneauth.PurposePhoneChange:          "for a new number",
	phoneauth.PurposeAccountDeletion:      "to delete the account",
	phoneauth.PurposeDataExport:           "to export what is kept about the account",
	phoneauth.PurposeAccountUnlock:        "to open the locked account",
	phoneauth.NoticePasswordChanged:       "of a changed password",
	phoneauth.NoticePhoneChanged:          "of a changed number",
	phoneauth.NoticeDataExported:          "of an export",
}

// isNotice reports whether texts of a purpose have no code.
func isNotice(p phoneauth.Purpose) bool {
	return p == phoneauth.NoticePasswordChanged || p == phoneauth.NoticePhoneChanged || p == phoneauth.NoticeDataExported
}

// code is what was sent, as "a code to sign in".
func code(e phoneauth.Entry) string {
	what := "a code"
	if isNotice(e.Purpose) {
		what = "a notice"
	}
	what += from(" by ", e.Channel)
	if e.Purpose == "" {
		return what
	}
	return what + " " + purposeText(e.Purpose)
}

func purposeText(p phoneauth.Purpose) string {
	return cmp.Or(purposes[p], "for "+words(string(p)))
}

func accepted(e phoneauth.Entry) string {
	if e.Sender == "" && e.MessageID == "" {
		return ""
	}
	return " It was accepted by " + cmp.Or(e.Sender, "the sender") + from(", id ", e.MessageID) + "."
}

// failure is why a text was not sent or did not arrive.
func failure(e phoneauth.Entry) string {
	text := from(": ", e.SendCode) + meaning(e)
	switch e.SendFault {
	case phoneauth.FaultDestination:
		text += ", because of this number or its carrier"
	case phoneauth.FaultSender:
		text += ", because of the provider or our account there"
	}
	if e.SendClass == phoneauth.Ambiguous {
		text += ". It may have gone out all the same"
	}
	return text
}

func limited(e phoneauth.Entry) string {
	return "Refused" + times(e) + " by the limit on " + limitText(e.Limit) + until(e.Time, e.Until) + "."
}

// level is the level of a human check, ", level 3".
func level(e phoneauth.Entry) string {
	if e.Level == 0 {
		return ""
	}
	return ", level " + strconv.Itoa(e.Level)
}

// limits say what a limit counts.
var limits = map[string]string{
	phoneauth.LimitPhoneSends:       "codes to one number",
	phoneauth.LimitChannelWait:      "codes by one channel after another",
	phoneauth.LimitAddressSends:     "codes asked for from one address",
	phoneauth.LimitServiceSends:     "codes of the whole service",
	phoneauth.LimitSpendHour:        "what codes to the country cost in an hour",
	phoneauth.LimitSpendDay:         "what codes to the country cost on a day",
	phoneauth.LimitBlock:            "codes to its block of 10,000 numbers",
	phoneauth.LimitWideBlock:        "codes to its block of 1,000,000 numbers",
	phoneauth.LimitCountry:          "codes to its country",
	phoneauth.LimitPhoneFailures:    "wrong codes for one number",
	phoneauth.LimitAddressFailures:  "wrong codes and passwords from one address",
	phoneauth.LimitPasswordFailures: "wrong passwords for one number",
	phoneauth.LimitPasswords:        "sign-ins by password",
	phoneauth.LimitDeviceSends:      "codes to the known devices of one number",
	phoneauth.LimitHumanChecks:      "human checks for one address",
	phoneauth.LimitUnverifiedSends:  "codes from one address that were not verified",
	phoneauth.LimitHumanCheckUsed:   "answers to one human check",
	phoneauth.LimitSessions:         "sessions of one account",
	phoneauth.LimitPhoneChange:      "deleting an account whose number was just changed",
}

func limitText(name string) string { return cmp.Or(limits[name], words(name)) }

// until is when something that began then ends, " until …".
func until(began, ends time.Time) string {
	switch {
	case ends.IsZero():
		return ""
	case ends.Sub(began) > phoneauth.UntilUnlock/2:
		return " until an operator unlocks it"
	}
	return " until " + at(ends)
}

// times is how often, where it is more than once.
func times(e phoneauth.Entry) string {
	if e.Count < 2 {
		return ""
	}
	return " " + strconv.Itoa(e.Count) + " times"
}

// from is text behind prefix, or nothing.
func from(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

// words is a name without its underscores.
func words(name string) string { return strings.ReplaceAll(name, "_", " ") }

func capital(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
