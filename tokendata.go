package phoneauth

import (
	"strconv"
	"time"

	"github.com/phoneauth/phoneauth/internal/fields"
)

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
	return fields.Append(nil, c.sessionID, c.userID, c.uuid, c.secret)
}

func decodeRefresh(data string) (c refreshClaims, ok bool) {
	r := fields.NewReader(data)
	c = refreshClaims{r.Text(), r.Text(), r.Text(), r.Text()}
	return c, r.Done()
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
