// Package phoneauth signs people in with their phone number: it sends a code, takes it
// back, and turns the proof into an account and a session. A host application imports it
// and brings a database, an SMS account and a router; there is no server to run.
//
// The shortest program that signs somebody in, here with everything in memory:
//
//	svc, err := phoneauth.New(phoneauth.Config{
//		Name:   "Acme",
//		Store:  memstore.New(),
//		Sender: console.New(os.Stdout),
//		Keys:   phoneauth.Keys{Index: index, Secrets: []phoneauth.Key{{ID: "2026", Secret: secret}}},
//	})
//	…
//	pending, err := svc.Register(ctx, phoneauth.RegisterRequest{Phone: "+201061797840"})
//	…
//	session, err := svc.Login(ctx, phoneauth.LoginRequest{Phone: "+201061797840", Code: code})
//
// or over HTTP, which four documented phone-sign-in APIs are spoken on:
//
//	http.Handle("/", svc.Handler())
//
// Tests use package memstore for the store and package phonetest for the phone, and
// testing/synctest for the time.
//
// # State machine
//
//	           Register                right code                 Connect
//	(none) ──────────────▶ pending ────────────────▶ proved ────────────────▶ signed in
//	            ▲            │  │                      │ 5 min, or used, or voided
//	 Register   └────────────┘  │ tries used up, or    ▼
//	 again: same code,          │ time is up          gone
//	 same tries left            ▼
//	                          gone            (locked: too many failures of this phone)
//
// Register opens a challenge and sends its code, or sends the live one again. Verify
// turns the right code into a proof, Connect the proof into a session for the owner of
// the number, whose account it makes if there is none. Login is both in one, or takes a
// password. A challenge belongs to one [Purpose], and is nothing to another: sign-in,
// password registration, password reset, change of number, or a purpose of the host's
// own, which Redeem ends without an account. docs/states.md has every state and event.
//
// # Security
//
// A [Store] sees no code, no password, no token and, outside of accounts, no number: it
// keeps keyed digests and encrypted blobs. Every step that could race is one atomic verb
// of the store. Tries are counted per challenge, failures per phone whatever the
// challenge, sends per phone and address, and by budgets of number blocks and countries
// against SMS pumping. Answers do not tell whether a number has an account. What is down
// lets nobody in. docs/security.md has the threats, what stops each and the test that
// proves it, and what is left to the host: a code by SMS is no more than AAL1 (NIST SP
// 800-63B-4), and does not stop SIM swaps or phishing.
//
// Secrets have the type [Secret] and numbers the type [Phone]; both print redacted.
//
// # Compatibility
//
// From version 1 on, method sets of the interfaces do not change, structs grow by fields
// whose zero value is what was before, and what a version stored, its successors read.
// Requests and answers of the four APIs lose no field. Go's two latest releases are
// supported.
package phoneauth
