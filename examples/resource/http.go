package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/phoneauth/phoneauth"
)

type claimsKey struct{}

// claimsFrom returns who is signed in, behind requireHTTP and requireGRPC.
func claimsFrom(ctx context.Context) phoneauth.Claims {
	claims, _ := ctx.Value(claimsKey{}).(phoneauth.Claims)
	return claims
}

// bearer returns the token of an Authorization header (RFC 6750, 2.1), or "".
func bearer(authorization string) phoneauth.Secret {
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return phoneauth.Secret(strings.TrimSpace(token))
}

// requireHTTP lets a request through to next only with a good access token: 401 without,
// 503 while the issuer's keys cannot be had.
func requireHTTP(keys *KeySet, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, err := keys.Verify(r.Context(), bearer(r.Header.Get("Authorization")))
		switch {
		case errors.Is(err, phoneauth.ErrUnavailable):
			http.Error(w, "try again later", http.StatusServiceUnavailable)
		case err != nil:
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`) // RFC 6750, 3.1
			http.Error(w, "a valid access token is wanted", http.StatusUnauthorized)
		default:
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), claimsKey{}, claims)))
		}
	})
}

// routes returns the HTTP service: orders of whoever is signed in.
func routes(keys *KeySet) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /orders", requireHTTP(keys, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"user":   claimsFrom(r.Context()).Subject, // the uuid of the Login API
			"orders": []string{},
		})
	})))
	return mux
}
