package phoneauth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/internal/texts"
)

// Config is everything that a [Service] is made of. Store, Keys, and Sender or Channels are
// required. The zero value of every other field is a safe default. [New] copies the Config.
type Config struct {
	// Store keeps challenges, users and sessions. Required.
	Store Store
	// Sender sends the texts. Required, unless there are Channels. With Channels it sends
	// notices only, as far as it supports them.
	Sender SMSSender
	// Channels are the ways by which codes travel, in the order in which they are offered. The
	// first is for requests that ask for none. Empty means one channel, "sms", with Sender. A
	// notice goes by Sender, else by the first channel that supports it.
	Channels []Channel
	// ChannelOrder has the channels of a region (ISO 3166-1 alpha-2, or "001" for numbers of no
	// region) in their order, by name, such as "BR": {"whatsapp", "sms"}. A channel that is left
	// out is not offered there. A region without an entry has all Channels.
	ChannelOrder map[string][]string
	// Keys are the secrets under which prints, digests, signatures and sealed values are
	// made. Required.
	Keys Keys
	// Tokens issues access tokens. Nil issues JWTs signed by HS256 under keys that are
	// derived from Keys, with Name as issuer and audience.
	Tokens TokenIssuer
	// Name is the name of the service, as its users know it. It stands in every text. It
	// is issuer and audience of the default access tokens. Empty means "phoneauth".
	Name string
	// Realm separates tenants that share a store and keys. It is part of every print,
	// digest and token, so nothing of one realm is accepted in another. It separates
	// neither users nor the tokens of the host's own TokenIssuer: give each realm a
	// UserStore, a SessionStore and an issuer of its own.
	Realm string
	// HostSessions is true when the host keeps the sessions. Session then has no ID and no
	// access and refresh tokens, Refresh and Authenticate refuse, and Store needs no
	// SessionStore. The host must keep User.Epoch with each session, and end the session
	// when the epoch of the user is another. The handlers need HTTP.SignedIn and
	// HTTP.Authenticate.
	HostSessions bool

	// Code says how codes are made.
	Code CodeRules
	// Numbers says which numbers are served.
	Numbers NumberRules
	// Limits are the limits, lockouts and number budgets.
	Limits Limits
	// Spend says what codes cost, and how much that may be.
	Spend SpendRules
	// Password says how passwords are checked.
	Password PasswordRules
	// Sessions says how long sessions and access tokens live.
	Sessions SessionRules
	// Texts says what the built-in texts contain.
	Texts TextRules

	// Logger gets every event and the cause of every failure. Nil means slog.Default().
	Logger *slog.Logger

	// Journal keeps what happened about phones and accounts, for a support desk. The zero
	// value keeps none.
	Journal JournalRules
	// HumanCheck says when a client must prove that a person uses it.
	HumanCheck HumanCheckRules
	// HTTP configures the handlers.
	HTTP HTTPConfig
	// Hooks are functions of the host that the Service calls.
	Hooks Hooks
}

// Hooks are functions of the host. Each may be nil. They are called concurrently, with the
// context of the request. A hook that waits for another system must bound its own time.
type Hooks struct {
	// BeforeSend decides whether a code may be sent, for example by a deny-list or a
	// SIM-swap look-up. It is called after the limits of the number and the address and
	// the human check have been asked, and before anything is charged, but for the address that
	// begins a password registration. It cannot ask the
	// client for anything: HumanCheckRules.Demand can.
	//
	// An error means that nothing is sent. The client gets the answer of a send, after as
	// long as one of the latest sends of this process took; the error is logged. Until the
	// process has sent something, the time of the answer tells a refusal. An error that is
	// ErrUnavailable reaches the client instead, as a 503. An operator who calls Resend is told
	// of a refusal at once.
	BeforeSend func(context.Context, SendInfo) error
	// BeforeSignIn decides whether somebody may sign in, for example by invitation, or
	// because the number may have a new owner. It is called after the code or password
	// was right, and before the account is found or created. An error refuses the
	// sign-in: the caller gets an error that wraps both ErrRefused and it. The proof is
	// used up.
	BeforeSignIn func(context.Context, SignInInfo) error
	// Place returns roughly where an address is, such as "Cairo", so that people recognise
	// their sessions. It must be quick. At most 64 bytes are stored. The address is not
	// stored.
	Place func(context.Context, netip.Addr) string
	// ExtraClaims returns claims to add to an access token. Registered names are not
	// overwritten. After an error, and for claims that no token can hold, the caller who signs in
	// or refreshes gets ErrUnavailable and no session. A sign-up has created the account by then.
	// A refresh token is not used up.
	ExtraClaims func(context.Context, User) (map[string]any, error)
	// Text writes the text of a message, whose Body is empty. An empty result means the
	// built-in text. The result is sent as it is: TextRules do not apply to it, and it may
	// take any number of segments; see [Segments] and Event.Segments. After an error nothing is
	// sent: the caller who asked for a code gets ErrUnavailable, and the number pays nothing.
	Text func(context.Context, Message) (string, error)
	// OnEvent receives each event, after it happened. The operation waits for it. It must
	// not panic.
	OnEvent func(context.Context, Event)
}

