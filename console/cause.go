package console

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
)

// cause is a sentence that says why no code comes or why nobody gets in, and since when.
type cause struct {
	Text string
	// Tone is "bad" or "good", or empty.
	Tone string
}

// lateAfter is how long a code may take to arrive before it is late. A person may ask for
// another one after that time by default.
const lateAfter = time.Minute

// causes are what an operator has to read first. The entries are the newest ones, newest
// first.
func causes(state *phoneauth.PhoneState, entries []phoneauth.Entry, now time.Time) (all []cause) {
	for _, text := range slices.Concat(closed(state.User, entries), locked(state.Locks, now), refused(state, entries, now), optedOut(entries)) {
		all = append(all, cause{text, "bad"})
	}
	all = append(all, lastCode(entries)...)
	for _, text := range wrongInARow(entries) {
		all = append(all, cause{text, "bad"})
	}
	return all
}

// closed says that nobody signs in to the account.
func closed(u *phoneauth.User, entries []phoneauth.Entry) (all []string) {
	if u != nil && u.Blocked {
		text := "The account is blocked. Nobody signs in to it."
		if e, ok := newest(entries, phoneauth.EventBlocked); ok {
			text += " It has been blocked since " + at(e.Time) + from(" by ", e.Actor) + because(e)
		}
		all = append(all, text)
	}
	if u != nil && u.Locked {
		text := "The owner has locked the account. Nobody signs in to it."
		if e, ok := newest(entries, phoneauth.EventAccountLocked); ok {
			text += " It has been locked since " + at(e.Time) + "."
		}
		all = append(all, text)
	}
	return all
}

// locked says which lockouts hold.
func locked(locks []phoneauth.Lock, now time.Time) (all []string) {
	for _, l := range locks {
		text := "Locked by the limit on " + limitText(l.Limit)
		if l.Devices {
			text += ", for its known devices"
		}
		text += ", after " + strconv.Itoa(l.Failures) + " in a row," + until(now, l.Until) + "."
		if !l.Since.IsZero() {
			text += " It has been locked since " + at(l.Since) + "."
		}
		all = append(all, text)
	}
	return all
}

// unseen are the limits that the state of a number does not tell of.
var unseen = []string{
	phoneauth.LimitAddressSends, phoneauth.LimitAddressFailures, phoneauth.LimitPasswords,
	phoneauth.LimitDeviceSends, phoneauth.LimitSessions,
}

// refused says which limits refuse.
func refused(state *phoneauth.PhoneState, entries []phoneauth.Entry, now time.Time) (all []string) {
	if next := state.NextSend; next != nil {
		text := "The next code to sign in is refused by the limit on " + limitText(next.Limit) + until(now, next.Until) + "."
		since := refusedSince(entries, next.Limit, now)
		if e, ok := newest(entries, phoneauth.EventCodeSent); ok && next.Limit == phoneauth.LimitPhoneSends {
			since = e.Time // that code took the last of it
		}
		for _, l := range state.Locks {
			if l.Limit == next.Limit && !l.Devices {
				since = l.Since
			}
		}
		if !since.IsZero() {
			text += " It has refused since " + at(since) + "."
		}
		all = append(all, text)
	}
	for _, limit := range unseen {
		since := refusedSince(entries, limit, now)
		if since.IsZero() {
			continue
		}
		last := entries[slices.IndexFunc(entries, func(e phoneauth.Entry) bool { return e.Limit == limit })]
		all = append(all, "Somebody was refused by the limit on "+limitText(limit)+" since "+at(since)+". It refuses them"+until(now, last.Until)+".")
	}
	return all
}

// refusedSince is the first refusal of those by a limit that go on until now: each came
// before the one before it had ended. It is zero where there is none.
func refusedSince(entries []phoneauth.Entry, limit string, now time.Time) (since time.Time) {
	next := now
	for _, e := range entries {
		switch {
		case e.Type == phoneauth.EventUnlocked:
			return since
		case e.Type != phoneauth.EventLimited || e.Limit != limit:
		case e.Until.Before(next):
			return since
		default:
			since, next = e.Time, e.Time
		}
	}
	return since
}

// optedOut says that the owner wants no texts, unless a code has arrived since.
func optedOut(entries []phoneauth.Entry) []string {
	e, ok := newest(entries, phoneauth.EventOptedOut, phoneauth.EventDelivered, phoneauth.EventVerified)
	if !ok || e.Type != phoneauth.EventOptedOut {
		return nil
	}
	return []string{"The owner of the number answered STOP at " + at(e.Time) + ". Providers may have refused texts to it since then."}
}

