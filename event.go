package phoneauth

import (
	"context"
	"log/slog"
	"slices"
	"time"
)

// EventType says what happened. Hosts must expect types that later versions add.
type EventType string

// The types of events.
const (
	// EventCodeSent: the sender accepted a text with a code. A test number counts as sent.
	EventCodeSent EventType = "code_sent"
	// EventSendFailed: the sender did not accept a text. SendClass, SendFault and SendCode
	// say more.
	EventSendFailed EventType = "send_failed"
	// EventHumanCheckAsked: a client was asked to prove that a person uses it. Nothing was
	// sent.
	EventHumanCheckAsked EventType = "human_check_asked"
	// EventHumanCheckSolved: a client has proved that a person uses it.
	EventHumanCheckSolved EventType = "human_check_solved"
	// EventHumanCheckFailed: the answer of a client was wrong, expired, used, or of too low
	// a level.
	EventHumanCheckFailed EventType = "human_check_failed"
	// EventSendRefused: Hooks.BeforeSend refused a code. Nothing was sent.
	EventSendRefused EventType = "send_refused"
	// EventNoticeSent: the sender accepted a notice.
	EventNoticeSent EventType = "notice_sent"
	// EventVerified: a code was right.
	EventVerified EventType = "verified"
	// EventVerifyFailed: a code was wrong, or there was no live challenge for it.
	EventVerifyFailed EventType = "verify_failed"
	// EventPasswordFailed: a password was wrong, or the number has none.
	EventPasswordFailed EventType = "password_failed"
	// EventLimited: a limit refused. Limit is its name.
	EventLimited EventType = "limited"
	// EventCeilingNear: the codes of the realm have reached 80 % of Limits.ServiceSends, or what
	// codes to a country cost has reached 80 % of a ceiling of Config.Spend. Limit says which.
	EventCeilingNear EventType = "ceiling_near"
	// EventRedeemed: a purpose of the host was finished by Redeem.
	EventRedeemed EventType = "redeemed"
	// EventSignedUp: a sign-in created the account. It takes the place of signed_in.
	EventSignedUp EventType = "signed_up"
	// EventSignedIn: somebody signed in to an account that existed.
	EventSignedIn EventType = "signed_in"
	// EventSignInRefused: Hooks.BeforeSignIn refused, or the account is blocked or locked.
	EventSignInRefused EventType = "sign_in_refused"
	// EventRefreshed: a session got new tokens.
	EventRefreshed EventType = "refreshed"
	// EventRefreshReused: a refresh token was used a second time, and its session ended.
	// One of its two users is a thief, or the client has a bug.
	EventRefreshReused EventType = "refresh_reused"
	// EventSessionEvicted: a session ended because the user has begun a newer one and had
	// the most that are allowed.
	EventSessionEvicted EventType = "session_evicted"
	// EventSessionEnded: EndSession ended one session and its known device.
	EventSessionEnded EventType = "session_ended"
	// EventSignedOut: Logout ended one session, or LogoutAll or EndOtherSessions ended
	// several. SessionID is empty for several.
	EventSignedOut EventType = "signed_out"
	// EventPasswordChanged: the password was set or changed.
	EventPasswordChanged EventType = "password_changed"
	// EventPhoneChanged: the account has another number. Phone is the new one.
	EventPhoneChanged EventType = "phone_changed"
	// EventBlocked: SetBlocked blocked the account.
	EventBlocked EventType = "blocked"
	// EventUnblocked: SetBlocked unblocked the account.
	EventUnblocked EventType = "unblocked"
	// EventAccountLocked: the owner has locked the account by the link of a notice, because a
	// change was not theirs. Purpose is that of the notice, and Phone got it.
	EventAccountLocked EventType = "account_locked"
	// EventAccountUnlocked: the account is not locked any more: UnlockAccount gave it back to its
	// owner, or ReopenAccount opened it.
	EventAccountUnlocked EventType = "account_unlocked"
	// EventUnlocked: Unlock cleared the failures and limits of a number.
	EventUnlocked EventType = "unlocked"
	// EventDeleted: the account was deleted.
	EventDeleted EventType = "deleted"
	// EventDelivered: the provider reported that a message arrived.
	EventDelivered EventType = "delivered"
	// EventUndelivered: the provider reported that a message did not arrive.
	EventUndelivered EventType = "undelivered"
	// EventOptedOut: the owner of Phone answered STOP to the provider.
	EventOptedOut EventType = "opted_out"
	// EventOperator: an operator is about to do what Event.Intent says. The event of the
	// deed itself follows when it is done.
	EventOperator EventType = "operator"
	// EventPhoneShown: an operator was shown the whole number.
	EventPhoneShown EventType = "phone_shown"
	// EventExported: somebody was given what is kept about an account.
	EventExported EventType = "exported"
	// EventImported: an import has ended. Count is how many accounts it has created.
	EventImported EventType = "imported"
)

