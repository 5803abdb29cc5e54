package tencent

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strconv"
	"strings"
	"time"
)

const algorithm = "TC3-HMAC-SHA256"

// header is one that is signed, its name in lower case.
type header struct{ name, value string }

// signer has what a signature is made of beside the request.
type signer struct{ id, secret, service string }

// authorization returns the header of that name for a POST of body to "/", with these headers, which
// must be in the order of their names (https://www.tencentcloud.com/document/api/382/34590).
func (s signer) authorization(headers []header, body string, at time.Time) string {
	var canonical strings.Builder
	canonical.WriteString("POST\n/\n\n")
	names := make([]string, len(headers))
	for i, h := range headers {
		canonical.WriteString(h.name + ":" + strings.TrimSpace(h.value) + "\n")
		names[i] = h.name
	}
	signed := strings.Join(names, ";")
	canonical.WriteString("\n" + signed + "\n" + hash(body))

	date := at.UTC().Format("2006-01-02")
	scope := date + "/" + s.service + "/tc3_request"
	key := mac([]byte("TC3"+s.secret), date)
	key = mac(mac(key, s.service), "tc3_request")
	signature := mac(key, algorithm+"\n"+strconv.FormatInt(at.Unix(), 10)+"\n"+scope+"\n"+hash(canonical.String()))
	return algorithm + " Credential=" + s.id + "/" + scope + ", SignedHeaders=" + signed + ", Signature=" + hex.EncodeToString(signature)
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	io.WriteString(h, text)
	return h.Sum(nil)
}
