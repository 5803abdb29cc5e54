package ui

import (
	"context"
	"net/http"
	"time"

	"github.com/nyaruka/phonenumbers"

	"github.com/phoneauth/phoneauth"
)

// request is one request to one of the page's own routes.
type request struct {
	*Page
	w      http.ResponseWriter
	r      *http.Request
	body   map[string]string
	flow   flow // of a form
	client phoneauth.ClientInfo
}

// route is one of the page's own routes. It takes JSON and answers JSON, or takes a form and
// answers with a screen.
type route struct {
	// call does the work.
	call func(*request) (any, error)
	// form, unless nil, comes first for a form. It returns a screen when there is something to
	// ask before the work.
	form func(*request) (*screen, error)
	// next returns the screen after the work.
	next func(*request, any) *screen
}

// routesOf returns the routes of the page by their path.
func (p *Page) routesOf() map[string]route {
	routes := map[string]route{
		"start":    {(*request).start, (*request).beforeStart, (*request).pendingScreen},
		"verify":   {(*request).verify, (*request).beforeVerify, (*request).leave},
		"delivery": {(*request).arrival, nil, (*request).arrivalScreen},
		"known":    {nothing, nil, (*request).knownScreen},
		"forget":   {nothing, nil, (*request).forgotten},
		beginRoute: {nothing, nil, (*request).begin},
	}
	if p.o.Passwords {
		routes["register"] = route{(*request).register, (*request).beforePassword, (*request).pendingScreen}
		routes["password"] = route{(*request).password, (*request).beforePassword, (*request).leave}
		routes["recover"] = route{(*request).recover, (*request).beforeVerify, (*request).recovered}
		routes["again"] = route{nothing, nil, (*request).registerAgain}
	}
	if p.o.OnSession == nil {
		routes["user"] = route{call: (*request).user}
		routes[refreshRoute] = route{(*request).refresh, nil, (*request).leave}
		routes[endRoute] = route{(*request).end, nil, (*request).ended}
	}
	return routes
}

// beginRoute is where "Try again" leads when the browser has not kept the cookies of a sign-in.
const beginRoute = "begin"

// begin shows the first screen.
func (q *request) begin(any) *screen { return q.screen(screenPhone) }

// nothing is the work of a route that only shows a screen.
func nothing(*request) (any, error) { return struct{}{}, nil }

// serveRoute checks what holds for every route, then serves it.
func (p *Page) serveRoute(w http.ResponseWriter, r *http.Request, route route) {
	switch {
	case r.Method == http.MethodPost:
	case r.Method == http.MethodGet && route.next != nil && (isVisit(r) || r.Header.Get(scriptHeader) != ""):
		toVisit(w, r, p.o.Path)
		return
	default:
		w.Header().Set("Allow", "POST")
		p.missing(w, r, errMethod)
		return
	}
	q := &request{Page: p, w: w, r: r}
	form := isForm(r) && route.next != nil
	refuse := func(err error) { p.fail(w, r, err) }
	if form {
		refuse = q.refuseForm
	}
	if p.origins.Check(r) != nil {
		refuse(errCrossOrigin)
		return
	}
	var err error
	if form {
		q.body, err = readForm(w, r)
	} else {
		q.body, err = readBody(w, r)
	}
	if err != nil {
		refuse(err)
		return
	}
	q.client = p.client(r)
	if proof, ok := q.body["human_check"]; ok {
		q.client.HumanCheck, q.client.CanAnswer = phoneauth.Secret(proof), true
	}
	q.client.IdempotencyKey = phoneauth.Secret(q.body["key"])
	if form {
		q.serveForm(route)
		return
	}
	answer, err := route.call(q)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, jsonOf(answer))
}

// toVisit sends a browser from the address of a form to the page at path, which shows what is pending. A
// form leaves its address in the browser: people load it anew, and the menu of languages asks for it.
func toVisit(w http.ResponseWriter, r *http.Request, path string) {
	if r.URL.RawQuery != "" {
		path += "?" + r.URL.RawQuery
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, path, http.StatusSeeOther)
}

// serveForm does the work of a form, and shows the screen that comes next.
func (q *request) serveForm(route route) {
	q.flow = decodeFlow(q.body["state"])
	for name, value := range map[string]string{"purpose": q.flow.Purpose, "phone": q.flow.Phone, "session_token": q.flow.Token} {
		if q.body[name] == "" {
			q.body[name] = value
		}
	}
	if l := q.named(q.body["lang"]); l != nil {
		q.client.Locale = l.Tag
	}
	if route.form != nil {
		s, err := route.form(q)
		if err != nil {
			q.refuseForm(err)
			return
		}
		if s != nil {
			q.show(http.StatusOK, s)
			return
		}
	}
	answer, err := route.call(q)
	q.answerForm(route, answer, err)
}

// phone is the number of the body.
func (q *request) phone() string { return numberOf(q.body["phone"], q.body["country"]) }