// Event is one thing that happened, for audit, metrics and fraud teams. It holds no
// secret and no whole number. Fields that do not apply are zero.
type Event struct {
	// Type says what happened.
	Type EventType
	// Time is when it happened, in UTC.
	Time time.Time
	// Realm is Config.Realm.
	Realm string
	// Purpose is that of the code or notice.
	Purpose Purpose
	// Phone is the number, masked as by Phone.String.
	Phone string
	// Region is the region of the number, ISO 3166-1 alpha-2, or "001" for a number that
	// belongs to no region.
	Region string
	// UserID is User.ID of the account.
	UserID string
	// SessionID is Session.ID.
	SessionID string
	// Limit is the name of the rule that refused: one of the Limit… constants.
	Limit string
	// Channel is the Name of the channel of a code or notice: that it was to go by, that it was
	// sent by, or that a right code was last sent by. It is empty where that is not known.
	Channel string
	// Sender is Receipt.Sender.
	Sender string
	// MessageID is Receipt.ID.
	MessageID string
	// SendClass is the class of a failed send.
	SendClass SendClass
	// SendFault is the fault of a failed send, or of a message that did not arrive.
	SendFault SendFault
	// SendCode is the error code of the provider.
	SendCode string
	// Check is the kind of the human check, such as "altcha".
	Check string
	// Level is the level of the human check that was demanded or proved.
	Level int
	// Segments is how many SMS the text takes; see [Segments].
	Segments int
	// Cost is the price of a code or notice that was sent, in millionths; see [SpendRules].
	Cost int64
	// Device is true when a known device asked.
	Device bool
	// Test is true when the number is a test number.
	Test bool
	// Print is the keyed fingerprint of the phone. Hosts join their logs by it. Without
	// Keys.Index nobody can compute it from a number.
	Print string
	// Until is when the limit would admit again. It is zero unless a limit refused.
	Until time.Time
	// Client is a rough name of the program that signed in, such as "Chrome on Android".
	Client string
	// Terms is the version of the terms that the person who signed in has accepted: see
	// ClientInfo.Terms.
	Terms string
	// Place is what Hooks.Place said of the client that signed in.
	Place string
	// Actor is the operator who did this, and Reason why.
	Actor, Reason string
	// Count is how many accounts an import has created.
	Count int
	// Intent is what the operator of an EventOperator is about to do.
	Intent EventType

	challenge string // print of the ID of the challenge whose code was sent
}

// LogValue returns a group of the fields that are not zero, without Type and Time.
func (e Event) LogValue() slog.Value {
	var room [28]slog.Attr // on the stack: most fields of most events are zero
	attrs := room[:0]
	for _, f := range [...]struct{ name, value string }{
		{"realm", e.Realm},
		{"purpose", string(e.Purpose)},
		{"phone", e.Phone},
		{"region", e.Region},
		{"user_id", e.UserID},
		{"session_id", e.SessionID},
		{"limit", e.Limit},
		{"channel", e.Channel},
		{"sender", e.Sender},
		{"message_id", e.MessageID},
		{"send_class", string(e.SendClass)},
		{"send_fault", string(e.SendFault)},
		{"send_code", e.SendCode},
		{"print", e.Print},
		{"check", e.Check},
		{"client", e.Client},
		{"terms", e.Terms},
		{"place", e.Place},
		{"actor", e.Actor},
		{"reason", e.Reason},
		{"intent", string(e.Intent)},
	} {
		if f.value != "" {
			attrs = append(attrs, slog.String(f.name, f.value))
		}
	}
	if !e.Until.IsZero() {
		attrs = append(attrs, slog.Time("until", e.Until))
	}
	if e.Level > 0 {
		attrs = append(attrs, slog.Int("level", e.Level))
	}
	if e.Segments > 0 {
		attrs = append(attrs, slog.Int("segments", e.Segments))
	}
	if e.Cost > 0 {
		attrs = append(attrs, slog.Int64("cost", e.Cost))
	}
	if e.Count > 0 {
		attrs = append(attrs, slog.Int("count", e.Count))
	}
	if e.Device {
		attrs = append(attrs, slog.Bool("device", true))
	}
	if e.Test {
		attrs = append(attrs, slog.Bool("test", true))
	}
	return slog.GroupValue(slices.Clone(attrs)...)
}

