package phoneauth

import (
	"context"
	"time"
)

// SMSSender sends a text. Implementations are safe for concurrent use, honour the
// context (it has a deadline of 10 s), and never send twice for one call.
//
// A nil error means that the provider accepted the message. Otherwise the error is a
// *SendError, or is taken for one of class Ambiguous and of no known fault. Its text must not hold the code,
// the body, credentials, or the number.
type SMSSender interface {
	Send(context.Context, Message) (Receipt, error)
}

// Message is one text to one phone.
type Message struct {
	To Phone
	// Body is the text to send, with the code in it.
	Body Secret
	// Code is the code alone, for channels that format by themselves; empty in notices.
	Code Secret
	// Purpose of the code, or one of the Notice… purposes.
	Purpose Purpose
	// Locale asked for, BCP 47; may be empty.
	Locale string
	// Channel asked for by the client, such as "sms" or "whatsapp"; may be empty.
	Channel string
	// Service is Config.Name.
	Service string
	// ExpiresAt is the end of the code; zero in notices.
	ExpiresAt time.Time
}

// Receipt is what the provider said when it accepted a message.
type Receipt struct {
	// ID of the message at the provider, which delivery reports name; may be empty.
	ID string
	// Sender is the name of the one that accepted, such as "twilio".
	Sender string
}

// SendClass says whether a message may be tried again elsewhere. [SendFault] says whose
// fault the failure is; the two are independent, but for Permanent.
type SendClass string

// The classes of a SendError.
const (
	// Permanent: certainly not accepted, and nobody else is to be tried. The number can
	// receive no texts, such as a landline, or its owner wants none. Its fault is
	// FaultDestination. A refusal that another provider might not share, such as of a
	// region that this account may not send to, is Temporary.
	Permanent SendClass = "permanent"
	// Temporary: certainly not accepted. Another try or another provider may do.
	Temporary SendClass = "temporary"
	// Ambiguous: it may have been accepted. A second try may send a second text.
	Ambiguous SendClass = "ambiguous"
)

// SendFault says what a failure is evidence of: something about this destination, or
// something about the sender. The zero value means that it is not known.
//
// Whoever watches over a sender, as senders/failover does, counts FaultSender alone.
// Anybody can ask for a text to a destination that fails, so a failure that may be the
// destination's must keep nobody else from being served.
type SendFault string

// The faults of a SendError and of a Delivery.
const (
	// FaultDestination: it is about this number, its region or its carrier. The region is
	// not enabled, there is no route, it is a landline, the phone is off, its owner opted
	// out, its carrier filters. The same sender may well serve other numbers.
	FaultDestination SendFault = "destination"
	// FaultSender: it would have happened to any number. Credentials, balance, throttling,
	// a 5xx, no connection, no answer in time.
	FaultSender SendFault = "sender"
)

// SendError is why a message was not accepted, or may not have been.
type SendError struct {
	Class SendClass
	// Fault is whose fault it is; empty if the sender cannot tell.
	Fault SendFault
	// Code is the provider's own, such as "21610" or "HTTP 500".
	Code string
	// RetryAfter is what the provider asked for; 0 if nothing.
	RetryAfter time.Duration
	// Err is the cause, if any. It holds no secret.
	Err error
}

// Error is "phoneauth: send: " with the class, the fault, the code and the cause, as far
// as they are there: "phoneauth: send: temporary, destination (21408)".
func (e *SendError) Error() string {
	s := "phoneauth: send: " + string(e.Class)
	if e.Fault != "" {
		s += ", " + string(e.Fault)
	}
	if e.Code != "" {
		s += " (" + e.Code + ")"
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *SendError) Unwrap() error { return e.Err }

// Delivery is what a provider reported of a message after it accepted it. The senders of
// this module have handlers that make these of the provider's callbacks; hand them to
// Service.ReportDelivery.
type Delivery struct {
	// ID and Sender as in the Receipt of the message.
	ID, Sender string
	Status     DeliveryStatus
	// Code is the provider's own, of a failure.
	Code string
	// Fault is whose fault an Undelivered is; empty if the provider did not say.
	Fault SendFault
	// Phone is the number that opted out, if the provider said which. Reports of a
	// message have none: their ID says whose it was.
	Phone Phone
}

// DeliveryStatus is what became of a message.
type DeliveryStatus string

// The statuses of a Delivery.
const (
	Delivered   DeliveryStatus = "delivered"
	Undelivered DeliveryStatus = "undelivered"
	// OptedOut: the owner of Phone answered STOP. ID is that of the answer. Some providers
	// refuse to send to it from then on. The Service keeps no list of them: a host may, and
	// refuse by Config.BeforeSend.
	OptedOut DeliveryStatus = "opted_out"
)

// ReportDelivery tells OnEvent and the log what became of a message, or that somebody
// opted out; the event has d.Phone masked. It sends nothing and keeps nothing.
func (s *Service) ReportDelivery(ctx context.Context, d Delivery) {
	e := Event{
		Type: EventUndelivered, Sender: d.Sender, MessageID: d.ID, SendFault: d.Fault, SendCode: d.Code, Phone: d.Phone.String(),
	}
	switch d.Status {
	case Delivered:
		e.Type = EventDelivered
	case OptedOut:
		e.Type = EventOptedOut
	}
	if s.journal != nil && d.ID != "" { // whose message it was
		if sent, ok := s.journal.sent(ctx, d.ID, s.now()); ok {
			e.Print, e.UserID, e.Region = sent.Print, sent.UserID, sent.Region
		}
	}
	s.event(ctx, e)
}
