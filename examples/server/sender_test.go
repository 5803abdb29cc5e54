package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/senders/kannel"
	"github.com/phoneauth/phoneauth/senders/twilio"
	"github.com/phoneauth/phoneauth/senders/vonage"
)

func TestSplitSenders(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string][]string{
		"console":                          {"console"},
		"console,file:/a":                  {"console", "file:/a"},
		"file:/a,b,console":                {"file:/a,b", "console"},
		"file:/a,console.txt":              {"file:/a,console.txt"},
		"kannel:http://h/?a=1,2,twilio:+1": {"kannel:http://h/?a=1,2", "twilio:+1"},
		"kannel:http://h:1/,kannel:http:/": {"kannel:http://h:1/", "kannel:http:/"},
		"webhook:http://h/,twillio:+1":     {"webhook:http://h/", "twillio:+1"},
		"console,":                         {"console", ""},
		",console":                         {"", "console"},
		"":                                 {""},
	} {
		assert.Equal(t, want, splitSenders(spec), spec)
	}
}

func TestProviders(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"KANNEL_USERNAME": "u", "KANNEL_PASSWORD": "p",
		"TWILIO_ACCOUNT_SID": "AC" + strings.Repeat("0", 32), "TWILIO_AUTH_TOKEN": "t",
		"VONAGE_API_KEY": "abcd1234", "VONAGE_API_SECRET": "s",
	}
	around := surroundings{func(name string) string { return env[name] }, io.Discard, &net.TCPAddr{Port: 8080}, quiet}
	for spec, want := range map[string]any{
		"kannel:http://h/":                    new(kannel.Sender),
		"twilio:+15005550006":                 new(twilio.Sender),
		"twilio:Acme":                         new(twilio.Sender),
		"twilio:MG" + strings.Repeat("0", 32): new(twilio.Sender),
		"vonage:Acme":                         new(vonage.Sender),
	} {
		s, err := openSenders(spec, around)
		require.NoError(t, err, spec)
		assert.IsType(t, want, s.SMSSender, spec)
	}
	_, err := openSenders("twilio:MG00000000000", around)
	assert.ErrorContains(t, err, "MessagingServiceSID", "it is taken for a service")
}

func TestURLOf(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080",
		"0.0.0.0:8080":   "http://127.0.0.1:8080",
		"[::]:8080":      "http://127.0.0.1:8080",
		"[::1]:8080":     "http://[::1]:8080",
		"10.1.2.3:80":    "http://10.1.2.3:80",
	} {
		tcp, err := net.ResolveTCPAddr("tcp", addr)
		require.NoError(t, err)
		assert.Equal(t, want, urlOf(tcp), addr)
	}
}

// gateway is a Kannel that answers with status and keeps what it was sent.
func gateway(t *testing.T, status int) (url string, sent <-chan http.Header) {
	got := make(chan http.Header, 8)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- r.Header
		w.WriteHeader(status)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, got
}

// A report comes back to the server, below a secret, and ends in its log, under the name
// of the gateway that it came from.
func TestKannelReports(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	away, refused := gateway(t, http.StatusForbidden)
	there, accepted := gateway(t, http.StatusAccepted)
	s := &server{t: t}
	s.start([]string{"-addr", "127.0.0.1:0", "-store", "memory", "-key", filepath.Join(dir, "key"), "-sms", "kannel:" + away + ",kannel:" + there},
		map[string]string{"KANNEL_USERNAME": "user", "KANNEL_PASSWORD": "hunter2", "KANNEL_FROM": "Acme", "KANNEL_SMSC": "one"})
	s.post("/users/verification/start", body{"phone": "+201061797840"})
	first, second := <-refused, <-accepted
	assert.Equal(t, "Acme", second.Get("X-Kannel-From"))
	assert.Equal(t, "one", second.Get("X-Kannel-SMSC"))
	assert.NotEqual(t, first.Get("X-Kannel-DLR-Url"), second.Get("X-Kannel-DLR-Url"))

	report := strings.ReplaceAll(second.Get("X-Kannel-DLR-Url"), "%d", "1")
	require.True(t, strings.HasPrefix(report, s.url+"/kannel-2/"), report)
	secret, _, _ := strings.Cut(strings.TrimPrefix(report, s.url+"/kannel-2/"), "?")
	for path, status := range map[string]int{
		report: http.StatusOK,
		strings.Replace(report, secret, strings.Repeat("A", len(secret)), 1): http.StatusNotFound,
		strings.Replace(report, "/kannel-2/", "/kannel/", 1):                 http.StatusNotFound,
	} {
		resp, err := s.client.Get(path)
		require.NoError(t, err)
		resp.Body.Close()
		assert.Equal(t, status, resp.StatusCode)
	}
	sent, delivered := s.events("code_sent"), s.events("delivered")
	require.Len(t, sent, 1)
	require.Len(t, delivered, 1)
	assert.Equal(t, "kannel-2", delivered[0]["sender"])
	assert.Equal(t, sent[0]["message_id"], delivered[0]["message_id"])
	for _, hidden := range []string{secret, "hunter2"} {
		assert.NotContains(t, s.log(), hidden)
	}
}

// An endpoint that accepts and does not deliver, by its own fault, goes behind the other.
func TestWebhookDoesNotDeliver(t *testing.T) {
	t.Parallel()
	const secret = "0123456789abcdef0123456789abcdef"
	lazy, first := gateway(t, http.StatusAccepted)
	good, second := gateway(t, http.StatusAccepted)
	s := &server{t: t}
	s.start([]string{"-addr", "127.0.0.1:0", "-store", "memory", "-key", filepath.Join(t.TempDir(), "key"), "-sms", "webhook:" + lazy + ",webhook:" + good},
		map[string]string{"WEBHOOK_CALLBACK_SECRET": secret})
	report := func(fault string) {
		t.Helper()
		for i := range 20 {
			said := fmt.Sprintf(`{"id":"%s-%d","status":"undelivered","fault":"%s"}`, fault, i, fault)
			resp, err := s.client.Post(s.url+"/webhook/"+secret, "application/json", strings.NewReader(said))
			require.NoError(t, err)
			resp.Body.Close()
			require.Equal(t, http.StatusNoContent, resp.StatusCode)
		}
	}
	report("destination")
	s.post("/users/verification/start", body{"phone": "+201061797840"})
	require.Len(t, first, 1, "dead numbers are not its fault")
	report("sender")
	s.post("/users/verification/start", body{"phone": "+33600000178"})
	assert.Len(t, second, 1)
	assert.Len(t, first, 1)
	assert.Len(t, s.events("undelivered"), 40)
}

// events stops the server, and returns the events of this type in its log.
func (s *server) events(what string) (all []map[string]any) {
	s.t.Helper()
	for line := range strings.Lines(s.log()) {
		var entry struct {
			Time  time.Time
			Msg   string
			Event map[string]any
		}
		if strings.HasPrefix(line, "listening on ") {
			continue
		}
		require.NoError(s.t, json.Unmarshal([]byte(line), &entry), line)
		if entry.Msg == "phoneauth: "+what {
			all = append(all, entry.Event)
		}
	}
	return all
}
