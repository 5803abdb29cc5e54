package integration

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/humancheck/altcha"
)

// altchaInput is what oracle.mjs reads. Key is in hex.
type altchaInput struct {
	Key    string          `json:"key"`
	Web    bool            `json:"web"` // derive keys by WebCrypto
	Solve  []any           `json:"solve,omitempty"`
	Create []altchaOptions `json:"create,omitempty"`
	Verify []string        `json:"verify,omitempty"`
}

// altchaOptions are the options of altcha-lib's createChallenge.
type altchaOptions struct {
	Cost      int            `json:"cost"`
	Counter   int            `json:"counter"`
	ExpiresAt int64          `json:"expiresAt"`
	Data      map[string]any `json:"data"`
}

// altchaSolved is a challenge that altcha-lib has solved.
type altchaSolved struct {
	Answer  string  `json:"answer"`
	Counter int     `json:"counter"`
	MS      float64 `json:"ms"`
}

type altchaOutput struct {
	Solved, Created []altchaSolved
	Verified        []struct{ Fast, Slow bool }
}

// askAltchaLib asks npm altcha-lib.
func askAltchaLib(t *testing.T, in altchaInput) (out altchaOutput) {
	t.Helper()
	runNode(t, nodeScript{folder: "testdata/altcha", name: "oracle.mjs", what: "altcha-lib@2.8.0"}, in, &out)
	require.Len(t, out.Solved, len(in.Solve))
	require.Len(t, out.Created, len(in.Create))
	require.Len(t, out.Verified, len(in.Verify))
	return out
}

var altchaKey = bytes.Repeat([]byte{7}, 32)

func altchaCheck(t *testing.T) *altcha.Check {
	t.Helper()
	c, err := altcha.New([]byte(strings.Repeat("former", 6)), altchaKey)
	require.NoError(t, err)
	return c
}

// altchaChallenges asks n questions, signed by altchaKey. Each has a binding of its own.
func altchaChallenges(t *testing.T, level humancheck.Level, n int) (challenges []any, params []humancheck.Params) {
	t.Helper()
	c, err := altcha.New(altchaKey)
	require.NoError(t, err)
	for range n {
		p := humancheck.Params{Binding: `"<\/>` + time.Now().Format(time.StampNano), Level: level, Now: time.Now()}
		q, err := c.Ask(t.Context(), p)
		require.NoError(t, err)
		challenges, params = append(challenges, q.Challenge), append(params, p)
	}
	return challenges, params
}

// TestAltchaLibSolves: altcha-lib solves our challenges, by WebCrypto too. We accept its
// answers, and so does its own verification with our sub-keys.
func TestAltchaLibSolves(t *testing.T) {
	t.Parallel()
	c := altchaCheck(t)
	for _, web := range []bool{false, true} {
		challenges, params := altchaChallenges(t, 1, 6)
		var answers []string
		for i, solved := range askAltchaLib(t, altchaInput{Key: hex.EncodeToString(altchaKey), Web: web, Solve: challenges}).Solved {
			proof, err := c.Verify(t.Context(), solved.Answer, params[i])
			require.NoError(t, err)
			assert.EqualValues(t, 1, proof.Level)
			assert.True(t, solved.Counter >= 1 && solved.Counter <= 2*altcha.Work(1), "%d", solved.Counter)
			answers = append(answers, solved.Answer)
			params[i].Binding += "x"
			_, err = c.Verify(t.Context(), solved.Answer, params[i])
			require.Equal(t, humancheck.ErrWrong, err)
		}
		for _, verified := range askAltchaLib(t, altchaInput{Key: hex.EncodeToString(altchaKey), Web: web, Verify: answers}).Verified {
			assert.True(t, verified.Fast && verified.Slow)
		}
	}
}

