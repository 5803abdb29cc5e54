package phoneauth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/phoneauth/phoneauth/internal/client"
	"github.com/phoneauth/phoneauth/internal/jws"
	"github.com/phoneauth/phoneauth/internal/keyring"
	"github.com/phoneauth/phoneauth/internal/names"
	"github.com/phoneauth/phoneauth/internal/random"
)

// minKeyLength is the least length of a secret key in bytes: that of the output of SHA-256.
const minKeyLength = jws.MinSecret

// String returns "[redacted]".
func (Keys) String() string { return redacted }

// Format writes what String returns, for every verb.
func (k Keys) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// MarshalText returns what String does.
func (k Keys) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// LogValue returns what String does.
func (Keys) LogValue() slog.Value { return slog.StringValue(redacted) }

// String returns the ID and ":[redacted]".
func (k Key) String() string { return k.ID + ":" + redacted }

// Format writes what String returns, for every verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// MarshalText returns what String does.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// LogValue returns what String does.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

func (k Keys) validate(fault func(field, format string, args ...any)) {
	if len(k.Index) < minKeyLength {
		fault("Keys.Index", "must be at least %d bytes, has %d", minKeyLength, len(k.Index))
	}
	if len(k.Secrets) == 0 {
		fault("Keys.Secrets", "is required")
	}
	seen := map[string]bool{}
	for i, key := range k.Secrets {
		field := fmt.Sprintf("Keys.Secrets[%d]", i)
		if !names.Valid(key.ID, 16, "-_") {
			fault(field, "ID must be 1 to 16 letters, digits, '-' or '_'")
		}
		if seen[key.ID] {
			fault(field, "ID is used twice")
		}
		seen[key.ID] = true
		if len(key.Secret) < minKeyLength {
			fault(field, "Secret must be at least %d bytes, has %d", minKeyLength, len(key.Secret))
		}
	}
}

// newKeyring derives the keys of a realm.
func newKeyring(keys Keys, realm string) (*keyring.Ring, error) {
	secrets := make([]keyring.Secret, len(keys.Secrets))
	for i, key := range keys.Secrets {
		secrets[i] = keyring.Secret(key)
	}
	return keyring.New(keys.Index, secrets, realm)
}

// accessTokens returns the default TokenIssuer: HS256 under keys derived from Keys.
func accessTokens(ring *keyring.Ring, name string, clock func() time.Time) (*JWT, error) {
	c := JWTConfig{Issuer: name, Audience: name}
	for _, key := range ring.AccessKeys() {
		c.Keys = append(c.Keys, SigningKey{ID: key.ID, Key: key.Secret})
	}
	return newJWT(c, clock)
}

// GenerateKeys returns new random keys: an Index and one secret with the ID "1", of 32 bytes
// each. Write them once, with [Keys.Encode], and read them at every start, with
// [ParseKeys]. New keys end every session and every code, and all limits are forgotten.
func GenerateKeys() Keys {
	return Keys{Index: random.Bytes(minKeyLength), Secrets: []Key{{ID: "1", Secret: random.Bytes(minKeyLength)}}}
}

// keyFile is what Encode writes. []byte is base64 in it (RFC 4648, 4).
type keyFile struct {
	Comment any          `json:"comment,omitempty"` // people may have edited it
	Index   []byte       `json:"index"`
	Secrets []keyFileKey `json:"secrets"`
}

type keyFileKey struct {
	ID     string `json:"id"`
	Secret []byte `json:"secret"`
}

// keyFileComment is for the person who opens the file to rotate a key.
var keyFileComment = []string{
	"Keep this file secret, and apart from the database and its backups.",
	"The first of secrets signs and seals. All of them verify and open.",
	"To rotate: add a new secret last, with an id of its own (its value: openssl rand -base64 32),",
	"and restart every server; then move it first, and restart every server.",
	"Dropping a secret ends what it made: refresh tokens live for at most 30 days, tokens of known devices for 180.",
	"Never change index: every limit, failure count and lock would be forgotten.",
}

// Encode returns k as JSON for [ParseKeys], with a comment that says which key signs and how
// to rotate. The keys are in clear: write them to a file of mode 0600 or to a store of
// secrets.
//
// Encoders do not call this method. They call MarshalText, which writes [redacted], so a
// [Config] in a log or an answer shows no key.
func (k Keys) Encode() []byte {
	file := keyFile{Comment: keyFileComment, Index: k.Index, Secrets: make([]keyFileKey, len(k.Secrets))}
	for i, key := range k.Secrets {
		file.Secrets[i] = keyFileKey(key)
	}
	text, _ := json.MarshalIndent(file, "", "\t") // bytes and text can always be encoded
	return append(text, '\n')
}

