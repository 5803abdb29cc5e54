// Package twiliosign checks the signatures of what Twilio posts.
package twiliosign

import (
	"crypto/hmac"
	"crypto/sha1" // Twilio's choice; HMAC does not rest on collisions
	"encoding/base64"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// Signed reports whether header, X-Twilio-Signature, is the signature of params, posted to one of
// the URLs. It compares in constant time.
func Signed(token []byte, urls []string, params url.Values, header string) bool {
	got, err := base64.StdEncoding.DecodeString(header)
	if err != nil {
		return false
	}
	ok := false
	for _, u := range urls {
		ok = hmac.Equal(got, signature(token, u, params)) || ok
	}
	return ok
}

// signature returns the HMAC-SHA1 under the token of the URL and of each parameter, by name,
// its values behind it (https://www.twilio.com/docs/usage/webhooks/webhooks-security).
func signature(token []byte, u string, params url.Values) []byte {
	mac := hmac.New(sha1.New, token)
	io.WriteString(mac, u)
	for _, name := range slices.Sorted(maps.Keys(params)) {
		values := slices.Sorted(slices.Values(params[name]))
		for _, value := range slices.Compact(values) {
			io.WriteString(mac, name+value)
		}
	}
	return mac.Sum(nil)
}

// Spellings returns u with and without the default port, or without the one it has: which of
// them Twilio signs depends on the product, and its own libraries take them all.
func Spellings(u string) []string {
	parsed, err := url.Parse(u)
	if err != nil {
		return []string{u}
	}
	other := parsed.Host + ":443"
	if port := parsed.Port(); port != "" {
		other = strings.TrimSuffix(parsed.Host, ":"+port)
	} else if parsed.Scheme == "http" {
		other = parsed.Host + ":80"
	}
	return []string{u, strings.Replace(u, "://"+parsed.Host, "://"+other, 1)}
}
