package phoneauth

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/phoneauth/phoneauth/internal/client"
	"github.com/phoneauth/phoneauth/internal/useragent"
)

// tokens are the tokens of a session, as answers write them.
type tokens struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in"`
	RefreshToken string `json:"refresh_token"`
	DeviceToken  string `json:"device_token"`
}

// tokensOf returns the tokens of session. It is nil when the host keeps the sessions.
func (s *Service) tokensOf(session *Session) *tokens {
	if session.RefreshToken == "" {
		return nil
	}
	return &tokens{
		AccessToken:  string(session.AccessToken),
		TokenType:    "Bearer",
		ExpiresIn:    s.secondsUntil(session.ExpiresAt),
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
	return q.s.tokensOf(session), q.signedIn(session)
}

// logout ends a session. It answers alike for a token that is missing or invalid. Under
// HostSessions it calls HTTP.SignedOut.
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
		Channel: q.body.Text(channelField),
		Client:  q.client,
	})
	if errors.Is(err, ErrNotFound) { // the account was deleted meanwhile
		err = ErrUnauthenticated
	}
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

// jwks serves the public keys of the TokenIssuer, if it has a method JWKS that returns them
// as a JSON document (RFC 7517, 5).
func (q *request) jwks() (any, error) {
	if keys, ok := q.s.cfg.Tokens.(interface{ JWKS() []byte }); ok {
		return json.RawMessage(keys.JWKS()), nil
	}
	return json.RawMessage(`{"keys":[]}`), nil
}

type claimsKey struct{}

// ClientOf describes the client of a request: its address, found with HTTP.TrustedProxies,
// the first language that it accepts, its answer to a human check in the header
// X-Human-Check, its Idempotency-Key, and a rough name of its program. It leaves ClientInfo.Device empty, because
// each route has a cookie or a field of its own for it.
func (s *Service) ClientOf(r *http.Request) ClientInfo {
	answer, canAnswer := r.Header[humanCheckHeader]
	info := ClientInfo{
		Addr:      client.Addr(r, s.cfg.HTTP.TrustedProxies),
		Locale:    client.Locale(r.Header.Get("Accept-Language")),
		CanAnswer: canAnswer,
		Name:      useragent.Name(r.UserAgent()),

		IdempotencyKey: Secret(r.Header.Get(idempotencyHeader)),
	}
	if len(answer) == 1 {
		info.HumanCheck = Secret(strings.TrimSpace(answer[0]))
	}
	return info
}

// Require returns a handler that calls next only if somebody is signed in: by the bearer
// access token, or under HostSessions by HTTP.Authenticate. next gets the claims from
// [ClaimsFrom]. Require does not call the store, so a session that has ended is accepted
// until its access token expires; see [Service.RequireLive]. Otherwise the answer is 401, or
// 503 if the token could not be checked.
func (s *Service) Require(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, err := s.claims(r)
		if err != nil {
			s.fail(w, r, SessionAPI, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), claimsKey{}, claims)))
	})
}

// RequireLive does what [Service.Require] does, and checks in the store that the session is
// live and that the account is not blocked, locked or changed since. It calls the store
// twice for each request.
func (s *Service) RequireLive(next http.Handler) http.Handler {
	return s.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, _ := ClaimsFrom(r.Context())
		if _, err := s.Live(r.Context(), claims); err != nil {
			s.fail(w, r, SessionAPI, err)
			return
		}
		next.ServeHTTP(w, r)
	}))
}

// ClaimsFrom returns the claims of the user who is signed in, in a handler behind
// [Service.Require]. They are those of the access token or of HTTP.Authenticate.
// [Service.User] returns the account for them. ClaimsFrom returns false when the handler is
// not behind Require.
func ClaimsFrom(ctx context.Context) (Claims, bool) {
	claims, ok := ctx.Value(claimsKey{}).(Claims)
	return claims, ok
}

// claims returns the claims of the user who sent r. ErrUnauthenticated: nobody is signed in.
// ErrUnavailable: the token could not be checked.
func (s *Service) claims(r *http.Request) (Claims, error) {
	if !s.cfg.HostSessions {
		token := bearerToken(r)
		if token == "" {
			return Claims{}, ErrUnauthenticated
		}
		return s.Authenticate(r.Context(), token)
	}
	if s.cfg.HTTP.Authenticate == nil {
		return Claims{}, ErrUnauthenticated
	}
	claims, err := s.cfg.HTTP.Authenticate(r)
	if err != nil && !errors.Is(err, ErrUnavailable) || err == nil && claims.UserID == "" {
		err = ErrUnauthenticated
	}
	return claims, err
}

// bearerToken returns the token of an Authorization header (RFC 6750, 2.1), or "".
func bearerToken(r *http.Request) Secret {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return Secret(strings.TrimSpace(token))
}

// sessionView is a session in the list of a user's sessions.
type sessionView struct {
	ID         string   `json:"id"`
	Current    bool     `json:"current"`
	CreatedAt  string   `json:"created_at"`
	LastUsedAt string   `json:"last_used_at"`
	Client     string   `json:"client"`
	Place      *string  `json:"place"`
	AMR        []string `json:"amr"`
}

// sessions lists the sessions of the user. The session of the access token must be live.
func (q *request) sessions() (any, error) {
	if _, err := q.s.Live(q.r.Context(), q.claims); err != nil {
		return nil, err
	}
	all, err := q.s.Sessions(q.r.Context(), q.claims.UserID)
	if err != nil {
		return nil, err
	}
	views := make([]sessionView, len(all))
	for i, s := range all {
		views[i] = sessionView{
			ID:         s.ID,
			Current:    s.ID == q.claims.SessionID,
			CreatedAt:  timestamp(s.CreatedAt),
			LastUsedAt: timestamp(s.LastUsedAt),
			Client:     cmp.Or(s.Client, "Unknown"),
			AMR:        s.AMR,
		}
		if s.Place != "" {
			views[i].Place = &s.Place
		}
	}
	return struct {
		Sessions []sessionView `json:"sessions"`
	}{views}, nil
}

func (q *request) endSession() (any, error) {
	return nil, q.s.endOwnSession(q.r.Context(), q.claims, q.id)
}

// endSessions ends all sessions of the user except the one of the access token. With
// ?devices=1 it makes their devices unknown too.
func (q *request) endSessions() (any, error) {
	return nil, q.s.EndOtherSessions(q.r.Context(), q.claims, q.r.URL.Query().Get("devices") == "1")
}
