package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

const (
	androidAgent = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36"
	windowsAgent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:125.0) Gecko/20100101 Firefox/125.0"
)

// on is a client with this User-Agent.
func (s *server) on(userAgent string) *client {
	c := s.client()
	c.header["User-Agent"] = userAgent
	return c
}

func testAPISessions(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t, func(cfg *phoneauth.Config) {
		cfg.Hooks.Place = func(_ context.Context, a netip.Addr) string {
			if a.String() == "198.51.0.3" {
				return "Cairo"
			}
			return ""
		}
	})
	android, windows := s.on(androidAgent), s.on(windowsAgent)
	first := android.connect(cairo)
	t.Elapse(time.Minute)
	second := windows.connect(cairo)
	t.Elapse(time.Minute)
	list := windows.do("GET", "/users/me/sessions", nil).ok()
	assert.Len(t, list.get("sessions"), 2)
	assert.Equal(t, true, list.get("sessions.0.current"))
	assert.Equal(t, "Firefox on Windows", list.get("sessions.0.client"))
	assert.Equal(t, "Cairo", list.get("sessions.0.place"))
	assert.Equal(t, []any{"sms"}, list.get("sessions.0.amr"))
	assert.Equal(t, false, list.get("sessions.1.current"))
	assert.Equal(t, "Chrome on Android", list.get("sessions.1.client"))
	assert.Nil(t, list.get("sessions.1.place"))
	assert.Equal(t, "2000-01-01T00:00:00.000Z", list.get("sessions.1.created_at"))
	assert.Equal(t, list.get("sessions.1.created_at"), list.get("sessions.1.last_used_at"))

	android.refresh(first.str("meta.refresh_token")).ok()
	list = windows.do("GET", "/users/me/sessions", nil).ok()
	assert.Equal(t, false, list.get("sessions.0.current"), "newest use first")
	assert.Equal(t, "2000-01-01T00:02:00.000Z", list.get("sessions.0.last_used_at"))

	s.client().do("GET", "/users/me/sessions", nil).refused(401, "unauthorized")
	windows.post("/logout", object{"refresh_token": second.str("meta.refresh_token")}).ok(204)
	windows.do("GET", "/users/me/sessions", nil).refused(401, "unauthorized", "the session has ended")
	windows.do("PUT", "/users/me/sessions", object{}).refused(405, "method_not_allowed")
}

func testAPIEndSession(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	older, c, stranger := s.client(), s.client(), s.client()
	old := older.connect(cairo)
	t.Elapse(time.Minute)
	own := c.connect(cairo)
	other := stranger.connect(paris)
	id := func(c *client, i string) string {
		return c.do("GET", "/users/me/sessions", nil).ok().str("sessions." + i + ".id")
	}
	end := func(c *client, id string) *answer { return c.do("DELETE", "/users/me/sessions/"+id, nil) }

	end(c, id(stranger, "0")).refused(404, "not_found", "another's")
	end(c, "unknown").refused(404, "not_found")
	end(s.client(), id(c, "0")).refused(401, "unauthorized")
	stranger.refresh(other.str("meta.refresh_token")).ok()

	oldID := id(c, "1")
	t.Elapse(5*time.Minute + time.Second)
	end(c, oldID).refused(403, "reauthentication_required", "an older session, and the sign-in is old")
	end(older, id(c, "0")).ok(204) // a younger session
	c.refresh(own.str("meta.refresh_token")).refused(401, "invalid_refresh_token")
	again := c.connect(cairo)
	end(c, oldID).ok(204)
	older.refresh(old.str("meta.refresh_token")).refused(401, "invalid_refresh_token")
	end(c, oldID).refused(404, "not_found", "it is gone")
	c.refresh(again.str("meta.refresh_token")).ok()
	assert.Equal(t, 2, strings.Count(s.log.String(), string(phoneauth.EventSessionEnded)), "each is an event")
}

// The device of a session that was ended is no known device any more. Of a session that
// signed out it still is.
func testAPIEndSessionEndsItsDevice(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	lost, c := s.client(), s.client()
	lostDevice := lost.connect(cairo).str("meta.device_token")
	t.Elapse(time.Minute)
	c.connect(cairo)
	list := c.do("GET", "/users/me/sessions", nil).ok()
	start := func(device string) *answer {
		return s.client().post("/users/verification/start", object{"phone": cairo, "device_token": device})
	}
	start("").ok()
	start(lostDevice).ok() // it has sends of its own
	t.Elapse(2 * time.Minute)
	c.do("DELETE", "/users/me/sessions/"+list.str("sessions.1.id"), nil).ok(204)
	start("").ok()
	start(lostDevice).refused(429, "rate_limited", "it is nobody's device")
}

