package phoneauth

import "testing"

// CheapHashes makes argon2id cheap for the rest of a test, which must not be parallel:
// the parameters are the package's. Subtests of it may be.
func CheapHashes(t *testing.T) {
	t.Helper()
	t.Setenv("PHONEAUTH_CHEAP_HASHES", "1") // panics in a parallel test
	was := argon2Params
	argon2Params = argon2Cost{memory: 8, time: 1, threads: 1}
	t.Cleanup(func() { argon2Params = was })
}
