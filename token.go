package phoneauth

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth/internal/fields"
)

// TokenIssuer issues and verifies access tokens. [JWT] is one. Implementations must be safe
// for concurrent use.
type TokenIssuer interface {
	// IssueToken returns a token that contains c. VerifyToken must accept it until
	// c.ExpiresAt. An error reaches the caller of the Service as ErrUnavailable.
	IssueToken(ctx context.Context, c Claims) (Secret, error)
	// VerifyToken returns the claims of a token that this issuer made and that has not
	// expired. An error that is ErrUnavailable means that the token could not be checked.
	// Any other error means that nobody is signed in.
	VerifyToken(ctx context.Context, token Secret) (Claims, error)
}

// Claims say who is signed in.
type Claims struct {
	// UserID is User.ID. Subject is User.UUID.
	UserID, Subject string
	// SessionID is Session.ID. It is empty when the host keeps the sessions.
	SessionID string
	// AuthTime is when the user last proved who they are, in whole seconds.
	AuthTime time.Time
	// AMR says how the user proved who they are (RFC 8176): "sms", "pwd".
	AMR []string
	// ExpiresAt is when the access token expires, in whole seconds.
	ExpiresAt time.Time
	// Extra are the claims of Hooks.ExtraClaims.
	Extra map[string]any
}

// JWTConfig is the configuration of a [JWT]. It prints without the keys.
type JWTConfig struct {
	// Issuer and Audience are the iss and aud of the tokens. A token with others is
	// refused. Both are required.
	Issuer, Audience string
	// Keys are the keys that verify. The first one also signs. If all are public keys, the
	// JWT verifies and cannot issue, which is enough for programs that receive access
	// tokens. At least one key is required.
	//
	// To rotate, put a new key first, and keep the old one behind it for at least 15
	// minutes, the life of an access token. When other programs verify by JWKS, first put
	// the new key last, for as long as they cache the document, and then first.
	Keys []SigningKey
}

// SigningKey is one key of a [JWT]. It prints as its ID.
type SigningKey struct {
	// ID is the kid of its tokens: 1 to 64 letters, digits, '-' or '_'.
	ID string
	// Key is the key. Its type decides the one algorithm it is used with (RFC 8725, 3.1):
	//
	//	[]byte                                  HS256, at least 32 bytes (RFC 7518, 3.2)
	//	ed25519.PrivateKey, ed25519.PublicKey   EdDSA (RFC 8037)
	//	*ecdsa.PrivateKey, *ecdsa.PublicKey     ES256, on P-256 (RFC 7518, 3.4)
	//
	// A public key verifies and cannot sign. A program that can verify HS256 can also
	// sign, so give other programs public keys only, by JWKS.
	Key any
}

// String returns the ID in "phoneauth.SigningKey(…)".
func (k SigningKey) String() string { return "phoneauth.SigningKey(" + k.ID + ")" }

// Format writes what String returns.
func (k SigningKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// LogValue returns what String does.
func (k SigningKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText returns what String does.
func (k SigningKey) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// The data of the tokens that only this package reads: one struct and one codec for each
// kind. Each field is written after its length. Access tokens are in jwt.go.

// challengeClaims is the data of a challenge token. The token is encrypted.
type challengeClaims struct {
	challengeID string
	about       target
}

func (c challengeClaims) encode() []byte {
	return appendTarget(fields.Append(nil, c.challengeID), c.about)
}

func (s *Service) decodeChallenge(data string) (c challengeClaims, ok bool) {
	r := fields.NewReader(data)
	c.challengeID = r.Text()
	c.about = s.readTarget(r)
	return c, r.Done()
}

// proofClaims is the data of a verification token. The token is encrypted.
type proofClaims struct {
	secret  string
	at      time.Time
	account account
	about   target
}

func (c proofClaims) encode() []byte {
	b := fields.Append(nil, c.secret, number64(c.at.UnixMicro()), c.account.id, number64(c.account.epoch))
	return appendTarget(b, c.about)
}

func (s *Service) decodeProof(data string) (c proofClaims, ok bool) {
	r := fields.NewReader(data)
	c.secret = r.Text()
	c.at = instant(r.Int64())
	c.account = account{r.Text(), r.Int64()}
	c.about = s.readTarget(r)
	return c, r.Done()
}

// deviceClaims is the data of a device token.
type deviceClaims struct {
	phonePrint string
	device     device
	at         time.Time // of the sign-in
}

func (c deviceClaims) encode() []byte {
	return fields.Append(nil, c.phonePrint, c.device.id, c.device.userID, number64(c.device.epoch), number64(c.at.UnixMicro()))
}

func decodeDevice(data string) (c deviceClaims, ok bool) {
	r := fields.NewReader(data)
	c.phonePrint = r.Text()
	c.device = device{r.Text(), r.Text(), r.Int64()}
	c.at = instant(r.Int64())
	return c, r.Done()
}

// refreshClaims is the data of a refresh token.
type refreshClaims struct {
	sessionID, userID, uuid string
	secret                  string
}

func (c refreshClaims) encode() []byte {
	return fields.Append(nil, c.sessionID, c.userID, shortUUID(c.uuid), c.secret)
}

func decodeRefresh(data string) (c refreshClaims, ok bool) {
	r := fields.NewReader(data)
	c = refreshClaims{r.Text(), r.Text(), longUUID(r.Text()), r.Text()}
	return c, r.Done()
}

// shortUUID returns "#" and the 16 bytes of a UUID in its usual spelling, or "=" and any other
// text.
func shortUUID(text string) string {
	raw, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if short := "#" + string(raw); err == nil && len(raw) == 16 && longUUID(short) == text {
		return short
	}
	return "=" + text
}

// longUUID returns what shortUUID was given.
func longUUID(short string) string {
	raw, ok := strings.CutPrefix(short, "#")
	if !ok || len(raw) != 16 {
		return strings.TrimPrefix(short, "=")
	}
	text := hex.EncodeToString([]byte(raw))
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}

// appendTarget writes the fields of t that a token contains.
func appendTarget(b []byte, t target) []byte {
	return fields.Append(b, t.phone.e164, t.region, string(t.purpose), t.boundTo,
		t.device.id, t.device.userID, number64(t.device.epoch))
}

// readTarget reads what appendTarget wrote.
func (s *Service) readTarget(r *fields.Reader) (t target) {
	t.phone = Phone{r.Text()}
	t.region = r.Text()
	t.purpose = Purpose(r.Text())
	t.boundTo = r.Text()
	t.device = device{r.Text(), r.Text(), r.Int64()}
	t.print = s.phonePrint(t.phone)
	return t
}

func number64(n int64) string { return strconv.FormatInt(n, 10) }

// signedToken converts the results of the keyring.
func signedToken(token string, err error) (Secret, error) { return Secret(token), err }
