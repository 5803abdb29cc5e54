package storetest

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
)

// The arithmetic of package phoneauth and the one written by hand agree.
func TestDifferential(t *testing.T) {
	Differential(t, func(testing.TB) phoneauth.ChallengeStore { return newByHand() }, 0)
}

// differs says whether this history tells a store from the reference.
func differs(store phoneauth.ChallengeStore, steps int, seed uint64) bool {
	r := &recorder{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if fault := recover(); fault != nil {
				r.Errorf("%v", fault) // what is wrong about it made it panic
			}
		}()
		differential(r, store, steps, seed)
	}()
	<-done
	return len(r.failures) > 0
}

// TestDifferentialSeesWrongStores: what is wrong about challenges, limits, lockouts and
// scores is also seen in random histories.
func TestDifferentialSeesWrongStores(t *testing.T) {
	for _, store := range slices.Concat(wrongBegins, wrongAttempts, wrongMatches, wrongLimits, wrongLockouts, wrongScores, wrongStates) {
		switch store.name {
		case "ReadState reads one after the other": // a history has one caller
			continue
		case "ReadState removes what is gone": // as Purge may, at that time
			continue
		}
		t.Run(store.name, func(t *testing.T) {
			seen := differs(newBroken(store.fault), 20_000, 6) || differs(newBroken(store.fault), 200_000, 2)
			assert.True(t, seen, "220,000 steps do not see it")
		})
	}
}
