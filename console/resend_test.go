package console_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/bubble"
	"github.com/phoneauth/phoneauth/phonetest"
)

// withChannels makes a host offer three channels.
func withChannels(c *phoneauth.Config) {
	c.Channels = []phoneauth.Channel{
		{Name: "sms", Sender: c.Sender}, {Name: "whatsapp", Sender: c.Sender}, {Name: "voice", Sender: c.Sender, Wait: 45 * time.Second},
	}
	c.Sender = nil
}

// asked is a host with channels, where a code was asked for by SMS, and the address of its number.
func asked(t *testing.T, change ...func(*phoneauth.Config)) (*host, string) {
	t.Helper()
	h := newConfiguredHost(t, append([]func(*phoneauth.Config){withChannels}, change...))
	_, err := h.svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone})
	require.NoError(t, err)
	return h, h.find(phone)
}

// byOperator are the lines of the journal that bear the name of ana.
func byOperator(h *host) (lines []string) {
	h.Helper()
	for _, e := range h.entries(phone) {
		if e.Actor == "ana" {
			assert.Equal(h, "they called", e.Reason)
			lines = append(lines, string(e.Type)+" "+string(e.Intent)+" "+e.Channel)
		}
	}
	return lines
}

// Once its wait is over, a channel can be chosen. The operator sees neither the code nor a token.
func TestResend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, at := asked(t)
		code := h.inbox.Code(t, phone)
		page := h.get(at)
		assert.Contains(t, page, "Send the code again The next time is: sms: from ")
		assert.NotContains(t, h.ask(http.MethodGet, at, "").Body.String(), `name="channel"`)

		bubble.Elapse(30 * time.Second)
		page = h.get(at)
		assert.Contains(t, page, "By which channel? It is the same code, with the same tries. sms: from ")
		assert.Contains(t, page, "whatsapp voice: from ")
		assert.Contains(t, h.ask(http.MethodGet, at, "").Body.String(), `name="channel" value="whatsapp" required`)
		w := h.act(at, "resend", "they called", "", "channel", "whatsapp")
		require.Equal(t, http.StatusSeeOther, w.Code, text(w))
		to := w.Header().Get("Location")
		assert.NotContains(t, to, "1797840")
		page = h.get("/desk/" + to)
		assert.Contains(t, page, "The code was sent again.")
		assert.Contains(t, page, "A code by whatsapp to sign in was asked for by ana, reason: they called. It was accepted by phonetest")
		assert.NotContains(t, page, "about to do this", "one line is enough")
		last, _ := h.inbox.Last(phone)
		assert.Equal(t, "whatsapp", last.Channel)
		assert.Equal(t, code, string(last.Code))
		for _, body := range []string{w.Body.String(), h.ask(http.MethodGet, at, "").Body.String()} {
			assert.NotContains(t, body, code)
			assert.NotContains(t, body, "61797840", "the number is masked")
		}
		assert.ElementsMatch(t, []string{"operator code_sent whatsapp", "code_sent  whatsapp"}, byOperator(h))
		_, err := h.svc.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: code})
		require.NoError(t, err)
		assert.NotContains(t, h.get(at), "Send the code again", "none is out")
	})
}

// What is refused is told in a sentence, and nothing is sent.
func TestResendIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var denied bool
		h, at := asked(t, func(c *phoneauth.Config) {
			c.Hooks.BeforeSend = func(context.Context, phoneauth.SendInfo) error {
				if denied {
					return errors.New("on a list")
				}
				return nil
			}
		})
		refuses := func(status int, says, reason string, values ...string) {
			t.Helper()
			before := len(h.inbox.Messages())
			w := h.act(at, "resend", reason, "", values...)
			assert.Equal(t, status, w.Code)
			assert.Contains(t, text(w), says)
			assert.Contains(t, w.Body.String(), `href="about?id=`, "back to the screen")
			assert.Len(t, h.inbox.Messages(), before, "nothing is sent")
		}
		refuses(http.StatusUnprocessableEntity, "Give a reason.", " ", "channel", "whatsapp")
		refuses(http.StatusUnprocessableEntity, "Choose a channel that is offered", "they called")
		refuses(http.StatusUnprocessableEntity, "Choose a channel that is offered", "they called", "channel", "<b>pigeon</b>")
		assert.Empty(t, byOperator(h), "nothing was about to be done")
		refuses(http.StatusTooManyRequests, "Refused by the limit on codes by one channel after another until ", "they called", "channel", "whatsapp")
		assert.Contains(t, h.get(at), "Refused by the limit on codes by one channel after another until ")
		assert.NotContains(t, h.get(at), "about to do this", "one line is enough")
		bubble.Elapse(time.Minute)
		form := "id=" + at[len("/desk/about?id="):] + "&action=resend&channel=whatsapp&reason=they+called"
		for _, site := range []string{"cross-site", "same-site"} {
			assert.Equal(t, http.StatusForbidden, h.ask(http.MethodPost, "/desk/do", form, "Sec-Fetch-Site", site).Code)
		}
		assert.Equal(t, http.StatusMethodNotAllowed, h.ask(http.MethodGet, "/desk/do?"+form, "").Code)
		h.store.mute.Store(true)
		refuses(http.StatusServiceUnavailable, "The store does not answer.", "they called", "channel", "whatsapp")
		h.store.mute.Store(false)
		assert.ElementsMatch(t, []string{"operator code_sent whatsapp", "limited  whatsapp"}, byOperator(h))

		denied = true
		refuses(http.StatusConflict, "The service's own rule refused it. Nothing was sent.", "they called", "channel", "whatsapp")
		assert.Contains(t, h.get(at), "No code was sent: the service's own rule refused it. ana asked for it, reason: they called")
		denied = false
		h.inbox.FailNext(phonetest.Destination)
		refuses(http.StatusServiceUnavailable, "because of this number or its carrier. It was not sent.", "they called", "channel", "whatsapp")
		h.inbox.FailNext(phonetest.Temporary)
		refuses(http.StatusServiceUnavailable, "because of the provider or our account there. It was not sent.", "they called", "channel", "voice")
		h.inbox.FailNext(phonetest.Ambiguous)
		refuses(http.StatusServiceUnavailable, "It may have gone out.", "they called", "channel", "sms")

		bubble.Elapse(time.Hour)
		refuses(http.StatusNotFound, "No code to sign in is out any more.", "they called", "channel", "whatsapp")
	})
}

// With one channel the code can be sent again by it.
func TestResendByTheOnlyChannel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newLimitedHost(t, phoneauth.Limits{})
		_, err := h.svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone})
		require.NoError(t, err)
		at := h.find(phone)
		assert.Contains(t, h.get(at), "The next time is: sms: from ")
		bubble.Elapse(time.Minute)
		require.Equal(t, http.StatusSeeOther, h.act(at, "resend", "they called", "", "channel", "sms").Code)
		assert.Len(t, h.inbox.Messages(), 2)
	})
}
