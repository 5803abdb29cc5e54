package phoneauth

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/phoneauth/phoneauth/internal/random"
	"github.com/phoneauth/phoneauth/internal/segments"
	"github.com/phoneauth/phoneauth/internal/texts"
)

// SMSSender sends texts. Implementations must be safe for concurrent use.
type SMSSender interface {
	// Send sends one message, and never sends it twice. It returns soon after its context
	// ends; the Service gives it a deadline of 10 s.
	//
	// A nil error means that the provider accepted the message. Otherwise the error is a
	// *SendError. Any other error counts as one of class Ambiguous whose fault is not
	// known. The text of the error must not hold the code, the body, credentials, or the
	// number. The Receipt that comes with an error names the sender, so that events and the
	// journal say whose failure it was. It has no ID.
	Send(context.Context, Message) (Receipt, error)
}

// Message is one text to one phone.
type Message struct {
	// To is the number to send to.
	To Phone
	// Body is the text to send. It contains the code, if there is one.
	Body Secret
	// Code is the code alone, for channels that format the text themselves. It is empty in
	// notices.
	Code Secret
	// Purpose is that of the code, or one of the Notice… purposes.
	Purpose Purpose
	// Locale is the language that the client asked for (BCP 47). It may be empty.
	Locale string
	// Channel is the Name of the channel that the message goes by. It is empty in notices that
	// Config.Sender sends beside Channels.
	Channel string
	// Service is Config.Name.
	Service string
	// ExpiresAt is when the code expires. It is zero in notices.
	ExpiresAt time.Time
	// AttemptID names the code, for a provider that takes a reference: 16 letters, digits, "-"
	// and "_". All messages with this code have it, by every channel. It says nothing about the
	// phone or the code. Each notice has one of its own.
	AttemptID string
	// Sends is how many times this code was asked for, with this one: 1 for the first. Sends that
	// failed count. It is 1 in notices.
	Sends int
	// ClientAddr is the address of the client that asked. It is zero if it is unknown, and in
	// notices.
	ClientAddr netip.Addr
	// AndroidHash is that of TextRules. It may be empty.
	AndroidHash string
	// Details are what the code approves, in the words of the host: "100.00 EUR to ACME". They
	// are empty unless the host gave them.
	Details string
	// Link is where the owner of the account can say that a change was not theirs. It is in a
	// notice of a change only, and only with TextRules.NotMeURL. Who has it can lock the account.
	Link Secret
}

// Supporter is an SMSSender that cannot send every message, for example because its provider
// has approved a template for some purposes only. Its methods are safe for concurrent use.
type Supporter interface {
	// Supports reports whether Send can send m. It is asked before anything is sent, so it must
	// not block. It is also asked which channels can be offered: then Body, AttemptID and Sends
	// are empty, and Code is all zeros. Send refuses what it does not support with a *SendError of
	// class Temporary and FaultSender.
	Supports(m Message) bool
}

// Verifier is an SMSSender whose provider wants to know which codes people typed in. Its methods
// are safe for concurrent use.
type Verifier interface {
	// Verified tells that the code of a message was verified. It is called after the answer,
	// at most once for each code, and only by the process that sent the message. It has 10 s.
	// An error is logged, and nothing is tried again.
	Verified(ctx context.Context, r Receipt) error
}

// Receipt says who accepted a message, or who failed to send it.
type Receipt struct {
	// ID is the provider's id of the message. Delivery reports name it. It may be empty. With more
	// than 128 bytes it is not kept in the journal, which then finds no message for a report.
	ID string
	// Sender is the name of the sender that accepted, such as "twilio".
	Sender string
}

// SendClass says whether the same message may be sent again, or by another provider.
// [SendFault] says what caused the failure. The two are independent, except that a
// Permanent failure always has FaultDestination.
type SendClass string

// The classes of a SendError.
const (
	// Permanent: the message was certainly not accepted, and no provider will deliver it.
	// The number cannot receive texts, such as a landline, or its owner wants none. When
	// another provider might accept the message, the class is Temporary.
	Permanent SendClass = "permanent"
	// Temporary: the message was certainly not accepted. A second try or another provider
	// may succeed.
	Temporary SendClass = "temporary"
	// Ambiguous: the message may have been accepted. A second try may send a second text.
	Ambiguous SendClass = "ambiguous"
)

// SendFault says what caused a failure: the destination or the sender. The zero value means
// that this is not known.
//
// Code that switches a failing sender off, such as senders/failover, must count FaultSender
// only. Anybody can ask for a text to a destination that fails. Such failures must not stop
// the service for everybody else.
type SendFault string

