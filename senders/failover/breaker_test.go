package failover_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/bubble"
	"github.com/phoneauth/phoneauth/senders/failover"
)

// send sends to Cairo and says how often each was called.
func send(t *testing.T, s *failover.Sender, a, b *peer) [2]int {
	t.Helper()
	_, _ = s.Send(t.Context(), cairo)
	return [2]int{a.took(), b.took()}
}

// open returns a pair whose first breaker has just been opened.
func open(t *testing.T) (s *failover.Sender, a, b *peer) {
	t.Helper()
	a, b = &peer{then: fails(temporary)}, &peer{}
	s = pair(t, a, b)
	for range 3 {
		require.Equal(t, [2]int{1, 1}, send(t, s, a, b))
	}
	require.Equal(t, [2]int{0, 1}, send(t, s, a, b), "open")
	return s, a, b
}

// neutral are failures that say nothing of the sender.
var neutral = map[string]error{
	"permanent":                      permanent,
	"permanent, without a fault":     &phoneauth.SendError{Class: phoneauth.Permanent},
	"destination":                    elsewhere,
	"destination, with Retry-After":  &phoneauth.SendError{Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, RetryAfter: time.Minute},
	"destination, ambiguous":         &phoneauth.SendError{Class: phoneauth.Ambiguous, Fault: phoneauth.FaultDestination},
	"no fault":                       &phoneauth.SendError{Class: phoneauth.Temporary},
	"no fault, with Retry-After":     &phoneauth.SendError{Class: phoneauth.Temporary, RetryAfter: time.Minute},
	"no fault, ambiguous":            &phoneauth.SendError{Class: phoneauth.Ambiguous},
	"an error that is no SendError":  errors.New("its own"),
	"a fault that the package lacks": &phoneauth.SendError{Class: phoneauth.Temporary, Fault: "the moon's"},
}

