// Package ui is a sign-in page that a host mounts in one line:
//
//	page := ui.Handler(svc, ui.Options{Name: "Acme", Next: "/home"})
//	mux.Handle("/signin/", page)
//	mux.Handle("/home", page.Require(home)) // behind it, phoneauth.ClaimsFrom says who is signed in
//
// Everything is embedded: no build step, no framework, and no request to another host. The server
// renders every screen, and plain forms do the whole sign-in. Scripts only help: they format the
// number, count down, solve the human check, and say what the network does. The floor is Safari
// 13.1, Chrome 80 and Firefox 78.
//
// # Where it is mounted
//
// Options.Path is the path as the browser sees it, "/signin/" by default. Requests may
// arrive with it, as from [http.ServeMux], or without, as from [http.StripPrefix] or the
// group of a router.
//
// Links may open a screen, with ?screen=phone, and with Options.Passwords also with
// ?screen=password, ?screen=register and ?screen=forgot. ?phone= fills in a number, and sends
// nothing. ?next=/… is where to go on to: a path of the same origin, or it is dropped. ?lang=
// chooses the language. The page remembers what was chosen from its menu or by a link of this origin, in
// the cookie __Host-phoneauth-language.
//
// # Session
//
// The page calls the Service itself, through routes of its own below its path, and puts the
// session into cookies that no script can read:
//
//   - __Host-phoneauth-access, the access token, which [Page.Require] reads;
//   - __Secure-phoneauth-refresh, the refresh token, which browsers send to "session/"
//     below the page's path and nowhere else;
//   - __Host-phoneauth-session, the id of the session. A cookie with a path cannot have
//     the __Host- prefix, so a sibling domain can plant a refresh token beside the
//     browser's: one of another session is never used;
//   - __Host-phoneauth-device, the known device, as the documented APIs set it;
//   - __Host-phoneauth-pending, for at most 10 minutes: the number that a code was sent to and its
//     challenge token, so that a page which the phone has dropped comes back to the code;
//     __Host-phoneauth-account is that of [Account].
//
// When the access token has expired, the page gets a new one as soon as somebody comes to it, as
// Require makes them. A page of the host's does it with POST session/refresh, and signs out with
// POST session/end, by fetch or by a form. All of this is behind [http.CrossOriginProtection]. With
// Options.OnSession the host gets the tokens in place of the cookies. [Page.SetSession] sets the
// cookies for a session that came by another way.
//
// After a sign-in the browser goes to "session/arrived" first. There the page sees whether the
// browser has kept the cookies. If it has not, the page says so, and nobody goes round in circles.
//
// # Account
//
// [Account] is a second page, where people who are signed in change what is theirs.
//
// # Security
//
// The page may load nothing but itself and sends to nobody else (Content-Security-Policy
// with trusted types and without inline code); it cannot be framed. A human check of a vendor
// is the one exception, see below.
//
// What differs between visits is never compressed: a link can choose ?next=, and the length of a
// compressed answer would then tell the number to somebody who sees the encrypted answers
// (BREACH). The rest of the page is compressed once, when it is made.
//
// # Human check
//
// Where the Service asks whether a person asks for a code, the page answers and sends the same
// request again. The embedded check works in a web worker. People see it only when it takes
// more than a second, and can cancel it. It needs JavaScript, and HTTPS or localhost: elsewhere the
// page does not say that it can answer, and shows a sentence when it is asked all the same.
//
// The page answers the checks of packages turnstile, hcaptcha and recaptcha with the vendor's
// widget, in version 2 of reCAPTCHA with the checkbox. It loads the vendor's script only when
// the Service has asked. Only with such a check, the policy of the page names the addresses
// that the vendor documents, and the page has no trusted types, because the scripts of vendors
// do not work with them. It was not tried with the vendors' own scripts.
//
// The page cannot answer a check of another kind.
//
// # Codes that fill themselves in
//
// On Android the browser takes the code out of a text that ends with the WebOTP line
// "@example.com #123456". The Service writes it, for the host that the browser shows:
//
//	phoneauth.Config{Texts: phoneauth.TextRules{Host: "example.com"}, …}
//
// On iOS any text will do, and one with the line is for that host alone.
package ui

import (
	"context"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/languages"
)

