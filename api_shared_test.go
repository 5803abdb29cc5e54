package phoneauth_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// Shorthands of the tests of the HTTP API that are beside this file.

const (
	owner    = suite.Owner
	stranger = suite.Stranger
	third    = suite.Third
)

var (
	printed = suite.Printed
	carries = suite.Carries
)

// seedUser makes an account at the time of a bubble, or of the day.
func seedUser(t testing.TB, store phoneauth.Store, phone string, hash phoneauth.Secret) phoneauth.User {
	t.Helper()
	return suite.SeedUser(t, store, phone, hash, now())
}

// now is the clock of a bubble, as the Service reads it.
func now() time.Time { return time.Now().UTC() }

// elapse lets d pass for a test in a bubble of synctest, whose time is its own. Nobody really
// waits: outside of a bubble it panics.
func elapse(d time.Duration) {
	synctest.Wait()
	time.Sleep(d)
}
