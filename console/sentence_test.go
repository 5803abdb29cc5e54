package console

import (
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

func TestSentences(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 28, 7, 0, 0, 0, time.UTC)
	for want, e := range map[string]phoneauth.Entry{
		"A code to sign in was asked for. It was accepted by twilio, id SM1.":                {Type: phoneauth.EventCodeSent, Purpose: phoneauth.PurposeSignIn, Sender: "twilio", MessageID: "SM1"},
		"A code by whatsapp to sign in was asked for. It was accepted by cloud.":             {Type: phoneauth.EventCodeSent, Purpose: phoneauth.PurposeSignIn, Channel: "whatsapp", Sender: "cloud"},
		"A code for a new password was asked for. It was accepted by kannel.":                {Type: phoneauth.EventCodeSent, Purpose: phoneauth.PurposePasswordReset, Sender: "kannel"},
		"A code for a new number was asked for. It is a test number.":                        {Type: phoneauth.EventCodeSent, Purpose: phoneauth.PurposePhoneChange, Test: true},
		"A code for pay bill was asked for. A known device asked.":                           {Type: phoneauth.EventCodeSent, Purpose: "pay_bill", Device: true},
		"A notice was sent. It was accepted by the sender, id m1.":                           {Type: phoneauth.EventNoticeSent, Purpose: phoneauth.NoticePhoneChanged, MessageID: "m1"},
		"A code to sign in could not be sent: 21211, because of this number or its carrier.": {Type: phoneauth.EventSendFailed, Purpose: phoneauth.PurposeSignIn, SendCode: "21211", SendFault: phoneauth.FaultDestination},
		"A code could not be sent by twilio, because of the provider or our account there. It may have gone out all the same.": {
			Type: phoneauth.EventSendFailed, Sender: "twilio", SendFault: phoneauth.FaultSender, SendClass: phoneauth.Ambiguous,
		},
		"A notice of a changed number could not be sent.":      {Type: phoneauth.EventSendFailed, Purpose: phoneauth.NoticePhoneChanged},
		"No code was sent: the service's own rule refused it.": {Type: phoneauth.EventSendRefused},
		"The carrier delivered a text, id SM1.":                {Type: phoneauth.EventDelivered, MessageID: "SM1"},
		"The carrier did not deliver a text, id SM1: 30007 (filtered, often by the carrier), because of this number or its carrier.": {Type: phoneauth.EventUndelivered, Sender: "twilio", MessageID: "SM1", SendCode: "30007", SendFault: phoneauth.FaultDestination},
		"Refused by the limit on codes to one number until 2026-11-28 07:01:00 UTC.":                                                 {Type: phoneauth.EventLimited, Limit: phoneauth.LimitPhoneSends, Count: 1, Time: now, Until: now.Add(time.Minute)},
		"Refused 8 times by the limit on codes to its country.":                                                                      {Type: phoneauth.EventLimited, Limit: phoneauth.LimitCountry, Count: 8},
		"Refused by the limit on wrong codes for one number until an operator unlocks it.":                                           {Type: phoneauth.EventLimited, Limit: phoneauth.LimitPhoneFailures, Time: now, Until: now.Add(phoneauth.UntilUnlock)},
		"Refused by the limit on a new one.":                                                                                         {Type: phoneauth.EventLimited, Limit: "a_new_one"},
		"A wrong or expired code was given.":                                                                                         {Type: phoneauth.EventVerifyFailed},
		"A wrong or expired code was given 3 times.":                                                                                 {Type: phoneauth.EventVerifyFailed, Count: 3},
		"A wrong password was given.":                                                                                                {Type: phoneauth.EventPasswordFailed},
		"The right code was given.":                                                                                                  {Type: phoneauth.EventVerified},
		"Signed in, Chrome on Android, Cairo.":                                                                                       {Type: phoneauth.EventSignedIn, Client: "Chrome on Android", Place: "Cairo"},
		"Signed up.":                                                                                                                 {Type: phoneauth.EventSignedUp},
		"The account was blocked by ana, reason: ticket 7":                                                                           {Type: phoneauth.EventBlocked, Actor: "ana", Reason: "ticket 7"},
		"The number was unlocked by ana.":                                                                                            {Type: phoneauth.EventUnlocked, Actor: "ana"},
		"The account was deleted.":                                                                                                   {Type: phoneauth.EventDeleted},
		"ana was about to do this: delete the account, reason: they asked":                                                           {Type: phoneauth.EventOperator, Intent: phoneauth.EventDeleted, Actor: "ana", Reason: "they asked"},
		"An operator was about to do this: block the account.":                                                                       {Type: phoneauth.EventOperator, Intent: phoneauth.EventBlocked},
		"Something of a later version.":                                                                                              {Type: "something_of_a_later_version"},
		"The whole number was shown by ana, reason: to call them":                                                                    {Type: phoneauth.EventPhoneShown, Actor: "ana", Reason: "to call them"},
		"ana was about to do this: send the code again by voice, reason: they called": {
			Type: phoneauth.EventOperator, Intent: phoneauth.EventCodeSent, Channel: "voice", Actor: "ana", Reason: "they called",
		},
		"A code by voice to sign in was asked for by ana, reason: they called. It was accepted by vonage.": {
			Type: phoneauth.EventCodeSent, Purpose: phoneauth.PurposeSignIn, Channel: "voice", Sender: "vonage", Actor: "ana", Reason: "they called",
		},
		"A code by voice to sign in could not be sent: 3. ana asked for it, reason: they called": {
			Type: phoneauth.EventSendFailed, Purpose: phoneauth.PurposeSignIn, Channel: "voice", SendCode: "3", Actor: "ana", Reason: "they called",
		},
		"The owner locked the account of user 42 by the link of a notice of a changed number.": {
			Type: phoneauth.EventAccountLocked, Purpose: phoneauth.NoticePhoneChanged, UserID: "42",
		},
		"The account that its owner had locked was opened again by ana, reason: called back": {Type: phoneauth.EventAccountUnlocked, Actor: "ana", Reason: "called back"},
		"A notice of an export could not be sent.":                                           {Type: phoneauth.EventSendFailed, Purpose: phoneauth.NoticeDataExported},
		"A session was ended, because there were too many.":                                  {Type: phoneauth.EventSessionEvicted},
	} {
		assert.Equal(t, want, sentence(e))
	}
}

