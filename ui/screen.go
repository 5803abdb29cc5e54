package ui

import (
	"bytes"
	"encoding/json"
	"html/template"
	"slices"
	"strings"

	"github.com/phoneauth/phoneauth/humancheck"
)

var screenTemplate = template.Must(template.ParseFS(static, "static/screen.html"))

// The screens, by the names that ?screen= and the attribute data-screen have.
const (
	screenPhone    = "phone"
	screenCode     = "code"
	screenConfirm  = "confirm"
	screenWelcome  = "welcome"
	screenPassword = "password"
	screenRegister = "register"
	screenForgot   = "forgot"
	screenReset    = "reset"
	screenResume   = "resume"
	screenCookies  = "cookies"
	screenMissing  = "missing"
	screenDone     = "done"
	screenLeave    = "leave"
)

// spec says what a screen has.
type spec struct {
	route  string   // that the main button asks
	fields []string // that people fill in: "number", "code", "password"
	links  []string // to other screens, as pairs of text and screen
	legal  bool     // accounts are created here
	fresh  bool     // the password is a new one
}

var specs = map[string]spec{
	screenPhone:    {route: "start", fields: []string{"number"}, links: []string{"password", screenPassword}, legal: true},
	screenCode:     {route: "verify", fields: []string{"code"}},
	screenConfirm:  {route: "start"},
	screenWelcome:  {route: "start", links: []string{"other", screenPhone}},
	screenPassword: {route: "password", fields: []string{"number", "password"}, links: []string{"forgot", screenForgot, "phone", screenPhone, "register", screenRegister}},
	screenRegister: {route: "register", fields: []string{"number", "password"}, links: []string{"sign_in", screenPassword, "phone", screenPhone}, legal: true, fresh: true},
	screenForgot:   {route: "start", fields: []string{"number"}, links: []string{"sign_in", screenPassword}},
	screenReset:    {route: "recover", fields: []string{"code", "password"}, fresh: true},
	screenResume:   {route: refreshRoute, links: []string{"other", screenPhone}},
	screenCookies:  {route: beginRoute},
	screenMissing:  {route: ""},
	screenDone:     {route: endRoute},
	screenLeave:    {route: ""},
}

// opened are the screens that ?screen= may name. Those of passwords need Options.Passwords.
var opened = []string{screenPhone, screenPassword, screenRegister, screenForgot, screenCookies}

// screen is what an answer shows. It is made for one request.
type screen struct {
	*Page
	l   *locale
	Key string

	visit            // where to go on to, and the language that was chosen
	flow      flow   // what the form carries
	Code      string // of the alert
	Alert     string
	Note      string
	fault     string // the field that is wrong
	Held      int    // seconds until the main button can be used
	dead      bool   // the code is dead, and the main button sends a new one
	Arrived   string // whether the text with the code has arrived
	told      bool   // and nothing more will come
	country   string // that is chosen
	chosen    string // how it was chosen
	Question  string
	redirect  string // the address that a form of the host leads to
	known     bool   // the code may be known from another page
	display   string
	candidate []string // regions to choose from, on the screen "confirm"
}

// T returns a text of the page.
func (s *screen) T(key string) string { return s.l.Words()[key] }

// Title is what the screen is called.
func (s *screen) Title() string { return s.T("title." + s.Key) }

// Shape tells screens of one key apart that have other fields.
func (s *screen) Shape() string {
	if s.dead && s.Key == screenCode {
		return "dead"
	}
	return ""
}

// Expired is the screen that the scripts show as soon as the code has expired, or nil where none is
// typed.
func (s *screen) Expired() *screen {
	if s.Expires() == 0 {
		return nil
	}
	e := *s
	e.dead, e.Code, e.Alert, e.Note, e.fault = true, "expired", s.T("error.expired"), "", ""
	return &e
}

// Manual reports whether the last digit of the code is not enough, because there is more to fill in.
func (s *screen) Manual() bool { return s.Has("password") }

// Route is what the main button asks.
func (s *screen) Route() string { return specs[s.Key].route }

// Base is the path of the page. Addresses below it do not depend on where the form stands.
func (s *screen) Base() string { return s.o.Path }

// Has reports whether people fill in a field here.
func (s *screen) Has(field string) bool {
	if s.dead && s.Key == screenCode {
		return false
	}
	return slices.Contains(specs[s.Key].fields, field)
}

// NewPassword reports whether the password is a new one.
func (s *screen) NewPassword() bool { return specs[s.Key].fresh }

// OneCountry reports whether there is nothing to choose.
func (s *screen) OneCountry() bool { return len(s.regions) == 1 }

// Autosubmit reports whether the scripts send the form by themselves.
func (s *screen) Autosubmit() bool { return s.Key == screenResume && s.Alert == "" }

// Bare reports whether the screen has no main button.
func (s *screen) Bare() bool {
	return s.Key == screenConfirm || s.Key == screenLeave || s.Key == screenDone || s.Key == screenMissing
}

