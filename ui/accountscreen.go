package ui

import (
	"cmp"
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/phoneauth/phoneauth"
)

// The screens of the account page that an address can open.
const (
	accountNumber   = "number"
	accountPassword = "password"
	accountExport   = "export"
	accountDelete   = "delete"
)

// field is a field that people fill in.
type field struct {
	Name, Label, Type, Complete, Value string
	Digits                             int // places for the digits of a code; 0 for other fields
	Hint                               string
	Wrong                              bool
}

// accountScreen is what an answer of the account page shows.
type accountScreen struct {
	*accountRequest
	Key, Title  string
	Leads       []template.HTML
	Code, Alert string // of what is wrong
	Note        template.HTML
	Fields      []field
	Countries   template.HTML // to choose from, where a number is typed
	Hidden      []hidden
	Action      string // text of the main button, and where it leads
	Route       string
	Danger      bool
	Buttons     []button
	Links       []anchor
	Home        *home
	Question    string // of a human check, for the script
}

// newScreen returns a screen with a title.
func (q *accountRequest) newScreen(key, title string) *accountScreen {
	return &accountScreen{accountRequest: q, Key: key, Title: q.T(title)}
}

// T returns a text. English stands for one that is not translated.
func (q *accountRequest) T(key string) string { return wordOf(q.l, key) }

func wordOf(l *locale, key string) string { return cmp.Or(l.Words()[key], shipped[english]()[key]) }

// lead adds a sentence, with numbers in the place of its {placeholders}: pairs of name and value.
func (s *accountScreen) lead(key string, numbers ...string) *accountScreen {
	s.Leads = append(s.Leads, s.rich(key, numbers...))
	return s
}

// rich returns a text in which numbers are written from left to right, in one piece.
func (q *accountRequest) rich(key string, numbers ...string) template.HTML {
	text := template.HTMLEscapeString(q.T(key))
	for i := 0; i+1 < len(numbers); i += 2 {
		number := `<bdi dir="ltr">` + template.HTMLEscapeString(numbers[i+1]) + `</bdi>`
		text = strings.Replace(text, "{"+numbers[i]+"}", number, 1)
	}
	return template.HTML(text) // all of it is escaped
}

// goes says where the main button leads.
func (s *accountScreen) goes(route, action string) *accountScreen {
	s.Route, s.Action = s.path+route, s.T(action)
	return s
}

// sends says that the main button sends a code.
func (s *accountScreen) sends(route, action string) *accountScreen {
	s.Hidden = append(s.Hidden, hidden{"key", newKey()})
	return s.goes(route, action)
}

// cancels adds the way back.
func (s *accountScreen) cancels() *accountScreen {
	s.Links = append(s.Links, anchor{"cancel", s.address(""), s.T("account.cancel")})
	return s
}

// codeSent is a code that is on its way, as a form carries it.
type codeSent struct {
	token  string
	length int
	again  string // the route that sends it again
}

// sentBy is the code of p.
func sentBy(p *phoneauth.Pending, again string) codeSent {
	return codeSent{string(p.ChallengeToken), p.CodeLength, again}
}

// asksCode adds the field of a code that was sent, and a button that sends it again.
func (s *accountScreen) asksCode(c codeSent) *accountScreen {
	s.Fields = append(s.Fields, field{
		Name: "code", Label: s.T("label.code"), Type: "text", Complete: "one-time-code", Digits: cmp.Or(c.length, 6),
	})
	s.Hidden = append(s.Hidden, hidden{"session_token", c.token}, hidden{"length", strconv.Itoa(c.length)}, hidden{"key", newKey()})
	s.Buttons = append(s.Buttons, button{Key: "resend", Route: s.path + c.again, Text: s.T("link.resend")})
	return s
}

// asked is the code that the form is about.
func (q *accountRequest) asked(again string) codeSent {
	length, err := strconv.Atoi(q.form["length"])
	if err != nil || length < 4 || length > 10 {
		length = 6
	}
	return codeSent{q.form["session_token"], length, again}
}

// again reports whether the form asks for the code of its own screen once more. What refuses it then
// stands on that screen, where the code that is out can still be typed.
func (q *accountRequest) again() bool { return q.form["session_token"] != "" }

// sent is a screen for a code that has just been sent.
func (s *accountScreen) sent() *accountScreen {
	if s.again() {
		s.Note = s.rich("note.resent")
	}
	return s
}

// secret adds a field for a password.
func (s *accountScreen) secret(name, label string, fresh bool) *accountScreen {
	f := field{Name: name, Label: s.T(label), Type: "password", Complete: "current-password"}
	if fresh {
		f.Complete, f.Hint = "new-password", s.T("hint.password")
	}
	s.Fields = append(s.Fields, f)
	return s
}

