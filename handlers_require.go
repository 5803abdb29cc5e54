package phoneauth

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/phoneauth/phoneauth/internal/client"
	"github.com/phoneauth/phoneauth/internal/useragent"
)

type claimsKey struct{}

// ClientOf returns who asks: the client's address, by HTTP.TrustedProxies, the first
// language that it accepts, and a coarse name of its program. It leaves Client.Device
// empty, because each route has a cookie or a field of its own for it.
func (s *Service) ClientOf(r *http.Request) ClientInfo {
	return ClientInfo{
		Addr:   client.Addr(r, s.cfg.HTTP.TrustedProxies),
		Locale: client.Locale(r.Header.Get("Accept-Language")),
		Name:   useragent.Name(r.UserAgent()),
	}
}

// Require lets a request through to next only if somebody is signed in: by the bearer
// access token, or under HostSessions by what HTTP.Authenticate says. next finds them with
// [ClaimsFrom]. It looks at no store: a session that was ended lives on here until its
// access token expires. Else the answer is 401, or 503 if that cannot be told.
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

// RequireLive is [Service.Require] for what must not wait until an access token expires: the
// session must be live, and the account neither blocked nor changed since. It asks the store
// twice.
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

// ClaimsFrom returns the claims of whoever is signed in, in a handler behind
// [Service.Require]: what the access token says, or HTTP.Authenticate. It reads no store; for the
// account itself give them to [Service.User]. False: the handler is not behind Require.
func ClaimsFrom(ctx context.Context) (Claims, bool) {
	claims, ok := ctx.Value(claimsKey{}).(Claims)
	return claims, ok
}

// claims returns who sent r: ErrUnauthenticated if nobody, ErrUnavailable if that
// cannot be told.
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
