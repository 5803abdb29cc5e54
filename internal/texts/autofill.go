package texts

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// maxRetrieverBytes bounds a text that the SMS Retriever API reads. Google does not say
// in which encoding: UTF-8 is the longest of those in question.
const maxRetrieverBytes = 140

// AndroidHash returns the 11 characters that stand for an Android app: of its package name
// and of the certificate in DER that it is signed with. The rule is that of
// developers.google.com/identity/sms-retriever/verify.
func AndroidHash(packageName string, certificate []byte) string {
	sum := sha256.Sum256([]byte(packageName + " " + hex.EncodeToString(certificate)))
	return base64.StdEncoding.EncodeToString(sum[:])[:androidHashLength]
}

const androidHashLength = 11

// autofill returns the end of a text by which phones take the code out of it.
func (r Rules) autofill(code string) string {
	switch {
	case code == "":
		return ""
	case r.Host == "" && r.AndroidHash == "":
		return ""
	case r.Host == "":
		return "\n" + r.AndroidHash
	case r.AndroidHash == "":
		return "\n@" + r.Host + " #" + code
	}
	return "\n@" + r.Host + " #" + code + " " + r.AndroidHash
}

func validAndroidHash(s string) bool {
	return len(s) == androidHashLength && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '+' && r != '/'
	})
}

// validHost reports whether s is a host name as a browser spells it (RFC 1123, 2.1).
func validHost(s string) bool {
	if len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.Trim(label, "0123456789abcdefghijklmnopqrstuvwxyz-") != "" {
			return false
		}
	}
	return true
}

// maxPage is the greatest length of Rules.NotMeURL. With it a notice takes at most linkedSegments
// in every language.
const maxPage = 80

// linkTokenLength is that of the token of a link: 128 bits in base64 (RFC 4648, 5).
const linkTokenLength = 22

// LinkOf returns the link to the page of NotMeURL with a token.
func (r Rules) LinkOf(token string) string { return r.NotMeURL + "?t=" + token }

// validPage reports whether s is an address that phones show as a link to the end: of https, or
// of http on this machine.
func validPage(s string) bool {
	rest, secure := strings.CutPrefix(s, "https://")
	if !secure {
		var plain bool
		if rest, plain = strings.CutPrefix(s, "http://"); !plain {
			return false
		}
	}
	host, path, _ := strings.Cut(rest, "/")
	name, port, _ := strings.Cut(host, ":")
	local := name == "localhost" || name == "127.0.0.1"
	return len(s) <= maxPage && validHost(name) && (secure || local) && strings.Trim(port, "0123456789") == "" &&
		!strings.ContainsFunc(path, func(r rune) bool {
			return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && !strings.ContainsRune("/-._", r)
		})
}
