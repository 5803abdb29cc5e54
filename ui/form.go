package ui

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/phoneauth/phoneauth"
)

// answerForm answers a form with the screen that comes next.
func (q *request) answerForm(route route, answer any, err error) {
	if err != nil {
		q.refuseForm(err)
		return
	}
	q.show(http.StatusOK, route.next(q, answer))
}

// screen returns the screen of a key, with what the form has sent.
func (q *request) screen(key string) *screen {
	s := q.newScreen(q.r, key)
	s.visit = q.visitOf(q.body["next"], q.body["lang"])
	if s.Lang != "" {
		s.l = q.named(s.Lang)
	}
	s.flow = q.flow
	s.dead = s.flow.Dead && s.typesCode()
	if q.body["device"] == "" { // else the number is that of the device, which is not shown whole
		s.flow.Typed = q.body["phone"]
	}
	s.chosen = q.body["chosen"]
	if region := q.body["country"]; region != "" {
		s.country = region
	}
	s.display = q.flow.display()
	if key == screenWelcome {
		s.display = q.welcomes(q.r)
	}
	return s
}

// faults says which field a refusal is about.
var faults = map[string]string{
	"empty_phone": "phone", "invalid_phone": "phone", "phone_taken": "phone",
	"invalid_code": "code", "code_unknown": "code", "empty_code": "code",
	"password_rejected": "password", "invalid_password": "password", "empty_password": "password",
	"password_short": "password", "password_long": "password",
	"wrong_password": "current",
}

// refuseForm shows the screen that the form was sent from, with what is wrong.
func (q *request) refuseForm(err error) {
	status, body := refusalOf(err)
	if status >= 500 && q.r.Context().Err() == nil {
		q.log(q.r, err)
	}
	s := q.screen(q.origin())
	q.explain(s, body)
	if failed, ok := errors.AsType[*phoneauth.ChannelError](err); ok {
		s.Code, s.flow.Channel, s.flow.Channels = "channel_failed", failed.Channel, flowChannels(failed.Channels)
		s.Alert = s.T("error.channel_failed")
	}
	if question := body.HumanCheck; question != nil && s.ask(*question) != nil {
		s.Alert = s.T("error.unavailable")
	}
	if body.RetryAfter > 0 {
		q.w.Header().Set("Retry-After", strconv.Itoa(body.RetryAfter))
	}
	q.show(status, s)
}

// explain puts the sentence of a refusal on s.
func (q *request) explain(s *screen, r refusal) {
	s.Code, s.fault = r.Code, faults[r.Code]
	typesCode := s.typesCode()
	switch {
	case r.Code == "rate_limited":
		s.Alert = s.limited(r)
	case r.Code == "password_rejected":
		s.Alert = s.l.of("error.password_rejected", "reason", r.Reason)
	case r.Code == "human_check_required" && !q.client.CanAnswer:
		s.Alert = s.T("error.human_check_script")
	case r.Code == "empty_code":
		s.Alert = s.l.count("error.empty_code", s.Digits())
	case r.Code == "invalid_code" && typesCode:
		s.Alert = s.wrongCode(r)
	case r.Code == "signed_out" && s.Key == screenResume:
		s.Key, s.Alert = screenPhone, s.T("error.signed_out")
	default:
		s.Alert = s.T("error." + r.Code)
	}
	if r.Code == "invalid_channel" && !typesCode {
		s.flow.Channel = ""
	}
}

// limited says how long to wait. Where a code has been sent it counts down on the buttons that send
// again, else on the main button.
func (s *screen) limited(r refusal) string {
	key := "error.rate_limited"
	if s.T(key+"_"+r.Limit) != "" {
		key += "_" + r.Limit
	}
	switch {
	case s.typesCode() && !s.dead && r.Limit != "locked":
		s.flow.ResendAt = max(s.flow.ResendAt, unixIn(r.RetryAfter))
	default:
		s.Held, s.known = r.RetryAfter, r.Limit == "sent" && !s.dead && s.Key != screenRegister
	}
	return s.l.of(key, "time", s.l.duration(r.RetryAfter))
}

