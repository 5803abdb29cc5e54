package vonage

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth/senders/internal/vonagesign"
)

// signed reports whether the callback of body, which says this, is Vonage's. The field sig covers plain
// values alone, so it is not enough for a callback that has others.
func signed(secret []byte, authorization string, body []byte, said posted, now time.Time) bool {
	if token, ok := vonagesign.Bearer(authorization); ok {
		return vonagesign.Signed(secret, token, body, now)
	}
	return said.plain && signedFields(secret, said.fields, now)
}

// signedFields checks the field sig
// (https://developer.vonage.com/en/getting-started/concepts/signing-messages).
func signedFields(secret []byte, fields map[string]string, now time.Time) bool {
	sig, err := hex.DecodeString(fields["sig"])
	if err != nil {
		return false
	}
	var algorithm func() hash.Hash
	switch len(sig) {
	case sha256.Size:
		algorithm = sha256.New
	case sha512.Size:
		algorithm = sha512.New
	default:
		return false
	}
	mac := hmac.New(algorithm, secret)
	blank := strings.NewReplacer("&", "_", "=", "_")
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name == "sig" {
			continue
		}
		if strings.ContainsAny(name, "&=") { // it could be two fields of the one signed
			return false
		}
		io.WriteString(mac, "&"+name+"="+blank.Replace(fields[name]))
	}
	if !hmac.Equal(sig, mac.Sum(nil)) {
		return false
	}
	seconds, err := strconv.ParseInt(fields["timestamp"], 10, 64)
	return err == nil && vonagesign.Fresh(time.Unix(seconds, 0), now)
}
