package altcha_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/humancheck/altcha"
)

// solved returns a check, and the JSON of an answer to it.
func solved(t testing.TB) (*altcha.Check, string) {
	t.Helper()
	c := newCheck(t, key)
	text, err := json.Marshal(solve(t, ask(t, c, params())))
	require.NoError(t, err)
	return c, string(text)
}

// TestTampering changes each value of an answer.
func TestTampering(t *testing.T) {
	t.Parallel()
	c, text := solved(t)
	for path, values := range map[string][]any{
		"challenge.parameters.algorithm":    {"PBKDF2/SHA-512", "SHA-256", "", nil, 1},
		"challenge.parameters.cost":         {1, 999, -1000, 1000.5, "1000", nil},
		"challenge.parameters.data":         {object{}, nil, "x", []any{}},
		"challenge.parameters.data.binding": {"binding-of-another", "", nil, 1},
		"challenge.parameters.data.level":   {0, 2, 6, -1, "1", nil, true},
		"challenge.parameters.expiresAt":    {now.Unix() + 3600, 0, nil, now.Unix() + 301},
		"challenge.parameters.keyLength":    {16, 64, nil},
		"challenge.parameters.keyPrefix":    {"00", "", strings.Repeat("0", 32), nil},
		"challenge.parameters.keySignature": {"", strings.Repeat("0", 64), nil},
		"challenge.parameters.nonce":        {strings.Repeat("0", 32), "", nil},
		"challenge.parameters.salt":         {strings.Repeat("0", 32), "", nil},
		"challenge.signature":               {strings.Repeat("0", 64), "", nil, 0},
		"challenge":                         {object{}, nil, []any{}, "x"},
		"solution.derivedKey":               {strings.Repeat("0", 64), "", "zz", nil, strings.Repeat("g", 64)},
		"solution.counter":                  {-1, 1.5, "1", nil, 1 << 32, json.Number("1e1"), json.Number("99999999999999999999")},
		"solution.time":                     {"1", nil, object{}},
		"solution":                          {object{}, nil},
	} {
		place := strings.Split(path, ".")
		last := place[len(place)-1]
		for _, value := range append(values, object(nil)) {
			answer := decode(t, []byte(text))
			parent := answer
			for _, name := range place[:len(place)-1] {
				parent = parent[name].(object)
			}
			require.Contains(t, parent, last)
			parent[last] = value
			if o, ok := value.(object); ok && o == nil {
				delete(parent, last) // missing altogether
			}
			if path == "solution.time" && parent[last] == nil && len(parent) == 2 {
				continue // the one that may be missing
			}
			assertWrong(t, c, encode(t, answer), params(), path)
		}
	}
}

// TestFlippedBits: no bit of the signed texts may change.
func TestFlippedBits(t *testing.T) {
	t.Parallel()
	c, text := solved(t)
	start := strings.Index(text, `"parameters"`)
	end := strings.Index(text, `"solution"`)
	require.Positive(t, start)
	for i := start; i < end; i++ {
		for bit := range 8 {
			changed := []byte(text)
			changed[i] ^= 1 << bit
			assertWrong(t, c, base64.StdEncoding.EncodeToString(changed), params(), string(changed))
		}
	}
}

func TestAnswersOfOtherQuestions(t *testing.T) {
	t.Parallel()
	c, text := solved(t)
	answer := base64.StdEncoding.EncodeToString([]byte(text))
	p := params()
	p.Binding = "binding-of-another"
	assertWrong(t, c, answer, p, "another binding")
	p.Binding = ""
	assertWrong(t, c, answer, p, "no binding")

	_, second := solved(t)
	mixed := decode(t, []byte(text))
	mixed["solution"] = decode(t, []byte(second))["solution"]
	assertWrong(t, c, encode(t, mixed), params(), "the solution of another challenge")
	mixed = decode(t, []byte(text))
	mixed["challenge"].(object)["parameters"].(object)["keySignature"] =
		decode(t, []byte(second))["challenge"].(object)["parameters"].(object)["keySignature"]
	assertWrong(t, c, encode(t, mixed), params(), "the key signature of another challenge")
}

