package integration_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/messagebird"
)

// serveMessageBird starts a server that answers status and answer, and holds requests and
// answers to MessageBird's description.
func serveMessageBird(t *testing.T, d *description, status int, answer []byte) string {
	t.Helper()
	known := d.post.RequestBody.Value.Content.Get("application/json").Schema.Value.Properties
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		r.Body = io.NopCloser(bytes.NewReader(body))
		in, err := validateMessageBird(d, r)
		assert.NoError(t, err, "the request")
		var fields map[string]any
		assert.NoError(t, json.Unmarshal(body, &fields))
		for name := range fields {
			assert.Contains(t, slices.Collect(maps.Keys(known)), name, "a field that the vendor does not know")
		}
		header := http.Header{"Content-Type": {"application/json"}}
		if in != nil {
			out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: status, Header: header, Options: in.Options}
			assert.NoError(t, openapi3filter.ValidateResponse(r.Context(), out.SetBodyBytes(answer)), "the answer")
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		w.Write(answer)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// validateMessageBird holds r to the description, whose credentials are a header of the form
// "AccessKey …", which is no scheme of OpenAPI.
func validateMessageBird(d *description, r *http.Request) (*openapi3filter.RequestValidationInput, error) {
	route, params, err := d.router.FindRoute(r)
	if err != nil {
		return nil, err
	}
	o := options()
	o.AuthenticationFunc = accessKey
	in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: o}
	return in, openapi3filter.ValidateRequest(r.Context(), in)
}

func accessKey(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	if !strings.HasPrefix(in.RequestValidationInput.Request.Header.Get(in.SecurityScheme.Name), "AccessKey ") {
		return in.NewError(nil)
	}
	return nil
}

// TestMessageBirdDescription: requests and answers are those of MessageBird's own description
// of its API, whose example answer the sender reads.
func TestMessageBirdDescription(t *testing.T) {
	t.Parallel()
	d := describe(t, "messagebird_sms.yaml", "/messages", "/")
	example := d.post.Responses.Status(http.StatusCreated).Value.Content.Get("application/json").Examples["example-0"].Value.Value
	answer, err := json.Marshal(example)
	require.NoError(t, err)
	id := example.(map[string]any)["id"].(string)
	for _, c := range []messagebird.Config{
		{From: "Acme"},
		{From: "+14155552345", ReportURL: "https://acme.example/messagebird"},
	} {
		c.AccessKey, c.BaseURL = "key", serveMessageBird(t, d, http.StatusCreated, answer)
		s, err := messagebird.New(c)
		require.NoError(t, err)
		sends(t, s, phoneauth.Receipt{ID: id, Sender: "messagebird"}, c.From)
	}

	const good = `{"originator":"Acme","body":"x","recipients":["201061797840"],"type":"sms","datacoding":"plain"}`
	for name, c := range map[string]struct{ authorization, body string }{
		"":                  {"AccessKey key", good},
		"no credentials":    {"", good},
		"another scheme":    {"Bearer key", good},
		"no recipients":     {"AccessKey key", strings.Replace(good, "recipients", "recipient", 1)},
		"recipients a text": {"AccessKey key", strings.Replace(good, `["201061797840"]`, `"201061797840"`, 1)},
		"numbers":           {"AccessKey key", strings.Replace(good, `"201061797840"`, `201061797840`, 1)},
		"no body":           {"AccessKey key", strings.Replace(good, `"body"`, `"text"`, 1)},
		"an odd type":       {"AccessKey key", strings.Replace(good, `"sms"`, `"SMS"`, 1)},
	} {
		r := httptest.NewRequest(http.MethodPost, "/messages", strings.NewReader(c.body))
		r.Header.Set("Content-Type", "application/json")
		if c.authorization != "" {
			r.Header.Set("Authorization", c.authorization)
		}
		_, err := validateMessageBird(d, r)
		assert.Equal(t, name != "", err != nil, "%q: %v", name, err)
	}
}

// TestMessageBirdRefusals: the sender reads the refusals that the description has as examples.
func TestMessageBirdRefusals(t *testing.T) {
	t.Parallel()
	d := describe(t, "messagebird_sms.yaml", "/messages", "/")
	for status, want := range map[int]phoneauth.SendError{
		http.StatusUnauthorized:        {Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "2"},
		http.StatusUnprocessableEntity: {Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "9"},
	} {
		answer, err := json.Marshal(d.post.Responses.Status(status).Value.Content.Get("application/json").Example)
		require.NoError(t, err)
		s, err := messagebird.New(messagebird.Config{AccessKey: "key", From: "Acme", BaseURL: serveMessageBird(t, d, status, answer)})
		require.NoError(t, err)
		_, err = s.Send(t.Context(), phoneauth.Message{To: phoneauth.StoredPhone(cairo), Body: "012345"})
		var e *phoneauth.SendError
		require.ErrorAs(t, err, &e)
		assert.Equal(t, want, *e)
	}
}
