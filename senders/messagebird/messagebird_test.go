package messagebird_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/messagebird"
	"github.com/phoneauth/phoneauth/senders/sendertest"
)

func TestRequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from, report, attempt string
		body                  phoneauth.Secret
		want                  string
	}{
		"GSM-7": {"Acme", "", "", "012345 é", `{"originator":"Acme","body":"012345 é","recipients":["201061797840"],"type":"sms","datacoding":"plain","reference":"phoneauth"}`},
		"all of it": {
			"+447700900000", "https://acme.example/messagebird", "attempt-0000001_", "012345 رمز",
			`{"originator":"447700900000","body":"012345 رمز","recipients":["201061797840"],"type":"sms","datacoding":"unicode","reference":"attempt-0000001_","reportUrl":"https://acme.example/messagebird"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got string
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				b, err := io.ReadAll(r.Body)
				assert.NoError(t, err)
				got = string(b)
				w.WriteHeader(http.StatusCreated)
				io.WriteString(w, `{"id":"f28bbe526fc14974b3e7e663a6139b53"}`)
			}))
			t.Cleanup(srv.Close)
			conf := config(srv.URL+"/", nil)
			conf.From, conf.ReportURL = c.from, c.report
			s, err := messagebird.New(conf)
			require.NoError(t, err)
			r, err := s.Send(t.Context(), phoneauth.Message{To: phoneauth.StoredPhone("+201061797840"), Body: c.body, AttemptID: c.attempt})
			require.NoError(t, err)
			assert.Equal(t, phoneauth.Receipt{ID: "f28bbe526fc14974b3e7e663a6139b53", Sender: "messagebird"}, r)
			assert.JSONEq(t, c.want, got)
		})
	}
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config messagebird.Config
		want   []string
	}{
		{messagebird.Config{}, []string{"AccessKey is required", "From is required"}},
		{messagebird.Config{AccessKey: "canary", From: "x", ReportURL: "https://h/?canary", BaseURL: "https://user:canary@h"}, []string{"ReportURL must be", "BaseURL must be"}},
		{messagebird.Config{AccessKey: "canary\n", From: "x", ReportURL: "canary", BaseURL: "http://canary\n"}, []string{"AccessKey is required, on one line", "ReportURL must be", "BaseURL must be"}},
	} {
		s, err := messagebird.New(c.config)
		assert.Nil(t, s)
		sendertest.Faults(t, err, "messagebird: config: ", c.want...)
	}
}

func TestConfigPrintsNoSecret(t *testing.T) {
	t.Parallel()
	c := messagebird.Config{AccessKey: "canary"}
	cb := messagebird.CallbackConfig{URL: "https://acme.example", SigningKey: "canary"}
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v %v %+v %#v", c, c, c, cb, cb, cb), "canary")
}
