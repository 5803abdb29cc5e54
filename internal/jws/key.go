package jws

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	_ "crypto/sha256" // golang-jwt leaves linking the hash to its user
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/golang-jwt/jwt/v5"

	"github.com/phoneauth/phoneauth/internal/mac"
)

// Key is a copy of a host's key, checked, with the one algorithm it is used with. Nothing
// changes it after NewKey.
type Key struct {
	// Method is the algorithm.
	Method jwt.SigningMethod
	// Header is the segment that the key's tokens begin with.
	Header string
	// Sign signs by Method; nil: the key is public and verifies only.
	Sign Signer
	// Verify is what Method verifies with.
	Verify any
	public *jwk // nil for HMAC, which has none
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

// Set returns the public keys of keys as a JSON Web Key Set (RFC 7517, 5). HMAC keys are
// never in it: with none but those it is {"keys":[]}.
func Set(keys []*Key) ([]byte, error) {
	set := struct {
		Keys []jwk `json:"keys"`
	}{Keys: []jwk{}}
	for _, k := range keys {
		if k.public != nil {
			set.Keys = append(set.Keys, *k.public)
		}
	}
	return json.Marshal(set)
}

// NewKey copies the key that material is, for tokens with this kid and typ. It takes the
// types that phoneauth.SigningKey lists. Its errors complete "Keys[0].Key …".
func NewKey(id, typ string, material any) (*Key, error) {
	k := &Key{}
	var err error
	switch material := material.(type) {
	case nil:
		return nil, errors.New("is required")
	case []byte:
		if len(material) < MinSecret {
			return nil, fmt.Errorf("must be at least %d bytes, have %d", MinSecret, len(material))
		}
		secret := bytes.Clone(material)
		k.Method, k.Sign, k.Verify = jwt.SigningMethodHS256, HS256(mac.New(secret)), secret
	case ed25519.PrivateKey:
		if len(material) != ed25519.PrivateKeySize {
			return nil, fmt.Errorf("must be an Ed25519 private key of %d bytes, have %d", ed25519.PrivateKeySize, len(material))
		}
		private := bytes.Clone(material)
		k.Sign = func(text []byte) ([]byte, error) {
			return jwt.SigningMethodEdDSA.Sign(string(text), ed25519.PrivateKey(private))
		}
		err = k.useEd25519(private[ed25519.SeedSize:])
	case ed25519.PublicKey:
		err = k.useEd25519(bytes.Clone(material))
	case *ecdsa.PrivateKey:
		k.Sign, err = k.useP256Private(material)
	case *ecdsa.PublicKey:
		err = k.useP256(material)
	default:
		return nil, fmt.Errorf("must be of a type that SigningKey lists, not %T", material)
	}
	if err != nil {
		return nil, err
	}
	if k.Sign != nil {
		const probe = "phoneauth"
		if sig, err := k.Sign([]byte(probe)); err != nil || k.Method.Verify(probe, sig, k.Verify) != nil {
			return nil, errors.New("has a public half that is not of its private half")
		}
	}
	if k.public != nil {
		k.public.Algorithm, k.public.Use, k.public.ID = k.Method.Alg(), "sig", id
	}
	k.Header, err = Header(k.Method, id, typ)
	return k, err
}

func (k *Key) useEd25519(public ed25519.PublicKey) error {
	if len(public) != ed25519.PublicKeySize {
		return fmt.Errorf("must be an Ed25519 public key of %d bytes, have %d", ed25519.PublicKeySize, len(public))
	}
	k.Method, k.Verify = jwt.SigningMethodEdDSA, public
	k.public = &jwk{Type: "OKP", Curve: "Ed25519", X: base64.RawURLEncoding.EncodeToString(public)}
	return nil
}

var errNotP256 = errors.New("must be an ECDSA key on P-256, with all its fields")

// The fields of ECDSA keys may be nil, and then their methods panic.

func (k *Key) useP256Private(private *ecdsa.PrivateKey) (Signer, error) {
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
	own, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar)
	if err != nil {
		return nil, errNotP256
	}
	return func(text []byte) ([]byte, error) { return jwt.SigningMethodES256.Sign(string(text), own) }, nil
}

func (k *Key) useP256(public *ecdsa.PublicKey) error {
	//lint:ignore SA1019 only to see that there is one
	if public == nil || public.Curve != elliptic.P256() || public.X == nil || public.Y == nil {
		return errNotP256
	}
	point, err := public.Bytes() // 4, X, Y (SEC 1, 2.3.3); only of a point on the curve
	if err != nil {
		return errNotP256
	}
	if k.Verify, err = ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point); err != nil {
		return errNotP256
	}
	k.Method = jwt.SigningMethodES256
	k.public = &jwk{
		Type: "EC", Curve: "P-256",
		X: base64.RawURLEncoding.EncodeToString(point[1:33]), Y: base64.RawURLEncoding.EncodeToString(point[33:]),
	}
	return nil
}
