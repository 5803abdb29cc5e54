package routers

import (
	"fmt"
	"net/http"

	"github.com/gorilla/mux"

	"github.com/phoneauth/phoneauth"
)

// Gorilla mounts svc on a gorilla/mux router. Its middlewares are net/http's, so that
// Require is one as it is.
func Gorilla(svc *phoneauth.Service) http.Handler {
	r := mux.NewRouter()
	r.PathPrefix("/auth/").Handler(http.StripPrefix("/auth", svc.Handler()))
	signedIn := r.NewRoute().Subrouter()
	signedIn.Use(svc.Require)
	signedIn.HandleFunc("/hello", func(w http.ResponseWriter, r *http.Request) {
		claims, _ := phoneauth.ClaimsFrom(r.Context())
		fmt.Fprintf(w, "hello, user %s", claims.UserID)
	}).Methods("GET")
	return r
}
