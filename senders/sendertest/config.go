package sendertest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Faults checks err, of a function that makes a sender or a handler of its settings: it
// joins one error for each of want and no other, prefix and want stand in it, and none
// shows the word "canary", which stands in every setting that is secret or may be.
func Faults(t testing.TB, err error, prefix string, want ...string) {
	t.Helper()
	require.Error(t, err)
	joined, ok := err.(interface{ Unwrap() []error })
	require.True(t, ok, "every fault at once, by errors.Join: %v", err)
	assert.Len(t, joined.Unwrap(), len(want), "every fault at once, and no other: %v", err)
	for _, fault := range want {
		assert.ErrorContains(t, err, prefix+fault)
	}
	assert.NotContains(t, err.Error(), "canary", "a fault shows no setting")
}