func TestUnknownFields(t *testing.T) {
	t.Parallel()
	c, text := solved(t)
	for name, changed := range map[string]string{
		"of the answer":     strings.Replace(text, `{"challenge"`, `{"x":1,"challenge"`, 1),
		"of the challenge":  strings.Replace(text, `{"parameters"`, `{"codeChallenge":{},"parameters"`, 1),
		"of the parameters": strings.Replace(text, `{"algorithm"`, `{"memoryCost":1,"algorithm"`, 1),
		"of data":           strings.Replace(text, `{"binding"`, `{"x":"","binding"`, 1),
		"of the solution":   strings.Replace(text, `{"counter"`, `{"x":"","counter"`, 1),
		"twice":             strings.Replace(text, `{"algorithm"`, `{"cost":1000,"algorithm"`, 1),
		"in capitals":       strings.Replace(text, `"cost"`, `"Cost"`, 1),
		"without a name":    strings.Replace(text, `"cost"`, `""`, 1),
	} {
		require.NotEqual(t, text, changed, name)
		assertWrong(t, c, base64.StdEncoding.EncodeToString([]byte(changed)), params(), name)
	}
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	c, text := solved(t)
	answer := base64.StdEncoding.EncodeToString([]byte(text))
	padded := text + strings.Repeat(" ", altcha.MaxAnswer/4*3-len(text))
	_, err := c.Verify(t.Context(), base64.StdEncoding.EncodeToString([]byte(padded)), params())
	require.NoError(t, err, "as long as allowed")
	for name, garbage := range map[string]string{
		"empty":             "",
		"blank":             "    ",
		"no base64":         "!" + answer,
		"cut":               answer[:len(answer)-4],
		"raw JSON":          text,
		"too long":          base64.StdEncoding.EncodeToString([]byte(padded + " ")),
		"huge":              strings.Repeat("A", 1<<20),
		"no JSON":           base64.StdEncoding.EncodeToString([]byte("{")),
		"null":              base64.StdEncoding.EncodeToString([]byte("null")),
		"deep":              base64.StdEncoding.EncodeToString([]byte(strings.Repeat(`{"challenge":`, 200))),
		"two values":        base64.StdEncoding.EncodeToString([]byte(text + "{}")),
		"a trailing comma":  base64.StdEncoding.EncodeToString([]byte(text[:len(text)-1] + ",}")),
		"a NUL at the end":  base64.StdEncoding.EncodeToString([]byte(text + "\x00")),
		"a control":         base64.StdEncoding.EncodeToString([]byte(strings.Replace(text, "PBKDF2", "PBK\nDF2", 1))),
		"a leading zero":    base64.StdEncoding.EncodeToString([]byte(strings.Replace(text, ":1000,", ":01000,", 1))),
		"a plus":            base64.StdEncoding.EncodeToString([]byte(strings.Replace(text, ":1000,", ":+1000,", 1))),
		"a fraction of 0":   base64.StdEncoding.EncodeToString([]byte(strings.Replace(text, ":1000,", ":1000.0,", 1))),
		"a surrogate":       base64.StdEncoding.EncodeToString([]byte(strings.Replace(text, "PBKDF2", `\ud800`, 1))),
		"an escape cut off": base64.StdEncoding.EncodeToString([]byte(`{"challenge":{"signature":"\u00`)),
		"bits after base64": base64.StdEncoding.EncodeToString([]byte(text + strings.Repeat(" ", 2-len(text)%3+2)))[:4],
	} {
		assertWrong(t, c, garbage, params(), name)
	}
}

// TestIDOfEveryEncoding: whoever writes the same answer in another way has the same answer.
func TestIDOfEveryEncoding(t *testing.T) {
	t.Parallel()
	c, text := solved(t)
	answer := base64.StdEncoding.EncodeToString([]byte(text))
	want, err := c.Verify(t.Context(), answer, params())
	require.NoError(t, err)
	indented, err := json.MarshalIndent(decode(t, []byte(text)), "", "\t")
	require.NoError(t, err)
	p := decode(t, []byte(text))["challenge"].(object)["parameters"].(object)
	data, err := json.Marshal(p["data"])
	require.NoError(t, err)
	moved := strings.Replace(text, `"data":`+string(data)+`,`, "", 1)
	moved = strings.Replace(moved, `"parameters":{`, `"parameters":{"data":{"level":1,"binding":"`+params().Binding+`"},`, 1)
	for name, same := range map[string]string{
		"indented":     string(indented),
		"white space":  " \t\r\n" + text + "\n ",
		"slashes":      strings.ReplaceAll(text, "/", `\/`),
		"escapes":      strings.ReplaceAll(strings.ReplaceAll(text, "PBKDF2", `\u0050BKDF2`), "binding-of", `binding\u002dof`),
		"names":        strings.ReplaceAll(text, `"cost"`, `"\u0063ost"`),
		"order":        moved,
		"another time": strings.Replace(text, `"time":12.5`, `"time":-0.5e+10`, 1),
		"no time":      strings.Replace(text, `,"time":12.5`, "", 1),
		"counter":      strings.Replace(text, `"counter":`, `"counter":1`, 1),
	} {
		require.NotEqual(t, text, same, name)
		got, err := c.Verify(t.Context(), base64.StdEncoding.EncodeToString([]byte(same)), params())
		require.NoError(t, err, "%s: %s", name, same)
		assert.Equal(t, want, got, name)
	}
	got, err := c.Verify(t.Context(), answer[:76]+"\r\n"+answer[76:], params())
	require.NoError(t, err, "lines of base64")
	assert.Equal(t, want, got)
}