// Keys are the secrets of a Service. Make them with [GenerateKeys], write them with
// [Keys.Encode], and read them with [ParseKeys]. They print as [redacted].
type Keys struct {
	// Index is the key of prints, at least 32 bytes. Never change it: under a new one all
	// limits, failure counts and locks are forgotten.
	Index []byte
	// Secrets are the keys that sign and seal. The first is used for new values; all are
	// used to verify and open. To rotate, put a new one last in every process, and then
	// first in every process. Dropping one ends what was made under it: refresh tokens
	// live for at most 30 days (Sessions.TTL), device tokens for 180.
	// docs/operations.md says when to drop one.
	Secrets []Key
}

// Key is one secret of [Keys].
type Key struct {
	// ID names the key in everything that is made under it: 1 to 16 letters, digits, '-'
	// or '_'. Each key has another.
	ID string
	// Secret is at least 32 random bytes.
	Secret []byte
}

// CodeRules say how codes are made.
type CodeRules struct {
	// Digits is the length of a code, from 6 to 10. 0 means 6.
	Digits int
	// TTL is how long a code lives after it was last sent, at most 10 minutes. 0 means 5
	// minutes. Sending the code again moves its end, but no further than twice the TTL,
	// and no further than 10 minutes, after it was first sent.
	TTL time.Duration
	// Tries is how many times a code may be compared, from 1 to 10. 0 means 5. Sending the
	// code again does not renew the tries.
	Tries int
}

// NumberRules say which numbers are served.
type NumberRules struct {
	// DefaultRegion is the region of numbers that are typed in national form (ISO 3166-1
	// alpha-2). Empty means none: numbers must then be in international form.
	DefaultRegion string
	// Regions are the regions that are served (ISO 3166-1 alpha-2, or "001" for numbers
	// of no region). Empty means every region.
	Regions []string
	// Types are the types that are served. Empty means Mobile, FixedLineOrMobile, VoIP
	// and Personal.
	Types []NumberType
	// Test are the test numbers, for the reviewers of app stores.
	Test []TestNumber
}

// NumberType is the type of a number, as libphonenumber classifies it.
type NumberType string

// The types that can be served. All others (premium rate, toll free, shared cost,
// UAN, voicemail, pager, fixed line) are always refused.
const (
	// Mobile is a number of a mobile network.
	Mobile NumberType = "mobile"
	// FixedLineOrMobile is a number of a region whose numbers do not tell the two apart,
	// such as the United States.
	FixedLineOrMobile NumberType = "fixed_line_or_mobile"
	// VoIP is a number of a voice-over-IP service.
	VoIP NumberType = "voip"
	// Personal is a number that its owner forwards to another one.
	Personal NumberType = "personal"
)

// TestNumber is a number with a fixed code, for one reviewer, until a date. No text is ever
// sent to it.
type TestNumber struct {
	// Phone is the number in E.164.
	Phone string
	// Code is the fixed code, of CodeRules.Digits digits.
	Code Secret
	// Until is when the entry ends. From then on the number is like any other. Required.
	Until time.Time
}

// SessionRules say how long sessions and access tokens live. They must not descend in this
// order: AccessTTL, IdleTTL, TTL.
type SessionRules struct {
	// AccessTTL is how long an access token lives, from 1 second to 15 minutes. 0 means 15
	// minutes.
	AccessTTL time.Duration
	// IdleTTL is how long a session lives that is not refreshed; 0 means 14 days. TTL is
	// how long any session lives; 0 means 30 days.
	IdleTTL, TTL time.Duration
}

