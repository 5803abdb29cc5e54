package importer_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"strings"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/importer"
	"github.com/phoneauth/phoneauth/importer/legacyhash"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/senders/console"
)

func Example() {
	export := strings.NewReader(`{"users":[
		{"localId":"ana","phoneNumber":"+201061797840","createdAt":"1700000000000","salt":"42xEC+ixf3L2lw==",
		 "passwordHash":"lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="},
		{"localId":"ben","phoneNumber":"+5215512345678"}
	]}`)
	v, err := legacyhash.New(legacyhash.Config{Firebase: &legacyhash.Firebase{
		SignerKey:     "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==",
		SaltSeparator: "Bw==",
	}})
	if err != nil {
		log.Fatal(err)
	}
	svc, err := phoneauth.New(phoneauth.Config{
		Store: memstore.New(), Sender: console.New(io.Discard), Keys: phoneauth.GenerateKeys(),
		Password: phoneauth.PasswordRules{Legacy: v.Verify, LegacyKnown: v.Known, LegacyDecoy: v.Decoy()},
		Logger:   slog.New(slog.DiscardHandler),
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	report, err := svc.Import(ctx, importer.FirebaseJSON(export), phoneauth.ImportOptions{
		Problem: func(p phoneauth.ImportProblem) { fmt.Println(p.Source, p.Phone, p.Fault) },
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("created", report.Created)
	session, err := svc.LoginPassword(ctx, phoneauth.PasswordLoginRequest{Phone: "+201061797840", Password: "user1password"})
	fmt.Println("first sign-in", session.First, err)
	// Output:
	// ben +52*******5678 invalid_phone
	// created 1
	// first sign-in true <nil>
}
