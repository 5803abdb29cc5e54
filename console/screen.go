package console

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/phoneauth/phoneauth"
)

// screen is all that is shown about a subject.
type screen struct {
	// ID is the sealed id of the subject.
	ID    string
	State *phoneauth.PhoneState
	// Number is masked, unless an operator has asked for it.
	Number string
	Whole  bool
	// Causes say why no code comes or why nobody gets in. Pages of older entries have only
	// what the state of the number says.
	Causes []cause
	Rows   []row
	// Older is the address of what happened before Rows; empty where there is none.
	Older    string
	Sessions []phoneauth.SessionInfo
	// More is how many sessions are not shown.
	More int
	// Channels are those by which the code to sign in can be sent again. It is empty where none
	// is out.
	Channels []channel
	// Resends is true when one of Channels can be chosen now.
	Resends bool
}

// channel is a choice for sending the code again.
type channel struct {
	Name string
	// From is when it can be chosen. It is empty if that is now.
	From string
}

// addChannels fills in by what the code to sign in can be sent again.
func (sc *screen) addChannels(now time.Time) {
	if !slices.ContainsFunc(sc.State.Codes, func(c phoneauth.CodeInfo) bool { return c.Purpose == phoneauth.PurposeSignIn }) {
		return
	}
	for _, c := range sc.State.Channels {
		choice := channel{Name: c.Name}
		if c.AvailableAt.After(now) {
			choice.From = at(c.AvailableAt)
		}
		sc.Channels = append(sc.Channels, choice)
		sc.Resends = sc.Resends || choice.From == ""
	}
}

// row is one line of the timeline.
type row struct {
	Time, Datetime string
	Text           string
	// Tone is "bad" or "good", or empty.
	Tone string
}

// How many entries are asked for at once, and how many bytes of a page they and the sessions
// may take, so that the page stays below 30 KB whatever they say.
const (
	mostEntries  = 60
	rowBytes     = 130
	timelineRoom = 13_000
	sessionBytes = 330
	sessionRoom  = 8_000
)

// look reads what there is about s. The timeline ends before the given time, which may be
// zero.
func (d *desk) look(ctx context.Context, s subject, before time.Time) (*screen, error) {
	state, err := d.state(ctx, s)
	if err != nil {
		return nil, err
	}
	id := d.seal.id(s)
	sc := &screen{ID: id, State: state, Number: state.Phone.String()}
	entries, full, err := d.entries(ctx, state, before)
	if err != nil {
		return nil, err
	}
	if before.IsZero() {
		known, err := d.withBlock(ctx, state.User, entries)
		if err != nil {
			return nil, err
		}
		sc.Causes = causes(state, known, time.Now())
	} else {
		sc.Causes = causes(state, nil, time.Now())
	}
	sc.addChannels(time.Now())
	sc.addRows(entries)
	if sc.Older == "" && full {
		sc.Older = sc.before(entries[len(entries)-1].Time)
	}
	if state.User == nil {
		return sc, nil
	}
	all, err := d.svc.Sessions(ctx, state.User.ID)
	if errors.Is(err, phoneauth.ErrNotFound) { // it was deleted meanwhile
		return sc, nil
	}
	room := sessionRoom
	for i, info := range all {
		room -= sessionBytes + escaped(info.Client) + escaped(info.Place)
		if room < 0 {
			sc.More = len(all) - i
			break
		}
		sc.Sessions = append(sc.Sessions, info)
	}
	return sc, err
}

// entries are those about the number and those about its account, newest first.
func (d *desk) entries(ctx context.Context, state *phoneauth.PhoneState, before time.Time) (all []phoneauth.Entry, full bool, err error) {
	_ = d.svc.FlushJournal(ctx) // so that an operator sees what they have just done
	queries := []phoneauth.TimelineQuery{{Phone: state.Phone.E164()}}
	if state.User != nil {
		queries = append(queries, phoneauth.TimelineQuery{UserID: state.User.ID})
	}
	ofNumber := map[phoneauth.Entry]int{}
	for i, q := range queries {
		q.Before, q.Limit = before, mostEntries
		found, err := d.svc.Timeline(ctx, q)
		if errors.Is(err, phoneauth.ErrInvalidPhone) { // a stored number that no plan has any more
			continue
		}
		if err != nil {
			return nil, false, err
		}
		full = full || len(found) == q.Limit
		for _, e := range found {
			e.Time, e.Until = e.Time.UTC(), e.Until.UTC()
			switch {
			case i == 0:
				ofNumber[e]++
			case ofNumber[e] > 0: // it is about both
				ofNumber[e]--
				continue
			}
			all = append(all, e)
		}
	}
	slices.SortStableFunc(all, func(a, b phoneauth.Entry) int { return b.Time.Compare(a.Time) })
	return all, full, nil
}

