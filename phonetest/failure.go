package phonetest

import (
	"context"

	"github.com/phoneauth/phoneauth"
)

// Failure is a way for a send to fail, for [Inbox.FailNext]. Send then returns a
// *phoneauth.SendError with the code "phonetest".
type Failure string

// The failures there are.
const (
	// Permanent: the number cannot be reached, by nobody. The destination's fault.
	Permanent Failure = "permanent"
	// Destination: the provider does not serve this number, another may. Temporary, and
	// the destination's fault.
	Destination Failure = "destination"
	// Temporary: the provider did not accept the message. The sender's fault, as that of
	// all that follow.
	Temporary Failure = "temporary"
	// Ambiguous: the message may have gone, and has not.
	Ambiguous Failure = "ambiguous"
	// AmbiguousArrived: the message may have gone, and has arrived.
	AmbiguousArrived Failure = "ambiguous, arrived"
	// Hang: no answer until the context ends, then Ambiguous. Nothing arrives.
	Hang Failure = "hang"
)

// Error returns the failure's name.
func (f Failure) Error() string { return "phonetest: " + string(f) }

func (f Failure) sendError(ctx context.Context) error {
	e := &phoneauth.SendError{Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "phonetest"}
	switch f {
	case Permanent:
		e.Class, e.Fault = phoneauth.Permanent, phoneauth.FaultDestination
	case Destination:
		e.Class, e.Fault = phoneauth.Temporary, phoneauth.FaultDestination
	case Temporary:
		e.Class = phoneauth.Temporary
	case Hang:
		e.Err = ctx.Err()
	}
	return e
}

// FailNext scripts the coming sends, one error each, after those scripted before: a
// [Failure]; nil, for one that succeeds; or any other error, such as a
// *phoneauth.SendError with a RetryAfter, which Send returns as it is while nothing
// arrives. A send that fails of itself uses none up.
func (b *Inbox) FailNext(errs ...error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.script = append(b.script, errs...)
}
