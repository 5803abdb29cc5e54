package phoneauth

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/phoneauth/phoneauth/internal/fields"
	"github.com/phoneauth/phoneauth/internal/jws"
	"github.com/phoneauth/phoneauth/internal/names"
	"github.com/phoneauth/phoneauth/internal/random"
)

// TokenIssuer issues and verifies access tokens. [JWT] is one. Implementations must be safe
// for concurrent use.
type TokenIssuer interface {
	// IssueToken returns a token that contains c. VerifyToken must accept it until
	// c.ExpiresAt. An error reaches the caller of the Service as ErrUnavailable. After an error
	// a sign-in has no session, and a refresh has not used up its token.
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

const (
	// accessType is the typ of access tokens (RFC 9068, 2.1).
	accessType = "at+jwt"
	// maxAccessLife is how long an access token may live. It is short, because an access
	// token cannot be revoked.
	maxAccessLife = 15 * time.Minute
	// accessLeeway is how much the clocks of two machines may differ (RFC 7519, 4.1.4: "no
	// more than a few minutes").
	accessLeeway = 30 * time.Second
)

// JWT issues and verifies access tokens in the profile of RFC 9068, following RFC 8725. Make
// one with [NewJWT]. It is safe for concurrent use and stores no token. A JWT that has only
// public keys verifies and cannot issue: examples/resource has programs that verify the
// tokens of a Service by its key set.
//
// The header of a token has alg, kid and typ "at+jwt". The claims are iss, aud, sub
// (Claims.Subject), uid (Claims.UserID), sid, iat, nbf, exp, jti (128 random bits),
// auth_time, amr, and those of Claims.Extra that have other names.
type JWT struct {
	issuer, audience string
	clock            func() time.Time
	signer           *jws.Key
	byHeader         map[string]*jws.Key // the first segment of each key's tokens
	parser           *jwt.Parser
	jwks             []byte
}

// NewJWT makes a JWT from a copy of c. Its error lists every fault of c with its field.
func NewJWT(c JWTConfig) (*JWT, error) { return newJWT(c, time.Now) }

// newJWT is NewJWT with a clock.
func newJWT(c JWTConfig, clock func() time.Time) (*JWT, error) {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("phoneauth: jwt: "+format, args...))
	}
	if c.Issuer == "" {
		fault("Issuer is required")
	}
	if c.Audience == "" {
		fault("Audience is required")
	}
	if len(c.Keys) == 0 {
		fault("Keys is required: the first signs")
	}
	j := &JWT{
		clock:    clock,
		issuer:   c.Issuer,
		audience: c.Audience,
		byHeader: map[string]*jws.Key{},
		parser: jwt.NewParser(
			jwt.WithIssuer(c.Issuer),
			jwt.WithAudience(c.Audience),
			jwt.WithExpirationRequired(),
			jwt.WithIssuedAt(),
			jwt.WithLeeway(accessLeeway),
			jwt.WithStrictDecoding(),
			jwt.WithTimeFunc(clock),
		),
	}
	signs := false
	seen := map[string]bool{}
	var keys []*jws.Key
	for i, key := range c.Keys {
		if !names.Valid(key.ID, 64, "-_") {
			fault("Keys[%d].ID must be 1 to 64 letters, digits, '-' or '_'", i)
		} else if seen[key.ID] {
			fault("Keys[%d].ID %q is taken by another key", i, key.ID)
		}
		seen[key.ID] = true
		k, err := jws.NewKey(key.ID, accessType, key.Key)
		if err != nil {
			fault("Keys[%d].Key %w", i, err)
			continue
		}
		j.byHeader[k.Header] = k
		keys = append(keys, k)
		signs = signs || k.Sign != nil
		if i == 0 {
			j.signer = k
		}
	}
	if signs && j.signer != nil && j.signer.Sign == nil {
		fault("Keys[0].Key is public, but the first key signs: a key that can sign must come first")
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	var err error
	j.jwks, err = jws.Set(keys)
	return j, err
}

// JWKS returns a JSON Web Key Set (RFC 7517, 5) of the public keys of j and of the public halves
// of its private keys. Private keys and HMAC keys are never in it. A JWT that has only HMAC keys
// returns {"keys":[]}.
func (j *JWT) JWKS() []byte { return bytes.Clone(j.jwks) }

// Format writes "phoneauth.JWT" for every verb, and nothing of the keys.
func (JWT) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "phoneauth.JWT") }

// signs reports whether j has a key to sign with.
func (j *JWT) signs() bool { return j != nil && j.signer != nil && j.signer.Sign != nil }

