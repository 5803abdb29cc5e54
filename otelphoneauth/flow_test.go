package otelphoneauth_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/phonetest"
)

// Whoever changes one of these names breaks somebody's dashboard.
func TestNames(t *testing.T) {
	t.Parallel()
	var seen []phoneauth.EventType
	h := newHost(t, func(c *phoneauth.Config) {
		c.Numbers.Test = []phoneauth.TestNumber{{Phone: reviewer, Code: "424242", Until: time.Now().Add(time.Hour)}}
		c.Hooks.OnEvent = func(_ context.Context, e phoneauth.Event) { seen = append(seen, e.Type) }
	})
	ctx := t.Context()

	_, err := h.svc.Register(ctx, phoneauth.RegisterRequest{Phone: cairo})
	require.NoError(t, err)
	_, err = h.svc.Register(ctx, phoneauth.RegisterRequest{Phone: cairo})
	require.ErrorAs(t, err, new(*phoneauth.LimitError))
	code := h.inbox.Code(t, cairo)
	_, err = h.svc.Login(ctx, phoneauth.LoginRequest{Phone: cairo, Code: wrong(code)})
	require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	session, err := h.svc.Login(ctx, phoneauth.LoginRequest{Phone: cairo, Code: code})
	require.NoError(t, err)
	_, err = h.svc.Refresh(ctx, phoneauth.RefreshRequest{Token: session.RefreshToken})
	require.NoError(t, err)
	_, err = h.svc.Register(ctx, phoneauth.RegisterRequest{Phone: reviewer, Purpose: "car_rental"})
	require.NoError(t, err)

	h.inbox.FailNext(phonetest.Permanent)
	handler := h.svc.Handler()
	assert.Equal(t, 500, serve(handler, "POST", "/users/verification/start", `{"phone": "`+delhi+`"}`))
	assert.Equal(t, 429, serve(handler, "POST", "/users/verification/start", `{"phone": "`+delhi+`"}`))
	assert.Equal(t, 404, serve(handler, "GET", "/users/"+cairo+"?code="+code, ""))

	assert.Equal(t, wantSpans, h.trees())
	assert.Equal(t, wantMetrics, h.metrics(t))
	assert.Equal(t, []phoneauth.EventType{
		"code_sent", "limited", "verify_failed", "verified", "signed_up", "refreshed", "code_sent", "send_failed", "limited",
	}, seen, "the host's own OnEvent")
}

