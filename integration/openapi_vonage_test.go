package integration_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/vonage"
)

func describeVonage(t *testing.T) *description {
	t.Helper()
	d := describe(t, "vonage_sms.yml", "/{format}", "/sms")
	d.posted().Type = &openapi3.Types{openapi3.TypeObject} // left out, and a form is nothing else
	// "oneOf" an answer and an error, neither of which requires a field, so that both
	// match always: an answer is held to its own schema.
	media := d.post.Responses.Status(http.StatusOK).Value.Content.Get("application/json")
	media.Schema = d.doc.Components.Schemas["SMS"]
	return d
}

// example is made of the examples of the properties of schema.
func example(schema *openapi3.Schema) map[string]any {
	fields := map[string]any{}
	for name, property := range schema.Properties {
		if property.Value.Example != nil {
			fields[name] = property.Value.Example
		}
	}
	return fields
}

// TestVonageDescription: requests and answers are those of Vonage's own description of
// its API, whose example answer the sender reads.
func TestVonageDescription(t *testing.T) {
	t.Parallel()
	d := describeVonage(t)
	message := example(d.schema(t, "Message"))
	answer, err := json.Marshal(map[string]any{"message-count": "1", "messages": []any{message}})
	require.NoError(t, err)
	for _, c := range []vonage.Config{
		{From: "AcmeInc"},
		{From: "+447700900000", StatusCallback: "https://example.com/sms-dlr"},
	} {
		c.APIKey, c.APISecret, c.BaseURL = "abcd1234", "abcdef0123456789", d.serve(t, http.StatusOK, answer)
		s, err := vonage.New(c)
		require.NoError(t, err)
		sends(t, s, phoneauth.Receipt{ID: "0A0000000123ABCD1", Sender: "vonage"}, c.From)
	}
	d.notices(t, map[string]form{
		"no key":         {"/sms/json", "from=Acme&to=201061797840&text=x"},
		"a short key":    {"/sms/json", "api_key=abcd&from=Acme&to=201061797840&text=x"},
		"no number":      {"/sms/json", "api_key=abcd1234&from=Acme&to=x&text=x"},
		"an odd type":    {"/sms/json", "api_key=abcd1234&from=Acme&to=201061797840&text=x&type=utf8"},
		"a long number":  {"/sms/json", "api_key=abcd1234&from=Acme&to=2010617978402010&text=x"},
		"another format": {"/sms/yaml", "api_key=abcd1234&from=Acme&to=201061797840&text=x"},
	})
}

// TestVonageStatuses: the statuses that the description lists are those that the sender
// knows; what it does not know it would take for ambiguous.
func TestVonageStatuses(t *testing.T) {
	t.Parallel()
	d := describeVonage(t)
	listed, ok := d.doc.Extensions["x-errors"].(map[string]any)
	require.True(t, ok)
	require.NotEmpty(t, listed)
	for status := range listed {
		answer := fmt.Appendf(nil, `{"message-count":"1","messages":[{"status":%q,"error-text":"…"}]}`, status)
		s, err := vonage.New(vonage.Config{APIKey: "abcd1234", APISecret: "abcdef0123456789", From: "AcmeInc", BaseURL: d.serve(t, http.StatusOK, answer)})
		require.NoError(t, err)
		_, err = s.Send(t.Context(), phoneauth.Message{To: phoneauth.StoredPhone("+201061797840"), Body: "012345"})
		var e *phoneauth.SendError
		require.ErrorAs(t, err, &e)
		assert.Equal(t, status, e.Code)
		assert.Equal(t, status == "5", e.Class == phoneauth.Ambiguous, "status %s is %s", status, e.Class)
		assert.Equal(t, slices.Contains(unclear, status), e.Fault == "", "status %s is the fault of %q", status, e.Fault)
	}
}

// unclear are the statuses that may be anybody's fault: a parameter, a text that is too
// long, a network code.
var unclear = []string{"3", "12", "22"}

// TestVonageReceipts: the handler understands delivery receipts and inbound texts made of
// the description's examples, signed.
func TestVonageReceipts(t *testing.T) {
	t.Parallel()
	d := describeVonage(t)
	const secret = "signature-secret"
	var got []phoneauth.Delivery
	h, err := vonage.Callbacks(vonage.CallbackConfig{SignatureSecret: secret}, func(_ context.Context, d phoneauth.Delivery) { got = append(got, d) })
	require.NoError(t, err)
	post := func(schema string, fields map[string]any) []phoneauth.Delivery {
		t.Helper()
		got = nil
		fields["timestamp"] = fmt.Sprint(time.Now().Unix())
		delete(fields, "sig")
		mac := hmac.New(sha256.New, []byte(secret))
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			fmt.Fprintf(mac, "&%s=%s", name, strings.NewReplacer("&", "_", "=", "_").Replace(fields[name].(string)))
		}
		fields["sig"] = fmt.Sprintf("%X", mac.Sum(nil))
		require.NoError(t, d.schema(t, schema).VisitJSON(fields), "the callback is one of the description's")
		body, err := json.Marshal(fields)
		require.NoError(t, err)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(string(body))))
		assert.Equal(t, http.StatusNoContent, w.Code)
		return got
	}

	receipt := d.schema(t, "DeliveryReceipt")
	statuses := receipt.Properties["status"].Value.Extensions["x-possible-values"].([]any)
	want := map[string]phoneauth.DeliveryStatus{
		"delivered": phoneauth.Delivered,
		"expired":   phoneauth.Undelivered, "failed": phoneauth.Undelivered, "rejected": phoneauth.Undelivered,
		"accepted": "", "buffered": "", "unknown": "",
	}
	assert.Len(t, statuses, len(want))
	for _, status := range statuses {
		fields := example(receipt)
		fields["status"] = status
		expected, known := want[status.(string)]
		assert.True(t, known, status)
		reported := post("DeliveryReceipt", fields)
		if expected == "" {
			assert.Empty(t, reported, status)
			continue
		}
		require.Len(t, reported, 1, status)
		assert.Equal(t, expected, reported[0].Status, status)
		assert.Equal(t, "0A0000001234567B", reported[0].ID)
	}

	inbound := example(d.schema(t, "InboundMessage"))
	assert.Empty(t, post("InboundMessage", inbound), "Hello world")
	inbound["text"], inbound["keyword"] = "Stop", "STOP"
	assert.Equal(t, []phoneauth.Delivery{{ID: "0A0000000123ABCD1", Sender: "vonage", Status: phoneauth.OptedOut, Phone: phoneauth.StoredPhone("+447700900001")}}, post("InboundMessage", inbound))
}
