package phoneauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"

	"github.com/phoneauth/phoneauth/internal/body"
	"github.com/phoneauth/phoneauth/internal/cookies"
)

// API names a group of routes that can be served without the others.
type API string

// The APIs. The error answers of each have a shape of their own. docs/openapi.yaml describes
// all routes.
const (
	// ConnectAPI has /users/verification/start, /users/verification/verify and /connect.
	ConnectAPI API = "connect"
	// PhoneAPI has /api/phone/register and /api/phone/verify.
	PhoneAPI API = "phone"
	// UsersAPI has /api/v1/users and the routes below it, for phone and password.
	UsersAPI API = "users"
	// LoginAPI has /api/v1/login.
	LoginAPI API = "login"
	// SessionAPI has /token/refresh, /logout, /users/me and its sessions,
	// /users/phone/start, /users/phone/verify and /.well-known/jwks.json. Under
	// HostSessions it has no routes for sessions, and /logout only with HTTP.SignedOut.
	SessionAPI API = "session"
)

// allAPIs lists all APIs in the order of the table of routes.
var allAPIs = []API{ConnectAPI, PhoneAPI, UsersAPI, LoginAPI, SessionAPI}

func listAPIs() string {
	names := make([]string, len(allAPIs))
	for i, api := range allAPIs {
		names[i] = string(api)
	}
	return strings.Join(names, ", ")
}

// route is one row of the table of routes.
type route struct {
	method, path string
	api          API
	access       access
	status       int // of success
	serve        func(*request) (any, error)
}

// access says what a route requires before it is served.
type access int

const (
	open   access = iota // nothing: the body decides
	cookie               // a cookie counts, so the origin must be this one or a trusted one
	bearer               // somebody who is signed in
)

// routes is the one table of routes. An answer of nil is an empty body.
var routes = []route{
	{"POST", "/users/verification/start", ConnectAPI, open, 200, (*request).connectStart},
	{"POST", "/users/verification/verify", ConnectAPI, open, 200, (*request).connectVerify},
	{"POST", "/connect", ConnectAPI, open, 200, (*request).connect},

	{"POST", "/api/phone/register", PhoneAPI, open, 200, (*request).phoneRegister},
	{"POST", "/api/phone/verify", PhoneAPI, open, 200, (*request).phoneVerify},

	{"POST", "/api/v1/users", UsersAPI, cookie, 200, (*request).usersRegister},
	{"POST", "/api/v1/users/verify", UsersAPI, cookie, 200, (*request).usersVerify},
	{"PUT", "/api/v1/users/forget_password", UsersAPI, open, 200, (*request).usersForgetPassword},
	{"PUT", "/api/v1/users/recover_password", UsersAPI, open, 200, (*request).usersRecoverPassword},
	{"PUT", "/api/v1/users/reset_password", UsersAPI, bearer, 200, (*request).usersResetPassword},

	{"POST", "/api/v1/login", LoginAPI, open, 200, (*request).login},

	{"POST", "/token/refresh", SessionAPI, open, 200, (*request).refresh},
	{"POST", "/logout", SessionAPI, open, 204, (*request).logout},
	{"POST", "/users/phone/start", SessionAPI, bearer, 200, (*request).changePhoneStart},
	{"POST", "/users/phone/verify", SessionAPI, bearer, 200, (*request).changePhoneVerify},
	{"GET", "/users/me", SessionAPI, bearer, 200, (*request).me},
	{"DELETE", "/users/me", SessionAPI, bearer, 204, (*request).deleteMe},
	{"GET", "/users/me/sessions", SessionAPI, bearer, 200, (*request).sessions},
	{"DELETE", "/users/me/sessions", SessionAPI, bearer, 204, (*request).endSessions},
	{"DELETE", "/users/me/sessions/{id}", SessionAPI, bearer, 204, (*request).endSession},
	{"GET", "/.well-known/jwks.json", SessionAPI, open, 200, (*request).jwks},
}

// Handler returns a handler for the routes of apis, or of all APIs when apis is empty. It
// panics if one of apis is not one of the constants, as [http.ServeMux] does for a wrong
// pattern.
//
// The handler compares the exact path of the URL. Mount it at the root of any router, or
// below a prefix with [http.StripPrefix]. The router must pass on every method of these
// paths, OPTIONS too, because the handler answers CORS preflights and 405.
func (s *Service) Handler(apis ...API) http.Handler {
	for _, name := range apis {
		if !slices.Contains(allAPIs, name) {
			panic(fmt.Sprintf("phoneauth: Handler: there is no API %q, only %s", string(name), listAPIs()))
		}
	}
	h := &handler{s: s, paths: make(map[string][]route), trusted: make(map[string]bool)}
	for _, way := range routes {
		if (len(apis) == 0 || slices.Contains(apis, way.api)) && s.serves(way) {
			h.paths[way.path] = append(h.paths[way.path], way)
		}
	}
	h.origins, _ = s.cfg.HTTP.crossOrigin() // New has refused wrong origins
	for _, origin := range s.cfg.HTTP.TrustedOrigins {
		h.trusted[origin] = true
	}
	if code := phonenumbers.GetCountryCodeForRegion(s.cfg.Numbers.DefaultRegion); code != 0 {
		h.callingCode = strconv.Itoa(code)
	}
	return h
}