// Options say what the page looks like and where it leads. The zero value is a plain page at
// /signin/ that says so when somebody has signed in. Regions, Region and InsecureCookie must
// be set as in the Config of the Service, because the page cannot read that.
type Options struct {
	// Path is the path of the page as the browser sees it. It is also that of a cookie, so it is ASCII
	// without ";". Empty means "/signin/".
	Path string
	// Next is the path of this origin that the browser goes to after a sign-in, unless the
	// page was opened with ?next=. Empty means that the page stays and says that the user
	// is signed in.
	Next string
	// NextNew is the same for an account that has just been created, unless the page was opened
	// with ?next=. Empty means Next.
	NextNew string

	// Name is the name of the service, shown above the form. Empty shows none.
	Name string
	// Color is the colour of the brand, "#rrggbb" or "#rgb". Empty means a blue. The page
	// changes it where text would not be legible, in light and in dark.
	Color string
	// Logo is a path of this origin, or a data:image/ URL. Empty means the first letter of
	// Name. LogoDark takes its place in dark; empty means Logo there, too.
	Logo, LogoDark string
	// Wordmark says that the logo shows the name. The page then does not write it beside.
	Wordmark bool
	// Radius is how round the corners are, a CSS length such as "0" or "4px". Empty means
	// "0.75rem".
	Radius string
	// Font is a list of font families for CSS. The page loads no font. Empty means that of the
	// system.
	Font string
	// Header and Footer are HTML of the host above and below the form. They come as they are,
	// under the policy of the page: no inline script and no inline style.
	Header, Footer template.HTML
	// Terms, Privacy and Help are addresses that the page links to: https URLs, or paths of this
	// origin. Empty shows no link.
	Terms, Privacy, Help string
	// TermsVersion is the version of the terms that people accept when they sign in. It reaches
	// Hooks.BeforeSignIn and the journal, as ClientInfo.Terms.
	TermsVersion string
	// Texts replace texts of the page, by language and key; the files in ui/text have all
	// keys. A language that is not in ui/text is added, and gets English where it has no
	// text.
	Texts map[string]map[string]string
	// Locale is the only language of the page. Empty lets people choose, and begins with
	// the language of their browser.
	Locale string

	// Region is the region that is chosen at first (ISO 3166-1 alpha-2). Empty means the
	// region that the browser guesses.
	Region string
	// Country returns the region that a request comes from, as the host knows it, for example of
	// the address. It is the strongest sign, and comes before Region. Nil, and "" as its answer, mean
	// that the host does not know. It must be safe for concurrent use.
	Country func(*http.Request) string
	// Regions are the regions to choose from, as in NumberRules. Empty means all.
	Regions []string
	// Passwords shows the way to sign up, sign in and recover with a password.
	Passwords bool

	// OnSession receives the session, and the page then sets no cookies of its own. It may
	// set cookies of the host. Its error is a 503, and nobody is signed in. It is called again with
	// the same session for a form that was posted twice, when the first answer was lost. Required
	// under HostSessions.
	OnSession func(http.ResponseWriter, *http.Request, *phoneauth.Session) error
	// InsecureCookie drops the attribute Secure and the prefix __Host- of cookies, as in
	// HTTPConfig, for plain HTTP on another host than localhost. A sibling domain can then
	// plant a whole session. It never replaces the session of the browser, but people
	// cannot stay signed in while it is there, and a browser without a session is signed
	// in to the planted one.
	InsecureCookie bool
	// Logger gets the causes of failures. Nil means slog.Default().
	Logger *slog.Logger
}

