package altcha_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/humancheck/altcha"
)

// FuzzVerify: whatever is sent, it is wrong or it is the answer that was solved.
func FuzzVerify(f *testing.F) {
	c, p := vectorCheck(f)
	id := decode(f, []byte(vector))["challenge"].(object)["signature"]
	f.Add(base64.StdEncoding.EncodeToString([]byte(vector)))
	f.Add("")
	f.Fuzz(func(t *testing.T, answer string) {
		proof, err := c.Verify(t.Context(), answer, p)
		if err != nil {
			assert.Equal(t, humancheck.ErrWrong, err)
			assert.Zero(t, proof)
			return
		}
		assert.Equal(t, humancheck.Proof{ID: id.(string), Level: 3}, proof)
	})
}

// FuzzParse: what the parser accepts, encoding/json accepts too, with the same values.
func FuzzParse(f *testing.F) {
	f.Add([]byte(vector))
	f.Add(bytes.ReplaceAll([]byte(vector), []byte("/"), []byte(`\/`)))
	f.Add(bytes.ReplaceAll([]byte(vector), []byte("P"), []byte(`\u0050`)))
	f.Add([]byte(`{"solution":{"counter":0,"derivedKey":""},"challenge":{}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		parameters, signature, derivedKey, ok := altcha.Canonical(text)
		if !ok {
			return
		}
		var want struct {
			Challenge struct {
				Parameters json.RawMessage `json:"parameters"`
				Signature  string          `json:"signature"`
			} `json:"challenge"`
			Solution struct {
				Counter    uint32  `json:"counter"`
				DerivedKey string  `json:"derivedKey"`
				Time       float64 `json:"time"`
			} `json:"solution"`
		}
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		require.NoError(t, d.Decode(&want))
		assert.Equal(t, want.Challenge.Signature, string(signature))
		assert.Equal(t, want.Solution.DerivedKey, hex.EncodeToString(derivedKey))
		assert.Equal(t, decode(t, want.Challenge.Parameters), decode(t, parameters))
	})
}