// Routes that not every Service has.
const (
	logoutPath   = "/logout"
	sessionsPath = "/users/me/sessions"
)

// serves reports whether s has the route. Under HostSessions only the host can list and end
// its sessions.
func (s *Service) serves(way route) bool {
	if !s.cfg.HostSessions {
		return true
	}
	return (way.path != logoutPath || s.cfg.HTTP.SignedOut != nil) && !strings.HasPrefix(way.path, sessionsPath)
}

// handler is the Service and the data that all its requests share.
type handler struct {
	s           *Service
	paths       map[string][]route // one for each method
	origins     *http.CrossOriginProtection
	trusted     map[string]bool // HTTP.TrustedOrigins
	callingCode string          // of the default region, or ""
}

// request is one request to one route.
type request struct {
	*handler
	w http.ResponseWriter
	r *http.Request
	// body is empty for methods whose body is ignored.
	body body.Object
	// foreign is true when a page of another origin sent the request. Its cookies are
	// ignored, and its answer sets none.
	foreign bool
	client  ClientInfo
	// id is the last part of the path, on routes that end with one.
	id string
	// claims are those of the user who is signed in, on routes that require one.
	claims Claims
}

// ServeHTTP answers a request to a route, or 404 or 405.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ways, id := h.waysOf(r.URL.Path)
	if h.cors(w, r, ways) {
		return
	}
	if ways == nil {
		h.s.fail(w, r, SessionAPI, errNoRoute)
		return
	}
	for _, way := range ways {
		if way.method == r.Method {
			h.serve(way, &request{handler: h, w: w, r: r, id: id})
			return
		}
	}
	w.Header().Set("Allow", methodsOf(ways))
	h.s.fail(w, r, ways[0].api, errMethod)
}

// waysOf returns the routes of a path, one for each method, and the id at the end of the
// path, if its routes have one.
func (h *handler) waysOf(path string) (ways []route, id string) {
	if ways := h.paths[path]; ways != nil {
		return ways, ""
	}
	slash := strings.LastIndexByte(path, '/')
	if id = path[slash+1:]; id == "" {
		return nil, ""
	}
	return h.paths[path[:slash+1]+"{id}"], id
}

// serve decodes, calls, encodes.
func (h *handler) serve(way route, q *request) {
	answer, err := q.answer(way)
	var data []byte
	if err == nil && answer != nil {
		data, err = json.Marshal(answer)
	}
	if err != nil {
		h.s.fail(q.w, q.r, way.api, err)
		return
	}
	write(q.w, way.status, data)
}

// answer checks what every route requires, in this order: body, sign-in, origin. Then it
// serves the request.
func (q *request) answer(way route) (_ any, err error) {
	if way.method == http.MethodPost || way.method == http.MethodPut {
		if q.body, err = body.Read(q.r); err != nil {
			return nil, err
		}
	}
	if way.access == bearer {
		if q.claims, err = q.s.claims(q.r); err != nil {
			return nil, err
		}
	}
	q.foreign = q.origins.Check(q.r) != nil
	if q.foreign && q.byCookie(way) {
		return nil, errCrossOrigin
	}
	q.client = q.s.ClientOf(q.r)
	if answer, ok := q.body[humanCheckField]; ok && answer != nil {
		q.client.HumanCheck, q.client.CanAnswer = Secret(q.body.Text(humanCheckField)), true
	}
	q.client.Device = q.token(deviceCookie, q.body.Text("device_token"), q.body.Object("user").Text("device_token"))
	return way.serve(q)
}

// token returns the first of given that is not empty, or else the cookie of that name.
func (q *request) token(name string, given ...string) Secret {
	for _, t := range given {
		if t != "" {
			return Secret(t)
		}
	}
	if q.foreign {
		return ""
	}
	return q.s.cfg.HTTP.cookie(q.r, name)
}

// signedIn must be called before every answer to a sign-in. It lets the host start its
// session and sets the device cookie.
func (q *request) signedIn(session *Session) error {
	if start := q.s.cfg.HTTP.SignedIn; start != nil && q.s.cfg.HostSessions {
		if err := start(q.w, q.r, session); err != nil {
			return &unavailable{"start the host's session", err}
		}
	}
	if session.DeviceToken != "" && !q.foreign {
		http.SetCookie(q.w, q.s.cfg.HTTP.newCookie(deviceCookie, session.DeviceToken, deviceLife))
	}
	return nil
}

// write sends an answer with the headers of every answer.
func write(w http.ResponseWriter, status int, data []byte) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if status != http.StatusNoContent {
		h.Set("Content-Type", "application/json; charset=utf-8")
	}
	w.WriteHeader(status)
	_, _ = w.Write(data) // an error means that the client has disconnected: there is nobody to tell
}