// PasswordRules say how passwords are checked. Passwords are 8 to 128 characters long, are
// compared in Unicode form NFC (RFC 8265), and are hashed by argon2id with 19 MiB, t=2 and
// p=1 (OWASP). No more are hashed at once than there are CPUs.
type PasswordRules struct {
	// Check is the host's policy for new passwords, in addition to their length. The text
	// of its error is shown to the user as PasswordError.Reason, for example "is too
	// common". It is called before a code is used up. Nil accepts every password of the
	// right length.
	Check func(ctx context.Context, password Secret) error
	// Legacy reports whether password belongs to hash, for hashes that are not argon2id in
	// PHC format; package importer/legacyhash has one. After a match the password is hashed
	// by argon2id. It is called once in every attempt, in addition to one argon2id hash. Nil
	// refuses such hashes.
	Legacy func(hash, password Secret) bool
	// LegacyKnown reports whether Legacy knows the kind of hash and bears its cost. Accounts
	// with another hash have no password, and the kind is logged, once. [Service.Import]
	// takes no hash that is not known. Nil means that Legacy is asked about every hash, and
	// Import takes none.
	LegacyKnown func(hash Secret) bool
	// LegacyDecoy is a hash of the slowest kind that Legacy knows, and of a password that
	// nobody has. Legacy gets it when the account has no legacy hash, so that the time of
	// an answer does not tell which accounts have one. Required with Legacy. Hashes of
	// faster kinds can still be told apart by time.
	LegacyDecoy Secret
}

// SendInfo describes a code that is about to be sent, for Hooks.BeforeSend and
// HumanCheckRules.Demand.
type SendInfo struct {
	// Phone is the number that the code would go to.
	Phone Phone
	// Region is the region of Phone: ISO 3166-1 alpha-2, or "001" for a number that
	// belongs to no region.
	Region string
	// Purpose is what the code is for.
	Purpose Purpose
	// Channel is the Name of the channel that the code would go by.
	Channel string
	// Demanded is the level of the human check that the rules demand, for
	// HumanCheckRules.Demand. It is 0 where they demand none, and for BeforeSend.
	Demanded humancheck.Level
	// Proved is the level that the client has proved. It is 0 where it has proved none.
	Proved humancheck.Level
	// Client describes the client that asks. Of an operator, who calls Resend, it has at most
	// the Locale of the person.
	Client ClientInfo
}

// SignInInfo describes a sign-in that is about to happen, for Hooks.BeforeSignIn.
type SignInInfo struct {
	// Phone is the number that signs in.
	Phone Phone
	// User is the account of the number. It is zero if the sign-in would create it.
	User User
	// AMR says how the user proved who they are (RFC 8176): "sms", "pwd".
	AMR []string
	// Terms is the version of the terms that the person accepted with this sign-in. It is empty
	// where the client has named none. See ClientInfo.Terms.
	Terms string
	// AcceptedAt is when the person accepted Terms: the time of this request.
	AcceptedAt time.Time
	// Client describes the client that asks.
	Client ClientInfo
}

// ClientInfo describes the client that sends a request. [Service.ClientOf] makes one of an
// HTTP request.
type ClientInfo struct {
	// Addr is the address of the client. All clients with the zero Addr share the limits
	// of one address.
	Addr netip.Addr
	// Locale is the language for texts (BCP 47). Empty means English. So does a language
	// that is near to no built-in text.
	Locale string
	// Device is Session.DeviceToken of an earlier sign-in, if the client has kept it.
	Device Secret
	// HumanCheck is the answer to the Question of an earlier *HumanCheckError, or empty.
	HumanCheck Secret
	// CanAnswer is true when the client can answer a human check. Such a client is asked
	// early. Any other client is served up to the limits of the scores, and then asked or
	// refused. A HumanCheck that is not empty says the same.
	CanAnswer bool
	// IdempotencyKey is what the client chose for one request of a code, at random. While the
	// code is live, the same request with the same key by the same device, or from the same
	// address, sends nothing more and takes nothing, and is answered like the first. If the text
	// could not be sent, it is sent again. Empty means that each request is a new one.
	IdempotencyKey Secret
	// Name is a rough name of the program, such as "Chrome on Android", for the list of
	// sessions. It may be empty. At most 64 bytes are stored.
	Name string
	// Terms is the version of the terms of the host that the person accepts with this request, such
	// as "2026-11". A sign-in hands it, with the time, to Hooks.BeforeSignIn and to the journal.
	// Empty means that nothing was accepted. At most 64 bytes are kept.
	Terms string
}

