package altcha_test

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/humancheck/altcha"
)

var (
	key   = []byte("0123456789abcdef0123456789abcdef")
	other = []byte("fedcba9876543210fedcba9876543210")
	now   = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
)

// params are those of a question at level 1, and of the verification of its answer.
func params() humancheck.Params {
	return humancheck.Params{Binding: "binding-of-a-question", Level: 1, Now: now}
}

func newCheck(t testing.TB, keys ...[]byte) *altcha.Check {
	t.Helper()
	c, err := altcha.New(keys...)
	require.NoError(t, err)
	return c
}

// object is a JSON object.
type object = map[string]any

// ask returns a challenge as a client decodes it.
func ask(t testing.TB, c *altcha.Check, p humancheck.Params) object {
	t.Helper()
	q, err := c.Ask(t.Context(), p)
	require.NoError(t, err)
	require.Equal(t, "altcha", q.Kind)
	wire, err := json.Marshal(q)
	require.NoError(t, err)
	return decode(t, wire)["challenge"].(object)
}

func decode(t testing.TB, text []byte) object {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var o object
	require.NoError(t, d.Decode(&o))
	return o
}

// solve does what a client does: it raises a counter from 0.
func solve(t testing.TB, challenge object) object {
	t.Helper()
	p := challenge["parameters"].(object)
	require.Equal(t, "PBKDF2/SHA-256", p["algorithm"])
	nonce, salt, prefix := unhex(t, p["nonce"]), unhex(t, p["salt"]), unhex(t, p["keyPrefix"])
	require.Len(t, prefix, 16)
	for counter := range uint32(1 << 20) {
		derived, err := pbkdf2.Key(sha256.New, string(binary.BigEndian.AppendUint32(bytes.Clone(nonce), counter)), salt, number(t, p["cost"]), number(t, p["keyLength"]))
		require.NoError(t, err)
		if bytes.HasPrefix(derived, prefix) {
			return object{
				"challenge": challenge,
				"solution":  object{"counter": counter, "derivedKey": hex.EncodeToString(derived), "time": 12.5},
			}
		}
	}
	require.Fail(t, "no counter solves the challenge")
	return nil
}

func unhex(t testing.TB, v any) []byte {
	t.Helper()
	b, err := hex.DecodeString(v.(string))
	require.NoError(t, err)
	return b
}

func number(t testing.TB, v any) int {
	t.Helper()
	n, err := v.(json.Number).Int64()
	require.NoError(t, err)
	return int(n)
}

// encode returns the text of an answer.
func encode(t testing.TB, answer any) string {
	t.Helper()
	text, err := json.Marshal(answer)
	require.NoError(t, err)
	return base64.StdEncoding.EncodeToString(text)
}

func assertWrong(t testing.TB, c *altcha.Check, answer string, p humancheck.Params, why string) {
	t.Helper()
	proof, err := c.Verify(t.Context(), answer, p)
	assert.Equal(t, humancheck.ErrWrong, err, why)
	assert.Zero(t, proof, why)
}