// warns reports whether events of this type are logged as warnings.
func (t EventType) warns() bool {
	switch t {
	case EventSendFailed, EventVerifyFailed, EventPasswordFailed, EventLimited,
		EventCeilingNear, EventRefreshReused, EventSessionEvicted, EventUndelivered, EventAccountLocked:
		return true
	}
	return false
}

// event returns an event of type what about the call c.
func (c *call) event(what EventType) Event {
	return Event{
		Type:    what,
		Purpose: c.purpose,
		Phone:   c.phone.String(),
		Region:  c.region,
		Channel: c.channel,
		Print:   c.print,
		Device:  c.device.known(),
		Test:    c.test != nil,
	}
}

// aboutUser returns an event of type what about the account u.
func (s *Service) aboutUser(u User, what EventType) Event {
	return Event{Type: what, UserID: u.ID, Phone: u.Phone.String(), Print: s.phonePrint(u.Phone)}
}

// event logs e, writes it to the journal, and tells the host.
func (s *Service) event(ctx context.Context, e Event) {
	acts := s.stamp(ctx, &e)
	if s.journal != nil && (e.Print != "" || e.UserID != "" || e.MessageID != "") {
		if acts {
			s.journal.addNow(context.WithoutCancel(ctx), &e)
		} else {
			s.journal.add(&e)
		}
	}
	s.tell(ctx, &e)
}

// stamp sets the time of e, its realm, and the operator who acts. It returns false if none acts.
func (s *Service) stamp(ctx context.Context, e *Event) (acts bool) {
	if e.Realm = s.cfg.Realm; e.Time.IsZero() {
		e.Time = s.now()
	}
	a, acts := actorOf(ctx)
	if acts {
		e.Actor, e.Reason = truncated(a.Name, maxActor), truncated(a.Reason, maxReason)
	}
	return acts
}

// tell logs e and tells the host.
func (s *Service) tell(ctx context.Context, e *Event) {
	level := slog.LevelInfo
	if e.Type.warns() {
		level = slog.LevelWarn
	}
	if h := s.cfg.Logger.Handler(); h.Enabled(ctx, level) {
		// A Logger would look for the line that logs, which is always this one.
		r := slog.NewRecord(time.Now(), level, "phoneauth: "+string(e.Type), 0)
		r.AddAttrs(slog.Attr{Key: "event", Value: e.LogValue()})
		_ = h.Handle(ctx, r) // as a Logger does
	}
	if s.cfg.Hooks.OnEvent != nil {
		s.cfg.Hooks.OnEvent(ctx, *e)
	}
}

// The longest names and reasons of operators, in bytes.
const (
	maxActor  = 64
	maxReason = 256
)

// Actor is an operator of the host's, at a support desk, and why they act.
type Actor struct {
	// Name tells the operator from others. At most 64 bytes are kept.
	Name string
	// Reason is what the operator says of it. At most 256 bytes are kept.
	Reason string
}

type actorKey struct{}

// WithActor returns a context in which the operator a acts. With a journal, SetBlocked,
// Unlock, EndSession, LogoutAll, Export and Import then write an entry with the operator's name and
// reason before they act, and another one afterwards, both before they return. If the first
// cannot be written, nothing is done. If the second cannot be written, it waits with all
// other entries, and is tried again.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

func actorOf(ctx context.Context) (Actor, bool) {
	a, ok := ctx.Value(actorKey{}).(Actor)
	return a, ok
}

// intends writes an entry that an operator is about to do what e says. It does nothing in a
// context without an operator.
func (s *Service) intends(ctx context.Context, e Event) error {
	e.Intent, e.Type = e.Type, EventOperator
	if !s.stamp(ctx, &e) {
		return nil
	}
	s.tell(ctx, &e)
	if s.journal == nil {
		return nil
	}
	return s.journal.write(context.WithoutCancel(ctx), &e)
}