// HTTPConfig configures the handlers.
type HTTPConfig struct {
	// InsecureCookie drops the attribute Secure and the prefix __Host- of cookies, for
	// plain HTTP on another host than localhost. Without the prefix a sibling domain can
	// plant a registration cookie in a browser. When two cookies of one name arrive and
	// differ, both are ignored, because the handlers cannot tell which is planted.
	InsecureCookie bool
	// TrustedProxies are the proxies whose X-Forwarded-For is believed. From every other
	// address the header is ignored.
	TrustedProxies []netip.Prefix
	// TrustedOrigins are other origins whose pages may use the routes and read the
	// answers. Write them as a browser does in Origin: "https://app.example.com". The
	// handlers answer their CORS preflights. Cookies are accepted from these pages on the
	// routes that use cookies only; under HostSessions these are all routes. No other
	// origin gets a CORS header. Empty means that no other origin is trusted.
	TrustedOrigins []string
	// UserView returns the host's attributes and relationships for user documents, and its
	// attributes for the user in an answer of the Login API. It is called after the
	// sign-in: its error is a 503 to the client, who is signed in all the same. Nil adds
	// nothing.
	UserView func(context.Context, User) (UserView, error)
	// Authenticate returns who is signed in, under HostSessions. An error means that
	// nobody is; one that is ErrUnavailable is a 503.
	Authenticate func(*http.Request) (Claims, error)
	// SignedIn starts the host's session under HostSessions, for example by a cookie. It is
	// called after a sign-in, and after a change of password or number, which ends the old
	// session. Keep Session.AuthTime with the session: Claims.AuthTime of Authenticate must
	// be that, because such a change does not prove who the user is. SignedIn is called
	// before the answer is written. Its error is a 503.
	SignedIn func(http.ResponseWriter, *http.Request, *Session) error
	// SignedOut ends the host's session under HostSessions, for example by removing a
	// cookie. It is called before POST /logout is answered. It is called for requests
	// without a session too, and must not fail for them. Its error is a 503. With nil
	// there is no route /logout, because only the host can end its sessions.
	SignedOut func(http.ResponseWriter, *http.Request) error
}

// UserView is what the host adds to a user in an answer. It cannot replace the members that
// docs/openapi.yaml names.
type UserView struct {
	// Attributes are added to the attributes of user documents and to the user of the
	// Login API. Their values must be what encoding/json can write. Nil adds none.
	Attributes map[string]any
	// Relationships is the member of that name in user documents (JSON:API). Nil leaves it
	// out.
	Relationships map[string]any
}

// maxCodeLife is the 10 minutes of NIST for out-of-band secrets (SP 800-63B-4, 3.1.3.2).
const maxCodeLife = 10 * time.Minute

func (c Config) withDefaults() Config {
	c.Name = cmp.Or(c.Name, "phoneauth")
	c.Code.Digits = cmp.Or(c.Code.Digits, 6)
	c.Code.TTL = cmp.Or(c.Code.TTL, 5*time.Minute)
	c.Code.Tries = cmp.Or(c.Code.Tries, 5)
	c.Sessions.AccessTTL = cmp.Or(c.Sessions.AccessTTL, 15*time.Minute)
	c.Sessions.IdleTTL = cmp.Or(c.Sessions.IdleTTL, 14*24*time.Hour)
	c.Sessions.TTL = cmp.Or(c.Sessions.TTL, 30*24*time.Hour)
	c.Journal.TTL = cmp.Or(c.Journal.TTL, 30*24*time.Hour)
	c.Limits = c.Limits.withDefaults()
	c.Channels = c.withDefaultChannels()
	c.ChannelOrder = maps.Clone(c.ChannelOrder)
	c.Spend = c.Spend.clone()
	c.HumanCheck.When = cmp.Or(c.HumanCheck.When, HumanCheckAuto)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	c.Numbers.Regions = slices.Clone(c.Numbers.Regions)
	c.Numbers.Types = slices.Clone(c.Numbers.Types)
	c.Numbers.Test = slices.Clone(c.Numbers.Test)
	c.Texts.Locales = slices.Clone(c.Texts.Locales)
	c.HTTP.TrustedProxies = slices.Clone(c.HTTP.TrustedProxies)
	c.HTTP.TrustedOrigins = slices.Clone(c.HTTP.TrustedOrigins)
	return c
}

