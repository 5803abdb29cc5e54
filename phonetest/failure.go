package phonetest

import (
	"context"

	"github.com/phoneauth/phoneauth"
)

// Failure is a way for a send to fail, for [Inbox.FailNext]. Send then returns a
// *phoneauth.SendError with the code "phonetest".
type Failure string

// The values of Failure.
const (
	// Permanent: no provider can reach the number. It has FaultDestination.
	Permanent Failure = "permanent"
	// Destination: the provider does not serve this number, but another may. The error is
	// Temporary and has FaultDestination.
	Destination Failure = "destination"
	// Temporary: the provider did not accept the message. It has FaultSender, like all
	// that follow.
	Temporary Failure = "temporary"
	// Ambiguous: the error says that the message may have been sent. It does not arrive.
	Ambiguous Failure = "ambiguous"
	// AmbiguousArrived: the error says that the message may have been sent. It arrives.
	AmbiguousArrived Failure = "ambiguous, arrived"
	// Hang: Send returns when the context ends. The error is Ambiguous. Nothing arrives.
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

// FailNext sets the errors of the next sends, one for each, after those that were set before.
// An error is a [Failure], or nil for a send that succeeds, or any other error, such as a
// *phoneauth.SendError with a RetryAfter. Send returns the latter as it is, and nothing
// arrives. A send that fails for another reason uses none of them.
func (b *Inbox) FailNext(errs ...error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.script = append(b.script, errs...)
}