// wholeSeconds returns d in seconds, rounded up. It is 0 for a negative d.
func wholeSeconds(d time.Duration) int64 {
	return max(0, int64(math.Ceil(d.Seconds())))
}

// secondsUntil returns the seconds until t, as answers write it.
func (s *Service) secondsUntil(t time.Time) int64 { return wholeSeconds(t.Sub(s.now())) }

const (
	// corsHeaders are the request headers that the routes read and that CORS does not
	// allow by itself (Fetch, "CORS-safelisted request-header").
	corsHeaders = "Authorization, Content-Type, " + idempotencyHeader + ", " + humanCheckHeader
	// corsExposed is the answer header that a page needs and cannot read otherwise.
	corsExposed = "Retry-After"
	// corsMaxAge is for how many seconds a browser may remember a preflight. Chromium
	// remembers none for more than two hours.
	corsMaxAge = "600"
)

// cors sets the headers that let a page of a trusted origin read the answer. It answers
// preflights, and returns true if it has answered. ways are the routes of the path; it may
// be empty.
func (h *handler) cors(w http.ResponseWriter, r *http.Request, ways []route) (answered bool) {
	if len(h.trusted) == 0 {
		return false
	}
	header := w.Header()
	header.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if !h.trusted[origin] {
		return false
	}
	header.Set("Access-Control-Allow-Origin", origin)
	if h.takesCookies(ways) {
		header.Set("Access-Control-Allow-Credentials", "true")
	}
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" || len(ways) == 0 {
		header.Set("Access-Control-Expose-Headers", corsExposed)
		return false
	}
	header.Set("Access-Control-Allow-Methods", methodsOf(ways))
	header.Set("Access-Control-Allow-Headers", corsHeaders)
	header.Set("Access-Control-Max-Age", corsMaxAge)
	write(w, http.StatusNoContent, nil)
	return true
}

// takesCookies reports whether a cookie counts on one of ways. Only then the answer allows
// credentials: without that a browser neither sends cookies nor keeps them.
func (h *handler) takesCookies(ways []route) bool {
	return h.s.cfg.HostSessions || slices.ContainsFunc(ways, h.byCookie)
}

// byCookie reports whether a cookie counts on way: the registration cookie, or the session
// cookie of the host.
func (h *handler) byCookie(way route) bool {
	return way.access == cookie || h.s.cfg.HostSessions
}

// methodsOf lists the methods of ways, as Allow and Access-Control-Allow-Methods do.
func methodsOf(ways []route) string {
	methods := make([]string, len(ways))
	for i, way := range ways {
		methods[i] = way.method
	}
	return strings.Join(methods, ", ")
}

// Where a client puts its answer to a human check. Either one shows that the client can
// answer, even if it is empty. The field counts before the header.
const (
	humanCheckField  = "human_check"
	humanCheckHeader = "X-Human-Check"
)

// idempotencyHeader carries ClientInfo.IdempotencyKey (draft-ietf-httpapi-idempotency-key-header).
const idempotencyHeader = "Idempotency-Key"

// The names of cookies. The registration cookie holds the challenge token of a password
// registration. The device cookie holds a device token.
const (
	registrationCookie = "phoneauth"
	deviceCookie       = "phoneauth-device"
)

// newCookie returns a cookie with all its attributes. A life of 0 or less removes the cookie.
// With the prefix __Host- browsers refuse cookies that a sibling domain planted (RFC 6265bis,
// 4.1.3.2).
func (c HTTPConfig) newCookie(name string, value Secret, life time.Duration) *http.Cookie {
	maxAge := wholeSeconds(life)
	if maxAge == 0 {
		maxAge = -1
	}
	return &http.Cookie{
		Name:     c.cookieName(name),
		Value:    string(value),
		Path:     "/",
		MaxAge:   int(maxAge),
		Secure:   !c.InsecureCookie,
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	}
}

func (c HTTPConfig) cookieName(name string) string {
	if c.InsecureCookie {
		return name
	}
	return "__Host-" + name
}

// cookie returns the value of a cookie of r. It returns "" when several arrived that differ:
// with InsecureCookie a sibling domain can plant one. The client can then send its token in
// the body.
func (c HTTPConfig) cookie(r *http.Request, name string) Secret {
	return Secret(cookies.Value(r, c.cookieName(name)))
}

// crossOrigin returns the check for requests that a page of another origin sends. The error
// names the trusted origins that are malformed. These are not trusted.
func (c HTTPConfig) crossOrigin() (*http.CrossOriginProtection, error) {
	p := http.NewCrossOriginProtection()
	var errs []error
	for _, origin := range c.TrustedOrigins {
		if err := p.AddTrustedOrigin(origin); err != nil {
			errs = append(errs, err)
		}
	}
	return p, errors.Join(errs...)
}
