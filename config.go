package phoneauth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth/internal/texts"
)

// Config is everything a [Service] is made of. The zero value of a field is its safe
// default; Store, Sender and Keys have none. [New] copies it.
type Config struct {
	// Store keeps challenges, users and sessions. Required.
	Store Store
	// Sender sends the texts. Required.
	Sender SMSSender
	// Keys fingerprint, sign and seal. Required.
	Keys Keys
	// Tokens issues access tokens; nil issues HS256 JWTs under keys derived from Keys,
	// with Name as issuer and audience.
	Tokens TokenIssuer
	// Name of the service, as its users know it: it stands in every text, and is issuer
	// and audience of the default access tokens. "phoneauth" when empty.
	Name string
	// Realm separates tenants that share a store and keys: it is part of every
	// fingerprint, digest and token, so that nothing of one realm means anything in
	// another. It does not separate users, nor what a TokenIssuer of the host's issues:
	// give each realm a UserStore, a SessionStore and an issuer of its own.
	Realm string
	// HostSessions: the host keeps sessions of its own. Session then has the User and
	// no tokens, Refresh and Authenticate refuse, and Store needs no SessionStore. The
	// host keeps User.Epoch with its session, and ends one whose user has another: that
	// is what "every session ends" then means. Handlers want HTTP.SignedIn and
	// HTTP.Authenticate.
	HostSessions bool

	Code     CodeRules
	Numbers  NumberRules
	Limits   Limits
	Password PasswordRules
	Sessions SessionRules
	Texts    TextRules

	// Logger gets every event and the cause of every failure; nil is slog.Default().
	Logger *slog.Logger

	// Journal keeps what happened about phones and accounts, for a support desk. The zero
	// value keeps none.
	Journal JournalRules
	// HTTP is for the handlers.
	HTTP HTTPConfig
	// Hooks are functions of the host that the Service calls.
	Hooks Hooks
}

// Hooks are functions of the host. Each may be nil. They are called concurrently, with the
// context of the request; one that reaches out must bound its own time.
type Hooks struct {
	// BeforeSend is asked before a code goes out: a deny-list, a SIM-swap look-up. After
	// an error nothing is sent. The answer is that of a send, and takes as long as one of the
	// latest sends of this process took; the log has the error. Until the process has sent
	// something, the time of the answer tells a refusal. An error that is ErrUnavailable is
	// a 503 instead. It runs after the limits of phone and address, before the number budgets.
	BeforeSend func(context.Context, SendInfo) error
	// BeforeSignIn is asked after the proof and before the account is found or made:
	// invitations, terms, dormant or recycled numbers. An error is wrapped beside
	// ErrRefused; the proof is used up.
	BeforeSignIn func(context.Context, SignInInfo) error
	// Place says where an address is, coarsely, such as "Cairo": for people to recognise
	// their sessions by. It must be quick. At most 64 bytes are kept; the address is not.
	Place func(context.Context, netip.Addr) string
	// ExtraClaims adds claims to an access token. Registered names are not overwritten. Its
	// error is ErrUnavailable to whoever signs in or refreshes: nobody has a session then,
	// but a sign-up has made the account.
	ExtraClaims func(context.Context, User) (map[string]any, error)
	// Text words a message, Body being empty; an empty answer means the built-in text.
	// Its answer goes out as it is, without what Texts adds and whatever it costs:
	// Segments tells, and so does Event.Segments.
	Text func(context.Context, Message) (string, error)
	// OnEvent is told what happened, synchronously, after it happened. It must not panic.
	OnEvent func(context.Context, Event)
}

// Keys are the secrets of a Service. Make them by [GenerateKeys], keep them by
// [Keys.Encode], and read them by [ParseKeys]. Print them and see nothing.
type Keys struct {
	// Index fingerprints numbers, at least 32 bytes. It is never rotated: under a new
	// one all limits, failure counts and locks are forgotten.
	Index []byte
	// Secrets sign and seal. The first makes, all verify and open. Rotate by putting a new
	// one last in every process, and then first in every process. Dropping one ends what
	// it made: refresh tokens live for at most 30 days (Sessions.TTL), tokens of known
	// devices for 180. docs/operations.md says when to drop it.
	Secrets []Key
}

