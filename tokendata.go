package phoneauth

import (
	"strconv"
	"time"
)

// What the tokens of our own say, beside access tokens: one struct and one codec a kind.
// Fields are written one after the other, each after its length.

// challengeClaims are in a challenge token. It is encrypted.
type challengeClaims struct {
	challengeID string
	about       target
}

func (c challengeClaims) encode() []byte {
	return appendTarget(appendFields(nil, c.challengeID), c.about)
}

func (s *Service) decodeChallenge(data string) (c challengeClaims, ok bool) {
	r := fieldReader{rest: data}
	c.challengeID = r.text()
	c.about = s.readTarget(&r)
	return c, r.done()
}

// proofClaims are in a verification token. It is encrypted.
type proofClaims struct {
	secret  string
	at      time.Time
	account account
	about   target
}

func (c proofClaims) encode() []byte {
	b := appendFields(nil, c.secret, number64(c.at.UnixMicro()), c.account.id, number64(c.account.epoch))
	return appendTarget(b, c.about)
}

func (s *Service) decodeProof(data string) (c proofClaims, ok bool) {
	r := fieldReader{rest: data}
	c.secret = r.text()
	c.at = instant(r.int64())
	c.account = account{r.text(), r.int64()}
	c.about = s.readTarget(&r)
	return c, r.done()
}

// deviceClaims are in the token of a known device.
type deviceClaims struct {
	phonePrint string
	device     device
	at         time.Time // of the sign-in
}

func (c deviceClaims) encode() []byte {
	return appendFields(nil, c.phonePrint, c.device.id, c.device.userID, number64(c.device.epoch), number64(c.at.UnixMicro()))
}

func decodeDevice(data string) (c deviceClaims, ok bool) {
	r := fieldReader{rest: data}
	c.phonePrint = r.text()
	c.device = device{r.text(), r.text(), r.int64()}
	c.at = instant(r.int64())
	return c, r.done()
}

// refreshClaims are in a refresh token.
type refreshClaims struct {
	sessionID, userID, uuid string
	secret                  string
}

func (c refreshClaims) encode() []byte {
	return appendFields(nil, c.sessionID, c.userID, c.uuid, c.secret)
}

func decodeRefresh(data string) (c refreshClaims, ok bool) {
	r := fieldReader{rest: data}
	c = refreshClaims{r.text(), r.text(), r.text(), r.text()}
	return c, r.done()
}

// appendTarget writes what a token keeps of t.
func appendTarget(b []byte, t target) []byte {
	return appendFields(b, t.phone.e164, t.region, string(t.purpose), t.boundTo,
		t.device.id, t.device.userID, number64(t.device.epoch))
}

// readTarget is the reverse of appendTarget.
func (s *Service) readTarget(r *fieldReader) (t target) {
	t.phone = Phone{r.text()}
	t.region = r.text()
	t.purpose = Purpose(r.text())
	t.boundTo = r.text()
	t.device = device{r.text(), r.text(), r.int64()}
	t.print = s.phonePrint(t.phone)
	return t
}

func number64(n int64) string { return strconv.FormatInt(n, 10) }
