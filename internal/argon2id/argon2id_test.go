package argon2id

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The suite of the root has every hash that is refused. These are the rules in short. The
// tests are not parallel because they set Default.

func cheap(t *testing.T, c Cost) {
	was := Default
	Default = c
	t.Cleanup(func() { Default = was })
}

func TestHashAndCompare(t *testing.T) {
	cheap(t, Cost{Memory: 8, Time: 1, Threads: 1})
	hash := Hash("é and more")
	assert.True(t, strings.HasPrefix(hash, "$argon2id$v=19$m=8,t=1,p=1$"), hash)
	assert.NotEqual(t, hash, Hash("é and more"), "the salt is new")
	assert.Equal(t, Result{Known: true, Right: true}, Compare(hash, "e\u0301 and more"), "NFC")
	assert.Equal(t, Result{Known: true}, Compare(hash, "e and more"))
	for _, other := range []string{
		"", "$2b$10$abcdefghijklmnopqrstuv", strings.Replace(hash, "m=8", "m=08", 1), strings.Replace(hash, "argon2id", "argon2i", 1),
		strings.Replace(hash, "m=8", "m=65537", 1), strings.Replace(hash, "t=1", "t=0", 1), hash + "$",
	} {
		assert.Equal(t, Result{}, Compare(other, "é and more"), other)
	}
	cheap(t, Cost{Memory: 8, Time: 2, Threads: 1})
	assert.Equal(t, Result{Known: true, Right: true, Outdated: true}, Compare(hash, "é and more"))
}

func TestKind(t *testing.T) {
	t.Parallel()
	for hash, want := range map[string]string{
		"$2b$10$abcdefghijklmnopqrstuv": "2b", "{SSHA}abc": "SSHA", "$argon2i$v=19$": "argon2i", "5f4dcc3b5aa765d61d8327deb882cf99": "unnamed",
		"$a secret$": "unnamed", "$" + strings.Repeat("x", 17) + "$": "unnamed", "$x": "unnamed", "$$": "unnamed",
	} {
		assert.Equal(t, want, Kind(hash), hash)
	}
}