// mostForBlock is how many entries of an account are read to find who has blocked it.
const mostForBlock = 1000

// withBlock appends to the newest entries the one that says who has blocked the account u, if
// it is older than all of them.
func (d *desk) withBlock(ctx context.Context, u *phoneauth.User, entries []phoneauth.Entry) ([]phoneauth.Entry, error) {
	if _, ok := newest(entries, phoneauth.EventBlocked); ok || u == nil || !u.Blocked || len(entries) < mostEntries {
		return entries, nil
	}
	older, err := d.svc.Timeline(ctx, phoneauth.TimelineQuery{UserID: u.ID, Before: entries[len(entries)-1].Time, Limit: mostForBlock})
	if e, ok := newest(older, phoneauth.EventBlocked); ok {
		entries = append(entries, e)
	}
	return entries, err
}

// before is the address of what happened before t.
func (sc *screen) before(t time.Time) string {
	return "about?id=" + sc.ID + "&before=" + strconv.FormatInt(t.UnixMicro(), 10)
}

// addRows makes rows of entries while there is room. Entries of one time stay together,
// because the next page begins before it.
func (sc *screen) addRows(entries []phoneauth.Entry) {
	room, last := timelineRoom, time.Time{}
	for i, e := range entries {
		if (room < 0 || i >= mostEntries) && !e.Time.Equal(last) {
			sc.Older = sc.before(last)
			return
		}
		last = e.Time
		if isDone(entries, e) {
			continue
		}
		if n := len(sc.Rows); n > 0 && i > 0 && sameFailure(entries[i-1], e) {
			entries[i].Count = max(entries[i-1].Count, 1) + 1
			sc.Rows[n-1].Text = sentence(entries[i]) + " The first was at " + at(e.Time) + "."
			continue
		}
		r := row{Time: at(e.Time), Datetime: e.Time.Format(time.RFC3339Nano), Text: sentence(e) + after(entries, e), Tone: tone(e.Type)}
		sc.Rows = append(sc.Rows, r)
		room -= rowBytes + escaped(r.Text)
	}
}

// after says how long after its send a report came.
func after(entries []phoneauth.Entry, e phoneauth.Entry) string {
	if e.Type != phoneauth.EventDelivered && e.Type != phoneauth.EventUndelivered || e.MessageID == "" {
		return ""
	}
	sent := slices.IndexFunc(entries, func(s phoneauth.Entry) bool {
		return (s.Type == phoneauth.EventCodeSent || s.Type == phoneauth.EventNoticeSent) && s.MessageID == e.MessageID
	})
	if sent < 0 || entries[sent].Time.After(e.Time) {
		return ""
	}
	return " That was " + lasting(e.Time.Sub(entries[sent].Time)) + " after it was asked for."
}

// sameFailure reports whether two entries are wrong codes, or wrong passwords, in a row: they
// are one line.
func sameFailure(a, b phoneauth.Entry) bool {
	return a.Type == b.Type && a.Device == b.Device && (a.Type == phoneauth.EventVerifyFailed || a.Type == phoneauth.EventPasswordFailed)
}

// isDone reports whether e says that an operator was about to do something, and what came of it
// is among all: one line is enough.
func isDone(all []phoneauth.Entry, e phoneauth.Entry) bool {
	return e.Type == phoneauth.EventOperator && slices.ContainsFunc(all, func(done phoneauth.Entry) bool {
		return (done.Type == e.Intent || e.Intent == phoneauth.EventCodeSent && notSent(done)) && done.Actor == e.Actor && done.Reason == e.Reason &&
			!done.Time.Before(e.Time) && done.Time.Sub(e.Time) < time.Minute
	})
}

// notSent reports whether e says that a code was not sent.
func notSent(e phoneauth.Entry) bool {
	return e.Type == phoneauth.EventSendFailed || e.Type == phoneauth.EventSendRefused || e.Type == phoneauth.EventLimited
}

// escaped is how many bytes of a page a text takes.
func escaped(text string) int { return len(template.HTMLEscapeString(text)) }

// show answers with the screen of s.
func (v *visit) show(s subject, notice string) {
	var before time.Time
	if us, err := strconv.ParseInt(v.r.URL.Query().Get("before"), 10, 64); err == nil {
		before = time.UnixMicro(us)
	}
	sc, err := v.look(v.r.Context(), s, before)
	if errors.Is(err, phoneauth.ErrNotFound) {
		v.refuse(http.StatusNotFound, "There is no such account any more.")
		return
	}
	if err != nil {
		v.unavailable(err)
		return
	}
	v.render(http.StatusOK, "about", page{Title: sc.Number, Notice: notice, Screen: sc})
}
