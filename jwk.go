package phoneauth

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	_ "crypto/sha256" // golang-jwt leaves linking the hash to its user
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/golang-jwt/jwt/v5"
)

// SigningKey is one key of a [JWT]. Print it and see its id.
type SigningKey struct {
	// ID is the kid of its tokens: 1 to 64 letters, digits, '-' or '_'.
	ID string
	// Key decides the one algorithm it is used with (RFC 8725, 3.1):
	//
	//	[]byte                                  HS256, at least 32 bytes (RFC 7518, 3.2)
	//	ed25519.PrivateKey, ed25519.PublicKey   EdDSA (RFC 8037)
	//	*ecdsa.PrivateKey, *ecdsa.PublicKey     ES256, on P-256 (RFC 7518, 3.4)
	//
	// A public key verifies only, and a JWT may have nothing else. Whoever verifies HS256
	// can also sign: give other programs a public key, by JWKS.
	Key any
}

// String returns the id, whatever the verb.
func (k SigningKey) String() string { return "phoneauth.SigningKey(" + k.ID + ")" }

// Format writes what String returns.
func (k SigningKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// LogValue returns what String does.
func (k SigningKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText returns what String does.
func (k SigningKey) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// jwtKey is a SigningKey, checked.
type jwtKey struct {
	method jwt.SigningMethod
	header string // the segment that its tokens begin with
	sign   any    // nil: verifies only
	verify any
	public *jwk // nil: HMAC
}

// jwk is a public key on the wire (RFC 7517, 4; RFC 7518, 6.2.1; RFC 8037, 2).
type jwk struct {
	Type      string `json:"kty"`
	Curve     string `json:"crv"`
	X         string `json:"x"`
	Y         string `json:"y,omitempty"`
	Algorithm string `json:"alg"`
	Use       string `json:"use"`
	ID        string `json:"kid"`
}

type jwkSet struct {
	Keys []jwk `json:"keys"`
}

// newJWTKey copies key; its errors complete "Keys[0].Key …".
func newJWTKey(key SigningKey) (*jwtKey, error) {
	k := &jwtKey{}
	var err error
	switch material := key.Key.(type) {
	case nil:
		return nil, errors.New("is required")
	case []byte:
		if len(material) < minKeyLength {
			return nil, fmt.Errorf("must be at least %d bytes, have %d", minKeyLength, len(material))
		}
		secret := bytes.Clone(material)
		k.method, k.sign, k.verify = jwt.SigningMethodHS256, secret, secret
	case ed25519.PrivateKey:
		if len(material) != ed25519.PrivateKeySize {
			return nil, fmt.Errorf("must be an Ed25519 private key of %d bytes, have %d", ed25519.PrivateKeySize, len(material))
		}
		private := bytes.Clone(material)
		k.sign = ed25519.PrivateKey(private)
		err = k.useEd25519(private[ed25519.SeedSize:])
	case ed25519.PublicKey:
		err = k.useEd25519(bytes.Clone(material))
	case *ecdsa.PrivateKey:
		k.sign, err = k.useP256Private(material)
	case *ecdsa.PublicKey:
		err = k.useP256(material)
	default:
		return nil, fmt.Errorf("must be of a type that SigningKey lists, not %T", material)
	}
	if err != nil {
		return nil, err
	}
	if k.sign != nil {
		const probe = "phoneauth"
		if sig, err := k.method.Sign(probe, k.sign); err != nil || k.method.Verify(probe, sig, k.verify) != nil {
			return nil, errors.New("has a public half that is not of its private half")
		}
	}
	if k.public != nil {
		k.public.Algorithm, k.public.Use, k.public.ID = k.method.Alg(), "sig", key.ID
	}
	k.header, err = headerSegment(k.method, key.ID, accessType)
	return k, err
}

func (k *jwtKey) useEd25519(public ed25519.PublicKey) error {
	if len(public) != ed25519.PublicKeySize {
		return fmt.Errorf("must be an Ed25519 public key of %d bytes, have %d", ed25519.PublicKeySize, len(public))
	}
	k.method, k.verify = jwt.SigningMethodEdDSA, public
	k.public = &jwk{Type: "OKP", Curve: "Ed25519", X: base64.RawURLEncoding.EncodeToString(public)}
	return nil
}

var errNotP256 = errors.New("must be an ECDSA key on P-256, with all its fields")

// The fields of ECDSA keys may be nil, and then their methods panic.

func (k *jwtKey) useP256Private(private *ecdsa.PrivateKey) (*ecdsa.PrivateKey, error) {
	//lint:ignore SA1019 only to see that there is one
	if private == nil || private.Curve != elliptic.P256() || private.D == nil {
		return nil, errNotP256
	}
	if err := k.useP256(&private.PublicKey); err != nil {
		return nil, err
	}
	scalar, err := private.Bytes()
	if err != nil {
		return nil, errNotP256
	}
	return ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar)
}

func (k *jwtKey) useP256(public *ecdsa.PublicKey) error {
	//lint:ignore SA1019 only to see that there is one
	if public == nil || public.Curve != elliptic.P256() || public.X == nil || public.Y == nil {
		return errNotP256
	}
	point, err := public.Bytes() // 4, X, Y (SEC 1, 2.3.3); only of a point on the curve
	if err != nil {
		return errNotP256
	}
	if k.verify, err = ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point); err != nil {
		return errNotP256
	}
	k.method = jwt.SigningMethodES256
	k.public = &jwk{
		Type: "EC", Curve: "P-256",
		X: base64.RawURLEncoding.EncodeToString(point[1:33]), Y: base64.RawURLEncoding.EncodeToString(point[33:]),
	}
	return nil
}
