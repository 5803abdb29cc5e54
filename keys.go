package phoneauth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

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
