package phoneauth_test

import (
	"testing/synctest"
	"time"
)

// elapse lets d pass for a test in a bubble of synctest, whose time is its own. Nobody really
// waits: outside of a bubble it panics.
func elapse(d time.Duration) {
	synctest.Wait()
	time.Sleep(d)
}
