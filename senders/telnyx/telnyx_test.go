package telnyx_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/sendertest"
	"github.com/phoneauth/phoneauth/senders/telnyx"
)

const profile = "16fd2706-8baf-433b-82eb-8c7fada847da"

func TestRequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*telnyx.Config)
		want   string
	}{
		"a number": {func(*telnyx.Config) {}, `{"from":"+14155552345","to":"+201061797840","text":"012345 & ça","type":"SMS"}`},
		"a name": {func(c *telnyx.Config) { c.From, c.ProfileID = "Acme", profile },
			`{"from":"Acme","messaging_profile_id":"` + profile + `","to":"+201061797840","text":"012345 & ça","type":"SMS"}`},
		"a pool and reports": {func(c *telnyx.Config) {
			c.From, c.ProfileID, c.WebhookURL = "", profile, "https://acme.example/telnyx?a=b"
		},
			`{"messaging_profile_id":"` + profile + `","to":"+201061797840","text":"012345 & ça","type":"SMS","webhook_url":"https://acme.example/telnyx?a=b"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got string
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				b, err := io.ReadAll(r.Body)
				assert.NoError(t, err)
				got = string(b)
				io.WriteString(w, answer("40385f64-5717-4562-b3fc-2c963f66afa6", "queued", "").Body)
			}))
			t.Cleanup(srv.Close)
			conf := config(srv.URL+"/", nil)
			c.change(&conf)
			s, err := telnyx.New(conf)
			require.NoError(t, err)
			r, err := s.Send(t.Context(), phoneauth.Message{To: phoneauth.StoredPhone("+201061797840"), Body: "012345 & ça"})
			require.NoError(t, err)
			assert.Equal(t, phoneauth.Receipt{ID: "40385f64-5717-4562-b3fc-2c963f66afa6", Sender: "telnyx"}, r)
			assert.JSONEq(t, c.want, got)
		})
	}
}

// TestDocumentedCodes: the package documentation says of each code what becomes of it, in an
// answer and in a report.
func TestDocumentedCodes(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	source, err := os.ReadFile("codes.go")
	require.NoError(t, err)
	rows := regexp.MustCompile(`(?m)^//\t(\d{5}) +(Permanent|Temporary), (destination|sender) `).FindAllStringSubmatch(string(doc), -1)
	assert.Len(t, rows, len(regexp.MustCompile(`(?m)^\t"\d+": `).FindAll(source, -1)), "every known code is documented")
	for _, row := range rows {
		refusal := fault(http.StatusBadRequest, row[1], "")
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(refusal.Status)
			w.Write([]byte(refusal.Body))
		}))
		t.Cleanup(srv.Close)
		s, err := telnyx.New(config(srv.URL, nil))
		require.NoError(t, err)
		_, err = s.Send(t.Context(), phoneauth.Message{To: phoneauth.StoredPhone("+201061797840"), Body: "012345"})
		var e *phoneauth.SendError
		require.ErrorAs(t, err, &e)
		assert.Equal(t, strings.ToLower(row[2]), string(e.Class), row[1])
		assert.Equal(t, row[3], string(e.Fault), row[1])

		_, got := serve(t, request(t, private, map[string]string{"event_type": "message.finalized", "id": "M1", "status": "delivery_failed", "code": row[1]}))
		require.Len(t, got, 1)
		assert.Equal(t, row[3], string(got[0].Fault), row[1])
	}
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config telnyx.Config
		want   []string
	}{
		{telnyx.Config{}, []string{"APIKey is required", "From or ProfileID is required"}},
		{telnyx.Config{APIKey: "canary\r\n", From: "Acme"}, []string{"APIKey is required, on one line", "ProfileID is required"}},
		{telnyx.Config{APIKey: "canary", ProfileID: "canary", WebhookURL: "/canary", BaseURL: "https://user:canary@h"}, []string{"ProfileID must be", "WebhookURL must be", "BaseURL must be"}},
		{telnyx.Config{APIKey: "canary", From: "+1", BaseURL: "https://h/?canary"}, []string{"BaseURL must be"}},
	} {
		s, err := telnyx.New(c.config)
		assert.Nil(t, s)
		sendertest.Faults(t, err, "telnyx: config: ", c.want...)
	}
}

func TestConfigPrintsNoSecret(t *testing.T) {
	t.Parallel()
	c := telnyx.Config{APIKey: "canary"}
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", c, c, c), "canary")
}
