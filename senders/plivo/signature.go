package plivo

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// signed reports whether one of the signatures in header is that of params, posted to u with
// this nonce. Plivo signs with each auth token that is valid, with commas between.
func signed(token []byte, u *url.URL, nonce, header string, params url.Values) bool {
	if nonce == "" || header == "" {
		return false
	}
	want := signature(token, u, nonce, params)
	ok := false
	for one := range strings.SplitSeq(header, ",") {
		got, err := base64.StdEncoding.DecodeString(strings.TrimSpace(one))
		ok = err == nil && hmac.Equal(got, want) || ok
	}
	return ok
}

// signature returns the HMAC-SHA256 under the token of the address, its sorted query, the
// sorted parameters and the nonce, which is version 3 for a POST
// (https://www.plivo.com/docs/messaging/concepts/signature-validation).
func signature(token []byte, u *url.URL, nonce string, params url.Values) []byte {
	var b strings.Builder
	b.WriteString(u.Scheme + "://" + u.Host + u.Path)
	query := pairs(u.Query(), "=", "&")
	if query != "" || len(params) > 0 {
		b.WriteString("?" + query)
	}
	if query != "" && len(params) > 0 {
		b.WriteByte('.')
	}
	b.WriteString(pairs(params, "", "") + "." + nonce)
	mac := hmac.New(sha256.New, token)
	mac.Write([]byte(b.String()))
	return mac.Sum(nil)
}

// pairs writes the parameters by name, and each name once for each of its values.
func pairs(params url.Values, between, after string) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(params)) {
		for _, value := range slices.Sorted(slices.Values(params[name])) {
			all = append(all, name+between+value)
		}
	}
	return strings.Join(all, after)
}