// TestAltchaLibVerifies: altcha-lib accepts an answer that was solved in Go, and refuses what
// we refuse.
func TestAltchaLibVerifies(t *testing.T) {
	t.Parallel()
	challenges, params := altchaChallenges(t, 1, 1)
	raw := challenges[0].(json.RawMessage)
	text := string(raw)
	var challenge struct {
		Parameters struct{ Nonce, Salt, KeyPrefix string }
	}
	require.NoError(t, json.Unmarshal(raw, &challenge))
	answer := func(challenge, derived string) string {
		return base64.StdEncoding.EncodeToString([]byte(`{"challenge":` + challenge + `,"solution":` + derived + `}`))
	}
	prefix := challenge.Parameters.KeyPrefix
	solution := solveAltcha(t, challenge.Parameters.Nonce, challenge.Parameters.Salt, prefix)
	answers := []string{
		answer(text, solution),
		answer(strings.Replace(text, `"level":1`, `"level":2`, 1), solution),
		answer(strings.Replace(text, `"cost":1000`, `"cost":1`, 1), solution),
		answer(strings.Replace(text, challenge.Parameters.Salt, challenge.Parameters.Nonce, 1), solution),
		answer(strings.Replace(text, `"signature":"`, `"signature":"0`, 1), solution),
		answer(text, strings.Replace(solution, `"derivedKey":"`, `"derivedKey":"00`, 1)),
		answer(text, strings.Replace(solution, prefix, strings.ToUpper(prefix), 1)),
	}
	c := altchaCheck(t)
	for i, verified := range askAltchaLib(t, altchaInput{Key: hex.EncodeToString(altchaKey), Verify: answers}).Verified {
		_, err := c.Verify(t.Context(), answers[i], params[0])
		assert.Equal(t, i == 0, err == nil, "ours, %d", i)
		assert.Equal(t, i == 0, verified.Fast, "altcha-lib, %d", i)
		assert.Equal(t, i == 0, verified.Slow, "altcha-lib without the signature of the key, %d", i)
	}
}

// solveAltcha returns the JSON of a solution.
func solveAltcha(t *testing.T, nonce, salt, prefix string) string {
	t.Helper()
	n, err := hex.DecodeString(nonce)
	require.NoError(t, err)
	s, err := hex.DecodeString(salt)
	require.NoError(t, err)
	for counter := range uint32(1000) {
		derived, err := pbkdf2.Key(sha256.New, string(binary.BigEndian.AppendUint32(bytes.Clone(n), counter)), s, altcha.Cost, 32)
		require.NoError(t, err)
		if text := hex.EncodeToString(derived); strings.HasPrefix(text, prefix) {
			b, err := json.Marshal(map[string]any{"counter": counter, "derivedKey": text})
			require.NoError(t, err)
			return string(b)
		}
	}
	require.Fail(t, "no counter solves the challenge")
	return ""
}

// TestAltchaLibCreates: we accept the answers to altcha-lib's challenges that are signed by
// our sub-keys and have our data.
func TestAltchaLibCreates(t *testing.T) {
	t.Parallel()
	now := time.Now()
	p := humancheck.Params{Binding: `a "print" of <\/>`, Now: now}
	options := func(data map[string]any) altchaOptions {
		return altchaOptions{Cost: altcha.Cost, Counter: 5, ExpiresAt: now.Add(humancheck.Life).Unix(), Data: data}
	}
	expired := options(map[string]any{"level": 2, "binding": p.Binding})
	expired.ExpiresAt = now.Unix()
	created := askAltchaLib(t, altchaInput{Key: hex.EncodeToString(altchaKey), Create: []altchaOptions{
		options(map[string]any{"level": 2, "binding": p.Binding}),
		options(map[string]any{"binding": p.Binding, "level": 6}),
		expired,
		options(map[string]any{"binding": p.Binding, "level": 7}),
		options(map[string]any{"binding": "another", "level": 2}),
		options(map[string]any{"binding": p.Binding, "level": 2, "more": true}),
		options(map[string]any{"binding": p.Binding}),
		options(nil),
	}}).Created
	c := altchaCheck(t)
	for i, solved := range created {
		proof, err := c.Verify(t.Context(), solved.Answer, p)
		if i > 1 {
			assert.Equal(t, humancheck.ErrWrong, err, i)
			continue
		}
		require.NoError(t, err)
		assert.EqualValues(t, []int{2, 6}[i], proof.Level)
	}
}

// TestAltchaTimes logs how long altcha-lib takes at each level on this machine, on one core.
func TestAltchaTimes(t *testing.T) {
	if os.Getenv("PHONEAUTH_ALTCHA_TIMES") == "" {
		t.Skip("PHONEAUTH_ALTCHA_TIMES is not set")
	}
	for name, web := range map[string]bool{"node:crypto": false, "WebCrypto": true} {
		for level := humancheck.Level(1); level <= humancheck.Highest; level++ {
			challenges, _ := altchaChallenges(t, level, max(2, 32>>level))
			keys, ms := 0, 0.0
			for _, solved := range askAltchaLib(t, altchaInput{Key: hex.EncodeToString(altchaKey), Web: web, Solve: challenges}).Solved {
				keys, ms = keys+solved.Counter+1, ms+solved.MS
			}
			each := ms / float64(keys)
			t.Logf("%s, level %d: %.2f million iterations/s, %.2f s on average, %.2f s at most", name, level,
				altcha.Cost/each/1000, each*float64(altcha.Work(level))/1000, each*float64(2*altcha.Work(level))/1000)
		}
	}
}
