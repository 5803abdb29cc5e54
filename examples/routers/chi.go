package routers

import (
	"fmt"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/phoneauth/phoneauth"
)

// Chi mounts svc on a chi router. chi is made of net/http's own types, so that Require
// is a middleware as it is.
func Chi(svc *phoneauth.Service) http.Handler {
	r := chi.NewRouter()
	r.Mount("/auth", http.StripPrefix("/auth", svc.Handler()))
	r.With(svc.Require).Get("/hello", func(w http.ResponseWriter, r *http.Request) {
		claims, _ := phoneauth.ClaimsFrom(r.Context())
		fmt.Fprintf(w, "hello, user %s", claims.UserID)
	})
	return r
}
