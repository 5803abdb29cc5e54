package phoneauth

import (
	"testing"

	"github.com/phoneauth/phoneauth/internal/argon2id"
)

// CheapHashes makes argon2id cheap for the rest of a test, which must not be parallel:
// the cost is a variable of internal/argon2id. Subtests of it may be.
func CheapHashes(t *testing.T) {
	t.Helper()
	t.Setenv("PHONEAUTH_CHEAP_HASHES", "1") // panics in a parallel test
	was := argon2id.Default
	argon2id.Default = argon2id.Cost{Memory: 8, Time: 1, Threads: 1}
	t.Cleanup(func() { argon2id.Default = was })
}
