package phoneauth

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestGenerateKeys(t *testing.T) {
	t.Parallel()
	keys, other := GenerateKeys(), GenerateKeys()
	assert.Len(t, keys.Index, 32)
	require.Len(t, keys.Secrets, 1)
	assert.Equal(t, "1", keys.Secrets[0].ID)
	assert.Len(t, keys.Secrets[0].Secret, 32)
	for _, secret := range [][]byte{keys.Secrets[0].Secret, other.Index, other.Secrets[0].Secret} {
		assert.NotEqual(t, keys.Index, secret)
	}
	keys.validate(func(field, format string, _ ...any) { t.Errorf("%s: %s", field, format) })
}

// What Encode writes, ParseKeys reads, in the order that says which key signs.
func TestKeysEncode(t *testing.T) {
	t.Parallel()
	keys := GenerateKeys()
	keys.Secrets = append(keys.Secrets, Key{ID: "2026-11_b", Secret: []byte(strings.Repeat("\x00\xff", 16))})
	text := keys.Encode()
	read, err := ParseKeys(text)
	require.NoError(t, err)
	assert.Equal(t, keys, read)
	assert.Contains(t, string(text), "The first of secrets signs")
	assert.True(t, strings.HasSuffix(string(text), "}\n"))
}

// Encode is the one way out: what writes a Keys by an interface of the standard library
// writes no key.
func TestKeysAreWrittenByEncodeAlone(t *testing.T) {
	t.Parallel()
	keys := GenerateKeys()
	written, err := json.Marshal(struct{ Keys Keys }{keys})
	require.NoError(t, err)
	printed := fmt.Sprintf("%v %+v %#v %s %x", keys, keys, keys, keys, keys)
	var parsed struct {
		Index   string
		Secrets []struct{ Secret string }
	}
	require.NoError(t, json.Unmarshal(keys.Encode(), &parsed))
	for _, secret := range []string{parsed.Index, parsed.Secrets[0].Secret} {
		require.Len(t, secret, 44)
		assert.NotContains(t, string(written), secret)
		assert.NotContains(t, printed, secret)
	}
}

// Files of the time before there was an Encode are read, and a program of that time reads
// what Encode writes.
func TestKeysOfBeforeEncode(t *testing.T) {
	t.Parallel()
	index, secret := strings.Repeat("i", 32), strings.Repeat("s", 32)
	type before struct {
		Index   []byte `json:"index"`
		Secrets []struct {
			ID     string `json:"id"`
			Secret []byte `json:"secret"`
		} `json:"secrets"`
	}
	keys, err := ParseKeys([]byte(`{"index":"aWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWk=",
		"secrets":[{"id":"1","secret":"c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M="}]}`))
	require.NoError(t, err)
	assert.Equal(t, Keys{Index: []byte(index), Secrets: []Key{{"1", []byte(secret)}}}, keys)

	var old before
	require.NoError(t, json.Unmarshal(keys.Encode(), &old))
	assert.Equal(t, index, string(old.Index))
	require.Len(t, old.Secrets, 1)
	assert.Equal(t, "1", old.Secrets[0].ID)
	assert.Equal(t, secret, string(old.Secrets[0].Secret))
}

// An error names what is wrong and quotes nothing of it.
func TestParseKeysRefuses(t *testing.T) {
	t.Parallel()
	good := string(GenerateKeys().Encode())
	const long = `"c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M="`
	notJSON := "phoneauth: keys: not the JSON that Keys.Encode writes"
	for text, want := range map[string]string{
		"":                         notJSON,
		"hunter2":                  notJSON,
		`"hunter2"`:                notJSON,
		`[]`:                       notJSON,
		`{"index":"hunter2!"}`:     notJSON,
		`{"index":7777777777777}`:  notJSON,
		`{"hunter2":"x"}`:          notJSON,
		good + good:                notJSON,
		good + "hunter2":           notJSON,
		`null`:                     "phoneauth: keys: Keys.Index: must be at least 32 bytes, has 0\nphoneauth: keys: Keys.Secrets: is required",
		`{"index":` + long + `}`:   "phoneauth: keys: Keys.Secrets: is required",
		`{"secrets":[{"id":"1"}]}`: "phoneauth: keys: Keys.Index: must be at least 32 bytes, has 0\nphoneauth: keys: Keys.Secrets[0]: Secret must be at least 32 bytes, has 0",
		`{"index":` + long + `,"secrets":[{"id":"1","secret":"aHVudGVyMg=="}]}`:                                "phoneauth: keys: Keys.Secrets[0]: Secret must be at least 32 bytes, has 7",
		`{"index":` + long + `,"secrets":[{"id":"1","secret":` + long + `},{"id":"1","secret":` + long + `}]}`: "phoneauth: keys: Keys.Secrets[1]: ID is used twice",
	} {
		keys, err := ParseKeys([]byte(text))
		require.EqualError(t, err, want, text)
		assert.Equal(t, Keys{}, keys)
	}
}
