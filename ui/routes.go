package ui

import (
	"net/http"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"github.com/phoneauth/phoneauth"
)

// request is one request to one of the page's own routes.
type request struct {
	*Page
	w      http.ResponseWriter
	r      *http.Request
	body   map[string]string
	client phoneauth.ClientInfo
}

// serveRoute checks what holds for every route, then serves it.
func (p *Page) serveRoute(w http.ResponseWriter, r *http.Request, route func(*request) (any, error)) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST")
		p.fail(w, r, errMethod)
		return
	}
	if p.origins.Check(r) != nil {
		p.fail(w, r, errCrossOrigin)
		return
	}
	if isForm(r) && strings.HasSuffix(r.URL.Path, endRoute) {
		p.endByForm(w, r)
		return
	}
	q := &request{Page: p, w: w, r: r, client: p.client(r)}
	var err error
	if q.body, err = readBody(w, r); err != nil {
		p.fail(w, r, err)
		return
	}
	if proof, ok := q.body["human_check"]; ok {
		q.client.HumanCheck, q.client.CanAnswer = phoneauth.Secret(proof), true
	}
	answer, err := route(q)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

// phone returns the number that was typed, with the calling code of the country that was
// chosen. It returns a text that is no number as it is, and the Service refuses that.
func (q *request) phone() string {
	typed := q.body["phone"]
	if p, err := phoneauth.ParsePhone(typed, q.body["country"]); err == nil {
		return p.E164()
	}
	return typed
}

// pending is a code that is on its way.
type pending struct {
	SessionToken string `json:"session_token"`
	Phone        string `json:"phone"`
	Display      string `json:"display"`
	ExpiresIn    int    `json:"expires_in"`
	ResendIn     int    `json:"resend_in"`
	CodeLength   int    `json:"code_length"`
	TriesLeft    int    `json:"tries_left"`
}

func pendingOf(p *phoneauth.Pending, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return pending{
		SessionToken: string(p.ChallengeToken),
		Phone:        p.Phone.E164(),
		Display:      display(p.Phone),
		ExpiresIn:    wholeSeconds(p.ExpiresAt),
		ResendIn:     wholeSeconds(p.ResendAt),
		CodeLength:   p.CodeLength,
		TriesLeft:    p.TriesLeft,
	}, nil
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
	return pendingOf(q.svc.Register(q.r.Context(), phoneauth.RegisterRequest{
		Phone:   q.phone(),
		Purpose: purpose,
		Client:  q.client,
	}))
}

// register sends a code to a number that wants a password.
func (q *request) register() (any, error) {
	return pendingOf(q.svc.RegisterPassword(q.r.Context(), phoneauth.PasswordRequest{
		Phone:          q.phone(),
		Password:       phoneauth.Secret(q.body["password"]),
		ChallengeToken: phoneauth.Secret(q.body["session_token"]),
		Client:         q.client,
	}))
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
	return q.signIn(q.svc.Login(q.r.Context(), l))
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
	_, err := q.svc.RecoverPassword(q.r.Context(), phoneauth.RecoverRequest{
		Phone:          q.phone(),
		ChallengeToken: phoneauth.Secret(q.body["session_token"]),
		Code:           q.body["code"],
		Password:       phoneauth.Secret(q.body["password"]),
		Client:         q.client,
	})
	return struct{}{}, err
}