// The faults of a SendError and of a Delivery.
const (
	// FaultDestination: the number, its region or its carrier is the cause. Examples: the
	// region is not enabled, there is no route, the number is a landline, the phone is off,
	// its owner opted out, its carrier filters. The sender may well serve other numbers.
	FaultDestination SendFault = "destination"
	// FaultSender: the failure would have happened for any number. Examples: credentials,
	// balance, throttling, a 5xx, no connection, no answer in time.
	FaultSender SendFault = "sender"
)

// SendError says why a message was not accepted, or may not have been.
type SendError struct {
	// Class says whether the message may be sent again. Required.
	Class SendClass
	// Fault says what caused the failure. It is empty when the sender cannot tell.
	Fault SendFault
	// Code is the error code of the provider, such as "21610" or "HTTP 500". It may be
	// empty.
	Code string
	// RetryAfter is how long the provider asked to wait. It is 0 when it did not ask.
	RetryAfter time.Duration
	// Err is the cause. It may be nil. It must hold no secret.
	Err error
}

// Error returns "phoneauth: send: " and the class, then the fault, the code and the cause
// as far as they are set: "phoneauth: send: temporary, destination (21408)".
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

// Unwrap returns Err.
func (e *SendError) Unwrap() error { return e.Err }

// Delivery is what a provider reported about a message after it had accepted it. The
// senders of this module have handlers that make Deliveries of the provider's callbacks.
// Hand them to [Service.ReportDelivery].
type Delivery struct {
	// ID and Sender are those of the Receipt of the message.
	ID, Sender string
	// Status says whether the message arrived.
	Status DeliveryStatus
	// Code is the error code of the provider for a failure. It may be empty.
	Code string
	// Fault says what caused an Undelivered. It is empty when the provider did not say.
	Fault SendFault
	// Phone is the number that opted out, if the provider named it. It is zero in reports
	// of a message, which ID identifies.
	Phone Phone
}

// DeliveryStatus says what happened to a message.
type DeliveryStatus string

// The statuses of a Delivery.
const (
	// Delivered: the message arrived.
	Delivered DeliveryStatus = "delivered"
	// Undelivered: the message did not arrive, and will not.
	Undelivered DeliveryStatus = "undelivered"
	// OnItsWay: the provider has accepted the message, and nothing was reported yet. No Delivery
	// says it; see [Service.Arrival].
	OnItsWay DeliveryStatus = "on_its_way"
	// OptedOut: the owner of Phone answered STOP. ID is that of the answer. Some providers
	// refuse to send to the number from then on. The Service keeps no list of such
	// numbers. A host may keep one and refuse by Hooks.BeforeSend.
	OptedOut DeliveryStatus = "opted_out"
)

// ReportDelivery hands a report to Hooks.OnEvent and to the log. The event has d.Phone
// masked. With a journal, ReportDelivery also looks up whose message it was, and writes an
// entry. It sends nothing. Any status but Delivered and OptedOut is reported as
// EventUndelivered.
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
	if !d.Phone.IsZero() {
		e.Print, e.Region = s.phonePrint(d.Phone), d.Phone.Region()
	}
	if s.journal != nil && d.Sender != "" {
		s.reporting.Store(d.Sender, true)
	}
	if s.journal != nil && messageKey(d.ID) != "" { // whose message it was
		if sent, ok := s.journal.sent(context.WithoutCancel(ctx), d.ID, s.now()); ok { // also if the provider hangs up
			e.Print, e.UserID, e.Region, e.Channel = sent.Print, sent.UserID, sent.Region, sent.Channel
		}
	}
	s.event(ctx, e)
}

// sendDeadline bounds every call of the sender.
const sendDeadline = 10 * time.Second

// text says what a message contains.
type text struct {
	purpose Purpose
	code    string // empty in notices
	locale  string
	channel string
	details string
	expires time.Time
}

// unworded returns the message t to the phone of c, without its text.
func (s *Service) unworded(c *call, t text) Message {
	return Message{
		To:          c.phone,
		Code:        Secret(t.code),
		Purpose:     t.purpose,
		Locale:      t.locale,
		Channel:     t.channel,
		Service:     s.cfg.Name,
		ExpiresAt:   t.expires,
		AndroidHash: s.cfg.Texts.AndroidHash,
		Details:     t.details,
	}
}

// word writes the text of m.
func (s *Service) word(ctx context.Context, m *Message) error {
	if s.cfg.Hooks.Text != nil {
		body, err := s.cfg.Hooks.Text(ctx, *m)
		if err != nil {
			return &unavailable{"word text", err}
		}
		m.Body = Secret(body)
	}
	if m.Body == "" {
		m.Body = Secret(s.cfg.Texts.text(*m))
	}
	return nil
}

