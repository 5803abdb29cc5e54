package console

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/phoneauth/phoneauth"
)

//go:embed static/*.html
var templateFiles embed.FS

// templates are the pages, each with the frame around it.
var templates = func() map[string]*template.Template {
	funcs := template.FuncMap{
		"at": at, "limit": limitText, "purpose": purposeText,
		"score":   func(x float64) string { return strconv.FormatFloat(math.Round(10*x)/10, 'f', -1, 64) },
		"money":   func(millionths int64) string { return fmt.Sprintf("%.2f", float64(millionths)/1e6) },
		"percent": func(t phoneauth.Traffic) string { return fmt.Sprintf("%.0f %%", 100*t.Conversion()) },
	}
	all := map[string]*template.Template{}
	for _, name := range []string{"home", "about", "overview", "refusal"} {
		all[name] = template.Must(template.New("frame.html").Funcs(funcs).ParseFS(templateFiles, "static/frame.html", "static/"+name+".html"))
	}
	return all
}()

// page is what a template is given.
type page struct {
	Name, Operator, Title string
	SearchByGET           bool
	// Back is the address of the screen that a form came from.
	Back string
	// Notice is good news, Alert is not.
	Notice, Alert string
	Screen        *screen
	Overview      *tables
}

// render writes a page. It is made whole before it is sent, so that nobody gets half of one.
func (v *visit) render(status int, name string, p page) {
	p.Name, p.Operator, p.SearchByGET = v.o.Name, v.operator, v.o.SearchByGET
	var body bytes.Buffer
	if err := templates[name].Execute(&body, p); err != nil {
		v.o.Logger.ErrorContext(v.r.Context(), "console: page", "error", err)
		http.Error(v.w, "The page could not be made.", http.StatusInternalServerError)
		return
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	_, _ = v.w.Write(body.Bytes())
}

// refuse answers with one sentence.
func (v *visit) refuse(status int, text string) {
	v.render(status, "refusal", page{Title: http.StatusText(status), Alert: text, Back: v.back})
}

// unavailable answers that nothing could be read.
func (v *visit) unavailable(err error) {
	v.o.Logger.ErrorContext(v.r.Context(), "console: not available", "error", err)
	v.refuse(http.StatusServiceUnavailable, "The store does not answer. Try again in a moment.")
}

// redirect leads to a page about s. The address is relative, so that the desk may be mounted
// anywhere.
func (v *visit) redirect(to string, s subject) {
	v.w.Header().Set("Location", to+"?id="+v.seal.id(s))
	v.w.WriteHeader(http.StatusSeeOther)
}

// tables are the overview: the whole day, and lists that are cut.
type tables struct {
	phoneauth.Overview
	Lists []table
	// Limits are how often each refused, most often first.
	Limits []limitRow
}

type limitRow struct {
	Name    string
	Refused int
}

// table is one list of the overview.
type table struct {
	Title, First string
	Rows         []tableRow
	// More is how many rows were left out.
	More int
}

type tableRow struct {
	Name string
	phoneauth.Traffic
}

// mostRows is how many rows a list has, so that the page stays below 30 KB.
const mostRows = 25

func newTables(of phoneauth.Overview) *tables {
	list := func(title, first string, all map[string]phoneauth.Traffic) table {
		t := table{Title: title, First: first}
		for name, traffic := range all {
			t.Rows = append(t.Rows, tableRow{name, traffic})
		}
		slices.SortFunc(t.Rows, func(a, b tableRow) int { // most sent first
			return cmp.Or(cmp.Compare(b.Sent, a.Sent), cmp.Compare(a.Name, b.Name))
		})
		t.More = max(0, len(t.Rows)-mostRows)
		t.Rows = t.Rows[:len(t.Rows)-t.More]
		return t
	}
	hours := table{Title: "By hour", First: "Hour (UTC)"}
	for _, h := range slices.SortedFunc(maps.Keys(of.Hours), time.Time.Compare) {
		hours.Rows = append(hours.Rows, tableRow{h.Format("01-02 15:04"), of.Hours[h]})
	}
	var refused []limitRow
	for name, n := range of.Limits {
		refused = append(refused, limitRow{capital(limitText(name)), n})
	}
	slices.SortFunc(refused, func(a, b limitRow) int { return cmp.Or(cmp.Compare(b.Refused, a.Refused), cmp.Compare(a.Name, b.Name)) })
	return &tables{of, []table{
		list("By country", "Country", of.Countries), list("By channel", "Channel", of.Channels), list("By sender", "Sender", of.Senders), hours,
	}, refused}
}