// partsOf returns the parts of a store that is a [Stores].
func partsOf(s Store) (Stores, bool) {
	switch s := s.(type) {
	case interface{ unwrap() Store }:
		return partsOf(s.unwrap())
	case interface{ Unwrap() Store }: // a seam.Holder
		return partsOf(s.Unwrap())
	case Stores:
		return s, true
	case *Stores:
		if s != nil {
			return *s, true
		}
	}
	return Stores{}, false
}

// validate joins every fault, each naming its field, and returns what it compiled.
func (c Config) validate() (numberPolicy, error) {
	var faults []error
	fault := func(field, format string, args ...any) {
		faults = append(faults, fmt.Errorf("phoneauth: config: "+field+": "+format, args...))
	}
	if v := reflect.ValueOf(c.Store); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		fault("Store", "is required")
	}
	if parts, ok := partsOf(c.Store); ok {
		if parts.ChallengeStore == nil {
			fault("Store.ChallengeStore", "is required")
		}
		if parts.UserStore == nil {
			fault("Store.UserStore", "is required")
		}
		if parts.SessionStore == nil && !c.HostSessions {
			fault("Store.SessionStore", "is required, unless HostSessions is set")
		}
	}
	if c.Sender == nil && len(c.Channels) == 0 {
		fault("Sender", "is required")
	}
	c.validateChannels(fault)
	c.Keys.validate(fault)
	if j, ok := c.Tokens.(*JWT); ok && !c.HostSessions && !j.signs() {
		fault("Tokens", "must have a key that signs")
	}
	if c.Code.Digits < 6 || c.Code.Digits > 10 {
		fault("Code.Digits", "must be from 6 to 10, is %d", c.Code.Digits)
	}
	if c.Code.TTL < time.Second || c.Code.TTL > maxCodeLife {
		fault("Code.TTL", "must be from 1 s to 10 min, is %s", c.Code.TTL)
	}
	if c.Code.Tries < 1 || c.Code.Tries > 10 {
		fault("Code.Tries", "must be from 1 to 10, is %d", c.Code.Tries)
	}
	if c.Sessions.AccessTTL < time.Second || c.Sessions.AccessTTL > 15*time.Minute {
		fault("Sessions.AccessTTL", "must be from 1 s to 15 min, is %s", c.Sessions.AccessTTL)
	}
	if c.Sessions.IdleTTL < c.Sessions.AccessTTL || c.Sessions.TTL < c.Sessions.IdleTTL {
		fault("Sessions", "AccessTTL, IdleTTL and TTL must not descend")
	}
	if c.Journal.TTL < time.Second {
		fault("Journal.TTL", "must be at least 1 s, is %s", c.Journal.TTL)
	}
	if c.Password.Legacy != nil && c.Password.LegacyDecoy == "" {
		fault("Password.LegacyDecoy", "is required with Password.Legacy")
	}
	texts.Rules(c.Texts).Validate(c.Name, c.Code.Digits, fault)
	c.Limits.validate(fault)
	if !slices.Contains([]HumanCheckWhen{HumanCheckAuto, HumanCheckAlways, HumanCheckNever}, c.HumanCheck.When) {
		fault("HumanCheck.When", "must be auto, always or never")
	}
	for i, n := range c.Numbers.Test {
		field := fmt.Sprintf("Numbers.Test[%d]", i)
		if len(n.Code) != c.Code.Digits || strings.Trim(string(n.Code), "0123456789") != "" {
			fault(field, "Code must be %d digits", c.Code.Digits)
		}
		if n.Until.IsZero() {
			fault(field, "Until is required")
		}
	}
	for i, p := range c.HTTP.TrustedProxies {
		if !p.IsValid() || p.Addr().Is4In6() {
			fault(fmt.Sprintf("HTTP.TrustedProxies[%d]", i), "must be a prefix of IPv4 or IPv6")
		}
	}
	if _, err := c.HTTP.crossOrigin(); err != nil {
		fault("HTTP.TrustedOrigins", "%w", err)
	}
	c.Spend.validate(fault)
	numbers, wrong := newNumberPolicy(c.Numbers)
	for _, w := range wrong {
		faults = append(faults, fmt.Errorf("phoneauth: config: %w", w))
	}
	return numbers, errors.Join(faults...)
}