// errUnsupported is the cause of a failure when a sender does not support what it should send.
var errUnsupported = errors.New("the sender of the channel does not support this message")

// send hands m to a sender and reports the outcome as an event. Every failure is
// ErrUnavailable.
func (s *Service) send(ctx context.Context, c *call, by SMSSender, m Message) error {
	ctx, cancel := context.WithTimeout(ctx, sendDeadline)
	defer cancel()
	began := time.Now()
	var receipt Receipt
	var err error
	if supports(by, m) {
		receipt, err = by.Send(ctx, m)
	} else {
		err = &SendError{Class: Temporary, Fault: FaultSender, Err: errUnsupported}
	}
	e := c.event(EventCodeSent)
	e.Purpose, e.Channel, e.Sender, e.MessageID = m.Purpose, m.Channel, receipt.Sender, receipt.ID
	e.Segments, _ = Segments(string(m.Body))
	e.challenge = c.challenge
	if m.Code == "" {
		e.Type = EventNoticeSent
	}
	if err != nil {
		failed, ok := errors.AsType[*SendError](err)
		if !ok {
			failed = &SendError{Class: Ambiguous, Err: err}
		}
		e.Type, e.SendClass, e.SendFault, e.SendCode = EventSendFailed, failed.Class, failed.Fault, failed.Code
		err = &unavailable{"send", failed}
	} else if m.Code != "" {
		s.sendTimes.Add(time.Since(began))
		if v, ok := by.(Verifier); ok {
			s.sent.Put(m.AttemptID, sentCode{v, receipt})
		}
	}
	if err == nil && len(s.cfg.Spend.Prices) > 0 {
		e.Cost = s.cfg.Spend.price(m.To.Region(), m.Channel)
	}
	s.event(ctx, e)
	return err
}

// sentCode is a code whose sender wants to know when it is verified.
type sentCode struct {
	by      Verifier
	receipt Receipt
}

// sentCodesKept is how many codes are remembered for their senders. A process that sends more
// within the life of a code tells of the newest only.
const sentCodesKept = 4096

// tellVerified tells the sender of the newest message of a challenge, after the answer, that its
// code was verified. It does nothing if another process sent the message, or if the sender does
// not want to know.
func (s *Service) tellVerified(ctx context.Context, verified Challenge) {
	if s.sent.Empty() { // as where no sender wants to know
		return
	}
	sent, ok := s.sent.Take(s.attemptID(verified))
	if !ok {
		return
	}
	place, err := s.later.Plain() // the urgent places are for notices
	if err != nil {
		s.cfg.Logger.WarnContext(ctx, "phoneauth: a sender is not told of a verified code", "error", err)
		return
	}
	place.Go(ctx, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, sendDeadline)
		defer cancel()
		return sent.by.Verified(ctx, sent.receipt)
	})
}

// notify sends a notice, after the answer. A test number gets none. The notice is in the
// language of the service, because the client that made the change may be a thief's. before is
// the account before the change that the notice tells of. Where it is zero there is no link.
func (s *Service) notify(ctx context.Context, c *call, notice Purpose, before User) {
	if c.test != nil {
		return
	}
	s.afterwards(ctx, "notice", func(ctx context.Context) error {
		m := s.unworded(c, text{purpose: notice, locale: texts.Rules(s.cfg.Texts).Home()})
		m.AttemptID, m.Sends, m.AndroidHash = random.ID()[:attemptIDLength], 1, ""
		m.Link = s.linkTo(ctx, notice, before)
		by, err := s.noticeSender(c, &m)
		if err != nil {
			e := c.event(EventSendFailed)
			e.Purpose, e.SendClass, e.SendFault = notice, Temporary, FaultSender
			s.event(ctx, e)
			return err
		}
		if err := s.word(ctx, &m); err != nil {
			return err
		}
		return s.send(ctx, c, by, m)
	})
}

// afterwards runs do after the answer. When there is no place for it, do is not run, and the
// log says so.
func (s *Service) afterwards(ctx context.Context, what string, do func(context.Context) error) {
	place, err := s.later.Urgent()
	if err != nil {
		s.cfg.Logger.ErrorContext(ctx, "phoneauth: not done: "+what, "error", err)
		return
	}
	place.Go(ctx, do)
}

// How many texts may be on their way after an answer, and how many of them may be codes.
// Strangers can ask for codes, and these must not take the places of notices.
const (
	laterAtOnce      = 256
	laterCodesAtOnce = 128
)

