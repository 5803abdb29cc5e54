// Command ownusers keeps its users in a table of its own, members, with columns and
// rules that phoneauth knows nothing of: it hands over a UserStore, and leaves the rest
// to the memory. It serves http://localhost:8080, and prints the codes.
//
//	schema.sql    the host's tables
//	members.go    the host's code for them
//	userstore.go  what phoneauth asks of them; a new member is given a welcome credit
//	main.go       the application
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/senders/console"
)

func main() {
	members, err := OpenMembers(context.Background(), "members.db")
	if err != nil {
		log.Fatal(err)
	}
	handler, err := app(members, console.New(os.Stdout), phoneauth.Limits{})
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(server(handler).ListenAndServe())
}

// server serves handler. A client that sends or reads byte by byte must not hold a
// connection for ever; a text may take 10 s to send.
func server(handler http.Handler) *http.Server {
	return &http.Server{
		Addr:              "localhost:8080",
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
	}
}

// app returns the host's application, with phoneauth in it.
func app(members *Members, sender phoneauth.SMSSender, limits phoneauth.Limits) (http.Handler, error) {
	memory := memstore.New()
	svc, err := phoneauth.New(phoneauth.Config{
		Store:  phoneauth.Stores{ChallengeStore: memory, UserStore: members, SessionStore: memory},
		Sender: sender,
		// Members survive a restart; sessions, in memory, do not, so that the keys need not
		// either. See examples/server/keys.go for keys that do.
		Keys:   phoneauth.GenerateKeys(),
		Limits: limits,
		HTTP:   phoneauth.HTTPConfig{UserView: members.view},
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/", svc.Handler())
	mux.Handle("PUT /profile", svc.Require(http.HandlerFunc(members.putProfile)))
	return mux, nil
}

// view adds the host's columns to the answers that describe a user.
func (m *Members) view(ctx context.Context, u phoneauth.User) (phoneauth.UserView, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second) // a hook bounds its own time
	defer cancel()
	name, err := m.DisplayName(ctx, u.ID)
	return phoneauth.UserView{Attributes: map[string]any{"display_name": name}}, err
}

// putProfile is a route of the host's own, for those who are signed in.
func (m *Members) putProfile(w http.ResponseWriter, r *http.Request) {
	claims, ok := phoneauth.ClaimsFrom(r.Context())
	var profile struct {
		DisplayName string `json:"display_name"`
	}
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10)).Decode(&profile)
	if !ok || err != nil {
		http.Error(w, "a display_name is wanted", http.StatusBadRequest)
		return
	}
	if err := m.SetDisplayName(r.Context(), claims.UserID, profile.DisplayName); err != nil {
		log.Print(err)
		http.Error(w, "try again later", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