// IssueToken signs c with the first key. It leaves out an AuthTime that is zero. It returns
// an error when the JWT has only public keys, UserID or Subject is empty, ExpiresAt is past
// or more than 15 minutes away, or Extra is no JSON or makes the token longer than 4 KiB.
func (j *JWT) IssueToken(_ context.Context, c Claims) (Secret, error) {
	if j.signer == nil {
		return "", errors.New("phoneauth: issue token: the JWT was not made by NewJWT")
	}
	if !j.signs() {
		return "", errors.New("phoneauth: issue token: every key of this JWT is public: it verifies only")
	}
	now := j.clock()
	if c.UserID == "" || c.Subject == "" {
		return "", errors.New("phoneauth: issue token: UserID and Subject are required")
	}
	if !c.ExpiresAt.After(now) || c.ExpiresAt.After(now.Add(maxAccessLife+time.Second)) { // whole seconds may be rounded up
		return "", errors.New("phoneauth: issue token: ExpiresAt must be within the next 15 minutes")
	}
	var authTime int64
	if !c.AuthTime.IsZero() {
		authTime = c.AuthTime.Unix()
	}
	claims, err := json.Marshal(accessClaims{
		Issuer: j.issuer, Audience: j.audience,
		Subject: c.Subject, UserID: c.UserID, SessionID: c.SessionID,
		IssuedAt: now.Unix(), NotBefore: now.Unix(), ExpiresAt: c.ExpiresAt.Unix(),
		ID: random.ID(), AuthTime: authTime, AMR: c.AMR,
	})
	if err != nil {
		return "", fmt.Errorf("phoneauth: issue token: %w", err)
	}
	claims, err = withExtra(claims, c.Extra)
	if err != nil {
		return "", fmt.Errorf("phoneauth: issue token: %w", err)
	}
	signed, err := jws.Sign(j.signer.Header, claims, j.signer.Sign)
	if err != nil {
		return "", fmt.Errorf("phoneauth: issue token: %w", err)
	}
	if len(signed) > jws.MaxLength {
		return "", fmt.Errorf("phoneauth: issue token: %d bytes, at most %d can be verified: Extra is too long", len(signed), jws.MaxLength)
	}
	return Secret(signed), nil
}

// accessClaims are the claims of a token, without those of Claims.Extra.
type accessClaims struct {
	Issuer    string   `json:"iss"`
	Audience  string   `json:"aud"`
	Subject   string   `json:"sub"`
	UserID    string   `json:"uid"`
	SessionID string   `json:"sid,omitempty"`
	IssuedAt  int64    `json:"iat"`
	NotBefore int64    `json:"nbf"`
	ExpiresAt int64    `json:"exp"`
	ID        string   `json:"jti"`
	AuthTime  int64    `json:"auth_time,omitzero"`
	AMR       []string `json:"amr,omitempty"`
}

// withExtra adds the members of extra to the JSON object claims, except those whose names
// are registered.
func withExtra(claims []byte, extra map[string]any) ([]byte, error) {
	others := maps.Clone(extra)
	maps.DeleteFunc(others, isAccessName)
	if len(others) == 0 {
		return claims, nil
	}
	more, err := json.Marshal(others)
	if err != nil {
		return nil, err
	}
	return append(append(claims[:len(claims)-1], ','), more[1:]...), nil
}

// accessNames are the names of claims that Claims.Extra cannot set.
var accessNames = map[string]bool{
	"iss": true, "aud": true, "sub": true, "uid": true, "sid": true, "iat": true,
	"nbf": true, "exp": true, "jti": true, "auth_time": true, "amr": true,
}

func isAccessName(name string, _ any) bool { return accessNames[name] }

// Reasons to refuse an access token, for logs. They quote nothing of the token.
var (
	errTokenHeader = fmt.Errorf("%w: access token has a form or header that is none of ours", ErrUnauthenticated)
	errTokenClaims = fmt.Errorf("%w: access token is forged, out of its time, of another issuer or audience, or lacks a claim", ErrUnauthenticated)
)

// VerifyToken returns the claims of a token that a key of j signed, for the issuer and
// audience of j, between its nbf and its exp. Clocks may differ by 30 seconds. Extra has the
// other claims, as encoding/json decodes them into any. For any other token it returns
// ErrUnauthenticated.
//
// The header must be, byte for byte, one that a key of j writes. A token with another header,
// a token longer than 4 KiB, and a token without two dots are refused before anything is
// decoded. This refuses "none", every algorithm but that of the key, unknown kids, crit, jku,
// jwk and x5*.
func (j *JWT) VerifyToken(_ context.Context, token Secret) (Claims, error) {
	key := j.byHeader[jws.HeaderOf(string(token))]
	if key == nil {
		return Claims{}, errTokenHeader
	}
	claims := jwt.MapClaims{}
	_, err := j.parser.ParseWithClaims(string(token), claims, func(t *jwt.Token) (any, error) {
		if t.Method.Alg() != key.Method.Alg() { // unreachable: the header says so
			return nil, errTokenHeader
		}
		return key.Verify, nil
	})
	if err != nil {
		return Claims{}, errTokenClaims
	}
	c := Claims{AuthTime: claimTime(claims, "auth_time"), ExpiresAt: claimTime(claims, "exp")}
	c.Subject, _ = claims["sub"].(string)
	c.UserID, _ = claims["uid"].(string)
	c.SessionID, _ = claims["sid"].(string)
	issued, begins := claimTime(claims, "iat"), claimTime(claims, "nbf")
	if c.Subject == "" || c.UserID == "" || issued.IsZero() || begins.IsZero() {
		return Claims{}, errTokenClaims
	}
	amr, _ := claims["amr"].([]any)
	for _, method := range amr {
		name, _ := method.(string)
		c.AMR = append(c.AMR, name)
	}
	maps.DeleteFunc(claims, isAccessName)
	if len(claims) > 0 {
		c.Extra = claims
	}
	return c, nil
}

// claimTime returns a NumericDate in whole seconds, or zero if the claim is no such date.
func claimTime(claims jwt.MapClaims, name string) time.Time {
	seconds, ok := claims[name].(float64)
	if !ok || seconds < 1 || seconds > 1<<40 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}

// The data of the tokens that only this package reads: one struct and one codec for each
// kind. Each field is written after its length.

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

// sealedToken converts the results of SealToken.
func sealedToken(token string, err error) (Secret, error) { return Secret(token), err }
