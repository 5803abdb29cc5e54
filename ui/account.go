package ui

import (
	"cmp"
	"context"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/phoneauth/phoneauth"
)

// AccountOptions say where the account page is. Its looks and texts are those of its [Page].
type AccountOptions struct {
	// Path is the path of the account page as the browser sees it. Empty means "/account/".
	Path string
}

// AccountService has the methods of [phoneauth.Service] that the account page calls, beside those
// of Service. Each does what that of phoneauth.Service does.
type AccountService interface {
	Service
	// Live returns the account of claims whose session is live.
	Live(context.Context, phoneauth.Claims) (phoneauth.User, error)
	// Reauthenticated is Live for a fresh sign-in.
	Reauthenticated(context.Context, phoneauth.Claims) (phoneauth.User, error)
	// Sessions returns the sessions of a user.
	Sessions(context.Context, string) ([]phoneauth.SessionInfo, error)
	// EndSession ends a session of a user.
	EndSession(ctx context.Context, userID, sessionID string) error
	// EndOtherSessions ends all sessions but that of claims.
	EndOtherSessions(ctx context.Context, c phoneauth.Claims, devices bool) error
	// Timeline returns what the journal has.
	Timeline(context.Context, phoneauth.TimelineQuery) ([]phoneauth.Entry, error)
	// Verify exchanges a code for a proof.
	Verify(context.Context, phoneauth.VerifyRequest) (*phoneauth.Proof, error)
	// ChangePhone gives an account another number.
	ChangePhone(context.Context, phoneauth.Claims, phoneauth.ConnectRequest) (*phoneauth.Session, error)
	// ChangePassword sets a password.
	ChangePassword(context.Context, phoneauth.Claims, phoneauth.ChangePasswordRequest) (*phoneauth.Session, error)
	// DeleteUserByCode deletes an account.
	DeleteUserByCode(context.Context, phoneauth.Claims, phoneauth.CodeRequest) error
	// ExportByCode returns what is kept about a user.
	ExportByCode(context.Context, phoneauth.Claims, phoneauth.CodeRequest) (phoneauth.Export, error)
	// ReadNotice reads the token of a notice.
	ReadNotice(context.Context, phoneauth.Secret) (*phoneauth.Notice, error)
	// LockAccount locks an account with the token of a notice.
	LockAccount(context.Context, phoneauth.Secret) error
	// UnlockAccount opens it again.
	UnlockAccount(context.Context, phoneauth.UnlockAccountRequest) error
}

// Account returns the account page for those who sign in by page, an [http.Handler]. There people
// change their number, see and end their devices, see what has happened, set a password, download
// their data and delete their account:
//
//	mux.Handle("/account/", ui.Account(page, svc, ui.AccountOptions{}))
//
// It works by plain forms, and the scripts of the sign-in page help it. A visitor who is not signed in is sent to page and
// comes back, so that every address of it can be linked: ?screen=number, ?screen=password,
// ?screen=export and ?screen=delete open a part of it, and the app stores want the last one.
//
// A handler of the host's that got phoneauth.ErrReauthenticate, or 403 reauthentication_required,
// sends people to ?reauth=1&next=/…: they type one code and come back with a fresh sign-in of the
// same account.
//
// The page "this wasn't me" is at not-me below the path. Give its address to
// phoneauth.TextRules.NotMeURL. It needs no sign-in.
//
// It panics when o is wrong, and where page has Options.OnSession, which takes the place of the
// cookies. Call it before page serves requests.
func Account(page *Page, svc AccountService, o AccountOptions) http.Handler {
	o.Path = cmp.Or(o.Path, "/account/")
	if !strings.HasSuffix(o.Path, "/") {
		o.Path += "/"
	}
	if u, err := url.Parse(o.Path); err != nil || !localPath(o.Path) || u.Path != o.Path {
		panic("phoneauth/ui: AccountOptions.Path is not the path of a page")
	}
	if page.o.OnSession != nil {
		panic("phoneauth/ui: Account needs the page's cookies, and Options.OnSession takes their place")
	}
	a := &account{Page: page, svc: svc, path: o.Path, frames: map[string]func() accountFrame{}}
	for _, l := range page.names {
		a.frames[l.Tag] = sync.OnceValue(func() accountFrame {
			values := page.frameValues(l)
			values["More"] = "account"
			return accountFrame{framePart(pageTemplate, "head", values), framePart(pageTemplate, "tail", values)}
		})
	}
	page.account = a
	return a
}

