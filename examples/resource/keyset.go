package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/MicahParks/jwkset"

	"github.com/phoneauth/phoneauth"
)

const (
	// fetchTimeout bounds one fetch of the document, and maxDocument its size in bytes.
	fetchTimeout = 5 * time.Second
	maxDocument  = 64 << 10
	// maxAge is how old a document may be before it is fetched again. A key that was
	// dropped after a leak is not accepted for longer than that.
	maxAge = 5 * time.Minute
	// maxStale is how long a document is used while the issuer does not answer: as long as
	// the longest access token lives.
	maxStale = 15 * time.Minute
	// defaultPause is the least time between two fetches. Tokens with invented key ids cost
	// the issuer no more than one request in that time.
	defaultPause = 10 * time.Second
)

// KeySet verifies the access tokens of one issuer by the keys that it publishes at
// /.well-known/jwks.json. It fetches the document when a token names a key that it does
// not have, and when the document is five minutes old. It is safe for concurrent use,
// and starts no goroutine.
type KeySet struct {
	url, issuer, audience string
	client                *http.Client
	logger                *slog.Logger
	pause                 time.Duration

	current atomic.Pointer[document] // nil: nothing was fetched yet
	mu      sync.Mutex               // held by the one that fetches
	asked   time.Time                // the last fetch, also one that failed
}

// document is one version of the key set.
type document struct {
	ids      map[string]bool
	verifier *phoneauth.JWT
	fetched  time.Time
}

// NewKeySet reads the keys at url. issuer and audience are those of the tokens: what the
// phoneauth server has in its JWTConfig, or its Config.Name for both.
func NewKeySet(url, issuer, audience string, logger *slog.Logger) *KeySet {
	return &KeySet{
		url: url, issuer: issuer, audience: audience, logger: logger, pause: defaultPause,
		client: &http.Client{Timeout: fetchTimeout},
	}
}

// Verify returns who a token is.
//
// Errors: phoneauth.ErrUnauthenticated for a token that is not good;
// phoneauth.ErrUnavailable while the keys cannot be had, and nobody is let in.
func (k *KeySet) Verify(ctx context.Context, token phoneauth.Secret) (phoneauth.Claims, error) {
	id, ok := keyID(token)
	if !ok {
		return phoneauth.Claims{}, phoneauth.ErrUnauthenticated
	}
	d := k.current.Load()
	if !d.good(id) {
		d = k.refetch(ctx, id, d)
	}
	if d == nil || time.Since(d.fetched) > maxStale {
		return phoneauth.Claims{}, phoneauth.ErrUnavailable
	}
	return d.verifier.VerifyToken(ctx, token) // which refuses a key that it has not
}

// good reports whether d has the key and is young enough.
func (d *document) good(id string) bool {
	return d != nil && d.ids[id] && time.Since(d.fetched) <= maxAge
}

// refetch returns the newest document there is. seen is the one that was not good enough.
func (k *KeySet) refetch(ctx context.Context, id string, seen *document) *document {
	if seen != nil && seen.ids[id] && time.Since(seen.fetched) <= maxStale {
		if !k.mu.TryLock() {
			return seen // it is only old, and somebody fetches already
		}
	} else {
		k.mu.Lock()
	}
	defer k.mu.Unlock()
	d := k.current.Load()
	if d.good(id) || !k.asked.IsZero() && time.Since(k.asked) < k.pause {
		return d
	}
	k.asked = time.Now()
	// The document is for everybody: a client that hangs up must not keep it from others.
	fetched, err := k.fetch(context.WithoutCancel(ctx))
	if err != nil {
		k.logger.ErrorContext(ctx, "the issuer's keys cannot be fetched", "url", k.url, "error", err)
		return d
	}
	k.current.Store(fetched)
	return fetched
}

func (k *KeySet) fetch(ctx context.Context) (*document, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, k.url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := k.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the answer is %s", resp.Status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxDocument+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxDocument {
		return nil, errors.New("the document is too large")
	}
	keys, err := publicKeys(body)
	if err != nil {
		return nil, err
	}
	verifier, err := phoneauth.NewJWT(phoneauth.JWTConfig{Issuer: k.issuer, Audience: k.audience, Keys: keys})
	if err != nil {
		return nil, err
	}
	d := &document{ids: map[string]bool{}, verifier: verifier, fetched: time.Now()}
	for _, key := range keys {
		d.ids[key.ID] = true
	}
	return d, nil
}

// publicKeys reads a JSON Web Key Set (RFC 7517, 5). Keys that are not for signatures, or
// of an algorithm that phoneauth does not sign with, are passed over.
func publicKeys(body []byte) ([]phoneauth.SigningKey, error) {
	var set jwkset.JWKSMarshal
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, errors.New("the document is no JSON Web Key Set")
	}
	var keys []phoneauth.SigningKey
	for _, written := range set.Keys {
		signs := written.USE == "" || written.USE == jwkset.UseSig
		if !signs || written.ALG != jwkset.AlgEdDSA && written.ALG != jwkset.AlgES256 {
			continue
		}
		key, err := jwkset.NewJWKFromMarshal(written, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
		if err != nil {
			return nil, fmt.Errorf("key %q: %w", written.KID, err)
		}
		keys = append(keys, phoneauth.SigningKey{ID: written.KID, Key: key.Key()})
	}
	if len(keys) == 0 {
		return nil, errors.New("the document has no key for EdDSA or ES256: the issuer signs with a shared secret")
	}
	return keys, nil
}

// keyID reads which key a token says that it was signed with. Nothing is verified here.
func keyID(token phoneauth.Secret) (string, bool) {
	head, _, _ := strings.Cut(string(token), ".")
	if len(head) > 512 {
		return "", false
	}
	text, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		return "", false
	}
	var header struct {
		ID string `json:"kid"`
	}
	if json.Unmarshal(text, &header) != nil {
		return "", false
	}
	return header.ID, header.ID != ""
}
