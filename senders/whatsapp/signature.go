package whatsapp

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// signed reports whether header is the signature of body: "sha256=" and the HMAC-SHA256 under the
// app secret, in hexadecimal
// (https://developers.facebook.com/docs/graph-api/webhooks/getting-started#validate-payloads).
func signed(secret, body []byte, header string) bool {
	digits, ok := strings.CutPrefix(header, "sha256=")
	got, err := hex.DecodeString(digits)
	if !ok || err != nil {
		return false
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write(body)
	return hmac.Equal(got, mac.Sum(nil))
}
