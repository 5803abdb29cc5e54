// Package console is the page of a support desk: one search, by number or by user id, and
// one screen that says why a code did not arrive, and why somebody does not get in. It also
// does what a desk may do: unlock, send a code again by another channel, end sessions, block, move a
// number, delete, export.
//
//	desk := console.Handler(svc, console.Options{Name: "Acme", Operator: operator})
//	mux.Handle("/desk/", desk)
//
// Mount it at any path that ends with a slash, on a mux that the users of the service do not
// reach. Every link on its pages is relative.
//
// # Security
//
// Every request must be of an operator: Options.Operator is the host's own sign-in. Every
// action is a POST of the same origin, needs a reason, and stands in the journal with the
// operator's name before it is done. Numbers are masked. Showing a whole one is an action,
// too. No address holds a number, except with SearchByGET: a search leads to an id that is
// sealed.
//
// The pages run no script and load nothing but their style sheet. They send no referrer, so
// browsers send "Origin: null": a browser must send Sec-Fetch-Site, which those since 2023
// do over HTTPS and on localhost.
package console

import (
	"cmp"
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
)

// Options are what a host says of its desk.
type Options struct {
	// Name of the service, on every page. "phoneauth" when empty.
	Name string
	// Operator says who a request is of: the name that stands in the journal, at most 64
	// bytes. Its error is an answer of 401, and of 403 where it is ErrForbidden. An empty
	// name is 403. Required.
	Operator func(*http.Request) (name string, err error)
	// Key seals the numbers and ids in addresses, at least 32 bytes. Give all processes the
	// same one. Empty is a random key: an address then ends with its process.
	Key []byte
	// SearchByGET makes the search a GET with ?q=, so that a whole number stands in an
	// address. It is for a desk on loopback alone.
	SearchByGET bool
	// Logger gets the causes of failures; nil is slog.Default().
	Logger *slog.Logger
}

// ErrForbidden is for Options.Operator: it is known who asks, and they may not.
var ErrForbidden = errors.New("console: not allowed")

// Handler is the desk. It panics where Options.Operator is nil, where Options.Key is shorter
// than 32 bytes, and where svc keeps no journal: nothing may be done here that is not written
// down.
func Handler(svc *phoneauth.Service, o Options) http.Handler {
	if o.Operator == nil {
		panic("console: Options.Operator is required")
	}
	if len(o.Key) == 0 {
		o.Key = make([]byte, 32)
		_, _ = rand.Read(o.Key) // it never fails
	}
	if len(o.Key) < 32 {
		panic("console: Options.Key must be at least 32 bytes")
	}
	if errors.Is(svc.FlushJournal(context.Background()), phoneauth.ErrNoJournal) {
		panic("console: the Service needs Config.Journal")
	}
	o.Name = cmp.Or(o.Name, "phoneauth")
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return &desk{svc: svc, o: o, seal: newSealer(o.Key), origin: http.NewCrossOriginProtection()}
}

type desk struct {
	svc    *phoneauth.Service
	o      Options
	seal   sealer
	origin *http.CrossOriginProtection
}

// maxBody is how long a form may be.
const maxBody = 16 << 10

//go:embed static/style.css
var style string

// ServeHTTP implements [http.Handler].
func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	for _, h := range [...][2]string{
		{"Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"},
		{"Referrer-Policy", "no-referrer"},
		{"Cache-Control", "no-store"},
		{"X-Content-Type-Options", "nosniff"},
		{"Cross-Origin-Opener-Policy", "same-origin"},
		{"Cross-Origin-Resource-Policy", "same-origin"},
	} {
		header.Set(h[0], h[1])
	}
	v := &visit{desk: d, w: w, r: r}
	if err := d.origin.Check(r); err != nil {
		v.refuse(http.StatusForbidden, "This request came from another site. Nothing was done.")
		return
	}
	name, err := d.o.Operator(r)
	switch {
	case errors.Is(err, phoneauth.ErrUnavailable):
		v.unavailable(err)
	case errors.Is(err, ErrForbidden), err == nil && strings.TrimSpace(name) == "":
		v.refuse(http.StatusForbidden, "You may not use this desk.")
	case err != nil:
		v.refuse(http.StatusUnauthorized, "Sign in as an operator first.")
	default:
		v.operator = name
		v.serve()
	}
}

// visit is one request of an operator.
type visit struct {
	*desk
	w        http.ResponseWriter
	r        *http.Request
	operator string
	back     string
}

// serve finds the page by the last part of the path, so that the desk may be mounted
// anywhere.
func (v *visit) serve() {
	pages := map[string]struct {
		method string
		do     func()
	}{
		"":          {http.MethodGet, v.home},
		"about":     {http.MethodGet, v.about},
		"overview":  {http.MethodGet, v.overview},
		"style.css": {http.MethodGet, v.style},
		"search":    {http.MethodPost, v.search},
		"do":        {http.MethodPost, v.do},
	}
	page, ok := pages[v.r.URL.Path[strings.LastIndexByte(v.r.URL.Path, '/')+1:]]
	if !ok {
		v.refuse(http.StatusNotFound, "There is no such page.")
		return
	}
	method := v.r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if method != page.method {
		v.w.Header().Set("Allow", page.method)
		v.refuse(http.StatusMethodNotAllowed, "This page does not take such a request.")
		return
	}
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxBody)
	if err := v.r.ParseForm(); err != nil {
		v.refuse(http.StatusBadRequest, "The form could not be read. Nothing was done.")
		return
	}
	page.do()
}

func (v *visit) style() {
	v.w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = io.WriteString(v.w, style)
}

// home is the search, and with SearchByGET its result.
func (v *visit) home() {
	if q := v.r.URL.Query().Get("q"); q != "" && v.o.SearchByGET {
		v.result(q, func(s subject) { v.show(s, "") })
		return
	}
	s, _ := v.seal.open(v.r.URL.Query().Get("id"))
	v.render(http.StatusOK, "home", page{Notice: s.takeNotice()})
}

func (v *visit) search() {
	v.result(v.r.PostFormValue("q"), func(s subject) { v.redirect("about", s) })
}

// result looks for what an operator typed.
func (v *visit) result(typed string, found func(subject)) {
	s, err := v.find(v.r.Context(), typed)
	if errors.Is(err, phoneauth.ErrNotFound) {
		v.render(http.StatusNotFound, "home", page{Alert: "This is neither a valid number nor the id of an account."})
		return
	}
	if err != nil {
		v.unavailable(err)
		return
	}
	found(s)
}

func (v *visit) about() {
	s, ok := v.seal.open(v.r.URL.Query().Get("id"))
	if !ok {
		v.refuse(http.StatusNotFound, "This address is not good any more. Search again.")
		return
	}
	notice := s.takeNotice()
	v.show(s, notice)
}

func (v *visit) overview() {
	_ = v.svc.FlushJournal(v.r.Context())
	of, err := v.svc.Overview(v.r.Context(), phoneauth.OverviewQuery{})
	if err != nil {
		v.unavailable(err)
		return
	}
	v.render(http.StatusOK, "overview", page{Title: "Last 24 hours", Overview: newTables(of)})
}

// at is how the desk writes a time.
func at(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
