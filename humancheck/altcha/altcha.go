package altcha

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"runtime"
	"time"

	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/internal/random"
)

const (
	// Cost is how many iterations of PBKDF2 derive one key. It is the same at every level.
	Cost = 1000
	// MaxAnswer is how long an answer may be, in bytes. The answers of known clients have
	// less than 1 KiB.
	MaxAnswer = 4 << 10

	algorithm    = "PBKDF2/SHA-256"
	keyLength    = 32
	minSecret    = 32 // bytes of a key of New: the output of SHA-256
	maxBinding   = 64
	levelOneWork = 150
	kind         = "altcha"
)

// encoding is that of answers. It skips ends of lines, as the decoders of clients do.
var encoding = base64.StdEncoding.Strict()

// Check makes and verifies challenges. It is safe for concurrent use, and prints without its
// keys. It starts no goroutine.
type Check struct {
	keys     []subkeys     // the first signs
	deriving chan struct{} // holds one value for each Ask that derives a key
}

var (
	_ humancheck.Check = (*Check)(nil)
	_ humancheck.Local = (*Check)(nil)
)

// subkeys are derived from one key of New. They are hex digits, because altcha-lib takes text
// for secrets.
type subkeys struct{ signature, keySignature []byte }

// New returns a Check. The first key signs, and all verify. A key must have at least 32 bytes
// and should be random. To replace a key, put the new one before it, and remove the old one
// after [humancheck.Life]. Where several servers run, first add the new key as the last one on
// all of them.
func New(keys ...[]byte) (*Check, error) {
	if len(keys) == 0 {
		return nil, errors.New("altcha: a key is required")
	}
	c := &Check{deriving: make(chan struct{}, runtime.GOMAXPROCS(0))}
	var faults []error
	for i, key := range keys {
		if len(key) < minSecret {
			faults = append(faults, fmt.Errorf("altcha: key %d must be at least %d bytes, has %d", i, minSecret, len(key)))
			continue
		}
		c.keys = append(c.keys, subkeys{
			signature:    mac(key, []byte("phoneauth altcha signature")),
			keySignature: mac(key, []byte("phoneauth altcha keySignature")),
		})
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return c, nil
}

// Work returns how many keys a client derives on average at a level. It doubles with each
// level. It is 0 for levels that do not exist.
func Work(level humancheck.Level) int {
	if level < 1 || level > humancheck.Highest {
		return 0
	}
	return levelOneWork << (level - 1)
}

// Kind returns "altcha".
func (c *Check) Kind() string { return kind }

// VerifiesLocally has no effect. It marks the check.
func (c *Check) VerifiesLocally() {}

// String returns "altcha".
func (c *Check) String() string { return kind }

// GoString returns what String does.
func (c *Check) GoString() string { return kind }

// LogValue returns what String does.
func (c *Check) LogValue() slog.Value { return slog.StringValue(kind) }

// Ask returns a new challenge, which is a json.RawMessage. It derives one key, which takes less
// than a millisecond. At most GOMAXPROCS calls do that at once. The others wait until ctx
// ends, and then return its error. p.Binding must be 1 to 64 characters of printable ASCII.
//
// The challenge expires at p.Now + [humancheck.Life], rounded down to a second.
func (c *Check) Ask(ctx context.Context, p humancheck.Params) (humancheck.Question, error) {
	work := Work(p.Level)
	switch {
	case work == 0:
		return humancheck.Question{}, fmt.Errorf("altcha: ask: Params.Level must be 1 to %d, is %d", humancheck.Highest, p.Level)
	case !validBinding(p.Binding):
		return humancheck.Question{}, fmt.Errorf("altcha: ask: Params.Binding must be 1 to %d characters of printable ASCII", maxBinding)
	}
	nonce, salt := random.Bytes(16), random.Bytes(16)
	password := binary.BigEndian.AppendUint32(nonce[:16:16], counter(2*work))
	key, err := c.derive(ctx, password, salt)
	if err != nil {
		return humancheck.Question{}, fmt.Errorf("altcha: ask: %w", err)
	}
	first := c.keys[0]
	signed := parameters{
		algorithm:    []byte(algorithm),
		cost:         Cost,
		binding:      []byte(p.Binding),
		level:        int64(p.Level),
		expiresAt:    p.Now.Add(humancheck.Life).Unix(),
		keyLength:    keyLength,
		keyPrefix:    hex.AppendEncode(nil, key[:keyLength/2]),
		keySignature: mac(first.keySignature, key),
		nonce:        hex.AppendEncode(nil, nonce),
		salt:         hex.AppendEncode(nil, salt),
	}.canonical()
	challenge := make([]byte, 0, len(signed)+128)
	challenge = append(challenge, `{"parameters":`...)
	challenge = append(challenge, signed...)
	challenge = append(challenge, `,"signature":"`...)
	challenge = append(challenge, mac(first.signature, signed)...)
	challenge = append(challenge, `"}`...)
	return humancheck.Question{Kind: kind, Challenge: json.RawMessage(challenge)}, nil
}

// derive derives a key, when fewer than GOMAXPROCS others do.
func (c *Check) derive(ctx context.Context, password, salt []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case c.deriving <- struct{}{}:
		defer func() { <-c.deriving }()
		return pbkdf2.Key(sha256.New, string(password), salt, Cost, keyLength)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// counter returns a random number from 1 to highest.
func counter(highest int) uint32 {
	n, _ := rand.Int(rand.Reader, big.NewInt(int64(highest))) // which cannot fail
	return 1 + uint32(n.Int64())
}

// Verify returns the level and the id of a challenge that was solved. The id is the same for
// every text that encodes the answer. Every error is [humancheck.ErrWrong]: the answer is no
// base64 or no JSON of the known fields, is longer than [MaxAnswer], was not signed by a key of
// ours, has expired at p.Now, has another binding than p.Binding, or holds a wrong key.
//
// It takes some microseconds, and does not look at the context.
func (c *Check) Verify(_ context.Context, answer string, p humancheck.Params) (humancheck.Proof, error) {
	if len(answer) > MaxAnswer {
		return humancheck.Proof{}, humancheck.ErrWrong
	}
	text, err := encoding.DecodeString(answer)
	if err != nil {
		return humancheck.Proof{}, humancheck.ErrWrong
	}
	a, ok := parse(text)
	if !ok || !c.signed(a) {
		return humancheck.Proof{}, humancheck.ErrWrong
	}
	level := humancheck.Level(a.level)
	expired := !p.Now.Before(time.Unix(a.expiresAt, 0))
	bound := subtle.ConstantTimeCompare(a.binding, []byte(p.Binding)) == 1
	if expired || !bound || Work(level) == 0 {
		return humancheck.Proof{}, humancheck.ErrWrong
	}
	return humancheck.Proof{ID: string(a.signature), Level: level}, nil
}

// signed reports whether one of our keys has signed the parameters and the derived key.
func (c *Check) signed(a answer) bool {
	text := a.canonical()
	for _, k := range c.keys {
		if subtle.ConstantTimeCompare(mac(k.signature, text), a.signature) == 1 {
			return subtle.ConstantTimeCompare(mac(k.keySignature, a.derivedKey), a.keySignature) == 1
		}
	}
	return false
}

// mac returns the hex digits of HMAC-SHA-256.
func mac(key, text []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(text)
	var sum [sha256.Size]byte
	return hex.AppendEncode(make([]byte, 0, 2*sha256.Size), h.Sum(sum[:0]))
}