// lastCode says what became of the last code that was asked for.
func lastCode(entries []phoneauth.Entry) []cause {
	sends := slices.DeleteFunc(slices.Clone(entries), func(e phoneauth.Entry) bool { return !isCode(e) })
	if len(sends) == 0 {
		return nil
	}
	last := sends[0]
	what := strings.Replace(code(last), "a ", "the last ", 1)
	if right, ok := newest(entries, phoneauth.EventVerified); ok && !right.Time.Before(last.Time) {
		return []cause{{"The right code was given at " + at(right.Time) + ".", "good"}}
	}
	switch last.Type {
	case phoneauth.EventSendRefused:
		return []cause{{"No code was sent: the service's own rule has refused them since " +
			at(sameSince(sends, func(e phoneauth.Entry) bool { return e.Type == last.Type })) + ".", "bad"}}
	case phoneauth.EventSendFailed:
		gone := " has gone out"
		since := sameSince(sends, func(e phoneauth.Entry) bool {
			if e.Type == last.Type && e.SendClass == phoneauth.Ambiguous {
				gone = " is known to have gone out"
			}
			return e.Type == last.Type
		})
		return []cause{{capital(what) + " could not be sent" + from(" by ", last.Sender) + failure(last) +
			". No code to the number" + gone + " since " + at(since) + ".", "bad"}}
	}
	report, ok := reportOf(entries, last)
	switch took := report.Time.Sub(last.Time); {
	case !ok:
		by := cmp.Or(last.Sender, "the sender")
		return []cause{{capital(what) + " was accepted by " + by + " at " + at(last.Time) + ". No report says yet whether it arrived.", ""}}
	case report.Type == phoneauth.EventUndelivered:
		since := sameSince(sends, func(e phoneauth.Entry) bool {
			r, ok := reportOf(entries, e)
			return ok && r.Type == report.Type
		})
		return []cause{{"The carrier did not deliver " + what + failure(report) + ". It said so at " + at(report.Time) +
			". No code to the number has arrived since " + at(since) + ".", "bad"}}
	case took >= lateAfter:
		return []cause{{capital(what) + " arrived late: it was asked for at " + at(last.Time) + ", and the carrier delivered it " +
			lasting(took) + " later, at " + at(report.Time) + ".", "bad"}}
	default:
		return []cause{{capital(what) + " arrived at " + at(report.Time) + ", " + lasting(took) + " after it was asked for.", "good"}}
	}
}

// wrongInARow says how many wrong codes and passwords were given in a row.
func wrongInARow(entries []phoneauth.Entry) (all []string) {
	for _, wrong := range []struct {
		what phoneauth.EventType
		name string
		// ends are what ends the row.
		ends []phoneauth.EventType
	}{
		{phoneauth.EventVerifyFailed, "A wrong or expired code", []phoneauth.EventType{phoneauth.EventVerified, phoneauth.EventUnlocked}},
		{phoneauth.EventPasswordFailed, "A wrong password", []phoneauth.EventType{
			phoneauth.EventSignedIn, phoneauth.EventPasswordChanged, phoneauth.EventUnlocked}},
	} {
		n, since := 0, time.Time{}
		for _, e := range entries {
			if slices.Contains(wrong.ends, e.Type) {
				break
			}
			if e.Type == wrong.what {
				n, since = n+max(e.Count, 1), e.Time
			}
		}
		switch {
		case n == 1:
			all = append(all, wrong.name+" was given at "+at(since)+".")
		case n > 1:
			all = append(all, wrong.name+" has been given "+strconv.Itoa(n)+" times since "+at(since)+".")
		}
	}
	return all
}

// isCode reports whether somebody asked for a code then.
func isCode(e phoneauth.Entry) bool {
	switch e.Type {
	case phoneauth.EventCodeSent, phoneauth.EventSendRefused:
		return true
	case phoneauth.EventSendFailed:
		return !isNotice(e.Purpose)
	}
	return false
}

// reportOf is what a provider reported about a text.
func reportOf(entries []phoneauth.Entry, sent phoneauth.Entry) (phoneauth.Entry, bool) {
	i := slices.IndexFunc(entries, func(e phoneauth.Entry) bool {
		return (e.Type == phoneauth.EventDelivered || e.Type == phoneauth.EventUndelivered) && e.MessageID == sent.MessageID && e.MessageID != ""
	})
	if i < 0 {
		return phoneauth.Entry{}, false
	}
	return entries[i], true
}

// newest is the newest entry of these types.
func newest(entries []phoneauth.Entry, types ...phoneauth.EventType) (phoneauth.Entry, bool) {
	i := slices.IndexFunc(entries, func(e phoneauth.Entry) bool { return slices.Contains(types, e.Type) })
	if i < 0 {
		return phoneauth.Entry{}, false
	}
	return entries[i], true
}

// sameSince is the time of the first of the newest entries that are all alike.
func sameSince(entries []phoneauth.Entry, alike func(phoneauth.Entry) bool) (since time.Time) {
	for _, e := range entries {
		if !alike(e) {
			break
		}
		since = e.Time
	}
	return since
}

// lasting is how long something took, as "3 min 5 s".
func lasting(d time.Duration) string {
	parts := []string{}
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}} {
		if n := d / unit.of; n > 0 && len(parts) < 2 {
			parts = append(parts, strconv.FormatInt(int64(n), 10)+" "+unit.name)
			d -= n * unit.of
		}
	}
	if len(parts) == 0 {
		return "less than 1 s"
	}
	return strings.Join(parts, " ")
}
