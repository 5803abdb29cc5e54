// Command hostsessions keeps the sessions itself, with github.com/alexedwards/scs:
// phoneauth proves who somebody is, and hands over to three hooks. It serves
// http://localhost:8080, and prints the codes.
//
//	sessions.go  the hooks: sign in, who is it, sign out
//	main.go      the application
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/alexedwards/scs/v2"
	sessionmemory "github.com/alexedwards/scs/v2/memstore"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/senders/console"
)

func main() {
	// Yours outlives a restart: scs has stores for PostgreSQL, Redis and more.
	a, err := newApp(sessionmemory.New(), console.New(os.Stdout), phoneauth.Limits{})
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{
		Addr: "localhost:8080", Handler: a.routes(),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
	}
	log.Fatal(server.ListenAndServe())
}

// app is the host's application, with phoneauth in it.
type app struct {
	svc      *phoneauth.Service
	sessions *scs.SessionManager
}

func newApp(store scs.Store, sender phoneauth.SMSSender, limits phoneauth.Limits) (*app, error) {
	a := &app{sessions: newSessions(store)}
	memory := memstore.New()
	var err error
	a.svc, err = phoneauth.New(phoneauth.Config{
		Store:        phoneauth.Stores{ChallengeStore: memory, UserStore: memory}, // no SessionStore
		Sender:       sender,
		Keys:         phoneauth.GenerateKeys(), // yours must survive a restart: see examples/server/keys.go
		Limits:       limits,
		HostSessions: true,
		HTTP:         phoneauth.HTTPConfig{SignedIn: a.signedIn, Authenticate: a.claims, SignedOut: a.signedOut},
	})
	return a, err
}

// routes has phoneauth and the host behind one middleware, which loads the session of a
// request and writes it back before the answer.
func (a *app) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", a.svc.Handler())
	mux.Handle("GET /hello", a.svc.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, _ := phoneauth.ClaimsFrom(r.Context())
		fmt.Fprintln(w, "hello, user", claims.UserID)
	})))
	return a.sessions.LoadAndSave(mux)
}
