// Command embed is the shortest program with phone sign-in: all routes of phoneauth on
// http://localhost:8080, and the codes on the console.
package main

import (
	"io"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/senders/console"
)

func main() { log.Fatal(server(os.Stdout).ListenAndServe()) }

func server(sms io.Writer) *http.Server {
	svc, err := phoneauth.New(phoneauth.Config{
		Store:  memstore.New(),
		Sender: console.New(sms),
		Keys:   phoneauth.GenerateKeys(), // yours must survive a restart: see examples/server/keys.go
	})
	if err != nil {
		log.Fatal(err)
	}
	return &http.Server{Addr: "localhost:8080", Handler: svc.Handler(), ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute}
}