// address is that of a screen of the account page.
func (q *accountRequest) address(screen string) string {
	to := url.Values{}
	if screen != "" {
		to.Set("screen", screen)
	}
	if q.Lang != "" {
		to.Set("lang", q.Lang)
	}
	if len(to) == 0 {
		return q.path
	}
	return q.path + "?" + to.Encode()
}

// Carried are the fields of every form.
func (s *accountScreen) Carried() []hidden {
	var all []hidden
	if s.Next != s.path {
		all = append(all, hidden{"next", s.Next})
	}
	if s.Lang != "" {
		all = append(all, hidden{"lang", s.Lang})
	}
	return all
}

// Kept are the fields that the menu of languages keeps.
func (s *accountScreen) Kept() []hidden {
	var all []hidden
	for _, name := range []string{"screen", "reauth", "next", "t"} {
		if value := only(s.r.URL.Query()[name]); value != "" && s.r.Method == http.MethodGet {
			all = append(all, hidden{name, value})
		}
	}
	return all
}

// Path is that of the account page.
func (s *accountScreen) Path() string { return s.path }

// wrongFields are the fields that a refusal is about.
var wrongFields = map[string]string{
	"invalid_phone": "phone", "phone_taken": "phone", "empty_phone": "phone",
	"invalid_code": "code", "empty_code": "code",
	"password_rejected": "password", "password_short": "password", "password_long": "password", "empty_password": "password",
	"wrong_password": "current",
}

// refuse puts the sentence of an error on s, and returns the status of the answer.
func (s *accountScreen) refuse(err error) int {
	status, r := refusalOf(err)
	if status >= 500 && s.r.Context().Err() == nil {
		s.log(s.r, err)
	}
	s.Code = r.Code
	if r.HumanCheck != nil && s.Asked() < mostQuestions {
		question, _ := json.Marshal(r.HumanCheck) // "" where the host's own check has made one that is no JSON
		s.Question = string(question)
	}
	switch {
	case s.Question != "":
		s.Alert = s.T("error.human_check_script")
	case s.Alert != "": // the step knows better
		s.Code = cmp.Or(map[bool]string{true: "wrong_password"}[errors.Is(err, phoneauth.ErrInvalidPassword)], r.Code)
	case r.RetryAfter > 0:
		s.w.Header().Set("Retry-After", strconv.Itoa(r.RetryAfter))
		key := "error.rate_limited"
		if r.Limit != "" {
			key += "_" + r.Limit
		}
		s.Alert = strings.Replace(s.T(key), "{time}", s.l.duration(r.RetryAfter), 1)
	case r.Code == "password_rejected":
		s.Alert = strings.Replace(s.T("error.password_rejected"), "{reason}", r.Reason, 1)
	case r.Code == "empty_code":
		s.Alert = s.l.count("error.empty_code", s.digits())
	case r.Code == "invalid_code" && r.TriesLeft != nil && *r.TriesLeft > 0:
		s.Alert = s.T("error.invalid_code") + " " + s.l.count("tries", *r.TriesLeft)
	case r.Code == "invalid_code" && r.TriesLeft != nil:
		s.Alert = s.T("error.invalid_code") + " " + s.T("tries.none")
	case r.Code == "invalid_code":
		s.Alert = s.T("error.code_gone")
	default:
		s.Alert = s.T("error." + r.Code)
	}
	for i, f := range s.Fields {
		s.Fields[i].Wrong = f.Name == wrongFields[s.Code]
	}
	return status
}

// mostQuestions is how many questions of a human check are answered for one code.
const mostQuestions = 3

// Asked is how many questions have been answered.
func (s *accountScreen) Asked() int {
	asked, err := strconv.Atoi(s.form["asked"])
	if s.form["human_check"] == "" {
		return 0
	}
	if err != nil || asked < 0 {
		return mostQuestions
	}
	return asked + 1
}

// Again is the route that has asked.
func (s *accountScreen) Again() string { return s.path + s.rest }

// Base is the path of the sign-in page, where the scripts and style sheets are.
func (s *accountScreen) Base() string { return s.o.Path }

// Config is what the script is told.
func (s *accountScreen) Config() any { return s.frameValues(s.l)["Config"] }

// digits is how many digits the code of s has.
func (s *accountScreen) digits() int {
	for _, f := range s.Fields {
		if f.Digits > 0 {
			return f.Digits
		}
	}
	return 6
}