// accountTemplate has the fields and the buttons of the sign-in page.
var accountTemplate = template.Must(template.ParseFS(static, "static/screen.html", "static/account.html"))

// accountFrame is what stands around every screen in a language.
type accountFrame struct{ head, tail segment }

// account is the account page.
type account struct {
	*Page
	svc    AccountService
	path   string
	frames map[string]func() accountFrame // by the tag of a language

	answers outcomes[*accountAnswer]
}

// accountRequest is one request to the account page.
type accountRequest struct {
	*account
	w      http.ResponseWriter
	r      *http.Request
	rest   string            // the path below that of the account page
	form   map[string]string // of a POST
	visit                    // the language that was asked for, and where to go on to
	l      *locale
	claims phoneauth.Claims
	user   phoneauth.User
	client phoneauth.ClientInfo
	given  phoneauth.Secret // the access token of the session that the answer is for
	tried  bool             // the code or the password of the form is tried
}

// step is a form of the account page. It returns the screen to show: with an error, the one that
// the form stands on.
type step struct {
	do func(*accountRequest) (*accountScreen, error)
	// open is true where nobody needs to be signed in.
	open bool
	// once is true where it cannot be done twice.
	once bool
	// screen is where people begin again, when their session had to be opened again first.
	screen string
}

// steps are the forms by their route.
var steps = map[string]step{
	"number/start":   {do: (*accountRequest).startNumber, screen: accountNumber},
	"number/verify":  {do: (*accountRequest).verifyNumber, once: true},
	"password":       {do: (*accountRequest).savePassword, once: true, screen: accountPassword},
	"devices/end":    {do: (*accountRequest).endDevice, screen: accountHome},
	"devices/others": {do: (*accountRequest).endOthers, screen: accountHome},
	"export/start":   {do: (*accountRequest).startExport, screen: accountExport},
	"export":         {do: (*accountRequest).export, once: true},
	"delete/start":   {do: (*accountRequest).startDelete, screen: accountDelete},
	"delete":         {do: (*accountRequest).delete, once: true},
	"reauth/start":   {do: (*accountRequest).startReauth},
	"not-me/lock":    {do: (*accountRequest).lock, open: true},
	"not-me/start":   {do: (*accountRequest).startUnlock, open: true},
	"not-me/unlock":  {do: (*accountRequest).unlock, open: true, once: true},
}

// errAnswered: the step has written its own answer.
var errAnswered = errors.New("answered")

// ServeHTTP serves the account page and its forms.
func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, value := range a.headers {
		w.Header().Set(name, value)
	}
	if asked, _, _ := strings.Cut(r.RequestURI, "?"); r.URL.Path == "" && !strings.HasSuffix(asked, "/") {
		http.Redirect(w, r, a.path, http.StatusSeeOther)
		return
	}
	rest, ok := strings.CutPrefix(r.URL.Path, a.path)
	if !ok {
		rest = strings.TrimPrefix(r.URL.Path, "/")
	}
	step, isStep := steps[rest]
	switch {
	case r.Method == http.MethodPost && isStep:
		a.serveStep(w, r, rest, step)
	case rest != "" && rest != notMePath && !isStep:
		a.request(w, r, nil).missing()
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		a.refuseMethod(w, r, isStep)
	case isStep && strings.HasPrefix(rest, notMePath):
		toVisit(w, r, a.path+notMePath)
	case isStep:
		toVisit(w, r, a.path)
	case rest == notMePath:
		q := a.request(w, r, nil)
		q.rest = rest
		q.answer(q.readNotice(phoneauth.Secret(only(r.URL.Query()["t"]))))
	default:
		a.servePage(w, r)
	}
}

// refuseMethod answers a method that an address does not take.
func (a *account) refuseMethod(w http.ResponseWriter, r *http.Request, isStep bool) {
	w.Header().Set("Allow", "GET, HEAD")
	if isStep {
		w.Header().Set("Allow", "GET, HEAD, POST")
	}
	a.request(w, r, nil).trouble(errMethod)
}