// Key is one secret of at least 32 bytes, with an id of 1 to 16 letters, digits, '-'
// or '_' that stands in what it makes.
type Key struct {
	ID     string
	Secret []byte
}

// CodeRules say what a code is.
type CodeRules struct {
	// Digits from 6 to 10; 0 is 6.
	Digits int
	// Life of a code from its last sending, at most 10 minutes; 0 is 5 minutes. Sending
	// again moves the end, to at most twice Life and 10 minutes after the first sending.
	TTL time.Duration
	// Tries to give the code, from 1 to 10; 0 is 5. Sending again adds none.
	Tries int
}

// NumberRules say which numbers are served.
type NumberRules struct {
	// DefaultRegion (ISO 3166-1 alpha-2) of national digits; empty: none, numbers must
	// be international.
	DefaultRegion string
	// Regions that are served; empty is every region.
	Regions []string
	// Types that are served; empty is Mobile, FixedLineOrMobile, VoIP and Personal.
	Types []NumberType
	// Test numbers have a fixed code and are never sent anything: for the reviewers of
	// app stores.
	Test []TestNumber
}

// NumberType is what a number is, as libphonenumber classifies it.
type NumberType string

// The types that can be served. All others (premium rate, toll free, shared cost,
// UAN, voicemail, pager, fixed line) are refused always.
const (
	Mobile            NumberType = "mobile"
	FixedLineOrMobile NumberType = "fixed_line_or_mobile"
	VoIP              NumberType = "voip"
	Personal          NumberType = "personal"
)

// TestNumber is a number with a fixed code, for one reviewer, until a date.
type TestNumber struct {
	Phone string // E.164
	Code  Secret // of CodeRules.Digits digits
	Until time.Time
}

// SessionRules say how long tokens live.
type SessionRules struct {
	// Access token life, at most 15 minutes; 0 is 15 minutes.
	AccessTTL time.Duration
	// Idle is how long an unused session lives; 0 is 14 days. Life is its absolute end;
	// 0 is 30 days.
	IdleTTL, TTL time.Duration
}

// PasswordRules say what a password is and how it is kept: compared in Unicode's form NFC
// (RFC 8265), hashed by argon2id, 19 MiB, t=2, p=1 (OWASP), as many at once as there are
// CPUs.
type PasswordRules struct {
	// Check is the host's policy for new passwords, after the length of 8 to 128
	// characters; its error's text goes to the user as PasswordError.Reason, for
	// example "is too common". It runs before anything is consumed.
	Check func(ctx context.Context, password Secret) error
	// Legacy verifies a stored hash that is no argon2id PHC string; nil refuses those.
	// After a match the password is hashed anew. It runs besides one argon2id hash, for
	// every attempt.
	Legacy func(hash, password Secret) bool
	// LegacyDecoy is a hash of the slowest kind that Legacy knows, of no password. Legacy
	// compares it where an account has no legacy hash, so that the time of an answer does not
	// tell who has one. Required with Legacy. Hashes of faster kinds can still be told.
	LegacyDecoy Secret
}

// SendInfo is what BeforeSend is asked about.
type SendInfo struct {
	Phone   Phone
	Region  string // ISO 3166-1 alpha-2; "001" for non-geographic numbers
	Purpose Purpose
	Channel string
	Client  ClientInfo
}

// SignInInfo is what BeforeSignIn is asked about.
type SignInInfo struct {
	Phone Phone
	// User has the ID of the account, or is zero if signing in would create it.
	User   User
	AMR    []string
	Client ClientInfo
}

// Client is who asks.
type ClientInfo struct {
	// Addr is the client's address; the zero Addr shares one strict allowance with all
	// others that have none.
	Addr netip.Addr
	// Locale of the texts, BCP 47; empty is English, and so is one that no built-in text
	// is near to.
	Locale string
	// Device is Session.DeviceToken of an earlier sign-in, if the client kept it.
	Device Secret
	// Name is a coarse name of the program, such as "Chrome on Android"; may be empty. It
	// stands in the list of sessions. At most 64 bytes are kept.
	Name string
}