// Lead is the sentence below the title.
func (s *screen) Lead() template.HTML {
	key := "lead." + s.Key
	switch {
	case s.Key == screenCode && s.flow.Channel == "":
		key = "lead.code.known"
	case s.Key == screenCode && s.T(key+"."+s.flow.Channel) != "":
		key += "." + s.flow.Channel
	case s.Key == screenCookies && s.insecure:
		key = "lead.cookies_insecure"
	case s.Key == screenConfirm:
		return template.HTML(template.HTMLEscapeString(s.l.of(key, "country", s.names(s.candidate[0]))))
	}
	text := template.HTMLEscapeString(s.T(key))
	if strings.Contains(text, "{phone}") && s.display == "" {
		return ""
	}
	number := `<bdi dir="ltr">` + template.HTMLEscapeString(s.display) + `</bdi>`
	return template.HTML(strings.Replace(text, "{phone}", number, 1)) // both are escaped
}

// typesCode reports whether a code is typed here, or asked for anew.
func (s *screen) typesCode() bool { return s.Key == screenCode || s.Key == screenReset }

// Expires is the seconds until the code is dead, or 0 where none is typed.
func (s *screen) Expires() int {
	if !s.typesCode() || s.dead {
		return 0
	}
	return secondsUntil(s.flow.ExpiresAt)
}

// Action is the text of the main button, or "" where the screen leads nowhere.
func (s *screen) Action() string {
	if s.dead {
		return s.T("action.new_code")
	}
	return s.T("action." + s.Key)
}

// FormAction is the route of the main button, where it is not that of the screen.
func (s *screen) FormAction() string {
	switch {
	case s.Key == screenReset && s.dead:
		return s.o.Path + "start"
	case s.dead:
		return s.o.Path + s.again()
	}
	return ""
}

// again is the route that sends a code once more. The password of a registration is gone with its
// code: one whose code is dead goes back to where the password is asked for.
func (s *screen) again() string {
	switch {
	case s.flow.Purpose != purposeRegistration:
		return "start"
	case s.dead:
		return "again"
	}
	return "register"
}

// Fault marks the field that is wrong.
func (s *screen) Fault(field string) template.HTMLAttr {
	described := []string{}
	if s.fault == field {
		described = append(described, "alert")
	}
	if field == "password" && s.NewPassword() {
		described = append(described, "hint")
	}
	if field == "code" && s.fault != field {
		described = append(described, "lead")
	}
	attributes := ""
	if len(described) > 0 {
		attributes = ` aria-describedby="` + strings.Join(described, " ") + `"`
	}
	if s.fault == field {
		attributes += ` aria-invalid="true" autofocus`
	}
	return template.HTMLAttr(attributes)
}

// Typed is the number as it was typed.
func (s *screen) Typed() string { return s.flow.Typed }

// Length is the number of digits of the code, or 0 if it is not known here.
func (s *screen) Length() int { return s.flow.Length }

// Digits is the number of places for digits.
func (s *screen) Digits() int { return s.flow.digits() }

// First is the country that is chosen. It stands before the list of all.
func (s *screen) First() *country { return s.l.country(s.country) }

// countriesMark stands where the list of all countries comes, which is the same for everybody.
const countriesMark = "<!--countries-->"

// Countries is the place of the list of all countries.
func (s *screen) Countries() template.HTML { return countriesMark }

// names returns the name of a region in the language of the page.
func (s *screen) names(region string) string { return regionName(s.l.Tag, region) }

// Legal says what people accept when they go on.
func (s *screen) Legal() template.HTML {
	if !specs[s.Key].legal {
		return ""
	}
	key := ""
	switch {
	case s.o.Terms != "" && s.o.Privacy != "":
		key = "legal.both"
	case s.o.Terms != "":
		key = "legal.terms"
	case s.o.Privacy != "":
		key = "legal.privacy"
	default:
		return ""
	}
	link := func(address, text string) string {
		return `<a href="` + template.HTMLEscapeString(address) + `">` + template.HTMLEscapeString(s.T(text)) + `</a>`
	}
	text := template.HTMLEscapeString(s.T(key))
	text = strings.Replace(text, "{terms}", link(s.o.Terms, "link.terms"), 1)
	return template.HTML(strings.Replace(text, "{privacy}", link(s.o.Privacy, "link.privacy"), 1))
}

// ask puts the question of a human check on the screen.
func (s *screen) ask(q humancheck.Question) error {
	data, err := json.Marshal(q) // only a Question of the host's own check can fail
	s.Question = string(data)
	return err
}

// render returns the screen. The first part ends where the list of countries comes.
func (s *screen) render() [2][]byte {
	var b bytes.Buffer
	if err := screenTemplate.ExecuteTemplate(&b, "screen", s); err != nil {
		panic("phoneauth/ui: " + err.Error()) // the template and these values do not fit
	}
	before, after, _ := bytes.Cut(b.Bytes(), []byte(countriesMark))
	return [2][]byte{before, after}
}
