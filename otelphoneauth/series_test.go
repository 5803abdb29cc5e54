package otelphoneauth_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

var (
	types = []phoneauth.EventType{
		"code_sent", "send_failed", "send_refused", "notice_sent", "verified", "verify_failed", "password_failed", "limited",
		"ceiling_near", "redeemed", "signed_up", "signed_in", "sign_in_refused", "refreshed", "refresh_reused", "signed_out",
		"human_check_asked", "human_check_solved", "human_check_failed",
		"password_changed", "phone_changed", "blocked", "unblocked", "unlocked", "deleted", "delivered", "undelivered", "opted_out",
	}
	limits = []string{
		"phone_sends", "channel_wait", "address_sends", "service_sends", "spend_hour", "spend_day", "number_block", "number_wide_block", "country",
		"phone_failures", "address_failures", "password_failures", "password_sign_ins", "device_sends", "sessions", "phone_change",
		"human_checks", "unverified_sends", "human_check_used",
	}
	classes = []phoneauth.SendClass{"permanent", "temporary", "ambiguous"}
)

// Every event of every type, of more purposes, regions and senders than there are: no
// instrument comes to the SDK's limit, beyond which it knows no names.
func TestSeries(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	for _, what := range types {
		for i := range 50 {
			e := phoneauth.Event{Type: what, Purpose: phoneauth.Purpose(fmt.Sprintf("purpose_%d", i))}
			switch what {
			case "limited", "ceiling_near":
				for _, e.Limit = range limits {
					h.tell(e)
				}
			case "code_sent", "notice_sent", "send_failed":
				for j := range 50 {
					e.Sender = fmt.Sprintf("sender-%c%c", 'a'+j%26, 'a'+j/26)
					for _, e.SendClass = range classes {
						for _, e.SendFault = range []phoneauth.SendFault{"", phoneauth.FaultDestination, phoneauth.FaultSender, "x"} {
							if what != "send_failed" {
								e.SendClass, e.SendFault = "", ""
							}
							h.tell(e)
						}
					}
				}
				e.Sender, e.SendClass, e.SendFault = "", "", ""
			case "delivered", "undelivered", "opted_out":
				e.Purpose, e.Sender = "", "sender-"+strings.Repeat("x", i/2)
				h.tell(e)
				continue // they know no number
			}
			h.tell(e)
			e.Test = true
			h.tell(e)
		}
		for a := range 26 {
			for b := range 26 {
				e := phoneauth.Event{Type: what, Purpose: "sign_in", Region: string([]byte{'A' + byte(a), 'A' + byte(b)})}
				h.tell(e)
				if what == "limited" {
					for _, e.Limit = range limits {
						h.tell(e)
					}
				}
			}
		}
	}
	told := h.metrics(t)
	require.NotContains(t, told, "otel.metric.overflow")
	for name, most := range map[string]int{"phoneauth.events ": 1999, "phoneauth.region.events ": 1999} {
		_, series, found := strings.Cut(told, name)
		require.True(t, found)
		n := 0
		for line := range strings.Lines(series) {
			if strings.HasPrefix(line, "\t") {
				n++
			} else if n > 0 {
				break
			}
		}
		t.Log(name, n)
		assert.LessOrEqual(t, n, most, name)
		assert.Greater(t, n, 500, name)
	}
}

func (h *host) tell(e phoneauth.Event) { h.cfg.Hooks.OnEvent(context.Background(), e) }

// Names that hosts and senders bring are told while they look like names.
func TestNamesOfOthers(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"twilio":                "twilio",
		"kannel-2":              "kannel-2",
		"Vonage_EU.1":           "Vonage_EU.1",
		"+201061797840":         "_OTHER",
		"201061797840":          "_OTHER",
		"to-201-061":            "_OTHER",
		"483920":                "_OTHER",
		"a b":                   "_OTHER",
		"é":                     "_OTHER",
		"a\n":                   "_OTHER",
		strings.Repeat("a", 33): "_OTHER",
	} {
		h := newHost(t)
		h.tell(phoneauth.Event{Type: "delivered", Sender: name})
		assert.Contains(t, h.metrics(t), "\t1 phoneauth.event.type=delivered phoneauth.sender="+want+"\n", "%q", name)
	}
	for region, want := range map[string]string{"EG": "EG", "001": "001", "eg": "_OTHER", "EGY": "_OTHER", "E1": "_OTHER"} {
		h := newHost(t)
		h.tell(phoneauth.Event{Type: "verified", Region: region})
		assert.Contains(t, h.metrics(t), "\t1 phoneauth.event.type=verified phoneauth.region="+want+"\n", "%q", region)
	}
}