// TextRules say what the built-in texts contain and how long they may be. There is a text
// for each [Purpose] in each language of docs/languages.md. A client gets the
// nearest language to its Locale, or English. A text contains the code, the name of the
// service, the purpose, or the details if there are any, and fixed words. It contains a warning ("Never share it.") when that
// needs no further segment.
//
// [New] refuses a Config.Name with which a text would take more than MaxSegments. This is the
// longest Name with which every text in every language takes one segment, in characters, for
// codes of 6 digits:
//
//	in GSM-7                30
//	in another script       9
//	in GSM-7, Host of 11    9
//	in GSM-7, AndroidHash   18
//	in GSM-7, both          none
//
// docs/languages.md has the same for each language. With Locales, only those count.
//
// New does not know the purposes of the host. It counts them as 32 letters. Such a text is
// in English when it would take too many segments in another language. Hooks.Text can write
// a better one.
type TextRules struct {
	// Host is the host name of the page that asks for the code: in lower case, without
	// scheme, port and path, and in punycode for other scripts. Each text with a code then
	// ends with the line "@example.com #123456", and browsers and iOS offer the code to
	// pages of that site only (WICG origin-bound one-time codes). Empty means no such line.
	Host string
	// AndroidHash is the 11 characters that stand for an Android app; [AndroidHash]
	// computes them. Each text with a code then ends with them, and Google Play services
	// hand the text to that app (SMS Retriever API). Such a text has at most 140 bytes of
	// UTF-8. Empty means none.
	//
	// With Host they end its line: "@example.com #123456 FA+9qCX9VSu". WICG says that text
	// after the code is ignored. Google requires only that the text contains the
	// characters. The combination follows both documents. It was not tried on phones.
	AndroidHash string
	// Locales are the languages of the texts, as docs/languages.md spells them: "pt",
	// "zh-Hant". Empty means all of them. A client that asks for another language gets English, even when English
	// is not listed. Notices are always in the first.
	Locales []string
	// MaxSegments is how many segments a built-in text may take; see [Segments]. 0 means
	// 1. With more than 1, a text may be longer than the 140 bytes that AndroidHash needs,
	// and may then not reach the app.
	MaxSegments int
	// NotMeURL is the address of the page "this wasn't me", such as
	// "https://example.com/account/not-me": of https, or of http on localhost, without query and
	// fragment, at most 80 bytes. A notice of a changed number or password then ends with it and
	// a token, "?t=" and 22 characters, that can lock the account for 72 hours; see
	// [Service.LockAccount]. Such a notice takes up to 3 segments, whatever MaxSegments is.
	// Package ui has the page. Empty means no link.
	NotMeURL string
}

// Encoding is the character encoding of an SMS.
type Encoding string

// The encodings of 3GPP TS 23.038 that texts use.
const (
	// GSM7 is the default alphabet with its extension table (section 6.2.1).
	GSM7 Encoding = "GSM-7"
	// UCS2 has every other character. Phones and carriers treat it as UTF-16.
	UCS2 Encoding = "UCS-2"
)

// Segments returns how many SMS the text takes, and in which encoding it is sent: [GSM7] if
// that has every character of the text, else [UCS2]. A text of one segment has up to 160
// septets in GSM-7 or 70 UTF-16 code units in UCS-2. Each segment of a longer text has up to
// 153 or 67. In GSM-7 the characters ^ { } \ [ ~ ] | € and form feed take two septets. No
// character is split between segments. An empty text takes one segment. A byte that is not
// UTF-8 counts as U+FFFD.
func Segments(text string) (int, Encoding) {
	n, gsm7 := segments.Count(text)
	if gsm7 {
		return n, GSM7
	}
	return n, UCS2
}

// AndroidHash returns the 11 characters for [TextRules.AndroidHash]. It computes them from
// the package name of the app, such as "com.example.app", and the certificate that the app
// is signed with, in DER. A fingerprint of the certificate is not enough.
//
// With Play App Signing the certificate is deployment_cert.der of the Play console, not that
// of the upload key. Otherwise `keytool -exportcert` prints it, and x509.Certificate.Raw has
// it. A debug build has another certificate.
//
// The computation follows developers.google.com/identity/sms-retriever/verify.
func AndroidHash(packageName string, certificate []byte) string {
	return texts.AndroidHash(packageName, certificate)
}

// text returns the built-in text of m.
func (r TextRules) text(m Message) string { return texts.Rules(r).Text(worded(m)) }

// fits reports whether the built-in text of m takes no more than MaxSegments.
func (r TextRules) fits(m Message) bool { return texts.Rules(r).Fits(worded(m)) }

func worded(m Message) texts.Message {
	return texts.Message{
		Purpose: string(m.Purpose), Code: string(m.Code), Service: m.Service, Locale: m.Locale, Details: m.Details, Link: string(m.Link),
	}
}
