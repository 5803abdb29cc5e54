// Command embed is the shortest program with phone sign-in: all routes of phoneauth on
// http://localhost:8080, and the codes on the console.
package main

import (
	"io"
	"log"
	"net/http"
	"os"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/senders/console"
)

func main() { log.Fatal(http.ListenAndServe("localhost:8080", signIn(os.Stdout))) }

func signIn(sms io.Writer) http.Handler {
	svc, err := phoneauth.New(phoneauth.Config{
		Store:  memstore.New(),
		Sender: console.New(sms),
		Keys:   phoneauth.GenerateKeys(), // yours must survive a restart: see examples/server/keys.go
	})
	if err != nil {
		log.Fatal(err)
	}
	return svc.Handler()
}
