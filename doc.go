// Package phoneauth signs people in with their phone number. It sends a code by SMS,
// checks the code that comes back, creates the account of that number if there is none,
// and starts a session. It is a library: a host application imports it and brings a
// database, an SMS account and a router.
//
// This program keeps everything in memory and prints the texts instead of sending them:
//
//	svc, err := phoneauth.New(phoneauth.Config{
//		Name:   "Acme",
//		Store:  memstore.New(),
//		Sender: console.New(os.Stdout),
//		Keys:   phoneauth.GenerateKeys(),
//	})
//	…
//	pending, err := svc.Register(ctx, phoneauth.RegisterRequest{Phone: "+201061797840"})
//	…
//	session, err := svc.Login(ctx, phoneauth.LoginRequest{Phone: "+201061797840", Code: code})
//
// [Service.Handler] serves the same over HTTP, with the routes of docs/openapi.yaml:
//
//	http.Handle("/", svc.Handler())
//
// A real program keeps its keys: see [GenerateKeys]. Tests use package memstore for the
// store, package phonetest for the phone, and testing/synctest for the time.
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
// [Service.Register] creates a challenge and sends its code. If the number already has a
// live challenge for that purpose, Register sends the same code again. [Service.Verify]
// exchanges the right code for a proof. [Service.Connect] exchanges the proof for a session
// of the account that has the number, and creates the account if there is none.
// [Service.Login] does both in one call. [Service.LoginPassword] signs in with a password.
//
// Each challenge has one [Purpose], and its code is accepted for that purpose only. The
// purposes are sign-in, password registration, password reset, change of number, and those
// of the host. [Service.Redeem] finishes a purpose of the host. docs/states.md lists every
// state and event.
//
// # Security
//
// A [Store] receives no code, password or token in clear. It receives phone numbers in
// accounts only. Everything else is a keyed digest, a print or an encrypted blob. Each
// step that could race is one atomic method of the store.
//
// Tries are counted for each challenge. Failures are counted for each number, across all
// its challenges. Sends are limited for each number and each client address, and by scores
// of number blocks and countries against SMS pumping. A client whose send looks like a
// machine's is asked for a human check. Answers do not tell whether a number
// has an account; docs/security.md names the one exception. When the store or the sender
// fails, nobody is signed in.
//
// docs/security.md lists the threats, what stops each of them, the test that proves it, and
// what remains for the host to do. A code by SMS reaches no more than AAL1 (NIST SP
// 800-63B-4). It does not stop SIM swaps or phishing.
//
// Secrets have the type [Secret] and numbers the type [Phone]. Both print redacted.
//
// # Glossary
//
// These words have one meaning in this package and its documents:
//
//   - account: a [User]: one number, its password if it has one, and its epoch.
//   - ask, take, give back: the three uses of a limit. To ask finds out whether the limit
//     would admit something. To take uses it. To give back undoes a take.
//   - block, wide block: 10,000 and 1,000,000 numbers that differ only in their last 4 and
//     last 6 digits.
//   - challenge: a code that was sent to one number for one purpose, with its tries and its
//     end; see [Challenge]. A proof is stored as a challenge too.
//   - challenge token: the encrypted text that names a challenge, for the client. It does
//     not contain the code. The HTTP APIs call it session_token.
//   - channel: a way by which codes travel, such as SMS, WhatsApp or a call; see [Channel]. Its
//     hold is the limit that lets it send to a number once in a while, and its wait is the time
//     that it leaves to codes by other channels.
//   - charge, credit: a charge raises a score, a credit lowers it.
//   - client: the program that sends a request; see [ClientInfo].
//   - code: the digits that a person receives and types.
//   - decoy: a hash that is compared when the account has none of that kind, so that the
//     answer takes the same time.
//   - digest: the keyed hash of a secret, which a store can compare and cannot reverse.
//   - epoch: the number [User.Epoch]. It rises with each change of an account that must end
//     its sessions and proofs.
//   - evict: to end the session that was unused longest, because the user has too many.
//   - failure: a wrong code or a wrong password.
//   - fresh: a sign-in that is at most 5 minutes old.
//   - host: the application that imports this package.
//   - human check: a question that a client answers to prove that a person uses it; see
//     [HumanCheckRules]. Its level says how much work the answer takes.
//   - known device: a device that a user has signed in on before, recognised by its device
//     token for 180 days. It has sends, tries and failures of its own, so that strangers
//     cannot lock out the owner. It still needs a code or a password.
//   - limit: a burst and a rate, such as 5 codes, then one each 12 minutes; see [Limit].
//   - live: not expired and not used.
//   - lockout: a count of failures in a row that locks at certain counts; see [Lockout].
//   - notice: a text without a code. It tells the owner about a change of the account.
//   - number: a phone number; see [Phone].
//   - print: a keyed fingerprint of a number, an address or another name. A store sees the
//     print in place of the number.
//   - proof: what Verify returns for the right code. It is good once, for 5 minutes. Its
//     token is the verification token.
//   - realm: the name that separates tenants who share a store and keys; see [Config].
//   - reward: the credit that a verification earns beyond what was charged, once per number
//     and day.
//   - score: a sum that fades with time, is raised by codes and lowered by verifications;
//     see [Score]. The scores of blocks and countries are the number budgets.
//   - sealed: encrypted under a key of [Keys]. A store cannot open it.
//   - session: one sign-in on one device; see [Session]. Its refresh tokens are one family.
//   - successor: the refresh token that replaces one that was used.
//   - test number: a number with a fixed code that no text is ever sent to; see [TestNumber].
//   - try: one comparison of a code with a challenge.
//   - verb: a method of a store. It is one atomic step.
//
// # Compatibility
//
// From version 1 on, interfaces keep their method sets. Structs may get new fields, whose
// zero value means what was the case before. A version reads everything that earlier
// versions stored. Requests and answers of the HTTP APIs lose no field. The two latest
// releases of Go are supported.
package phoneauth
