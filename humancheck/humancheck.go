// Package humancheck is the seam between package phoneauth and a check that tells people from
// machines. Package altcha is the embedded check. It asks nobody else: the client proves that
// it has worked. Packages turnstile, hcaptcha and recaptcha ask a vendor.
//
// A host sets a check in phoneauth.Config.HumanCheck. It calls nothing here itself.
package humancheck

import (
	"context"
	"errors"
	"net/netip"
	"time"
)

// Life is how long an answer is good after its question was asked, at most.
const Life = 5 * time.Minute

// Level is how sure a check must be that a person asks. It goes from 1 to [Highest]. 0 means
// that nothing is asked. A higher level costs the client more work.
type Level int

// Highest is the highest level.
const Highest Level = 6

// ErrWrong: the answer is wrong, has expired, or belongs to another question.
var ErrWrong = errors.New("humancheck: wrong answer")

// Check asks clients, and verifies their answers. It is safe for concurrent use.
type Check interface {
	// Kind names the check for clients, such as "altcha".
	Kind() string
	// Ask returns a question. It must be quick, and ask nobody else.
	Ask(ctx context.Context, p Params) (Question, error)
	// Verify returns what the answer proves. ErrWrong: it proves nothing. Any other error
	// means that nobody knows, and the client is answered 503. Verify must return soon
	// after its context ends, which it does after 5 s unless the Check is [Local]. No error
	// may hold the answer.
	//
	// Verify need not remember answers: the Service accepts each Proof.ID once.
	Verify(ctx context.Context, answer string, p Params) (Proof, error)
}

// Local is implemented by checks that verify an answer in microseconds, without asking
// anybody. Such an answer is verified at once. The answers to other checks are verified only
// when one is demanded.
type Local interface {
	// VerifiesLocally has no effect. It marks the check.
	VerifiesLocally()
}

// Params say what a question is for.
type Params struct {
	// Binding is a keyed print of number, purpose and client address. The same three give
	// the same Binding. It tells nothing about them. It has at most 64 characters of
	// printable ASCII. A check that can bind its answer must refuse the answer to another
	// Binding.
	Binding string
	// Level is the level that is demanded, for Ask. It is 0 for Verify.
	Level Level
	// Addr is the address of the client. It may be the zero Addr.
	Addr netip.Addr
	// Now is the time of the request.
	Now time.Time
}

// Question is what a client is told. It is the member human_check of an answer.
type Question struct {
	// Kind is that of the check.
	Kind string `json:"kind"`
	// Challenge is what the client works on. encoding/json must be able to write it.
	Challenge any `json:"challenge,omitempty"`
	// SiteKey tells the script of a vendor whose site it is on.
	SiteKey string `json:"site_key,omitempty"`
	// Action is what the script of a vendor must be told that the answer is for.
	Action string `json:"action,omitempty"`
	// CData is what the script of Turnstile must be told to bind the answer to.
	CData string `json:"cdata,omitempty"`
	// Version tells the scripts of one vendor apart: 3 for reCAPTCHA v3.
	Version int `json:"version,omitempty"`
}

// Proof is what a good answer proves.
type Proof struct {
	// ID tells the answer from all others, whatever is changed in it that keeps it good.
	// It may have any length.
	ID string
	// Level is that of the question.
	Level Level
}
