package phoneauth

import (
	"strconv"
	"time"

	"github.com/phoneauth/phoneauth/internal/fields"
)

// What the tokens of our own say, beside access tokens: one struct and one codec a kind.
// Fields are written one after the other, each after its length.

// challengeClaims are in a challenge token. It is encrypted.
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

// proofClaims are in a verification token. It is encrypted.
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

// deviceClaims are in the token of a known device.
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

// refreshClaims are in a refresh token.
type refreshClaims struct {
	sessionID, userID, uuid string
	secret                  string
}

func (c refreshClaims) encode() []byte {
	return fields.Append(nil, c.sessionID, c.userID, c.uuid, c.secret)
}

func decodeRefresh(data string) (c refreshClaims, ok bool) {
	r := fields.NewReader(data)
	c = refreshClaims{r.Text(), r.Text(), r.Text(), r.Text()}
	return c, r.Done()
}

// appendTarget writes what a token keeps of t.
func appendTarget(b []byte, t target) []byte {
	return fields.Append(b, t.phone.e164, t.region, string(t.purpose), t.boundTo,
		t.device.id, t.device.userID, number64(t.device.epoch))
}

// readTarget is the reverse of appendTarget.
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

// signedToken makes a Secret of a token that the keyring has made.
func signedToken(token string, err error) (Secret, error) { return Secret(token), err }