func testAPIEndOtherSessions(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	for _, devices := range []bool{false, true} {
		s := newServer(t, cooldownOnly)
		other, c := s.client(), s.client()
		a := other.connect(cairo)
		t.Elapse(time.Minute)
		c.connect(cairo)
		path := "/users/me/sessions"
		if devices {
			path += "?devices=1"
		}
		t.Elapse(5*time.Minute + time.Second)
		c.do("DELETE", path, nil).refused(403, "reauthentication_required")
		own := c.connect(cairo)
		c.do("DELETE", path, nil).ok(204)
		other.refresh(a.str("meta.refresh_token")).refused(401, "invalid_refresh_token")
		assert.Len(t, c.do("GET", "/users/me/sessions", nil).ok().get("sessions"), 1)

		start := func(device string) int {
			return s.client().post("/users/verification/start", object{"phone": cairo, "device_token": device}).status
		}
		require.Equal(t, 200, start(""))
		require.Equal(t, 429, start(""))
		assert.Equal(t, 200, start(own.str("meta.device_token")), "this device stays known")
		t.Elapse(time.Minute)
		require.Equal(t, 200, start(""))
		want := 200
		if devices {
			want = 429
		}
		assert.Equal(t, want, start(a.str("meta.device_token")), "the other device")
	}
}

// cooldownOnly leaves of the limits of a number the minute between two texts.
func cooldownOnly(cfg *phoneauth.Config) {
	cfg.Limits.PhoneSends = []phoneauth.Limit{{Burst: 1, Every: time.Minute}}
}

// Where the host keeps sessions there are no such routes.
func testAPISessionsUnderHostSessions(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t, func(cfg *phoneauth.Config) { cfg.HostSessions = true })
	c := s.client()
	c.do("GET", "/users/me/sessions", nil).refused(404, "not_found")
	c.do("DELETE", "/users/me/sessions", nil).refused(404, "not_found")
	c.do("DELETE", "/users/me/sessions/x", nil).refused(404, "not_found")
}

// RequireLive lets nobody through whose session has ended or whose account is blocked,
// although the access token is still good.
func testAPIRequireLive(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	orders := s.svc.RequireLive(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }))
	status := func(c *client) int {
		w := httptest.NewRecorder()
		orders.ServeHTTP(w, c.request("GET", "/orders", nil))
		return w.Code
	}
	ended, blocked := s.client(), s.client()
	a := ended.connect(cairo)
	b := blocked.connect(paris)
	assert.Equal(t, 401, status(s.client()))
	require.Equal(t, 204, status(ended))
	require.Equal(t, 204, status(blocked))
	ended.post("/logout", object{"refresh_token": a.str("meta.refresh_token")}).ok(204)
	assert.Equal(t, 401, status(ended))
	require.NoError(t, s.svc.SetBlocked(t.Context(), b.str("data.id"), true))
	assert.Equal(t, 401, status(blocked))
}

func testStartSession(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	user := s.seed(cairo)
	passkey := func(change func(*phoneauth.StartSessionRequest)) (*phoneauth.Session, error) {
		r := phoneauth.StartSessionRequest{UserID: user.ID, AMR: []string{"hwk"}, AuthTime: t.Now().Add(-time.Minute)}
		change(&r)
		return s.svc.StartSession(t.Context(), r)
	}
	session, err := passkey(func(*phoneauth.StartSessionRequest) {})
	require.NoError(t, err)
	claims, err := s.svc.Authenticate(t.Context(), session.AccessToken)
	require.NoError(t, err)
	assert.Equal(t, []string{"hwk"}, claims.AMR)
	assert.Equal(t, t.Now().Add(-time.Minute).UTC(), claims.AuthTime, "as old as the proof")
	for what, change := range map[string]func(*phoneauth.StartSessionRequest){
		"no AMR":             func(r *phoneauth.StartSessionRequest) { r.AMR = nil },
		"no AuthTime":        func(r *phoneauth.StartSessionRequest) { r.AuthTime = time.Time{} },
		"a future AuthTime":  func(r *phoneauth.StartSessionRequest) { r.AuthTime = t.Now().Add(time.Second) },
		"an epoch that went": func(r *phoneauth.StartSessionRequest) { r.Epoch = 1 },
		"any epoch":          func(r *phoneauth.StartSessionRequest) { r.Epoch = phoneauth.AnyEpoch },
	} {
		_, err := passkey(change)
		assert.ErrorIs(t, err, phoneauth.ErrInvalidToken, what)
	}
	_, err = passkey(func(r *phoneauth.StartSessionRequest) { r.UserID = "none" })
	assert.ErrorIs(t, err, phoneauth.ErrNotFound, "no account is made")
	require.NoError(t, s.svc.SetBlocked(t.Context(), user.ID, true))
	_, err = passkey(func(r *phoneauth.StartSessionRequest) { r.Epoch = 1 })
	assert.ErrorIs(t, err, phoneauth.ErrBlocked)
}

// seed makes an account behind the Service's back.
func (s *server) seed(phone string) phoneauth.User {
	s.t.Helper()
	in, err := s.store.SignInUser(s.t.Context(), phoneauth.SignIn{Phone: phoneauth.StoredPhone(phone), UUID: "of " + phone, Now: s.env.Now()})
	require.NoError(s.t, err)
	return in.User
}
