// Package outcome has what the error codes of providers stand for. Each sender has a table from its
// provider's codes to them.
package outcome

import "github.com/phoneauth/phoneauth"

// Outcome is what a code stands for. Class is that of a message that was not taken. A delivery report
// has the Fault alone.
type Outcome struct {
	// Class says whether the message may be sent again.
	Class phoneauth.SendClass
	// Fault says what caused the failure. It is empty if the code does not say.
	Fault phoneauth.SendFault
}

// The outcomes. They must not be changed.
var (
	// Nobody: no provider will deliver the message.
	Nobody = Outcome{phoneauth.Permanent, phoneauth.FaultDestination}
	// Elsewhere: another provider or channel may reach the number.
	Elsewhere = Outcome{phoneauth.Temporary, phoneauth.FaultDestination}
	// Ours: the account or the provider is the cause, and other numbers would fail too.
	Ours = Outcome{phoneauth.Temporary, phoneauth.FaultSender}
	// Unclear: the message was not taken, and the code does not say what caused it.
	Unclear = Outcome{phoneauth.Temporary, ""}
	// Perhaps: the provider failed, and may have taken the message before.
	Perhaps = Outcome{phoneauth.Ambiguous, phoneauth.FaultSender}
	// Unknown: nobody knows what became of the message.
	Unknown = Outcome{phoneauth.Ambiguous, ""}
)
