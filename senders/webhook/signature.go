package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"time"
)

// signature returns the value of the Phoneauth-Signature header.
func signature(secret, body []byte, now time.Time) string {
	t := now.Unix()
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%d.%s", t, body)
	return fmt.Sprintf("t=%d,v1=%x", t, mac.Sum(nil))
}