// pending is a code that is on its way.
type pending struct {
	SessionToken string      `json:"session_token"`
	Phone        string      `json:"phone"`
	Display      string      `json:"display"`
	ExpiresIn    int         `json:"expires_in"`
	ResendIn     int         `json:"resend_in"`
	CodeLength   int         `json:"code_length"`
	TriesLeft    int         `json:"tries_left"`
	Channel      string      `json:"channel"`
	Channels     []available `json:"channels"`
}

// available is a way that the code may travel, and the seconds until then.
type available struct {
	Channel     string `json:"channel"`
	AvailableIn int    `json:"available_in"`
}

// jsonOf returns the JSON answer of a route.
func jsonOf(answer any) any {
	p, ok := answer.(*phoneauth.Pending)
	if !ok {
		return answer
	}
	channels := []available{}
	for _, c := range p.Channels {
		channels = append(channels, available{c.Name, wholeSeconds(c.AvailableAt)})
	}
	return pending{
		SessionToken: string(p.ChallengeToken),
		Phone:        p.Phone.E164(),
		Display:      display(p.Phone),
		ExpiresIn:    wholeSeconds(p.ExpiresAt),
		ResendIn:     wholeSeconds(p.ResendAt),
		CodeLength:   p.CodeLength,
		TriesLeft:    p.TriesLeft,
		Channel:      p.Channel,
		Channels:     channels,
	}
}

// wholeSeconds until t, rounded up; none for a time that has passed.
func wholeSeconds(t time.Time) int {
	return max(0, int((time.Until(t)+time.Second-1)/time.Second))
}

// display returns the number as people write it.
func display(p phoneauth.Phone) string {
	n, err := phonenumbers.Parse(p.E164(), "ZZ")
	if err != nil {
		return p.E164()
	}
	return phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
}

// purpose returns the purpose of the code, for purposes that the page serves.
func (q *request) purpose() (phoneauth.Purpose, error) {
	switch p := phoneauth.Purpose(q.body["purpose"]); {
	case p == phoneauth.PurposeSignIn:
		return p, nil
	case p == phoneauth.PurposePasswordReset && q.o.Passwords:
		return p, nil
	}
	return "", errBadRequest
}

// start sends a code, or sends it again.
func (q *request) start() (any, error) {
	purpose, err := q.purpose()
	if err != nil {
		return nil, err
	}
	return q.svc.Register(q.r.Context(), phoneauth.RegisterRequest{
		Phone:   q.phone(),
		Purpose: purpose,
		Channel: q.body["channel"],
		Client:  q.client,
	})
}

// register sends a code to a number that wants a password.
func (q *request) register() (any, error) {
	return q.svc.RegisterPassword(q.r.Context(), phoneauth.PasswordRequest{
		Phone:          q.phone(),
		Password:       phoneauth.Secret(q.body["password"]),
		ChallengeToken: phoneauth.Secret(q.body["session_token"]),
		Channel:        q.body["channel"],
		Client:         q.client,
	})
}

// verify signs in with a code.
func (q *request) verify() (any, error) {
	l := phoneauth.LoginRequest{
		Phone:          q.phone(),
		Code:           q.body["code"],
		ChallengeToken: phoneauth.Secret(q.body["session_token"]),
		Client:         q.client,
	}
	switch p := phoneauth.Purpose(q.body["purpose"]); {
	case p == phoneauth.PurposeSignIn:
	case p == phoneauth.PurposePasswordRegistration && q.o.Passwords:
		l.Purpose = p
	default:
		return nil, errBadRequest
	}
	session, again, err := q.once("verify", func(ctx context.Context) (*phoneauth.Session, error) { return q.svc.Login(ctx, l) })
	if err == nil && again && !q.unanswered() {
		return signedIn{q.flow.display(), session.New}, nil // no more of the number than the form shows
	}
	if number, in := q.signedInMeanwhile(err); in {
		return signedIn{Display: number}, nil
	}
	return q.signIn(session, err)
}

// password signs in with a password.
func (q *request) password() (any, error) {
	return q.signIn(q.svc.LoginPassword(q.r.Context(), phoneauth.PasswordLoginRequest{
		Phone:    q.phone(),
		Password: phoneauth.Secret(q.body["password"]),
		Client:   q.client,
	}))
}

// user answers with the number of the user. The answer repeats nothing of the request.
func (q *request) user() (any, error) {
	claims, err := q.svc.Authenticate(q.r.Context(), q.access(q.r))
	if err != nil {
		return nil, err
	}
	u, err := q.svc.User(q.r.Context(), claims)
	if err != nil {
		return nil, err
	}
	return struct {
		Display string `json:"display"`
	}{display(u.Phone)}, nil
}

// recover sets a new password. It signs nobody in.
func (q *request) recover() (any, error) {
	_, _, err := q.once("recover", func(ctx context.Context) (*phoneauth.Session, error) {
		_, err := q.svc.RecoverPassword(ctx, phoneauth.RecoverRequest{
			Phone:          q.phone(),
			ChallengeToken: phoneauth.Secret(q.body["session_token"]),
			Code:           q.body["code"],
			Password:       phoneauth.Secret(q.body["password"]),
			Client:         q.client,
		})
		return nil, err
	})
	return struct{}{}, err
}
