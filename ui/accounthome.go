package ui

import (
	"errors"
	"html/template"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
)

// home is the first screen of the account page.
type home struct {
	Number                  template.HTML
	ChangeNumber            string // its address
	Devices                 []deviceLine
	Others                  bool // there are other devices
	Activity                []activityLine
	Password                string // what is said of it; "" without passwords
	PasswordAct             string
	ChangePassword          string
	Export, Delete, SignOut string // addresses
	Leave, LeaveText        string // the page of the host; "" where there is none to go to
}

// deviceLine is a session.
type deviceLine struct {
	ID, Name, Place, When, Datetime, Label string
	Current                                bool
}

// activityLine is an entry of the journal.
type activityLine struct{ Text, Where, When, Datetime string }

// mostActivity is how many entries are shown.
const mostActivity = 10

// shownEvents are those that concern the owner, as texts under "account.event.".
var shownEvents = map[phoneauth.EventType]bool{
	phoneauth.EventSignedIn: true, phoneauth.EventSignedUp: true, phoneauth.EventSignedOut: true, phoneauth.EventSignInRefused: true,
	phoneauth.EventSessionEnded: true, phoneauth.EventSessionEvicted: true, phoneauth.EventRefreshReused: true,
	phoneauth.EventPasswordChanged: true, phoneauth.EventPhoneChanged: true, phoneauth.EventExported: true,
	phoneauth.EventAccountLocked: true, phoneauth.EventAccountUnlocked: true,
	phoneauth.EventBlocked: true, phoneauth.EventUnblocked: true, phoneauth.EventPhoneShown: true,
}

// notes are what was done, by ?done=.
var notes = map[string]string{
	"number": "account.number.done", "password": "account.password.done",
	"again": "account.again", "ended": "account.devices.ended", "others": "account.devices.others_ended", "gone": "account.devices.gone",
}

// home returns the first screen. It asks for the sessions and for the journal.
func (q *accountRequest) home() (*accountScreen, error) {
	s := q.newScreen(accountHome, "account.title")
	number := display(q.user.Phone)
	s.Home = &home{
		Number: q.bdi(number), ChangeNumber: q.address(accountNumber), ChangePassword: q.address(accountPassword),
		Export: q.address(accountExport), Delete: q.address(accountDelete), SignOut: q.o.Path + endRoute,
	}
	if q.o.Next != "" && q.o.Next != q.path && q.o.Name != "" {
		s.Home.Leave, s.Home.LeaveText = q.o.Next, q.l.of("account.leave", "name", q.o.Name)
	}
	switch {
	case q.user.PasswordHash != "":
		s.Home.Password, s.Home.PasswordAct = q.T("account.password.set"), q.T("account.password.change")
	case q.o.Passwords:
		s.Home.Password, s.Home.PasswordAct = q.T("account.password.none"), q.T("account.password.add")
	}
	var err error
	if s.Home.Devices, err = q.devices(); err != nil {
		return nil, err
	}
	s.Home.Others = len(s.Home.Devices) > 1
	s.Home.Activity, err = q.activity()
	return s, err
}

func (q *accountRequest) bdi(number string) template.HTML {
	return template.HTML(`<bdi dir="ltr">` + template.HTMLEscapeString(number) + `</bdi>`)
}

// devices are the sessions of the user, that of the browser first.
func (q *accountRequest) devices() (all []deviceLine, err error) {
	sessions, err := q.svc.Sessions(q.r.Context(), q.user.ID)
	for _, session := range sessions {
		d := deviceLine{ID: session.ID, Name: session.Client, Place: session.Place, Current: session.ID == q.claims.SessionID}
		if d.Name == "" {
			d.Name = q.T("account.devices.unknown")
		}
		d.When, d.Datetime = q.when(session.LastUsedAt)
		d.Label = strings.Replace(q.T("account.devices.end_label"), "{device}", d.Name, 1)
		if d.Current {
			all = append([]deviceLine{d}, all...)
		} else {
			all = append(all, d)
		}
	}
	return all, err
}

// activity is what the journal has under the user's id. What it has about the number is for the
// desk, because numbers change owners.
func (q *accountRequest) activity() (all []activityLine, err error) {
	entries, err := q.svc.Timeline(q.r.Context(), phoneauth.TimelineQuery{UserID: q.user.ID, Limit: 5 * mostActivity})
	if errors.Is(err, phoneauth.ErrNoJournal) {
		return nil, nil
	}
	for _, e := range entries {
		if !shownEvents[e.Type] || len(all) == mostActivity {
			continue
		}
		line := activityLine{Text: q.T("account.event." + string(e.Type)), Where: joined(e.Client, e.Place)}
		line.When, line.Datetime = q.when(e.Time)
		all = append(all, line)
	}
	return all, err
}

func joined(parts ...string) string {
	var all []string
	for _, p := range parts {
		if p != "" {
			all = append(all, p)
		}
	}
	return strings.Join(all, " · ")
}

// when returns how long ago t was, in words, and t for programs.
func (q *accountRequest) when(t time.Time) (words, datetime string) {
	words = q.T("account.now")
	if ago := time.Since(t); ago >= 2*time.Minute {
		words = strings.Replace(q.T("account.ago"), "{time}", q.l.duration(int(ago.Seconds())), 1)
	}
	return words, t.UTC().Format(time.RFC3339)
}

// endDevice ends one session. One that is older than the browser's needs a fresh sign-in, so that a
// thief cannot end the sessions of the owner.
func (q *accountRequest) endDevice() (*accountScreen, error) {
	sessions, err := q.svc.Sessions(q.r.Context(), q.user.ID)
	if err != nil {
		return nil, err
	}
	var own, other *phoneauth.SessionInfo
	for i := range sessions {
		switch sessions[i].ID {
		case q.claims.SessionID:
			own = &sessions[i]
		case q.form["session"]:
			other = &sessions[i]
		}
	}
	if own == nil || other == nil {
		return q.done("gone")
	}
	q.Next = q.notDone("")
	if other.CreatedAt.Before(own.CreatedAt) {
		if _, err := q.svc.Reauthenticated(q.r.Context(), q.claims); err != nil {
			return nil, err
		}
	}
	err = q.svc.EndSession(q.r.Context(), q.user.ID, other.ID)
	if errors.Is(err, phoneauth.ErrNotFound) {
		return q.done("gone")
	}
	if err != nil {
		return nil, err
	}
	return q.done("ended")
}

// endOthers ends all sessions and known devices but those of the browser.
func (q *accountRequest) endOthers() (*accountScreen, error) {
	q.Next = q.notDone("")
	if err := q.svc.EndOtherSessions(q.r.Context(), q.claims, true); err != nil {
		return nil, err
	}
	return q.done("others")
}