// named returns the values of the constants that the pattern finds in a file of package
// phoneauth.
func named(t *testing.T, file, pattern string) (values []string) {
	t.Helper()
	source, err := os.ReadFile(file)
	require.NoError(t, err)
	for _, found := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(source), -1) {
		values = append(values, found[1])
	}
	require.Greater(t, len(values), 10, file)
	return values
}

// Every type of event, every limit and every deed has words of its own.
func TestEveryEventHasASentence(t *testing.T) {
	t.Parallel()
	for _, what := range named(t, "../event.go", `Event\w+ +EventType = "(\w+)"`) {
		if of := phoneauth.EventType(what); sentence(phoneauth.Entry{Type: of}) == capital(words(what))+"." {
			assert.Contains(t, plain, of) // or it is the name that a type without a sentence shows
		}
	}
	for _, limit := range named(t, "../errors.go", `\tLimit\w+ += "(\w+)"`) {
		assert.Contains(t, limits, limit)
	}
	for what, does := range intents {
		assert.NotEmpty(t, does)
		if sentence(phoneauth.Entry{Type: what}) == capital(words(string(what)))+"." {
			assert.Contains(t, plain, what, "a deed has a sentence, too")
		}
	}
	for name := range actions {
		if name != "export" && name != "reveal" { // which answer with what was asked for
			assert.NotEmpty(t, notices[name], name)
		}
	}
}

// Failures in a row are one line, entries of one time stay together, and no page is longer
// than its room.
func TestRows(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 28, 7, 0, 0, 0, time.UTC)
	sc := &screen{ID: "x"}
	sc.addRows([]phoneauth.Entry{
		{Type: phoneauth.EventVerifyFailed, Time: now.Add(2 * time.Second)},
		{Type: phoneauth.EventVerifyFailed, Time: now.Add(time.Second)},
		{Type: phoneauth.EventVerifyFailed, Time: now},
		{Type: phoneauth.EventBlocked, Time: now, Actor: "ana", Reason: "r"},
		{Type: phoneauth.EventOperator, Intent: phoneauth.EventBlocked, Time: now, Actor: "ana", Reason: "r"},
		{Type: phoneauth.EventOperator, Intent: phoneauth.EventBlocked, Time: now, Actor: "ana", Reason: "another"},
	})
	texts := make([]string, len(sc.Rows))
	for i, r := range sc.Rows {
		texts[i] = r.Text
	}
	assert.Equal(t, []string{
		"A wrong or expired code was given 3 times. The first was at 2026-11-28 07:00:00 UTC.",
		"The account was blocked by ana, reason: r",
		"ana was about to do this: block the account, reason: another",
	}, texts)
	assert.Empty(t, sc.Older)

	var many []phoneauth.Entry
	for i := range 2 * mostEntries {
		many = append(many, phoneauth.Entry{Type: phoneauth.EventCodeSent, Time: now.Add(-time.Duration(i/2) * time.Second)})
	}
	sc = &screen{ID: "x"}
	sc.addRows(many)
	assert.Len(t, sc.Rows, mostEntries)
	assert.Equal(t, "about?id=x&before=1795849171000000", sc.Older, "half of them")
}
