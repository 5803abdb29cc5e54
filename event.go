package phoneauth

import (
	"context"
	"log/slog"
	"time"
)

// EventType says what happened.
type EventType string

// What can happen.
const (
	EventCodeSent        EventType = "code_sent"
	EventSendFailed      EventType = "send_failed"
	EventSendRefused     EventType = "send_refused" // by BeforeSend
	EventNoticeSent      EventType = "notice_sent"
	EventVerified        EventType = "verified"
	EventVerifyFailed    EventType = "verify_failed"
	EventPasswordFailed  EventType = "password_failed"
	EventLimited         EventType = "limited" // Limit says by which
	EventCeilingNear     EventType = "ceiling_near"
	EventRedeemed        EventType = "redeemed"
	EventSignedUp        EventType = "signed_up" // in place of signed_in
	EventSignedIn        EventType = "signed_in"
	EventSignInRefused   EventType = "sign_in_refused" // by BeforeSignIn, or blocked
	EventRefreshed       EventType = "refreshed"
	EventRefreshReused   EventType = "refresh_reused"  // the session was ended
	EventSessionEvicted  EventType = "session_evicted" // a newer one took its place
	EventSessionEnded    EventType = "session_ended"   // one by one, and its device with it
	EventSignedOut       EventType = "signed_out"
	EventPasswordChanged EventType = "password_changed"
	EventPhoneChanged    EventType = "phone_changed"
	EventBlocked         EventType = "blocked"
	EventUnblocked       EventType = "unblocked"
	EventUnlocked        EventType = "unlocked"
	EventDeleted         EventType = "deleted"
	EventDelivered       EventType = "delivered"
	EventUndelivered     EventType = "undelivered"
	EventOptedOut        EventType = "opted_out"
	// EventOperator: an operator is about to do what Event.Intent says. The event of the
	// deed itself follows when it is done.
	EventOperator EventType = "operator"
	// EventPhoneShown: an operator was shown the whole number.
	EventPhoneShown EventType = "phone_shown"
	// EventExported: somebody was given what is kept about an account.
	EventExported EventType = "exported"
)

// Event is one thing that happened, for audit, metrics and fraud teams. It holds no
// secret and no whole number. Fields that do not apply are zero.
type Event struct {
	Type      EventType
	Time      time.Time
	Realm     string
	Purpose   Purpose
	Phone     string // masked
	Region    string // ISO 3166-1 alpha-2 of the number
	UserID    string
	SessionID string
	Limit     string    // the rule that refused
	Sender    string    // Receipt.Sender
	MessageID string    // Receipt.ID
	SendClass SendClass // of a failed send
	SendFault SendFault // of a failed send, or of a message that did not arrive
	SendCode  string    // the provider's
	Segments  int       // of the text as SMS, see Segments
	Device    bool      // a known device asked
	Test      bool      // a test number

	// Print is the keyed fingerprint of the phone. Hosts join their logs by it; without
	// Keys.Index nobody can make it of a number.
	Print string
	// Until is when what was refused would be admitted; zero unless a limit refused.
	Until time.Time
	// Client is the coarse name of the program that signed in, such as "Chrome on Android".
	Client string
	// Place is what Hooks.Place said of the client that signed in.
	Place string
	// Actor is the operator who did this, and Reason why. Intent is what an EventOperator is
	// about to do.
	Actor, Reason string
	Intent        EventType
}

// LogValue groups the fields that are set.
func (e Event) LogValue() slog.Value {
	attrs := make([]slog.Attr, 0, 16)
	for _, f := range [...]struct{ name, value string }{
		{"realm", e.Realm},
		{"purpose", string(e.Purpose)},
		{"phone", e.Phone},
		{"region", e.Region},
		{"user_id", e.UserID},
		{"session_id", e.SessionID},
		{"limit", e.Limit},
		{"sender", e.Sender},
		{"message_id", e.MessageID},
		{"send_class", string(e.SendClass)},
		{"send_fault", string(e.SendFault)},
		{"send_code", e.SendCode},
		{"print", e.Print},
		{"client", e.Client},
		{"place", e.Place},
		{"actor", e.Actor},
		{"reason", e.Reason},
		{"intent", string(e.Intent)},
	} {
		if f.value != "" {
			attrs = append(attrs, slog.String(f.name, f.value))
		}
	}
	if e.Segments > 0 {
		attrs = append(attrs, slog.Int("segments", e.Segments))
	}
	if e.Device {
		attrs = append(attrs, slog.Bool("device", true))
	}
	if e.Test {
		attrs = append(attrs, slog.Bool("test", true))
	}
	return slog.GroupValue(attrs...)
}

// warns reports whether somebody should look at events of this type.
func (t EventType) warns() bool {
	switch t {
	case EventSendFailed, EventVerifyFailed, EventPasswordFailed, EventLimited,
		EventCeilingNear, EventRefreshReused, EventSessionEvicted, EventUndelivered:
		return true
	}
	return false
}

// event is an event of type what, about c.
func (c *call) event(what EventType) Event {
	return Event{
		Type:    what,
		Purpose: c.purpose,
		Phone:   c.phone.String(),
		Region:  c.region,
		Print:   c.print,
		Device:  c.device.known(),
		Test:    c.test != nil,
	}
}

// aboutUser is an event of type what, about u.
func (s *Service) aboutUser(u User, what EventType) Event {
	return Event{Type: what, UserID: u.ID, Phone: u.Phone.String(), Print: s.phonePrint(u.Phone)}
}

// event logs e, writes it to the journal, and tells the host.
func (s *Service) event(ctx context.Context, e Event) {
	e = s.stamped(ctx, e)
	if s.journal != nil && (e.Print != "" || e.UserID != "" || e.MessageID != "") {
		s.journal.add(e)
	}
	s.tell(ctx, e)
}

// stamped is e with its time, its realm, and the operator who acts.
func (s *Service) stamped(ctx context.Context, e Event) Event {
	e.Time, e.Realm = s.now(), s.cfg.Realm
	if a, ok := actorOf(ctx); ok {
		e.Actor, e.Reason = truncated(a.Name, maxActor), truncated(a.Reason, maxReason)
	}
	return e
}

// tell logs e and tells the host.
func (s *Service) tell(ctx context.Context, e Event) {
	level := slog.LevelInfo
	if e.Type.warns() {
		level = slog.LevelWarn
	}
	if s.cfg.Logger.Enabled(ctx, level) {
		s.cfg.Logger.LogAttrs(ctx, level, "phoneauth: "+string(e.Type), slog.Any("event", e))
	}
	if s.cfg.Hooks.OnEvent != nil {
		s.cfg.Hooks.OnEvent(ctx, e)
	}
}
