package service_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// The names of the fields in a log, which dashboards go by.
func TestEventInLog(t *testing.T) {
	t.Parallel()
	e := phoneauth.Event{
		Type: "send_failed", Time: time.Now(), Realm: "r", Purpose: "sign_in", Phone: "+20*******40", Region: "EG",
		UserID: "1", SessionID: "s", Limit: "country", Channel: "sms", Sender: "kannel", MessageID: "m", SendClass: "permanent",
		SendFault: "destination", SendCode: "HTTP 400", Segments: 2, Device: true, Test: true,
		Print: "p", Until: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Client: "Chrome", Place: "Cairo", Actor: "ana", Reason: "ticket 7", Intent: "blocked",
		Check: "altcha", Level: 2, Count: 7, Cost: 9, Terms: "2026-11",
	}
	for f, v := range reflect.ValueOf(e).Fields() {
		if !f.IsExported() {
			continue // it is for the journal alone
		}
		require.False(t, v.IsZero(), "this test does not know %s", f.Name)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("", slog.Any("event", e))
	var line struct{ Event json.RawMessage }
	require.NoError(t, json.Unmarshal(log.Bytes(), &line))
	assert.JSONEq(t, `{"realm":"r","purpose":"sign_in","phone":"+20*******40","region":"EG","user_id":"1","session_id":"s",
		"limit":"country","channel":"sms","sender":"kannel","message_id":"m","send_class":"permanent","send_fault":"destination","send_code":"HTTP 400","segments":2,
		"print":"p","check":"altcha","client":"Chrome","place":"Cairo","terms":"2026-11","actor":"ana","reason":"ticket 7","intent":"blocked",
		"until":"2026-01-02T03:04:05Z","level":2,"cost":9,"count":7,"device":true,"test":true}`, string(line.Event))
	log.Reset()
	slog.New(slog.NewJSONHandler(&log, nil)).Info("", slog.Any("event", phoneauth.Event{}))
	assert.NotContains(t, log.String(), "event", "what does not apply is left out")
}

// The log has a line for each event that the host is told, with what is in it.
func TestLogSaysTheSame(t *testing.T) {
	t.Parallel()
	var log, told bytes.Buffer
	s := suite.Memory().Service(t, func(c *phoneauth.Config) {
		c.Logger = slog.New(slog.NewJSONHandler(&log, nil))
		c.Hooks.OnEvent = func(_ context.Context, e phoneauth.Event) {
			slog.New(slog.NewJSONHandler(&told, nil)).Info("phoneauth: "+string(e.Type), slog.Any("event", e))
		}
	})
	s.Ask(suite.Owner)
	_, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: suite.Owner})
	require.Equal(t, phoneauth.LimitPhoneSends, suite.Limited(err))
	_, err = s.Login(t.Context(), phoneauth.LoginRequest{Phone: suite.Owner, Code: s.Wrong(suite.Owner)})
	require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	session, err := s.Login(t.Context(), phoneauth.LoginRequest{Phone: suite.Owner, Code: s.Code(suite.Owner, phoneauth.PurposeSignIn)})
	require.NoError(t, err)
	require.NoError(t, s.Logout(t.Context(), session.RefreshToken))

	type line struct {
		Level, Msg string
		Event      map[string]any
	}
	read := func(b *bytes.Buffer) (lines []line) {
		for d := json.NewDecoder(b); d.More(); {
			var l line
			require.NoError(t, d.Decode(&l))
			lines = append(lines, l)
		}
		return lines
	}
	logged, events := read(&log), read(&told)
	levels := map[string]string{
		"phoneauth: code_sent": "INFO", "phoneauth: limited": "WARN", "phoneauth: verify_failed": "WARN",
		"phoneauth: verified": "INFO", "phoneauth: signed_up": "INFO", "phoneauth: signed_out": "INFO",
	}
	require.Len(t, events, len(levels))
	for i := range events {
		require.Contains(t, levels, events[i].Msg)
		events[i].Level = levels[events[i].Msg]
	}
	assert.Equal(t, events, logged)
}

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
			phoneauth.Delivery{ID: "m2", Sender: "kannel", Status: phoneauth.OptedOut, Phone: phoneauth.StoredPhone(suite.Owner)},
			phoneauth.Event{Type: phoneauth.EventOptedOut, Sender: "kannel", MessageID: "m2", Phone: "+20******7840", Region: "EG"},
			`level=INFO msg="phoneauth: opted_out" event.phone=+20******7840 event.region=EG event.sender=kannel event.message_id=m2`,
		},
	} {
		t.Run(string(c.event.Type), func(t *testing.T) {
			var log bytes.Buffer
			var events []phoneauth.Event
			s := suite.Memory().Service(t, func(cfg *phoneauth.Config) {
				cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
				cfg.Hooks.OnEvent = func(_ context.Context, e phoneauth.Event) { events = append(events, e) }
			})
			s.ReportDelivery(t.Context(), c.reported)
			require.Len(t, events, 1)
			assert.Equal(t, !c.reported.Phone.IsZero(), events[0].Print != "", "it is in the timeline of its number")
			c.event.Time, c.event.Print = s.Now(), events[0].Print
			assert.Equal(t, c.event, events[0])
			assert.Contains(t, log.String(), c.logged)
			assert.NotContains(t, log.String()+fmt.Sprintf("%v %+v %#v", c.reported, c.reported, c.reported), suite.Owner[3:])
			assert.Zero(t, s.Inbox.Sends())
		})
	}
}
