package mac

import (
	"crypto/hmac"
	"crypto/sha256"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

func of(key []byte, text string) (sum [Size]byte) {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	copy(sum[:], h.Sum(nil))
	return sum
}

func TestText(t *testing.T) {
	t.Parallel()
	key := []byte("a key of some length")
	k := New(key)
	for _, text := range []string{"", "a", "a text that is longer than the one before it", "b"} {
		assert.Equal(t, of(key, text), k.Text([]byte(text)), "%q", text)
		assert.Equal(t, of(key, text), k.Text([]byte(text)), "%q again", text)
	}
	assert.NotEqual(t, k.Text([]byte("a")), New([]byte("another key")).Text([]byte("a")))
}

func TestPartsDoNotRunTogether(t *testing.T) {
	t.Parallel()
	k := New([]byte("key"))
	assert.Equal(t, of([]byte("key"), "\x02ab\x01c"), k.Parts("ab", "c"))
	assert.NotEqual(t, k.Parts("ab", "c"), k.Parts("a", "bc"))
	assert.NotEqual(t, k.Parts("ab"), k.Parts("ab", ""))
	assert.NotEqual(t, k.Parts("ab"), k.Text([]byte("ab")))
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	k := New([]byte("key"))
	var all sync.WaitGroup
	for _, text := range []string{"a", "bb", "ccc", "dddd"} {
		want := of([]byte("key"), text)
		all.Go(func() {
			for range 1000 {
				if k.Text([]byte(text)) != want {
					t.Error(text)
					return
				}
			}
		})
	}
	all.Wait()
}
