package ui

import (
	"errors"
	"html/template"
	"strconv"
	"strings"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/cookies"
)

// The codes that the account page asks for. They are sent again, by another channel too, and a page that
// was dropped comes back to them, as on the sign-in page.

// accountCookie is the pending cookie of the account page.
const accountCookie = "phoneauth-account"

// sentBy is the code of p.
func (q *accountRequest) sentBy(purpose phoneauth.Purpose, p *phoneauth.Pending) flow {
	f := flowOf(string(purpose), p)
	f.For = q.user.ID
	return f
}

// asked is the code that the form is about.
func (q *accountRequest) asked() flow { return decodeFlow(q.form["state"]) }

// again reports whether the form asks for the code of its own screen once more. What refuses it then
// stands on that screen, where the code that is out can still be typed.
func (q *accountRequest) again() bool { return q.asked().Token != "" }

// keepCode keeps the code that the browser waits for, or forgets it for the zero flow.
func (q *accountRequest) keepCode(f flow) {
	if f.encode() == "" && cookies.Value(q.r, q.cookieName(accountCookie)) == "" {
		return
	}
	q.setCookie(q.w, accountCookie, phoneauth.Secret(f.encode()), pendingLife)
}

// pendingCode is the code that the browser waits for, or the zero flow.
func (q *accountRequest) pendingCode() flow {
	f := decodeFlow(cookies.Value(q.r, q.cookieName(accountCookie)))
	if !f.lives() || f.For != q.user.ID || q.codeScreen(f) == nil {
		return flow{}
	}
	return f
}

// backTo is the screen of a code that the browser waits for. It goes on to where the last request wants to.
func (q *accountRequest) backTo(f flow) *accountScreen {
	f.Next = q.Next
	q.keepCode(f)
	return q.codeScreen(f)
}

// onItsWay is the code for purpose that the browser waits for while no other can be sent, or the zero
// flow. to is "" for the number of the account.
func (q *accountRequest) onItsWay(purpose phoneauth.Purpose, to string) flow {
	f := q.pendingCode()
	if q.again() || f.Purpose != string(purpose) || to != "" && f.Phone != to || secondsUntil(f.ResendAt) == 0 {
		return flow{}
	}
	return f
}

// codeScreen is where the code of f is typed, or nil if the page asks for no such code.
func (q *accountRequest) codeScreen(f flow) *accountScreen {
	switch phoneauth.Purpose(f.Purpose) {
	case phoneauth.PurposePhoneChange:
		return q.numberCode(f)
	case phoneauth.PurposeDataExport:
		return q.exportCode(f)
	case phoneauth.PurposeAccountDeletion:
		return q.deleteCode(f)
	case phoneauth.PurposeSignIn:
		return q.reauthCode(f)
	}
	return nil
}

// sendOwn sends a code for purpose to the number of the account, and shows where it is typed. first is the
// screen that asks for the first one.
func (q *accountRequest) sendOwn(purpose phoneauth.Purpose, first func() *accountScreen) (*accountScreen, error) {
	if f := q.onItsWay(purpose, ""); f.Token != "" {
		return q.backTo(f), nil
	}
	r := phoneauth.RegisterRequest{Purpose: purpose, BoundTo: q.user.ID, Channel: q.form["channel"], Client: q.client}
	if purpose == phoneauth.PurposeSignIn {
		r.Phone, r.BoundTo = q.user.Phone.E164(), ""
	}
	p, err := q.svc.Register(q.r.Context(), r)
	switch {
	case err != nil && q.again():
		return q.codeScreen(q.asked()), err
	case err != nil:
		return first(), err
	}
	return q.sent(purpose, p), nil
}

// sent is the screen for a code that has just been sent.
func (q *accountRequest) sent(purpose phoneauth.Purpose, p *phoneauth.Pending) *accountScreen {
	return q.backTo(q.sentBy(purpose, p)).sentAgain(p, display(p.Phone))
}

// sentAgain says what was sent where a code was asked for before.
func (s *accountScreen) sentAgain(p *phoneauth.Pending, number string) *accountScreen {
	by := "lead.code." + s.flow.Channel
	switch before := s.asked(); {
	case before.Token == "":
	case before.Channel != s.flow.Channel && s.T(by) != "":
		s.Note = s.rich(by, "phone", number)
	default:
		s.Note = s.rich(sentNote(s.flow.Purpose, p))
	}
	return s
}

// asksCode adds the field of a code that was sent, and buttons that send it again by a route.
func (s *accountScreen) asksCode(f flow, again string) *accountScreen {
	s.flow, s.resends = f, s.path+again
	s.Fields = append(s.Fields, field{Kind: "code", Name: "code"})
	s.Hidden = append(s.Hidden, hidden{"key", newKey()})
	return s
}

// read returns the digits of the code that was typed, which is tried next.
func (q *accountRequest) read(f flow) (string, error) {
	code := digitsOf(q.form["code"])
	if code == "" || f.Length > 0 && len(code) != f.Length {
		return "", errEmptyCode
	}
	q.tried = true
	return code, nil
}

