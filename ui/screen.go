package ui

import (
	"bytes"
	"encoding/json"
	"html/template"
	"net/url"
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
	screenCookies:  {route: ""},
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
	Delivery  string // the route that tells of the delivery
	country   string // that is chosen
	chosen    string // how it was chosen
	Question  string
	known     bool // the code may be known from another page
	display   string
	candidate []string // regions to choose from, on the screen "confirm"
}

// hidden is a hidden field.
type hidden struct{ Name, Value string }

// button is a button that asks another route than the main one.
type button struct {
	Key, Route, Name, Value, Text, In string
	Available                         int // seconds until it can be used
}

// anchor is a link to another screen.
type anchor struct{ Key, Address, Text string }

// offer is a country that a number may be of.
type offer struct {
	Region, Text string
	First        bool
}

// T returns a text of the page.
func (s *screen) T(key string) string { return s.l.Words()[key] }

// Title is what the screen is called.
func (s *screen) Title() string { return s.T("title." + s.Key) }

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
	return s.Key == screenConfirm || s.Key == screenLeave || s.Key == screenDone
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

// Expires is the seconds until the code is dead, or 0 where none is typed.
func (s *screen) Expires() int {
	if s.Key != screenCode && s.Key != screenReset || s.dead {
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

// again is the route that sends a code once more. A registration needs its password, and goes
// back to where that is asked for.
func (s *screen) again() string {
	if s.flow.Purpose == purposeRegistration {
		return "again"
	}
	return "start"
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
func (s *screen) Digits() int {
	if s.flow.Length == 0 {
		return 6
	}
	return s.flow.Length
}

// Hidden are the fields that carry the flow.
func (s *screen) Hidden() []hidden {
	fields := []hidden{{"screen", s.Key}, {"next", s.Next}, {"lang", s.Lang}}
	if s.Key == screenWelcome {
		fields = append(fields, hidden{"device", "1"})
	}
	if purpose := s.purpose(); purpose != "" {
		fields = append(fields, hidden{"purpose", purpose}, hidden{"key", newKey()})
	}
	if s.Has("number") {
		fields = append(fields, hidden{"zone", ""}, hidden{"chosen", s.chosen})
	}
	switch s.Key {
	case screenConfirm:
		fields = append(fields, hidden{"phone", s.flow.Typed}, hidden{"confirmed", "1"})
	case screenCode, screenReset, screenRegister:
		fields = append(fields, hidden{"state", s.flow.encode()})
	}
	return slices.DeleteFunc(fields, func(f hidden) bool { return f.Value == "" && f.Name != "zone" && f.Name != "chosen" })
}

// purpose is that of the code which the screen asks for.
func (s *screen) purpose() string {
	switch s.Key {
	case screenForgot, screenReset:
		return purposeReset
	case screenCode, screenConfirm:
		return s.flow.Purpose
	case screenPhone, screenWelcome:
		return purposeSignIn
	}
	return ""
}

// Kept are the fields that the menu of languages keeps.
func (s *screen) Kept() []hidden {
	kept := []hidden{{"screen", s.Key}}
	if !slices.Contains(opened, s.Key) {
		kept = nil
	}
	if s.Next != s.o.Next {
		kept = append(kept, hidden{"next", s.Next})
	}
	return kept
}

// address returns the address of another screen.
func (s *screen) address(key string) string {
	q := url.Values{"screen": {key}}
	if s.Next != s.o.Next {
		q.Set("next", s.Next)
	}
	if s.Lang != "" {
		q.Set("lang", s.Lang)
	}
	return s.o.Path + "?" + q.Encode()
}

// Links lead to other screens.
func (s *screen) Links() []anchor {
	var all []anchor
	add := func(text, key string) {
		if s.o.Passwords || key == screenPhone {
			all = append(all, anchor{text, s.address(key), s.T("link." + text)})
		}
	}
	for pair := range slices.Chunk(specs[s.Key].links, 2) {
		add(pair[0], pair[1])
	}
	switch s.Key {
	case screenConfirm:
		add("change", screenPhone)
	case screenCode:
		if s.flow.Purpose == purposeRegistration {
			add("change", screenRegister)
		} else {
			add("change", screenPhone)
		}
	case screenReset:
		add("change", screenForgot)
	case screenCookies:
		all = nil
	}
	if s.o.Help != "" {
		all = append(all, anchor{"help", s.o.Help, s.T("link.help")})
	}
	return all
}

// Buttons ask other routes.
func (s *screen) Buttons() []button {
	path := s.o.Path
	switch {
	case (s.Key == screenCode || s.Key == screenReset) && !s.dead:
		b := button{Key: "resend", Route: path + s.again(), Name: "channel", Value: s.flow.Channel, Text: s.T("link.resend"), Available: secondsUntil(s.flow.ResendAt)}
		b.In = s.l.of("link.later", "action", b.Text)
		return []button{b}
	case s.Key == screenWelcome:
		return []button{{Key: "forget", Route: path + "forget", Text: s.T("link.forget")}}
	case s.known:
		return []button{{Key: "have_code", Route: path + "known", Text: s.T("link.have_code")}}
	case s.Key == screenDone:
		return []button{{Key: "sign_out", Route: path + endRoute, Text: s.T("link.sign_out")}}
	}
	return nil
}

// Channels are the other ways for the code.
func (s *screen) Channels() []button {
	if s.flow.Purpose == purposeRegistration {
		return nil // sending again needs the password
	}
	var all []button
	for _, c := range s.flow.Channels {
		if c.Channel == s.flow.Channel && s.Code != "channel_failed" {
			continue
		}
		text := s.T("channel." + c.Channel)
		if text == "" {
			text = s.l.of("channel", "channel", c.Channel)
		}
		b := button{Key: "channel-" + c.Channel, Route: s.o.Path + "start", Name: "channel", Value: c.Channel, Text: text, Available: secondsUntil(c.AvailableAt)}
		b.In = s.l.of("link.later", "action", text)
		all = append(all, b)
	}
	return all
}

// Offers are the countries that the number may be of.
func (s *screen) Offers() []offer {
	var all []offer
	for i, region := range s.candidate {
		number := "+" + callingCode(region) + " " + strings.TrimSpace(s.flow.Typed)
		if p, err := parse(s.flow.Typed, region); err == nil {
			number = display(p)
		}
		all = append(all, offer{region, s.l.of("action.number", "phone", "\u2066"+number+"\u2069") + " – " + s.names(region), i == 0})
	}
	return all
}

// First is the country that is chosen. It stands before the list of all.
func (s *screen) First() *country {
	for _, c := range s.l.countries() {
		if c.Region == s.country {
			return &c
		}
	}
	return nil
}

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