// HTTPConfig is for the handlers.
type HTTPConfig struct {
	// InsecureCookie drops Secure and the __Host- prefix, for plain HTTP on another
	// host than localhost. Without the prefix a sibling domain can plant a registration of
	// its own in a browser. Beside the browser's own it counts for nothing, and neither
	// does the browser's: they cannot be told apart.
	InsecureCookie bool
	// TrustedProxies may say X-Forwarded-For; from anybody else it is ignored.
	TrustedProxies []netip.Prefix
	// TrustedOrigins are other origins whose pages may use the routes and read the
	// answers, as a browser writes them in Origin: "https://app.example.com". They may use
	// the cookie routes, and the handlers answer their CORS preflights; cookies go along
	// on cookie routes only, which under HostSessions are all. No other origin gets a
	// header of CORS. Empty: there is none.
	TrustedOrigins []string
	// UserView adds the host's own attributes and relationships to user documents, and its
	// attributes to the user in an answer of the Login API. It is asked after somebody has
	// signed in: its error is a 503 to them, and they are. Nil adds nothing.
	UserView func(context.Context, User) (UserView, error)
	// Claims says who is signed in, under HostSessions; its error means nobody.
	Authenticate func(*http.Request) (Claims, error)
	// SignedIn starts the host's session, under HostSessions, before the answer is
	// written: set a cookie here.
	SignedIn func(http.ResponseWriter, *http.Request, *Session) error
	// SignedOut ends the host's session, under HostSessions, before POST /logout is
	// answered: remove a cookie here. It is called for requests without a session, too, and
	// must not fail for them. Its error is a 503. Nil: there is no route /logout, because
	// only the host can end its sessions.
	SignedOut func(http.ResponseWriter, *http.Request) error
}

// UserView is the host's part of a user. Names that the contract fixes are not overwritten.
type UserView struct {
	// Attributes stand beside ours in user documents, and in the user of the Login API.
	// Each must be what encoding/json can write. Nil: there are none.
	Attributes map[string]any
	// Relationships are JSON:API's, in user documents alone. Nil: the member is left out.
	Relationships map[string]any
}

// maxCodeLife is NIST's 10 minutes for out-of-band secrets (SP 800-63B-4, 3.1.3.2).
const maxCodeLife = 10 * time.Minute

func (c Config) withDefaults() Config {
	c.Name = cmp.Or(c.Name, "phoneauth")
	c.Code.Digits = cmp.Or(c.Code.Digits, 6)
	c.Code.TTL = cmp.Or(c.Code.TTL, 5*time.Minute)
	c.Code.Tries = cmp.Or(c.Code.Tries, 5)
	c.Sessions.AccessTTL = cmp.Or(c.Sessions.AccessTTL, 15*time.Minute)
	c.Sessions.IdleTTL = cmp.Or(c.Sessions.IdleTTL, 14*24*time.Hour)
	c.Sessions.TTL = cmp.Or(c.Sessions.TTL, 30*24*time.Hour)
	c.Limits = c.Limits.withDefaults()
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

// partsOf are the parts that a store was put together from, if it was.
func partsOf(s Store) (Stores, bool) {
	switch s := s.(type) {
	case interface{ unwrap() Store }:
		return partsOf(s.unwrap())
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
	if c.Sender == nil {
		fault("Sender", "is required")
	}
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
	if c.Password.Legacy != nil && c.Password.LegacyDecoy == "" {
		fault("Password.LegacyDecoy", "is required with Password.Legacy")
	}
	texts.Rules(c.Texts).Validate(c.Name, c.Code.Digits, fault)
	c.Limits.validate(fault)
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
	numbers, wrong := newNumberPolicy(c.Numbers)
	for _, w := range wrong {
		faults = append(faults, fmt.Errorf("phoneauth: config: %w", w))
	}
	return numbers, errors.Join(faults...)
}
