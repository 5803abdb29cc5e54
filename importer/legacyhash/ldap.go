package legacyhash

import (
	"bytes"
	"crypto/subtle"
	"encoding/base64"
	"strings"
)

// ldapHash is a hash of an LDAP server (RFC 2307): one round of a hash, and the salt after
// the digest.
type ldapHash struct {
	name         string // such as "SSHA"
	hash         string // of hashes
	salt, digest []byte
}

// parseLDAP reads "}base64" after the name.
func parseLDAP(name, rest string) (scheme, error) {
	text, ok := strings.CutPrefix(rest, "}")
	base := strings.ToLower(strings.TrimPrefix(strings.ToUpper(name), "S"))
	salted := !strings.HasPrefix(base, "h") // the S of {SHA} is no sign of a salt
	if !salted {
		base = "s" + base
	}
	if base == "sha" {
		base = "sha1"
	}
	if hashes[base] == nil {
		return nil, errUnknown
	}
	size := hashes[base]().Size()
	all, ok2 := decode(text)
	if !ok || !ok2 || len(all) < size || salted != (len(all) > size) || len(all)-size > maxSalt {
		return nil, errBroken
	}
	return ldapHash{name, base, all[size:], all[:size]}, nil
}

func (h ldapHash) kind() string { return "ldap-" + strings.ToLower(h.name) }

func (h ldapHash) check(password []byte) bool {
	d := hashes[h.hash]()
	d.Write(password)
	d.Write(h.salt)
	return subtle.ConstantTimeCompare(d.Sum(nil), h.digest) == 1
}

func (h ldapHash) decoy() string {
	all := bytes.Join([][]byte{random(len(h.digest)), random(len(h.salt))}, nil)
	return "{" + h.name + "}" + base64.StdEncoding.EncodeToString(all)
}
