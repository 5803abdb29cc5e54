package ui

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"html/template"
	"strings"

	"github.com/phoneauth/phoneauth"
)

// The screens of the account page that an address can open.
const (
	accountHome     = "home"
	accountNumber   = "number"
	accountPassword = "password"
	accountExport   = "export"
	accountDelete   = "delete"
)

// field is a field that people fill in.
type field struct {
	Kind                  string // "number", "code", or "" for a password
	Name, Label, Complete string
	Hint                  string
}

// accountScreen is what an answer of the account page shows.
type accountScreen struct {
	*accountRequest
	Key, Title  string
	Leads       []template.HTML
	Code, Alert string // of what is wrong
	Note        template.HTML
	Fields      []field
	Hidden      []hidden
	Action      string // text of the main button, and where it leads
	Route       string
	Danger      bool
	Plain       string // said when the form was sent: its answer is a file, and no screen
	Links       []anchor
	Home        *home
	Question    string // of a human check, for the script
	Held        int    // seconds until the main button can be used

	leave           string // the address that the browser leaves for
	flow            flow   // the code that was sent
	resends         string // the route that sends it again; "" where no code is typed
	dead            bool   // the code is dead, and the main button sends a new one
	country, chosen string
	candidate       []string // regions to choose from, where the number may be of several
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
		number := `<bdi dir="ltr">` + template.HTMLEscapeString(strings.ReplaceAll(numbers[i+1], " ", "\u00a0")) + `</bdi>`
		text = strings.Replace(text, "{"+numbers[i]+"}", number, 1)
	}
	return template.HTML(text) // all of it is escaped
}

// goes says where the main button leads.
func (s *accountScreen) goes(route, action string) *accountScreen {
	s.Route, s.Action = s.path+route, s.T(action)
	return s
}

// sends is goes for what is done once, although the form is posted twice.
func (s *accountScreen) sends(route, action string) *accountScreen {
	s.Hidden = append(s.Hidden, hidden{"key", newKey()})
	return s.goes(route, action)
}

// cancels adds the way back.
func (s *accountScreen) cancels() *accountScreen {
	return s.links("cancel", accountHome, "account.cancel")
}

// links adds a link to a screen.
func (s *accountScreen) links(key, screen, text string) *accountScreen {
	s.Links = append(s.Links, anchor{key, s.address(screen), s.T(text)})
	return s
}

// secret adds a field for a password.
func (s *accountScreen) secret(name, label string, fresh bool) *accountScreen {
	f := field{Name: name, Label: s.T(label), Complete: "current-password"}
	if fresh {
		f.Complete, f.Hint = "new-password", s.T("hint.password")
	}
	s.Fields = append(s.Fields, f)
	return s
}

// address is that of a screen of the account page.
func (q *accountRequest) address(screen string) string {
	return addressOf(q.path, "screen", screen, "lang", q.Lang)
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

// Kept are the fields that the menu of languages keeps. They lead back to the screen, also to one that a
// form was answered with.
func (s *accountScreen) Kept() []hidden {
	var all []hidden
	query := s.r.URL.Query()
	for _, name := range []string{"screen", "reauth", "next", "t"} {
		value := only(query[name])
		if s.form != nil {
			value = s.form[name]
		}
		switch {
		case s.form == nil:
		case name == "screen" && openedTitles[s.Key] != "":
			value = s.Key
		case name == "reauth" && s.Key == "reauth":
			value = "1"
		}
		if value != "" {
			all = append(all, hidden{name, value})
		}
	}
	return all
}

// Leave is the address that the browser leaves for, or "".
func (s *accountScreen) Leave() string { return s.leave }

// Path is that of the account page.
func (s *accountScreen) Path() string { return s.path }

// refuse puts the sentence of an error on s, and returns the status of the answer.
func (s *accountScreen) refuse(err error) int {
	status, r := refusalOf(err)
	if status >= 500 && s.r.Context().Err() == nil {
		s.log(s.r, err)
	}
	s.Code = r.Code
	if s.typesCode() && s.flow.Dead {
		s.die()
	}
	if r.HumanCheck != nil {
		question, _ := json.Marshal(r.HumanCheck) // "" where the host's own check has made one that is no JSON
		s.Question = string(question)
	}
	switch {
	case s.failedChannel(err):
	case s.Question != "" && !s.client.CanAnswer:
		s.Alert = s.T("error.human_check_script")
	case s.Alert != "": // the step knows better
		s.Code = cmp.Or(map[bool]string{true: "wrong_password"}[errors.Is(err, phoneauth.ErrInvalidPassword)], r.Code)
	case r.RetryAfter > 0:
		s.limited(r)
	case r.Code == "password_rejected":
		s.Alert = strings.Replace(s.T("error.password_rejected"), "{reason}", r.Reason, 1)
	case r.Code == "empty_code":
		s.Alert = s.l.count("error.empty_code", s.Digits())
	case r.Code == "invalid_code":
		s.wrongCode(r)
	default:
		s.Alert = s.T("error." + r.Code)
	}
	return status
}

// Base is the path of the sign-in page, where the scripts, the style sheets and the routes of the number
// field are.
func (s *accountScreen) Base() string { return s.o.Path }

// Shape tells screens of one key apart that have other fields.
func (s *accountScreen) Shape() string {
	if s.dead {
		return "dead"
	}
	return ""
}

// Has reports whether people sign in with a field here.
func (s *accountScreen) Has(string) bool { return false }

// OneCountry reports whether there is nothing to choose.
func (s *accountScreen) OneCountry() bool { return len(s.regions) == 1 }

// First is the country that is chosen. It stands before the list of all.
func (s *accountScreen) First() *country { return s.l.country(s.country) }

// Countries is the place of the list of all countries.
func (s *accountScreen) Countries() template.HTML { return countriesMark }

// Typed is the number as it was typed.
func (s *accountScreen) Typed() string { return s.form["phone"] }

// Offers are the countries that the number may be of.
func (s *accountScreen) Offers() []offer { return s.l.offers(s.form["phone"], s.candidate) }

// render returns the screen. The first part ends where the list of countries comes.
func (s *accountScreen) render() []segment {
	var b bytes.Buffer
	if err := accountTemplate.ExecuteTemplate(&b, "account", s); err != nil {
		panic("phoneauth/ui: " + err.Error()) // the template and these values do not fit
	}
	before, after, found := bytes.Cut(b.Bytes(), []byte(countriesMark))
	if !found {
		return []segment{stored(before)}
	}
	return []segment{stored(before), s.l.frame().countries, stored(after)}
}
