package integration

import "testing"

// SendByLibraries runs a script of testdata/providers, which sends by vendors' own libraries with
// these settings, and returns the ids that they read of the answers, by the name of the send.
// Without node and npm the test is skipped, or fails with PHONEAUTH_REQUIRE_SERVERS=1.
func SendByLibraries(t testing.TB, script string, settings map[string]any) map[string]string {
	t.Helper()
	var ids map[string]string
	runNode(t, nodeScript{folder: "testdata/providers", name: script, what: "providers-twilio@6.3.1"}, settings, &ids)
	return ids
}
