package phoneauth

import (
	"encoding/json"
	"errors"
)

// tokens are what a new session brings.
type tokens struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in"`
	RefreshToken string `json:"refresh_token"`
	DeviceToken  string `json:"device_token"`
}

// tokensOf returns the tokens of session; nil where the host keeps sessions.
func tokensOf(session *Session) *tokens {
	if session.RefreshToken == "" {
		return nil
	}
	return &tokens{
		AccessToken:  string(session.AccessToken),
		TokenType:    "Bearer",
		ExpiresIn:    secondsUntil(session.ExpiresAt),
		RefreshToken: string(session.RefreshToken),
		DeviceToken:  string(session.DeviceToken),
	}
}

func (q *request) refresh() (any, error) {
	token := q.body.Text("refresh_token")
	if token == "" {
		return nil, ErrInvalidToken
	}
	session, err := q.s.Refresh(q.r.Context(), RefreshRequest{Token: Secret(token), Client: q.client})
	if err != nil {
		return nil, err
	}
	return tokensOf(session), q.signedIn(session)
}

// logout has one answer, also for a token that is missing or means nothing. Where the host
// keeps the sessions it is the host that ends them.
func (q *request) logout() (any, error) {
	if q.s.cfg.HostSessions {
		if err := q.s.cfg.HTTP.SignedOut(q.w, q.r); err != nil {
			return nil, &unavailable{"end the host's session", err}
		}
		return nil, nil
	}
	token := q.body.Text("refresh_token")
	if token == "" {
		return nil, nil
	}
	return nil, q.s.Logout(q.r.Context(), Secret(token))
}

func (q *request) changePhoneStart() (any, error) {
	user, err := q.s.Reauthenticated(q.r.Context(), q.claims)
	if err != nil {
		return nil, err
	}
	_, err = q.s.Register(q.r.Context(), RegisterRequest{
		Phone:   q.body.Text("phone"),
		Purpose: PurposePhoneChange,
		BoundTo: user.ID,
		Client:  q.client,
	})
	return nil, err
}

func (q *request) changePhoneVerify() (any, error) {
	user, err := q.s.Reauthenticated(q.r.Context(), q.claims)
	if err != nil {
		return nil, err
	}
	phone := q.body.Text("phone")
	proof, err := q.verify(VerifyRequest{
		Phone:   phone,
		Code:    q.body.Text("verification_code"),
		Purpose: PurposePhoneChange,
		BoundTo: user.ID,
	})
	if err != nil {
		return nil, err
	}
	session, err := q.s.ChangePhone(q.r.Context(), q.claims, ConnectRequest{
		Phone:  phone,
		Token:  proof.Token,
		Client: q.client,
	})
	if errors.Is(err, ErrInvalidToken) {
		err = ErrInvalidCode // the client knows of no token
	}
	return q.sessionDocument(session, err)
}

func (q *request) me() (any, error) {
	user, err := q.s.User(q.r.Context(), q.claims)
	if err != nil {
		return nil, err
	}
	return q.userDocument(user, false)
}

func (q *request) deleteMe() (any, error) {
	return nil, q.s.DeleteUser(q.r.Context(), q.claims)
}

// jwks serves the public keys of a TokenIssuer that has some: its method JWKS returns
// them as a JSON document (RFC 7517, 5).
func (q *request) jwks() (any, error) {
	if keys, ok := q.s.cfg.Tokens.(interface{ JWKS() []byte }); ok {
		return json.RawMessage(keys.JWKS()), nil
	}
	return json.RawMessage(`{"keys":[]}`), nil
}
