package integration

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// Segments is what a text takes.
type Segments struct {
	N        int                `json:"n"`
	Encoding phoneauth.Encoding `json:"encoding"`
}

// CountSegments asks npm sms-segments-calculator about texts. Without node and npm the
// test is skipped, or fails with PHONEAUTH_REQUIRE_SERVERS=1.
func CountSegments(t testing.TB, texts []string) (all []Segments) {
	t.Helper()
	runNode(t, nodeScript{folder: "testdata/segments", name: "count.mjs", what: "sms-segments-calculator@1.3.0"}, texts, &all)
	require.Len(t, all, len(texts))
	return all
}