// request returns a request with the fields of a form, or of the address without one.
func (a *account) request(w http.ResponseWriter, r *http.Request, form map[string]string) *accountRequest {
	q := &accountRequest{account: a, w: w, r: r, form: form, l: a.locale(r), client: a.client(r)}
	query := r.URL.Query()
	next, lang := only(query["next"]), only(query["lang"])
	if form != nil {
		next, lang = form["next"], form["lang"]
	} else {
		a.keepLanguage(w, r)
	}
	q.visit = a.visitOf(next, lang)
	if !localPath(next) {
		q.Next = a.path
	}
	if q.Lang != "" {
		q.l = a.named(q.Lang)
		q.client.Locale = q.Lang
	}
	q.client.IdempotencyKey = phoneauth.Secret(form["key"])
	if proof, ok := form["human_check"]; ok {
		q.client.HumanCheck, q.client.CanAnswer = phoneauth.Secret(proof), true
	}
	return q
}

// serveStep serves a form.
func (a *account) serveStep(w http.ResponseWriter, r *http.Request, rest string, s step) {
	form, err := readForm(w, r)
	if err == nil && a.origins.Check(r) != nil {
		err = errCrossOrigin
	}
	if form == nil {
		form = map[string]string{}
	}
	q := a.request(w, r, form)
	q.rest = rest
	switch {
	case err != nil:
		q.trouble(err)
	case s.once && form["key"] != "": // without a key it is no form of the page
		q.serveOnce(s)
	default:
		q.serve(s)
	}
}

// serve does what a form asks for, and answers it.
func (q *accountRequest) serve(s step) {
	back := q.address(s.screen)
	if s.screen != "" { // what was asked for is not done
		back = q.notDone(s.screen)
	}
	if !s.open && !q.signedIn(back) {
		return
	}
	q.answer(s.do(q))
}

// servePage answers a visit of somebody who is signed in.
func (a *account) servePage(w http.ResponseWriter, r *http.Request) {
	q := a.request(w, r, nil)
	back := a.path
	if r.URL.RawQuery != "" {
		back += "?" + r.URL.RawQuery
	}
	if !q.signedIn(back) {
		return
	}
	query := r.URL.Query()
	pending := q.pendingCode()
	reauth := pending.Purpose == string(phoneauth.PurposeSignIn)
	key, done := only(query["screen"]), only(query["done"])
	switch {
	case query.Has("reauth") && reauth:
		q.answer(q.backTo(pending), nil)
	case query.Has("reauth"):
		q.answer(q.reauth(), nil)
	case key == "" && done == "" && pending.Token != "":
		if localPath(pending.Next) {
			q.Next = pending.Next
		}
		q.answer(q.codeScreen(pending), nil)
	case key == accountNumber:
		q.answer(q.noted(done)(q.fresh(key, q.number)))
	case key == accountPassword && q.hasPasswords():
		q.answer(q.noted(done)(q.fresh(key, q.password)))
	case key == accountExport:
		q.answer(q.noted(done)(q.exportScreen(), nil))
	case key == accountDelete:
		q.answer(q.noted(done)(q.deleteScreen(), nil))
	default:
		q.keepCode(flow{})
		q.answer(q.noted(done)(q.home()))
	}
}

// noted puts on a screen what was done before it. A link of another site does not make the page say so.
func (q *accountRequest) noted(done string) func(*accountScreen, error) (*accountScreen, error) {
	return func(s *accountScreen, err error) (*accountScreen, error) {
		if key, ok := notes[done]; ok && s != nil && isOwn(q.r) {
			s.Note = q.rich(key, "phone", display(q.user.Phone))
		}
		return s, err
	}
}

// signedIn reports whether somebody is signed in. Others are sent to the page, and come back to an
// address.
func (q *accountRequest) signedIn(back string) bool {
	access := q.access(q.r)
	claims, err := q.svc.Authenticate(q.r.Context(), access)
	if err == nil {
		q.user, err = q.svc.Live(q.r.Context(), claims)
		if errors.Is(err, phoneauth.ErrUnauthenticated) {
			// Its session has ended. The sign-in page takes such a token until it expires, and would send the
			// browser back.
			q.setCookie(q.w, accessCookie, "", 0)
		}
	}
	if errors.Is(err, phoneauth.ErrUnauthenticated) {
		q.toPage(back)
		return false
	}
	if err != nil {
		q.trouble(err)
		return false
	}
	q.claims, q.given = claims, access
	return true
}
