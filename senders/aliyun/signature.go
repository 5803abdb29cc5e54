package aliyun

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// emptyHash is the SHA-256 of an empty body.
const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

const algorithm = "ACS3-HMAC-SHA256"

// authorization returns the header of that name for a POST of "/" without a body, with this query,
// which is canonical, and these headers, whose names are in lower case
// (https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature).
func authorization(id string, secret []byte, query string, headers map[string]string) string {
	names := slices.Sorted(maps.Keys(headers))
	var canonical strings.Builder
	canonical.WriteString("POST\n/\n" + query + "\n")
	for _, name := range names {
		canonical.WriteString(name + ":" + strings.TrimSpace(headers[name]) + "\n")
	}
	signed := strings.Join(names, ";")
	canonical.WriteString("\n" + signed + "\n" + emptyHash)
	hash := sha256.Sum256([]byte(canonical.String()))
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(algorithm + "\n" + hex.EncodeToString(hash[:])))
	return algorithm + " Credential=" + id + ",SignedHeaders=" + signed + ",Signature=" + hex.EncodeToString(mac.Sum(nil))
}

// canonicalQuery returns v as the signature wants it: sorted, and encoded as RFC 3986 says.
func canonicalQuery(v url.Values) string { return strings.ReplaceAll(v.Encode(), "+", "%20") }