var errKeyFile = errors.New("phoneauth: keys: not the JSON that Keys.Encode writes")

// ParseKeys reads what [Keys.Encode] returned. It refuses keys that [New] would refuse. Its
// error names each field that is wrong, and never quotes text.
func ParseKeys(text []byte) (Keys, error) {
	var file keyFile
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if d.Decode(&file) != nil {
		return Keys{}, errKeyFile
	}
	if _, err := d.Token(); err != io.EOF { // more text follows
		return Keys{}, errKeyFile
	}
	k := Keys{Index: file.Index}
	for _, key := range file.Secrets {
		k.Secrets = append(k.Secrets, Key(key))
	}
	var faults []error
	k.validate(func(field, format string, args ...any) {
		faults = append(faults, fmt.Errorf("phoneauth: keys: "+field+": "+format, args...))
	})
	if len(faults) > 0 {
		return Keys{}, errors.Join(faults...)
	}
	return k, nil
}

// What follows makes every key that the Service hands to a store. The keys must not change:
// the next version must find what this one has stored.
//
// A key is a print in braces, then the kind, then a text that tells several keys of one
// kind apart. Redis Cluster computes the slot from the text in braces, so all keys of one
// phone are in one slot. The store keeps challenges, limits, lockouts and scores apart, so
// kinds must differ only within each of these.
const (
	// Challenges of a phone.
	kindChallenge    = "c" // a code; then the print of purpose, binding and device
	kindProof        = "p" // a verification token; then the print of its secret
	kindDevicesEnded = "z" // the record that all known devices but one were ended

	// Challenges with a print of their own.
	kindNotice  = "n" // the token of a notice
	kindSettled = "s" // the changes of an account that no notice can undo
	kindMoved   = "m" // the changes of an account's number that a notice can undo

	// Limits of a phone.
	kindSends       = "s" // codes; then the index in Limits.PhoneSends, and of a hold the channel
	kindDeviceSends = "d" // codes to known devices; then the same
	kindReward      = "b" // the reward of a verification, once a day
	kindResetReward = "r" // the same of a password reset
	kindPasswords   = "a" // sign-ins by password
	kindDevicePass  = "g" // the same on known devices
	kindDeviceEnded = "e" // a known device that was ended; then its id
	kindAnswer      = "h" // an answer to a human check that was used; then its print

	// Limits of an address.
	kindAddressSends    = "s"
	kindAddressFailures = "f"

	// The limit of the whole service.
	kindServiceSends = "s"

	// Lockouts of a phone.
	kindCodeFailures         = "f"
	kindDeviceCodeFailures   = "k"
	kindPasswordFailures     = "w"
	kindDevicePasswordFailed = "x"

	// Scores: of a block or country, and of the known devices of a phone.
	kindBudget      = "n"
	kindSpend       = "m" // a limit: what codes to a country cost in an hour or on a day
	kindDeviceScore = "v"
)

// key returns the key of a kind under a print.
func key(print, kind string) string { return "{" + print + "}" + kind }

// keyOf returns the key of one of several of a kind, which the text which tells apart.
func keyOf(print, kind, which string) string { return "{" + print + "}" + kind + which }

// phonePrint returns the print of a phone. All keys of the phone begin with it.
func (s *Service) phonePrint(p Phone) string { return s.keys.Print("phone", p.e164) }

// addressPrint returns the print of the client's IPv4 address or IPv6 /64. A client can
// easily change its address within a /64.
func (s *Service) addressPrint(c ClientInfo) string {
	return s.keys.Print("address", client.Block(c.Addr))
}

// addressOf returns addressPrint for the client of c, which is computed once.
func (s *Service) addressOf(c *call) string {
	if c.address == "" {
		c.address = s.addressPrint(c.client)
	}
	return c.address
}

// servicePrint returns the print of the realm itself.
func (s *Service) servicePrint() string { return s.keys.Print("service") }

// budgetPrint returns the print of a block of numbers or a country, for codes of one kind of
// purpose.
func (s *Service) budgetPrint(rule, what string) string { return s.keys.Print("budget", rule, what) }

// challengeKey returns the key of the challenge of t. Each purpose, binding and known device
// has another challenge, with tries of its own.
func (s *Service) challengeKey(t *target) string {
	return keyOf(t.print, kindChallenge, s.keys.Print("challenge", t.print, string(t.purpose), t.boundTo, t.device.id))
}

// proofKey returns the key of a proof. Each proof has another key, because several proofs of
// one phone may be live at once.
func (s *Service) proofKey(phonePrint, secret string) string {
	return keyOf(phonePrint, kindProof, s.keys.Print("proof", secret))
}
