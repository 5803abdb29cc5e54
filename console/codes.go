package console

import (
	"strings"

	"github.com/phoneauth/phoneauth"
)

// meanings are what the codes of providers stand for, by provider and code. The codes of
// Vonage's reports are others than those of its answers.
var meanings = map[string]string{
	"kannel DLR 2":  "the carrier could not deliver it",
	"kannel DLR 16": "the carrier refused it",

	"twilio 14107": "our account sends too fast",
	"twilio 20003": "our credentials are wrong",
	"twilio 20429": "our account asks too often",
	"twilio 21211": "the number is not valid",
	"twilio 21214": "the number cannot be reached",
	"twilio 21216": "the provider has blocked the number",
	"twilio 21217": "the number does not look valid",
	"twilio 21265": "the number is a short code",
	"twilio 21408": "our account does not serve the country",
	"twilio 21606": "our sender number does not reach this number",
	"twilio 21608": "our account is a trial one",
	"twilio 21610": "the owner of the number has opted out",
	"twilio 21611": "our sender number has too many texts waiting",
	"twilio 21612": "there is no route to the number",
	"twilio 21614": "the number is no mobile one",
	"twilio 21635": "the number is a landline",
	"twilio 21659": "our sender number is of another country",
	"twilio 30001": "our account has too many texts waiting",
	"twilio 30002": "our account is suspended",
	"twilio 30003": "the phone was not reached",
	"twilio 30004": "the carrier or the owner has blocked it",
	"twilio 30005": "the number is not in use",
	"twilio 30006": "the number is a landline, or its carrier was not reached",
	"twilio 30007": "filtered, often by the carrier",
	"twilio 30008": "unknown",
	"twilio 30036": "it waited too long at the provider",

	"vonage 1":  "our account sends too fast",
	"vonage 4":  "our credentials are wrong",
	"vonage 5":  "an error of the provider",
	"vonage 6":  "the number is of no known network",
	"vonage 7":  "the number is barred",
	"vonage 8":  "our account is barred",
	"vonage 9":  "our account has no credit",
	"vonage 10": "our account has too many connections",
	"vonage 11": "our account is not enabled",
	"vonage 14": "our signature is wrong",
	"vonage 15": "our sender name is not allowed there",
	"vonage 29": "our account is a demo one",
	"vonage 33": "the number is not in use",

	"vonage report 2":  "the phone was not reached",
	"vonage report 3":  "the number is not in use",
	"vonage report 4":  "the owner has barred it",
	"vonage report 5":  "the number has moved to another carrier",
	"vonage report 6":  "filtered by the carrier",
	"vonage report 7":  "the phone was busy",
	"vonage report 9":  "the owner of the number has opted out",
	"vonage report 11": "there is no route to the number",
	"vonage report 12": "the number cannot be reached",
	"vonage report 13": "barred for the owner's age",
	"vonage report 14": "barred by the carrier",
	"vonage report 15": "the owner has no credit left",
	"vonage report 16": "our quota is used up",
}

// meaning is what the code of a send that failed, or of a report, stands for, in brackets.
// Hosts name their senders themselves, after the provider.
func meaning(e phoneauth.Entry) string {
	for _, provider := range []string{"kannel", "twilio", "vonage"} {
		if e.SendCode == "" || !strings.Contains(strings.ToLower(e.Sender), provider) {
			continue
		}
		if provider == "vonage" && e.Type == phoneauth.EventUndelivered {
			provider = "vonage report"
		}
		if text := meanings[provider+" "+e.SendCode]; text != "" {
			return " (" + text + ")"
		}
	}
	return ""
}
