package ui

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

var pageTemplate = template.Must(template.ParseFS(static, "static/page.html"))

// config is what the scripts of the page are told.
type config struct {
	Lang      string            `json:"lang"`
	Name      string            `json:"name"`
	Next      string            `json:"next"`
	Region    string            `json:"region"`
	Regions   string            `json:"regions"`
	Passwords bool              `json:"passwords"`
	User      string            `json:"user"`    // the number of whoever is signed in
	Refresh   bool              `json:"refresh"` // there may be a session to refresh
	Texts     map[string]string `json:"texts"`
}

// choice is a language of the menu.
type choice struct {
	Tag, Dir, Name, URL string
	Current             bool
}

func (p *Page) servePage(w http.ResponseWriter, r *http.Request) {
	l := p.locale(r)
	query := r.URL.Query()
	next := query.Get("next")
	if !localPath(next) {
		next = p.o.Next
	}
	user, refresh := p.visitor(r)
	var choices []choice
	for _, other := range p.names {
		if len(p.names) == 1 {
			break
		}
		to := url.Values{"lang": {other.Tag}}
		if next != p.o.Next {
			to.Set("next", next)
		}
		choices = append(choices, choice{other.Tag, other.Dir, other.Words["language"], "?" + to.Encode(), other == l})
	}
	initial, _ := utf8.DecodeRuneInString(p.o.Name)
	var b bytes.Buffer
	err := pageTemplate.Execute(&b, map[string]any{
		"Lang": l.Tag, "Dir": l.Dir, "T": l.Words, "Choices": choices,
		"Name": p.o.Name, "Initial": strings.ToUpper(string(initial)),
		"Logo": template.URL(p.o.Logo), "Icon": template.URL(p.icon), // checked by Options.checked
		"Config": config{
			Lang: l.Tag, Name: p.o.Name, Next: next, Region: p.o.Region, Regions: p.regions,
			Passwords: p.o.Passwords, User: user, Refresh: refresh, Texts: l.Words,
		},
	})
	if err != nil {
		p.fail(w, r, err)
		return
	}
	data := b.Bytes()
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Encoding, Accept-Language, Cookie")
	if acceptsGzip(r) { // it holds no secret whose length could tell something
		data = gzipped(data)
		h.Set("Content-Encoding", "gzip")
	}
	_, _ = w.Write(data) // the client is gone, or it is not
}

// visitor is the number of whoever is signed in by the page's cookies, or whether there
// may be a session to refresh. When the store fails, it is nobody.
func (p *Page) visitor(r *http.Request) (user string, refresh bool) {
	if p.o.OnSession != nil {
		return "", false
	}
	claims, err := p.svc.Authenticate(r.Context(), p.access(r))
	if err != nil {
		return "", p.cookie(r, sessionCookie) != ""
	}
	u, err := p.svc.User(r.Context(), claims)
	if err != nil {
		return "", false
	}
	return display(u.Phone), false
}

// icon is the logo, or a square with the first letter of the name.
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
