package plivo

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// signed reports whether a POST of params to u with these headers is Plivo's. Plivo documents version 2
// of its signatures for messages (https://www.plivo.com/docs/messaging/concepts/signature-validation).
// Version 3, which it documents for calls, comes with messages too. Where it comes, it alone counts,
// because version 2 covers the address only.
func signed(token []byte, u *url.URL, h http.Header, params url.Values) bool {
	text, version := base(u), "V2"
	if h.Get("X-Plivo-Signature-V3") != "" {
		text, version = canonical(u, params)+".", "V3"
	}
	nonce := h.Get("X-Plivo-Signature-" + version + "-Nonce")
	if nonce == "" {
		return false
	}
	mac := hmac.New(sha256.New, token)
	mac.Write([]byte(text + nonce))
	return among(h.Get("X-Plivo-Signature-"+version), mac.Sum(nil))
}

// among reports whether one of the signatures in header is want. Plivo signs with each auth token that
// is valid, with commas between.
func among(header string, want []byte) bool {
	ok := false
	for one := range strings.SplitSeq(header, ",") {
		got, err := base64.StdEncoding.DecodeString(strings.TrimSpace(one))
		ok = err == nil && hmac.Equal(got, want) || ok
	}
	return ok
}

// base returns the address without its query.
func base(u *url.URL) string { return u.Scheme + "://" + u.Host + u.Path }

// canonical returns the address, its sorted query and the sorted parameters, as version 3 has them for
// a POST (https://www.plivo.com/docs/voice/concepts/signature-validation).
func canonical(u *url.URL, params url.Values) string {
	text, query := base(u), pairs(u.Query(), "=", "&")
	if query != "" || len(params) > 0 {
		text += "?" + query
	}
	if query != "" && len(params) > 0 {
		text += "."
	}
	return text + pairs(params, "", "")
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