// typesCode reports whether a code is typed here.
func (s *accountScreen) typesCode() bool { return s.resends != "" }

// State is the flow, as the form carries it.
func (s *accountScreen) State() string {
	f := s.flow
	f.Dead = s.dead
	return f.encode()
}

// Expires is the seconds until the code is dead, or 0 where none is typed.
func (s *accountScreen) Expires() int {
	if !s.typesCode() || s.dead {
		return 0
	}
	return secondsUntil(s.flow.ExpiresAt)
}

// Length is the number of digits of the code, or 0 if it is not known here.
func (s *accountScreen) Length() int { return s.flow.Length }

// Digits is the number of places for digits.
func (s *accountScreen) Digits() int { return s.flow.digits() }

// Manual reports whether the last digit of the code is not enough: people press the button for what
// cannot be undone, and where there is more to fill in.
func (s *accountScreen) Manual() bool { return s.Danger || s.Plain != "" || len(s.Fields) > 1 }

// Buttons send the code again.
func (s *accountScreen) Buttons() []button {
	if !s.typesCode() || s.dead {
		return nil
	}
	return []button{s.flow.resend(s.l, s.resends)}
}

// Channels are the other ways for the code.
func (s *accountScreen) Channels() []button {
	if !s.typesCode() {
		return nil
	}
	return s.flow.others(s.l, s.resends, s.Code == "channel_failed")
}

// FormAction is the route of the main button, where it is not that of the form.
func (s *accountScreen) FormAction() string {
	if s.dead {
		return s.resends
	}
	return ""
}

// limited says how long to wait. Where a code has been sent it counts down on the buttons that send
// again, else on the main button.
func (s *accountScreen) limited(r refusal) {
	s.w.Header().Set("Retry-After", strconv.Itoa(r.RetryAfter))
	key := "error.rate_limited"
	if r.Limit != "" {
		key += "_" + r.Limit
	}
	switch {
	case r.Limit == "moved": // nothing can be done here for days
		s.Action, s.Fields, s.resends = "", nil, ""
	case s.typesCode() && !s.dead && r.Limit != "locked":
		s.flow.ResendAt = max(s.flow.ResendAt, unixIn(r.RetryAfter))
	default:
		s.Held = r.RetryAfter
	}
	s.Alert = s.l.of(key, "time", s.l.duration(r.RetryAfter))
}

// wrongCode says how many tries are left.
func (s *accountScreen) wrongCode(r refusal) {
	switch {
	case r.TriesLeft == nil:
		s.Code, s.Alert = "code_gone", s.T("error.code_gone")
		s.tried = false // it was compared with nothing
	case *r.TriesLeft == 0:
		s.Alert = s.T("error.invalid_code") + " " + s.T("tries.none")
	default:
		s.Alert = s.T("error.invalid_code") + " " + s.l.count("tries", *r.TriesLeft)
		return
	}
	s.die()
}

// die makes the main button send a new code, because the one that was sent is dead.
func (s *accountScreen) die() {
	s.dead, s.Action = true, s.T("action.new_code")
	s.Danger, s.Plain, s.Fields = false, "", nil
}

// Expired is the screen that the scripts show as soon as the code has expired, or nil where none is
// typed.
func (s *accountScreen) Expired() *accountScreen {
	if s.Expires() == 0 {
		return nil
	}
	e := *s
	e.Code, e.Alert, e.Note = "expired", s.T("error.expired"), ""
	e.die()
	return &e
}

// failedChannel offers the other channels, because one has failed.
func (s *accountScreen) failedChannel(err error) bool {
	failed, ok := errors.AsType[*phoneauth.ChannelError](err)
	if !ok || !s.typesCode() {
		return false
	}
	s.Code, s.flow.Channel, s.flow.Channels = "channel_failed", failed.Channel, flowChannels(failed.Channels)
	s.Alert = s.T("error.channel_failed")
	return true
}

// Fault marks the field that is wrong.
func (s *accountScreen) Fault(name string) template.HTMLAttr {
	var described []string
	wrong := s.Code != "" && faults[s.Code] == name
	switch {
	case wrong:
		described = append(described, "alert")
	case name == "code":
		described = append(described, "lead")
	}
	if name == "password" {
		described = append(described, "hint")
	}
	attributes := ""
	if len(described) > 0 {
		attributes = ` aria-describedby="` + strings.Join(described, " ") + `"`
	}
	switch {
	case wrong:
		attributes += ` aria-invalid="true" autofocus`
	case name == s.first():
		attributes += ` autofocus`
	}
	return template.HTMLAttr(attributes)
}

// first is the field that people begin with, or "" where another one is wrong.
func (s *accountScreen) first() string {
	if len(s.Fields) == 0 || s.Code != "" || !s.typesCode() {
		return ""
	}
	return s.Fields[0].Name
}
