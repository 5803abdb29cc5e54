package phonetest

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/humancheck"
)

// Answer answers a question of the embedded human check, as the page does: by work. It takes
// the processor of a server less than 0.1 s at level 1, and twice as long for each level more.
// The question is that of a *phoneauth.HumanCheckError, or the member human_check of an answer
// over HTTP. A test that is not about the check sets phoneauth.HumanCheckNever instead.
func Answer(t testing.TB, q humancheck.Question) phoneauth.Secret {
	t.Helper()
	answer, err := solve(q)
	if err != nil {
		t.Fatal("phonetest: " + err.Error())
	}
	return answer
}

// solution is what a client sends, in base64.
type solution struct {
	Challenge json.RawMessage `json:"challenge"`
	Solution  found           `json:"solution"`
}

type found struct {
	Counter    uint32 `json:"counter"`
	DerivedKey string `json:"derivedKey"`
}

func solve(q humancheck.Question) (phoneauth.Secret, error) {
	raw, err := json.Marshal(q.Challenge)
	if err != nil {
		return "", err
	}
	var challenge struct {
		Parameters struct {
			Algorithm              string
			Nonce, Salt, KeyPrefix string
			Cost, KeyLength        int
		}
	}
	p := &challenge.Parameters
	if err := json.Unmarshal(raw, &challenge); err != nil || p.Algorithm != "PBKDF2/SHA-256" {
		return "", fmt.Errorf("no question of the embedded human check: kind %q", q.Kind)
	}
	var parts [3][]byte
	for i, text := range []string{p.Nonce, p.Salt, p.KeyPrefix} {
		if parts[i], err = hex.DecodeString(text); err != nil {
			return "", err
		}
	}
	nonce, salt, prefix := parts[0], parts[1], parts[2]
	for counter := range uint32(1 << 24) {
		password := binary.BigEndian.AppendUint32(nonce[:len(nonce):len(nonce)], counter)
		key, err := pbkdf2.Key(sha256.New, string(password), salt, p.Cost, p.KeyLength)
		if err != nil {
			return "", err
		}
		if bytes.HasPrefix(key, prefix) {
			text, err := json.Marshal(solution{raw, found{counter, hex.EncodeToString(key)}})
			return phoneauth.Secret(base64.StdEncoding.EncodeToString(text)), err
		}
	}
	return "", fmt.Errorf("no counter answers the question")
}