// wrong is another code than code.
func wrong(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

// serve returns the status of a request.
func serve(h http.Handler, method, target, body string) int {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

const wantSpans = `phoneauth.Register phoneauth.operation=Register phoneauth.outcome=ok
	* phoneauth.code_sent phoneauth.channel=sms phoneauth.purpose=sign_in phoneauth.region=EG phoneauth.sender=phonetest
	phoneauth.store.BeginChallenge phoneauth.outcome=ok phoneauth.store.verb=BeginChallenge
	phoneauth.send (client) phoneauth.channel=sms phoneauth.outcome=ok phoneauth.purpose=sign_in phoneauth.sender=phonetest
phoneauth.Register phoneauth.limit=phone_sends phoneauth.operation=Register phoneauth.outcome=limited
	* phoneauth.limited phoneauth.channel=sms phoneauth.limit=phone_sends phoneauth.purpose=sign_in phoneauth.region=EG
	phoneauth.store.BeginChallenge phoneauth.limit=phone_sends phoneauth.outcome=limited phoneauth.store.verb=BeginChallenge
phoneauth.Login phoneauth.operation=Login phoneauth.outcome=invalid_code
	* phoneauth.verify_failed phoneauth.purpose=sign_in phoneauth.region=EG
	phoneauth.store.OpenSession phoneauth.outcome=mismatch phoneauth.store.verb=OpenSession
phoneauth.Login phoneauth.operation=Login phoneauth.outcome=ok
	* phoneauth.verified phoneauth.channel=sms phoneauth.purpose=sign_in phoneauth.region=EG
	* phoneauth.signed_up phoneauth.purpose=sign_in phoneauth.region=EG
	phoneauth.store.OpenSession phoneauth.outcome=ok phoneauth.store.verb=OpenSession
phoneauth.Refresh phoneauth.operation=Refresh phoneauth.outcome=ok
	* phoneauth.refreshed 
	phoneauth.store.UserByID phoneauth.outcome=ok phoneauth.store.verb=UserByID
	phoneauth.store.RotateSession phoneauth.outcome=ok phoneauth.store.verb=RotateSession
phoneauth.Register phoneauth.operation=Register phoneauth.outcome=ok
	* phoneauth.code_sent phoneauth.channel=sms phoneauth.purpose=car_rental phoneauth.region=SG phoneauth.test=true
	phoneauth.store.TakeLimits phoneauth.outcome=ok phoneauth.store.verb=TakeLimits
	phoneauth.store.UserByPhone phoneauth.outcome=not_found phoneauth.store.verb=UserByPhone
	phoneauth.store.BeginChallenge phoneauth.outcome=ok phoneauth.store.verb=BeginChallenge
POST /users/verification/start Error(500) error.type=500 http.request.method=POST http.response.status_code=500 http.route=/users/verification/start phoneauth.operation=POST /users/verification/start
	* phoneauth.send_failed phoneauth.channel=sms phoneauth.purpose=sign_in phoneauth.region=IN phoneauth.send.class=permanent phoneauth.send.fault=destination
	phoneauth.store.BeginChallenge phoneauth.outcome=ok phoneauth.store.verb=BeginChallenge
	phoneauth.send (client) Error(permanent) error.type=permanent phoneauth.channel=sms phoneauth.outcome=permanent phoneauth.purpose=sign_in phoneauth.send.code=phonetest phoneauth.send.fault=destination
POST /users/verification/start http.request.method=POST http.response.status_code=429 http.route=/users/verification/start phoneauth.operation=POST /users/verification/start
	* phoneauth.limited phoneauth.channel=sms phoneauth.limit=phone_sends phoneauth.purpose=sign_in phoneauth.region=IN
	phoneauth.store.BeginChallenge phoneauth.limit=phone_sends phoneauth.outcome=limited phoneauth.store.verb=BeginChallenge
_OTHER http.response.status_code=404 phoneauth.operation=_OTHER
`

const wantMetrics = `phoneauth.channel.events {event}
	1 phoneauth.channel=sms phoneauth.event.type=code_sent
	1 phoneauth.channel=sms phoneauth.event.type=send_failed
	1 phoneauth.channel=sms phoneauth.event.type=verified
phoneauth.events {event}
	1 phoneauth.event.type=code_sent phoneauth.purpose=car_rental phoneauth.test=true
	1 phoneauth.event.type=code_sent phoneauth.purpose=sign_in phoneauth.sender=phonetest
	1 phoneauth.event.type=refreshed
	1 phoneauth.event.type=send_failed phoneauth.purpose=sign_in phoneauth.send.class=permanent phoneauth.send.fault=destination
	1 phoneauth.event.type=signed_up phoneauth.purpose=sign_in
	1 phoneauth.event.type=verified phoneauth.purpose=sign_in
	1 phoneauth.event.type=verify_failed phoneauth.purpose=sign_in
	2 phoneauth.event.type=limited phoneauth.limit=phone_sends phoneauth.purpose=sign_in
phoneauth.journal.lost {entry}
	0 
phoneauth.operation.duration s [0.001 0.0025 0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10]
	1 error.type=500 http.response.status_code=500 phoneauth.operation=POST /users/verification/start
	1 http.response.status_code=404 phoneauth.operation=_OTHER
	1 http.response.status_code=429 phoneauth.operation=POST /users/verification/start
	1 phoneauth.operation=Login phoneauth.outcome=invalid_code
	1 phoneauth.operation=Login phoneauth.outcome=ok
	1 phoneauth.operation=Refresh phoneauth.outcome=ok
	1 phoneauth.operation=Register phoneauth.outcome=limited
	2 phoneauth.operation=Register phoneauth.outcome=ok
phoneauth.region.events {event}
	1 phoneauth.event.type=code_sent phoneauth.region=EG
	1 phoneauth.event.type=send_failed phoneauth.region=IN
	1 phoneauth.event.type=signed_up phoneauth.region=EG
	1 phoneauth.event.type=verified phoneauth.region=EG
phoneauth.send.duration s [0.05 0.1 0.25 0.5 1 2 3 5 7.5 10]
	1 error.type=permanent phoneauth.outcome=permanent phoneauth.purpose=sign_in
	1 phoneauth.outcome=ok phoneauth.purpose=sign_in phoneauth.sender=phonetest
phoneauth.store.duration s [0.0005 0.001 0.0025 0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2]
	1 phoneauth.outcome=mismatch phoneauth.store.verb=OpenSession
	1 phoneauth.outcome=not_found phoneauth.store.verb=UserByPhone
	1 phoneauth.outcome=ok phoneauth.store.verb=OpenSession
	1 phoneauth.outcome=ok phoneauth.store.verb=RotateSession
	1 phoneauth.outcome=ok phoneauth.store.verb=TakeLimits
	1 phoneauth.outcome=ok phoneauth.store.verb=UserByID
	2 phoneauth.outcome=limited phoneauth.store.verb=BeginChallenge
	3 phoneauth.outcome=ok phoneauth.store.verb=BeginChallenge
`
