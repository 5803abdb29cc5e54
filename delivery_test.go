package phoneauth_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
)

// What a provider reports is told as it is, but for the number, which is masked.
func TestReportDelivery(t *testing.T) {
	for _, c := range []struct {
		reported phoneauth.Delivery
		event    phoneauth.Event
		logged   string
	}{
		{
			phoneauth.Delivery{ID: "m1", Sender: "twilio", Status: phoneauth.Delivered},
			phoneauth.Event{Type: phoneauth.EventDelivered, Sender: "twilio", MessageID: "m1"},
			`level=INFO msg="phoneauth: delivered" event.sender=twilio event.message_id=m1`,
		},
		{
			phoneauth.Delivery{ID: "m1", Sender: "twilio", Status: phoneauth.Undelivered, Code: "30005", Fault: phoneauth.FaultDestination},
			phoneauth.Event{Type: phoneauth.EventUndelivered, Sender: "twilio", MessageID: "m1", SendCode: "30005", SendFault: phoneauth.FaultDestination},
			`level=WARN msg="phoneauth: undelivered" event.sender=twilio event.message_id=m1 event.send_fault=destination event.send_code=30005`,
		},
		{
			phoneauth.Delivery{ID: "m2", Sender: "kannel", Status: phoneauth.OptedOut, Phone: phoneauth.StoredPhone(owner)},
			phoneauth.Event{Type: phoneauth.EventOptedOut, Sender: "kannel", MessageID: "m2", Phone: "+20******7840"},
			`level=INFO msg="phoneauth: opted_out" event.phone=+20******7840 event.sender=kannel event.message_id=m2`,
		},
	} {
		in(t, func(t *testing.T) {
			var log bytes.Buffer
			var events []phoneauth.Event
			s := newService(t, func(cfg *phoneauth.Config) {
				cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
				cfg.Hooks.OnEvent = func(_ context.Context, e phoneauth.Event) { events = append(events, e) }
			})
			s.ReportDelivery(t.Context(), c.reported)
			c.event.Time = time.Now().UTC()
			assert.Equal(t, []phoneauth.Event{c.event}, events)
			assert.Contains(t, log.String(), c.logged)
			assert.NotContains(t, log.String()+fmt.Sprintf("%v %+v %#v", c.reported, c.reported, c.reported), owner[3:])
			assert.Zero(t, s.inbox.Sends())
		})
	}
}
