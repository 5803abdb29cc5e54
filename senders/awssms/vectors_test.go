package awssms_test

import (
	"encoding/json"
	"net/http"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/bubble"
)

// TestVectors: testdata/sns.json has messages of 2026-12-01 16:00 UTC with their certificate.
// OpenSSL signed them, and npm sns-validator 0.3.5, of AWS, takes each as it is and none with
// a byte more.
func TestVectors(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/sns.json")
	require.NoError(t, err)
	var vectors struct {
		Certificate string
		Messages    map[string]envelope
	}
	require.NoError(t, json.Unmarshal(data, &vectors))
	require.Len(t, vectors.Messages, 3)
	want := map[string][]phoneauth.Delivery{
		"notification": {{ID: "M1", Sender: "awssms", Status: phoneauth.Delivered}},
		"subject":      {{ID: "M2", Sender: "awssms", Status: phoneauth.Undelivered, Code: "TEXT_BLOCKED", Fault: phoneauth.FaultDestination}},
	}
	synctest.Test(t, func(t *testing.T) {
		bubble.Elapse(time.Until(time.Date(2026, 12, 1, 16, 0, 1, 0, time.UTC)))
		for name, message := range vectors.Messages {
			aws := &sns{cert: []byte(vectors.Certificate), answers: map[string]int{}}
			status, got := answer(t, aws, aws.send(t, message))
			assert.Equal(t, http.StatusNoContent, status, name)
			assert.Equal(t, want[name], got, name)
			status, got = answer(t, aws, aws.send(t, message.with("Message", message["Message"]+" ")))
			assert.Equal(t, http.StatusForbidden, status, name)
			assert.Empty(t, got, name)
		}
	})
}
