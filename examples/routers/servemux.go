package routers

import (
	"fmt"
	"net/http"

	"github.com/phoneauth/phoneauth"
)

// ServeMux mounts svc on net/http's own router. The pattern names no method, so that all
// of them get to phoneauth.
func ServeMux(svc *phoneauth.Service) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/auth/", http.StripPrefix("/auth", svc.Handler()))
	mux.Handle("GET /hello", svc.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, _ := phoneauth.ClaimsFrom(r.Context())
		fmt.Fprintf(w, "hello, user %s", claims.UserID)
	})))
	return mux
}
