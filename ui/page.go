package ui

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"html/template"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/phoneauth/phoneauth"
)

var pageTemplate = template.Must(template.ParseFS(static, "static/page.html"))

// config is what the scripts of the page are told. It is the same for everybody.
type config struct {
	Lang  string            `json:"lang"`
	Name  string            `json:"name"`
	Base  string            `json:"base"`
	Check string            `json:"check"` // the kind of the human check, "" for none
	Texts map[string]string `json:"texts"`
}

// choice is a language of the menu.
type choice struct {
	Tag, Dir, Name string
	Current        bool
}

// frame is what stands around every screen in a language. It is the same for everybody.
type frame struct{ head, countries, tail segment } // head comes after documentStart

// modules are what the first script imports. Browsers load them at once.
var modules = []string{"screen.js", "net.js", "number.js", "digits.js", "code.js", "human.js", "box.js"}

// newFrame makes the frame in l.
func (p *Page) newFrame(l *locale) frame {
	values := p.frameValues(l)
	part := func(name string) segment { return framePart(pageTemplate, name, values) }
	return frame{head: part("head"), countries: constant(countryOptions(l.countries())), tail: part("tail")}
}

// documentStart returns how a document starts, before the head of its frame. Its title says which screen it is.
func (p *Page) documentStart(l *locale, title string) segment {
	if p.o.Name != "" {
		title += " · " + p.o.Name
	}
	return stored([]byte(`<!doctype html>
<html lang="` + l.Tag + `" dir="` + l.Dir + `">
<head>
<meta charset="utf-8">
<title>` + html.EscapeString(title) + `</title>
`))
}

// framePart returns a part of a frame, which is the same for everybody.
func framePart(t *template.Template, name string, values any) segment {
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, name, values); err != nil {
		panic("phoneauth/ui: " + err.Error()) // the template and these values do not fit
	}
	return constant(b.Bytes())
}

// frameValues are what the templates of a frame in l are filled with.
func (p *Page) frameValues(l *locale) map[string]any {
	var choices []choice
	for _, other := range p.names {
		if len(p.names) == 1 {
			break
		}
		choices = append(choices, choice{other.Tag, other.Dir, other.Name, other == l})
	}
	initial, _ := utf8.DecodeRuneInString(p.o.Name)
	told := map[string]string{}
	for key, text := range l.Words() {
		if strings.HasPrefix(key, "js.") {
			told[key] = text
		}
	}
	return map[string]any{
		"T": l.Words(), "Choices": choices, "Base": p.o.Path, "Modules": modules,
		"Name": p.o.Name, "Initial": strings.ToUpper(string(initial)), "Wordmark": p.o.Wordmark,
		"Header": p.o.Header, "Footer": p.o.Footer,
		// These were checked by Options.checked.
		"Logo": template.URL(p.o.Logo), "LogoDark": template.URL(p.o.LogoDark), "Icon": template.URL(p.icon),
		"Config": config{Lang: l.Tag, Name: p.o.Name, Base: p.o.Path, Check: p.check, Texts: told},
	}
}

// visit is where a visitor wants to go on to, and the language that was asked for. A link can
// choose both.
type visit struct {
	Next, Lang string
	insecure   bool // the browser came by plain HTTP, and keeps no secure cookie
}

// visitOf reads what a link or a form says of next and lang.
func (p *Page) visitOf(next, lang string) visit {
	v := visit{Next: p.o.Next}
	if localPath(next) {
		v.Next = next
	}
	if l := p.named(lang); l != nil {
		v.Lang = l.Tag
	}
	return v
}

// newScreen returns a screen for r.
func (p *Page) newScreen(r *http.Request, key string) *screen {
	q := r.URL.Query()
	s := &screen{Page: p, l: p.locale(r), Key: key, visit: p.visitOf(only(q["next"]), only(q["lang"]))}
	s.country, s.chosen = p.guess(r)
	return s
}

// servePage answers a visit. It shows where the browser has left off.
func (p *Page) servePage(w http.ResponseWriter, r *http.Request) {
	p.keepLanguage(w, r)
	s := p.opening(r)
	if s.Key == screenLeave {
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, s.Next, http.StatusSeeOther)
		return
	}
	p.serveScreen(w, r, http.StatusOK, s)
}