// wrongCode says how many tries are left, as the server counts them. It does not tell where the
// code was asked for by another page.
func (s *screen) wrongCode(r refusal) string {
	switch {
	case s.flow.Token == "":
		s.Code = "code_unknown"
		return s.T("error.code_unknown")
	case r.TriesLeft == nil:
		s.Code, s.dead = "code_gone", true
		return s.T("error.code_gone")
	case *r.TriesLeft == 0:
		s.dead = true
		return s.T("error.invalid_code") + " " + s.T("tries.none")
	}
	return s.T("error.invalid_code") + " " + s.l.count("tries", *r.TriesLeft)
}

// origin is the screen that says what is wrong with a form: the one that it was sent from, but the
// question for the country gives way to the number field.
func (q *request) origin() string {
	key := q.body["screen"]
	_, ok := specs[key]
	switch {
	case ok && key != screenLeave && key != screenConfirm:
		return key
	case key == screenConfirm && q.o.Passwords && q.body["purpose"] == purposeReset:
		return screenForgot
	}
	return screenPhone
}

// show answers with a screen. The scripts get it alone.
func (q *request) show(status int, s *screen) {
	if s.redirect != "" {
		s.Key = screenLeave
	}
	if s.Key == screenLeave && q.r.Header.Get(scriptHeader) == "" {
		q.w.Header().Set("Cache-Control", "no-store")
		http.Redirect(q.w, q.r, s.Leave(), http.StatusSeeOther)
		return
	}
	q.serveScreen(q.w, q.r, status, s)
}

// leave is where the browser goes after a sign-in. The route "session/arrived" sees whether the
// cookies have come back.
func (q *request) leave(answer any) *screen {
	s := q.screen(screenLeave)
	s.insecure = isInsecure(q.r.Header.Get("Origin"))
	in, _ := answer.(signedIn)
	if in.New && q.o.NextNew != "" && s.Next == q.o.Next {
		s.Next = q.o.NextNew
	}
	if q.o.OnSession != nil && s.Next == "" { // the page itself does not know who is signed in
		s.Key, s.display = screenDone, in.Display
	}
	q.keep(q.w, flow{})
	return s
}

// isInsecure reports whether browsers keep no Secure cookie for an origin. They do for this machine.
func isInsecure(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" {
		return false
	}
	host := u.Hostname()
	address, _ := netip.ParseAddr(host)
	return !address.IsLoopback() && host != "localhost" && !strings.HasSuffix(host, ".localhost")
}

// Leave is the address to go on to.
func (s *screen) Leave() string {
	switch {
	case s.redirect != "":
		return s.redirect
	case s.o.OnSession == nil:
		insecure := ""
		if s.insecure {
			insecure = "1"
		}
		return addressOf(s.o.Path+arrivedRoute, "next", s.Next, "lang", s.Lang, "insecure", insecure)
	}
	return s.Next
}

// pendingScreen is where the code is typed that was sent.
func (q *request) pendingScreen(answer any) *screen {
	p := answer.(*phoneauth.Pending)
	purpose := q.body["purpose"]
	if purpose == "" {
		purpose = purposeRegistration
	}
	again := q.flow.Token != "" && (q.flow.Masked != "" || q.flow.Phone == p.Phone.E164())
	q.flow = flowOf(purpose, p)
	if q.body["device"] != "" {
		q.flow.Masked, q.flow.Phone = mask(p.Phone), ""
	}
	q.keep(q.w, q.flow)
	q.remember(q.w, p.Phone.Region())
	s := q.screen(q.flow.screen())
	if again {
		s.Note = s.T(sentNote(purpose, p))
	}
	return s
}

// sentNote says what was sent to somebody who has asked before. Whether a number has an account is told
// nobody.
func sentNote(purpose string, p *phoneauth.Pending) string {
	switch {
	case purpose == purposeReset:
		return "note.reset_again"
	case p.Channel == "voice":
		return "note.calling"
	case p.Again:
		return "note.resent"
	}
	return "note.new_code"
}

// displayOf returns a number in E.164 as people write it.
func displayOf(e164 string) string {
	if e164 == "" {
		return ""
	}
	p, err := phoneauth.ParsePhone(e164, "")
	if err != nil {
		return ""
	}
	return display(p)
}
