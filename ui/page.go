package ui

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"html/template"
	"net/http"
	"strings"
	"unicode/utf8"
)

var pageTemplate = template.Must(template.ParseFS(static, "static/page.html"))

// config is the configuration of the scripts of the page. It is the same for everybody.
type config struct {
	Lang      string            `json:"lang"`
	Name      string            `json:"name"`
	Region    string            `json:"region"`
	Regions   string            `json:"regions"`
	Passwords bool              `json:"passwords"`
	Check     string            `json:"check"` // the kind of the human check, "" for none
	Texts     map[string]string `json:"texts"`
}

// visit is the part of the configuration that differs between visits. It must hold no secret,
// because a link can choose Next, and the length of the page would tell the secret. The scripts
// ask for the number of the user by a separate request.
type visit struct {
	Next     string `json:"next"`
	SignedIn bool   `json:"signed_in"`
	Refresh  bool   `json:"refresh"` // there may be a session to refresh
}

// choice is a language of the menu.
type choice struct {
	Tag, Dir, Name string
	Current        bool
}

// render makes the page in l, but for what differs from visit to visit.
func (p *Page) render(l *locale) *front {
	var choices []choice
	for _, other := range p.names {
		if len(p.names) == 1 {
			break
		}
		choices = append(choices, choice{other.Tag, other.Dir, other.Words["language"], other == l})
	}
	initial, _ := utf8.DecodeRuneInString(p.o.Name)
	var b bytes.Buffer
	err := pageTemplate.Execute(&b, map[string]any{
		"Lang": l.Tag, "Dir": l.Dir, "T": l.Words, "Choices": choices,
		"Check": p.check != "", "Name": p.o.Name, "Initial": strings.ToUpper(string(initial)),
		"Logo": template.URL(p.o.Logo), "Icon": template.URL(p.icon), // checked by Options.checked
		"Config": config{
			Lang: l.Tag, Name: p.o.Name, Region: p.o.Region, Regions: p.regions,
			Passwords: p.o.Passwords, Check: p.check, Texts: l.Words,
		},
	})
	if err != nil {
		panic("phoneauth/ui: " + err.Error()) // the template and these values do not fit
	}
	return newFront(b.Bytes())
}

func (p *Page) servePage(w http.ResponseWriter, r *http.Request) {
	v := p.visit(r)
	var rest bytes.Buffer
	if v.Next != p.o.Next { // the menu of languages keeps it
		fmt.Fprintf(&rest, `<input type="hidden" name="next" value="%s" form="languages">`+"\n", html.EscapeString(v.Next))
	}
	data, _ := json.Marshal(v) // escapes what would end a script
	fmt.Fprintf(&rest, `<script id="visit" type="application/json">%s</script>`+"\n</body>\n</html>\n", data)
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Encoding, Accept-Language, Cookie")
	p.locale(r).front.serve(w, r, rest.Bytes())
}

// visit returns the address to go on to, and whether the cookies of r sign somebody in. It does
// not call the store, so the account may be deleted; the route user checks that.
func (p *Page) visit(r *http.Request) visit {
	v := visit{Next: p.o.Next}
	if next := only(r.URL.Query()["next"]); localPath(next) {
		v.Next = next
	}
	if p.o.OnSession != nil {
		return v
	}
	if access := p.access(r); access != "" {
		_, err := p.svc.Authenticate(r.Context(), access)
		v.SignedIn = err == nil
	}
	v.Refresh = !v.SignedIn && p.cookie(r, sessionCookie) != ""
	return v
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
