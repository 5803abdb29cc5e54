// Package bubble moves the time of tests that run in a bubble of testing/synctest.
package bubble

import (
	"testing/synctest"
	"time"
)

// Elapse waits until every other goroutine of the bubble waits too, and lets d pass. Nobody
// really waits. Outside of a bubble it panics. Only one goroutine may call it at a time.
func Elapse(d time.Duration) {
	synctest.Wait()
	time.Sleep(d)
}
