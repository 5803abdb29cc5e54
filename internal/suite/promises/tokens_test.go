package promises

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
)

// FuzzServiceTokens: whatever somebody presents as a token is refused, without a panic,
// and without a call of the store unless it is authentic.
func FuzzServiceTokens(f *testing.F) {
	k := makeTokens(f, memstore.New(), func(c *phoneauth.Config) {
		// Workers are processes: what is genuine in one must be nothing in another.
		c.Keys.Secrets[0].Secret = make([]byte, 32)
		_, _ = rand.Read(c.Keys.Secrets[0].Secret)
	})
	genuine := map[string]bool{}
	for _, token := range k.by {
		genuine[string(token)] = true
		header, rest, _ := strings.Cut(string(token), ".")
		claims, signature, _ := strings.Cut(rest, ".")
		for _, seed := range []string{
			string(token), header + "." + claims + ".", header + ".e30." + signature, header + ".." + signature, header + "." + claims + "." + signature + "A",
			strings.ToUpper(string(token)), "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + claims + ".",
		} {
			f.Add(seed)
		}
	}
	for _, seed := range []string{"", ".", "..", "...", "e30.e30.e30", "\x00.\x00.\x00", strings.Repeat("A", 5000), strings.Repeat(".", 5000), "null.null.null"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if genuine[token] || token == "" { // none is not a token
			return
		}
		start := time.Now()
		k.assertNothing(t, phoneauth.Secret(token), "a made-up")
		if took := time.Since(start); took > time.Second {
			t.Errorf("took %s", took)
		}
	})
}