// Service has the methods of [phoneauth.Service] that the page calls. A wrapper, such as the
// Service of otelphoneauth, can take its place. Each method does what that of
// phoneauth.Service does.
type Service interface {
	// Register sends a code.
	Register(context.Context, phoneauth.RegisterRequest) (*phoneauth.Pending, error)
	// RegisterPassword starts a password registration.
	RegisterPassword(context.Context, phoneauth.PasswordRequest) (*phoneauth.Pending, error)
	// Login signs in with a code.
	Login(context.Context, phoneauth.LoginRequest) (*phoneauth.Session, error)
	// LoginPassword signs in with a password.
	LoginPassword(context.Context, phoneauth.PasswordLoginRequest) (*phoneauth.Session, error)
	// RecoverPassword sets a new password with a code.
	RecoverPassword(context.Context, phoneauth.RecoverRequest) (phoneauth.Phone, error)
	// Refresh exchanges a refresh token for new tokens.
	Refresh(context.Context, phoneauth.RefreshRequest) (*phoneauth.Session, error)
	// Logout ends the session of a refresh token.
	Logout(context.Context, phoneauth.Secret) error
	// SessionOf returns the ID of the session of a refresh token.
	SessionOf(phoneauth.Secret) (id string, ok bool)
	// Authenticate returns the claims of an access token.
	Authenticate(context.Context, phoneauth.Secret) (phoneauth.Claims, error)
	// User returns the account of claims.
	User(context.Context, phoneauth.Claims) (phoneauth.User, error)
	// Require calls a handler only for requests of somebody who is signed in.
	Require(http.Handler) http.Handler
	// Arrival tells whether the text with a code has arrived.
	Arrival(context.Context, phoneauth.Secret) (phoneauth.Arrival, error)
	// KnownDevice returns the account of a known-device token.
	KnownDevice(context.Context, phoneauth.Secret) (phoneauth.User, error)
	// ClientOf describes the client of a request.
	ClientOf(*http.Request) phoneauth.ClientInfo
	// HumanCheckKind returns the kind of the human check, "" for none.
	HumanCheckKind() string
}

// Page is the sign-in page, an [http.Handler]. It is safe for concurrent use.
type Page struct {
	svc     Service
	o       Options
	origins *http.CrossOriginProtection
	files   map[string]*file
	names   []*locale // in the order of the menu
	nearest *languages.Languages
	regions []string // to choose from
	icon    string
	check   string            // the kind of the human check
	headers map[string]string // of every answer
	routes  map[string]route
	account *account // nil: there is none

	outcomes outcomes[signInOutcome]
}

// Handler returns the page for svc. It panics when a field of o is wrong, and names the field.
// So a program with a wrong field fails when it starts.
func Handler(svc Service, o Options) *Page {
	o, colors := o.checked()
	p := &Page{svc: svc, o: o, origins: http.NewCrossOriginProtection(), icon: icon(o, colors)}
	p.check = svc.HumanCheckKind()
	p.headers = securityHeaders(p.check)
	if o.InsecureCookie { // on plain HTTP browsers ignore it, and complain on the console
		delete(p.headers, "Cross-Origin-Opener-Policy")
	}
	p.names = o.locales()
	p.files = staticFiles(o.css(colors))
	p.regions = dialled(o.Regions)
	var tags []string
	for _, l := range p.names { // a language costs 5 ms, and few of them are asked for
		l.countries = sync.OnceValue(func() []country { return countriesOf(l.Tag, p.regions) })
		l.frame = sync.OnceValue(func() frame { return p.newFrame(l) })
		tags = append(tags, l.Tag)
	}
	p.nearest = languages.New(tags...)
	p.routes = p.routesOf()
	return p
}

// ServeHTTP serves the page, its files and its routes.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, value := range p.headers {
		w.Header().Set(name, value)
	}
	if asked, _, _ := strings.Cut(r.RequestURI, "?"); r.URL.Path == "" && !strings.HasSuffix(asked, "/") {
		http.Redirect(w, r, p.o.Path, http.StatusSeeOther) // the addresses of the page are relative to it
		return
	}
	rest, ok := strings.CutPrefix(r.URL.Path, p.o.Path)
	if !ok {
		rest = strings.TrimPrefix(r.URL.Path, "/")
	}
	if route, ok := p.routes[rest]; ok {
		p.serveRoute(w, r, route)
		return
	}
	if rest == arrivedRoute && p.o.OnSession == nil {
		p.serveArrived(w, r)
		return
	}
	if rest == reauthRoute && p.account != nil {
		p.account.serveReauth(w, r)
		return
	}
	if rest == planRoute {
		p.servePlan(w, r)
		return
	}
	file, isFile := p.files[rest]
	switch {
	case !isFile && rest != "":
		p.missing(w, r, errNoRoute)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		p.fail(w, r, errMethod)
	case isFile:
		file.serve(w, r)
	default:
		p.servePage(w, r)
	}
}

// client describes the client of a request, with the language of its page.
func (p *Page) client(r *http.Request) phoneauth.ClientInfo {
	c := p.svc.ClientOf(r)
	c.Locale, c.Device, c.Terms = p.locale(r).Tag, p.cookie(r, deviceCookie), p.o.TermsVersion
	return c
}
