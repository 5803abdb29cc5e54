package api

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
	"github.com/phoneauth/phoneauth/phonetest"
)

// twoChannels are SMS and WhatsApp.
func twoChannels(c *phoneauth.Config) {
	c.Channels = []phoneauth.Channel{{Name: "sms", Sender: c.Sender}, {Name: "whatsapp", Sender: c.Sender}}
	c.Sender = nil
}

// sender is a route that sends a code to a phone.
type sender struct {
	method, path, field string
	more                object
	status              int    // where the code is not sent
	code                string // of that answer
}

var senders = []sender{
	{"POST", "/users/verification/start", "phone", nil, 500, "sending_verification_failed"},
	{"POST", "/api/phone/register", "phone_number", nil, 503, "unavailable"},
	{"POST", "/api/v1/users", "msisdn", object{"password": goodPassword, "password_confirmation": goodPassword}, 503, "unavailable"},
	{"PUT", "/api/v1/users/forget_password", "msisdn", nil, 200, ""},
	{"POST", "/users/phone/start", "phone", nil, 503, "unavailable"},
}

// ask asks for a code by a channel, of any JSON type.
func (r sender) ask(c *client, phone string, channel any) *answer {
	c.t.Helper()
	body := object{r.field: phone, "channel": channel}
	maps.Copy(body, r.more)
	return c.do(r.method, r.path, body)
}

// body reports whether a success has one.
func (r sender) body() bool { return r.field != "phone" }

// Every route that sends takes a channel, and says where the others stand.
func testAPIChannels(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	for _, r := range senders {
		s := newServer(t, twoChannels)
		c := s.client()
		c.connect(singapore)
		t.Elapse(time.Minute)
		a := r.ask(c, cairo, "telegram")
		assert.Equal(t, 422, a.status, r.path)
		if r.field == "msisdn" {
			a.invalid("channel", "is invalid")
		} else {
			a.refused(422, "invalid_channel")
		}
		for _, missing := range []any{nil, "", " ", 7, object{}, []string{"whatsapp"}} {
			a := r.ask(c, suite.FreshPhone(), missing).ok()
			if r.body() {
				assert.Equal(t, "sms", a.str("channel"), "the first")
			} else {
				assert.Empty(t, a.text)
			}
		}
		r.ask(c, cairo, "sms").ok() // nothing was taken by the refusal
		r.ask(c, paris, "sms").ok()
		t.Elapse(10 * time.Second)
		assert.Equal(t, "20", r.ask(c, paris, "whatsapp").refused(429, "rate_limited").header.Get("Retry-After"))
		t.Elapse(20 * time.Second)
		if a := r.ask(c, paris, "whatsapp").ok(); r.body() {
			assert.Equal(t, "whatsapp", a.str("channel"))
			assert.Equal(t, []any{
				object{"channel": "sms", "available_in": 30.0}, object{"channel": "whatsapp", "available_in": 60.0},
			}, a.get("channels"))
		}
	}
}

// A channel that cannot reach the person says so, and the next one is available at once. A reset
// says the same whatever becomes of it.
func testAPIChannelFails(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	for _, r := range senders {
		s := newServer(t, twoChannels)
		c := s.client()
		c.connect(singapore)
		s.inbox.FailNext(phonetest.Destination)
		a := r.ask(c, delhi, "whatsapp")
		if r.status == 200 {
			a.ok()
			assert.Equal(t, []any{
				object{"channel": "sms", "available_in": 0.0}, object{"channel": "whatsapp", "available_in": 60.0},
			}, a.get("channels"), "the first channel never waits, and nothing failed: there is no account")
			continue
		}
		a.refused(r.status, r.code)
		assert.Equal(t, "whatsapp", a.get("channel"), r.path)
		assert.Equal(t, []any{
			object{"channel": "sms", "available_in": 0.0}, object{"channel": "whatsapp", "available_in": 0.0},
		}, a.get("channels"))
		s.inbox.FailNext(nil)
		r.ask(c, delhi, "sms").ok()
		r.ask(c, delhi, "whatsapp").refused(429, "rate_limited")
	}
}

// With one channel a failure has the shape that it always had.
func testAPIOneChannelFails(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	s.inbox.FailNext(phonetest.Destination)
	a := s.client().phoneRegister(delhi).refused(503, "unavailable")
	assert.False(t, a.has("channel"))
	assert.False(t, a.has("channels"))
}
