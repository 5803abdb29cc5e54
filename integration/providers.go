package integration

import "testing"

// SendByLibraries sends by the libraries of Plivo, Telnyx and Vonage with these settings, and
// returns the id that each of them read. Without node and npm the test is skipped, or fails with
// PHONEAUTH_REQUIRE_SERVERS=1.
func SendByLibraries(t testing.TB, settings map[string]any) map[string]string {
	t.Helper()
	var ids map[string]string
	runNode(t, nodeScript{folder: "testdata/providers", name: "send.mjs", what: "providers@4.79.0"}, settings, &ids)
	return ids
}
