package phoneauth

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// maxRetrieverBytes bounds a text that the SMS Retriever API reads. Google does not say
// in which encoding: UTF-8 is the longest of those in question.
const maxRetrieverBytes = 140

// AndroidHash returns the 11 characters for [TextRules.AndroidHash] that stand for an
// Android app: of its package name, such as "com.example.app", and of the certificate
// that it is signed with, in DER. A fingerprint of the certificate will not do. With
// Play App Signing it is the deployment_cert.der of the Play console, not that of the
// upload key; otherwise `keytool -exportcert` prints it, and x509.Certificate has it in
// Raw. A debug build has another.
//
// The rule is that of developers.google.com/identity/sms-retriever/verify.
func AndroidHash(packageName string, certificate []byte) string {
	sum := sha256.Sum256([]byte(packageName + " " + hex.EncodeToString(certificate)))
	return base64.StdEncoding.EncodeToString(sum[:])[:androidHashLength]
}

const androidHashLength = 11

// autofill is the end of a text by which phones take the code out of it.
func (r TextRules) autofill(code Secret) string {
	switch {
	case code == "":
		return ""
	case r.Host == "" && r.AndroidHash == "":
		return ""
	case r.Host == "":
		return "\n" + r.AndroidHash
	case r.AndroidHash == "":
		return "\n@" + r.Host + " #" + string(code)
	}
	return "\n@" + r.Host + " #" + string(code) + " " + r.AndroidHash
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