// Every state of a breaker with everything that can happen to it. Closed is told from
// open by whether a is called.
func TestBreaker(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]func(t *testing.T){
		"closed: failures in a row open it": func(t *testing.T) {
			for _, err := range []error{temporary, ambiguous} {
				a, b := &peer{then: fails(err)}, &peer{}
				s := pair(t, a, b)
				for range 3 {
					require.Equal(t, 1, send(t, s, a, b)[0])
				}
				assert.Equal(t, [2]int{0, 1}, send(t, s, a, b))
			}
		},
		"closed: a success between them does not": func(t *testing.T) {
			a, b := &peer{}, &peer{}
			s := pair(t, a, b)
			for range 4 {
				for _, err := range []error{temporary, temporary, nil} {
					a.then = fails(err)
					assert.Equal(t, 1, send(t, s, a, b)[0])
				}
			}
		},
		"closed: what says nothing of the sender does not count": func(t *testing.T) {
			for name, err := range neutral {
				a, b := &peer{then: fails(err)}, &peer{}
				s := pair(t, a, b)
				for range 20 {
					assert.Equal(t, 1, send(t, s, a, b)[0], name)
				}
			}
		},
		"closed: what says nothing of the sender ends no row": func(t *testing.T) {
			for name, err := range neutral {
				a, b := &peer{}, &peer{}
				s := pair(t, a, b)
				for _, err := range []error{temporary, err, temporary, err, temporary} {
					a.then = fails(err)
					require.Equal(t, 1, send(t, s, a, b)[0], name)
				}
				assert.Equal(t, 0, send(t, s, a, b)[0], name)
			}
		},
		"closed: calls that use up their time open it, though they name no fault": func(t *testing.T) {
			own := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
			a, b := &peer{then: own}, &peer{}
			s := pair(t, a, b)
			for range 3 {
				require.Equal(t, 1, send(t, s, a, b)[0])
			}
			assert.Equal(t, [2]int{0, 1}, send(t, s, a, b))
		},
		"closed: calls that use up their time for a destination do not": func(t *testing.T) {
			late := func(ctx context.Context) error { <-ctx.Done(); return elsewhere }
			a, b := &peer{then: late}, &peer{}
			s := pair(t, a, b)
			for range 5 {
				require.Equal(t, 1, send(t, s, a, b)[0])
			}
		},
		"closed: Retry-After opens it at once, for that long": func(t *testing.T) {
			a, b := &peer{then: fails(&phoneauth.SendError{Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, RetryAfter: 20 * time.Second})}, &peer{}
			s := pair(t, a, b)
			assert.Equal(t, [2]int{1, 1}, send(t, s, a, b))
			bubble.Elapse(20*time.Second - 1)
			assert.Equal(t, [2]int{0, 1}, send(t, s, a, b))
			bubble.Elapse(time.Nanosecond)
			assert.Equal(t, [2]int{1, 1}, send(t, s, a, b))
		},
		"closed: Retry-After is believed for a minute": func(t *testing.T) {
			a, b := &peer{then: fails(&phoneauth.SendError{Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, RetryAfter: 24 * time.Hour})}, &peer{}
			s := pair(t, a, b)
			send(t, s, a, b)
			bubble.Elapse(time.Minute)
			assert.Equal(t, [2]int{1, 1}, send(t, s, a, b))
		},
		"open: passed over until the cooldown ends": func(t *testing.T) {
			s, a, b := open(t)
			bubble.Elapse(10*time.Second - 1)
			assert.Equal(t, [2]int{0, 1}, send(t, s, a, b))
		},
		"open, all of them: an error at once": func(t *testing.T) {
			s, a, b := open(t)
			b.then = fails(temporary)
			bubble.Elapse(4 * time.Second)
			for range 3 {
				require.Equal(t, [2]int{0, 1}, send(t, s, a, b))
			}
			_, err := s.Send(t.Context(), cairo)
			var failed *phoneauth.SendError
			require.ErrorAs(t, err, &failed)
			assert.Equal(t, phoneauth.Temporary, failed.Class)
			assert.Equal(t, 6*time.Second, failed.RetryAfter, "when the first may be probed")
			assert.Equal(t, [2]int{0, 0}, [2]int{a.took(), b.took()})
		},
		"half open: success closes it": func(t *testing.T) {
			s, a, b := open(t)
			bubble.Elapse(10 * time.Second)
			a.then = nil
			assert.Equal(t, [2]int{1, 0}, send(t, s, a, b))
			a.then = fails(temporary)
			for range 3 {
				assert.Equal(t, [2]int{1, 1}, send(t, s, a, b), "it takes three again")
			}
			assert.Equal(t, [2]int{0, 1}, send(t, s, a, b))
		},
		"half open: what says nothing of the sender leaves the probe to the next": func(t *testing.T) {
			for name, err := range neutral {
				s, a, b := open(t)
				bubble.Elapse(10 * time.Second)
				a.then = fails(err)
				for range 5 {
					assert.Equal(t, 1, send(t, s, a, b)[0], name)
				}
				a.then = fails(temporary)
				assert.Equal(t, 1, send(t, s, a, b)[0], name)
				assert.Equal(t, 0, send(t, s, a, b)[0], "%s: the next probe failed", name)
			}
		},
		"half open: one failure opens it anew": func(t *testing.T) {
			s, a, b := open(t)
			for range 3 {
				bubble.Elapse(10 * time.Second)
				assert.Equal(t, [2]int{1, 1}, send(t, s, a, b))
				assert.Equal(t, [2]int{0, 1}, send(t, s, a, b))
			}
		},
		"half open: a caller that goes away leaves the probe to the next": func(t *testing.T) {
			s, a, b := open(t)
			bubble.Elapse(10 * time.Second)
			ctx, cancel := context.WithCancel(t.Context())
			a.then = func(ctx context.Context) error { cancel(); return hangs(phoneauth.Ambiguous)(ctx) }
			_, err := s.Send(ctx, cairo)
			require.ErrorIs(t, err, context.Canceled)
			a.took()
			a.then = nil
			assert.Equal(t, [2]int{1, 0}, send(t, s, a, b))
		},
		"half open: a sender that panics leaves the probe to the next": func(t *testing.T) {
			s, a, b := open(t)
			bubble.Elapse(10 * time.Second)
			a.then = func(context.Context) error { panic("canary") }
			assert.Panics(t, func() { _, _ = s.Send(t.Context(), cairo) })
			a.took()
			a.then = nil
			assert.Equal(t, [2]int{1, 0}, send(t, s, a, b))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, run)
		})
	}
}

func TestOneProbeAtATime(t *testing.T) {
	t.Parallel()
	for range 50 {
		synctest.Test(t, func(t *testing.T) {
			s, a, b := open(t)
			bubble.Elapse(10 * time.Second)
			a.then = takes(time.Second, nil)
			var wg sync.WaitGroup
			for range 64 {
				wg.Go(func() {
					_, err := s.Send(t.Context(), cairo)
					assert.NoError(t, err)
				})
			}
			wg.Wait()
			assert.Equal(t, [2]int{1, 63}, [2]int{a.took(), b.took()})
		})
	}
}

// Calls that began before the breaker opened come back late: they neither close it nor
// keep it open, nor count against what comes after.
func TestLateOutcomes(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]error{"success": nil, "failure": temporary} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a, b := &peer{}, &peer{}
				s := newSender(t, failover.Config{
					Senders:  []failover.Entry{{Name: "a", Sender: a}, {Name: "b", Sender: b}},
					Cooldown: 2 * time.Second,
				})
				a.then = takes(3*time.Second, late)
				var wg sync.WaitGroup
				for range 10 {
					wg.Go(func() { _, _ = s.Send(t.Context(), cairo) })
				}
				synctest.Wait()
				a.took()

				a.then = fails(temporary)
				for range 3 {
					require.Equal(t, 1, send(t, s, a, b)[0])
				}
				require.Equal(t, 0, send(t, s, a, b)[0], "open")
				bubble.Elapse(2 * time.Second)
				a.then = nil
				require.Equal(t, 1, send(t, s, a, b)[0], "a probe closes it")
				wg.Wait()
				b.took()
				assert.Equal(t, [2]int{1, 0}, send(t, s, a, b), "still closed")
			})
		})
	}
}