// opening returns the first screen of a visit.
func (p *Page) opening(r *http.Request) *screen {
	query := r.URL.Query()
	asked := only(query["screen"])
	s := p.newScreen(r, screenPhone)
	s.flow.Typed = phoneOfLink(only(query["phone"]))
	if p.o.OnSession == nil {
		if user, in := p.signedInUser(r); in && asked != screenForgot { // the account page asks for the password
			s.Key, s.display = screenDone, display(user.Phone)
			if s.Next != "" {
				s.Key = screenLeave
			}
			return s
		}
		if asked == "" && p.cookie(r, sessionCookie) != "" {
			s.Key = screenResume
			return s
		}
	}
	if query.Has(signedOut) {
		s.Note = s.T("note.signed_out")
	}
	pending := p.pending(r)
	if asked != "" && opens(asked, p.o.Passwords) {
		s.Key, s.insecure = asked, query.Has("insecure")
		if asked != screenCookies && s.flow.Typed == "" {
			s.fill(pending)
		}
		return s
	}
	switch number := p.welcomes(r); {
	case pending.lives():
		s.Key, s.flow = pending.screen(), pending
		s.display = pending.display()
	case number != "" && s.flow.Typed == "":
		s.Key, s.display = screenWelcome, number
	}
	if s.Note == "" && p.account != nil {
		s.Note = p.account.announces(s)
	}
	return s
}

// fill puts the number of a flow into the field.
func (s *screen) fill(f flow) {
	if f.Phone == "" {
		return
	}
	typed := displayOf(f.Phone)
	if f.Purpose == purposeRegistration && s.Key == screenRegister {
		s.flow = f
	}
	s.flow.Typed = typed
}

// opens reports whether a link may open a screen.
func opens(key string, passwords bool) bool {
	switch key {
	case screenPhone, screenCookies:
		return true
	case screenPassword, screenRegister, screenForgot:
		return passwords
	}
	return false
}

// phoneOfLink returns the number that a link has brought: at most 32 characters, or none.
func phoneOfLink(text string) string {
	if len(text) > 32 {
		return ""
	}
	return text
}

// missing answers a request for an address that does not exist, or takes no visits. People see a page, and
// programs get err as JSON.
func (p *Page) missing(w http.ResponseWriter, r *http.Request, err error) {
	if !isVisit(r) {
		p.fail(w, r, err)
		return
	}
	status, _ := refusalOf(err)
	p.serveScreen(w, r, status, p.newScreen(r, screenMissing))
}

// signedInUser returns whoever the cookies of r sign in. The store is asked for the account.
func (p *Page) signedInUser(r *http.Request) (user phoneauth.User, in bool) {
	access := p.access(r)
	if access == "" {
		return phoneauth.User{}, false
	}
	claims, err := p.svc.Authenticate(r.Context(), access)
	if err != nil {
		return phoneauth.User{}, false
	}
	user, err = p.svc.User(r.Context(), claims)
	return user, err == nil
}

// scriptHeader is on requests of the scripts. They get the screen without its frame.
const scriptHeader = "Phoneauth-Script"

// serveScreen answers with a screen.
func (p *Page) serveScreen(w http.ResponseWriter, r *http.Request, status int, s *screen) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Encoding, Accept-Language, Cookie, "+scriptHeader)
	parts := s.render()
	segments := []segment{stored(parts[0])}
	if parts[1] != nil {
		segments = append(segments, s.l.frame().countries, stored(parts[1]))
	}
	if r.Header.Get(scriptHeader) == "" {
		segments = append(append([]segment{p.documentStart(s.l, s.Title()), s.l.frame().head}, segments...), s.l.frame().tail)
	}
	writeSegments(w, r, status, segments)
}

// icon returns the logo, or a square with the first letter of the name.
func icon(o Options, colors palette) string {
	if o.Logo != "" {
		return o.Logo
	}
	initial, _ := utf8.DecodeRuneInString(o.Name)
	if o.Name == "" {
		initial = '•'
	}
	svg := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="%s"/>`+
		`<text x="16" y="22" text-anchor="middle" font-family="sans-serif" font-size="18" font-weight="600" fill="%s">%s</text></svg>`,
		colors.brand, colors.on, html.EscapeString(strings.ToUpper(string(initial))))
	return "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(svg))
}
