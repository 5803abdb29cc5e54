package console

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
)

// The causes of everything that the test in the browser does not do. The entries are newest
// first.
func TestCauses(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 28, 7, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	sent := func(d time.Duration, id string) phoneauth.Entry {
		return phoneauth.Entry{Type: phoneauth.EventCodeSent, Time: ago(d), Purpose: phoneauth.PurposeSignIn, Sender: "twilio", MessageID: id}
	}
	of := func(d time.Duration, what phoneauth.EventType) phoneauth.Entry {
		return phoneauth.Entry{Type: what, Time: ago(d)}
	}
	limited := func(d time.Duration, limit string) phoneauth.Entry {
		return phoneauth.Entry{Type: phoneauth.EventLimited, Time: ago(d), Limit: limit, Until: ago(d).Add(time.Hour)}
	}
	undelivered := phoneauth.Entry{Type: phoneauth.EventUndelivered, Time: ago(time.Second), Sender: "twilio", MessageID: "2", SendCode: "30007", SendFault: phoneauth.FaultDestination}
	for name, c := range map[string]struct {
		state   phoneauth.PhoneState
		entries []phoneauth.Entry
		want    []string
	}{
		"nothing": {},
		"blocked, and nobody knows by whom": {
			state: phoneauth.PhoneState{User: &phoneauth.User{Blocked: true, Locked: true}},
			want:  []string{"The account is blocked. Nobody signs in to it.", "The owner has locked the account. Nobody signs in to it."},
		},
		"locked by the owner": {
			state:   phoneauth.PhoneState{User: &phoneauth.User{Locked: true}},
			entries: []phoneauth.Entry{of(time.Hour, phoneauth.EventAccountLocked)},
			want:    []string{"The owner has locked the account. Nobody signs in to it. It has been locked since 2026-11-28 06:00:00 UTC."},
		},
		"blocked by a program": {
			state:   phoneauth.PhoneState{User: &phoneauth.User{Blocked: true}},
			entries: []phoneauth.Entry{of(time.Hour, phoneauth.EventBlocked)},
			want:    []string{"The account is blocked. Nobody signs in to it. It has been blocked since 2026-11-28 06:00:00 UTC."},
		},
		"locked for good, by rules that were changed": {
			state: phoneauth.PhoneState{Locks: []phoneauth.Lock{
				{Limit: phoneauth.LimitPasswordFailures, Devices: true, Failures: 100, Until: now.Add(phoneauth.UntilUnlock)}}},
			want: []string{"Locked by the limit on wrong passwords for one number, for its known devices, after 100 in a row, until an operator unlocks it."},
		},
		"refusals that go on": {
			state: phoneauth.PhoneState{NextSend: &phoneauth.Refusal{Limit: phoneauth.LimitBlock, Until: now.Add(time.Minute)}},
			entries: []phoneauth.Entry{limited(time.Minute, phoneauth.LimitBlock), limited(50*time.Minute, phoneauth.LimitBlock),
				limited(100*time.Minute, phoneauth.LimitBlock), limited(3*time.Hour, phoneauth.LimitBlock)},
			want: []string{"The next code to sign in is refused by the limit on codes to its block of 10,000 numbers until 2026-11-28 07:01:00 UTC. " +
				"It has refused since 2026-11-28 05:20:00 UTC."},
		},
		"a refusal that nobody has met": {
			state: phoneauth.PhoneState{NextSend: &phoneauth.Refusal{Limit: phoneauth.LimitCountry, Until: now.Add(time.Minute)}},
			want:  []string{"The next code to sign in is refused by the limit on codes to its country until 2026-11-28 07:01:00 UTC."},
		},
		"a limit of an address": {
			entries: []phoneauth.Entry{limited(time.Minute, phoneauth.LimitAddressSends), limited(2*time.Hour, phoneauth.LimitAddressFailures)},
			want: []string{"Somebody was refused by the limit on codes asked for from one address since 2026-11-28 06:59:00 UTC. " +
				"It refuses them until 2026-11-28 07:59:00 UTC."},
		},
		"a limit before an unlock": {
			entries: []phoneauth.Entry{of(time.Second, phoneauth.EventUnlocked), limited(time.Minute, phoneauth.LimitPasswords)},
		},
		"STOP": {
			entries: []phoneauth.Entry{of(time.Minute, phoneauth.EventOptedOut)},
			want:    []string{"The owner of the number answered STOP at 2026-11-28 06:59:00 UTC. Providers may have refused texts to it since then."},
		},
		"STOP, and a code all the same": {
			entries: []phoneauth.Entry{of(time.Minute, phoneauth.EventVerified), of(time.Hour, phoneauth.EventOptedOut)},
		},
		"not known to be sent": {
			entries: []phoneauth.Entry{{Type: phoneauth.EventSendFailed, Time: ago(time.Minute), Sender: "twilio", SendClass: phoneauth.Ambiguous}},
			want: []string{"The last code could not be sent by twilio. It may have gone out all the same. " +
				"No code to the number is known to have gone out since 2026-11-28 06:59:00 UTC."},
		},
		"no report": {
			entries: []phoneauth.Entry{{Type: phoneauth.EventCodeSent, Time: ago(0)}, sent(time.Hour, "1")},
			want:    []string{"The last code was accepted by the sender at 2026-11-28 07:00:00 UTC. No report says yet whether it arrived."},
		},
		"lost, and one before it arrived": {
			entries: []phoneauth.Entry{undelivered, sent(time.Minute, "2"),
				{Type: phoneauth.EventDelivered, Time: ago(time.Hour), MessageID: "1"}, sent(time.Hour, "1")},
			want: []string{"The carrier did not deliver the last code to sign in: 30007 (filtered, often by the carrier), because of this number or its carrier. " +
				"It said so at 2026-11-28 06:59:59 UTC. No code to the number has arrived since 2026-11-28 06:59:00 UTC."},
		},
		"the service's own rule": {
			entries: []phoneauth.Entry{of(time.Minute, phoneauth.EventSendRefused), of(time.Hour, phoneauth.EventSendRefused), sent(2*time.Hour, "1")},
			want:    []string{"No code was sent: the service's own rule has refused them since 2026-11-28 06:00:00 UTC."},
		},
		"a notice is no code": {
			entries: []phoneauth.Entry{{Type: phoneauth.EventSendFailed, Purpose: phoneauth.NoticePhoneChanged, Time: ago(0)}},
		},
		"one wrong password": {
			entries: []phoneauth.Entry{of(0, phoneauth.EventPasswordFailed), of(time.Hour, phoneauth.EventSignedIn), of(2*time.Hour, phoneauth.EventPasswordFailed)},
			want:    []string{"A wrong password was given at 2026-11-28 07:00:00 UTC."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var texts []string
			for _, cause := range causes(&c.state, c.entries, now) {
				texts = append(texts, cause.Text)
			}
			assert.Equal(t, c.want, texts)
		})
	}
}

func TestLasting(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "less than 1 s", 999 * time.Millisecond: "less than 1 s", 65 * time.Second: "1 min 5 s", time.Hour: "1 h",
		49*time.Hour + time.Minute: "2 d 1 h",
	} {
		assert.Equal(t, want, lasting(d))
	}
}

// What a code stands for is found by the provider, whatever else the host calls it.
func TestMeaning(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]phoneauth.Entry{
		" (the owner of the number has opted out)": {Type: phoneauth.EventSendFailed, Sender: "Twilio EU", SendCode: "21610"},
		" (the number is of no known network)":     {Type: phoneauth.EventSendFailed, Sender: "vonage", SendCode: "6"},
		" (filtered by the carrier)":               {Type: phoneauth.EventUndelivered, Sender: "vonage", SendCode: "6"},
		"":                                         {Type: phoneauth.EventUndelivered, Sender: "webhook", SendCode: "30007"},
	} {
		assert.Equal(t, want, meaning(e))
	}
}
