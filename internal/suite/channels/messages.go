package channels

import (
	"context"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
	"github.com/phoneauth/phoneauth/phonetest"
)

// byTemplates has WhatsApp first, with a template for signing in alone.
func byTemplates(c *phoneauth.Config) {
	c.Channels = []phoneauth.Channel{
		{Name: whatsApp, Sender: templates{c.Sender, []phoneauth.Purpose{phoneauth.PurposeSignIn}}},
		{Name: sms, Sender: c.Sender},
	}
	c.Sender = nil
}

// A channel is offered only for what its sender has a template for.
func testUnsupportedIsNotOffered(t *testing.T, o suite.Options) {
	s := newPerson(o.Service(t, byTemplates))
	p := s.asks("")
	assert.Equal(t, []string{whatsApp, sms}, names(p.Channels))
	assert.Equal(t, 30*time.Second, s.waits(p.Channels)[sms])

	step := s.request(whatsApp)
	step.Purpose = "confirm_payment"
	_, err := s.Register(t.Context(), step)
	require.ErrorIs(t, err, phoneauth.ErrChannel)
	step.Channel = ""
	p, err = s.Register(t.Context(), step)
	require.NoError(t, err, "SMS is the first that is offered for it, and does not wait")
	assert.Equal(t, []string{sms}, names(p.Channels))
	assert.Equal(t, p.ResendAt, p.Channels[0].AvailableAt)
}

func testNothingSupports(t *testing.T, o suite.Options) {
	s := newPerson(o.Service(t, func(c *phoneauth.Config) {
		c.Sender = templates{c.Sender, []phoneauth.Purpose{phoneauth.PurposeSignIn}}
	}))
	step := s.request("")
	step.Purpose = "confirm_payment"
	_, err := s.Register(t.Context(), step)
	require.ErrorIs(t, err, phoneauth.ErrUnavailable)
	step.Channel = sms
	_, err = s.Register(t.Context(), step)
	require.ErrorIs(t, err, phoneauth.ErrChannel)
	assert.Zero(t, s.Inbox.Sends())
	s.asks("") // nothing was taken
}

// A notice goes by Config.Sender, or by the first channel that supports it. It never leaves on a
// template for codes.
func testNotices(t *testing.T, o suite.Options) {
	for _, c := range []struct {
		name   string
		change func(*phoneauth.Config)
		by     string
		sends  bool
	}{
		{"one sender", func(*phoneauth.Config) {}, sms, true},
		{"the first channel that supports it", byTemplates, sms, true},
		{"a sender beside the channels", func(c *phoneauth.Config) {
			sender := c.Sender
			byTemplates(c)
			c.Sender = sender
		}, "", true},
		{"a sender that does not support it", func(c *phoneauth.Config) {
			sender := c.Sender
			byTemplates(c)
			c.Sender = templates{sender, nil}
		}, sms, true},
		{"none", func(c *phoneauth.Config) {
			byTemplates(c)
			c.Channels = c.Channels[:1]
		}, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newPerson(o.Service(t, c.change))
			session := s.SignIn(s.phone)
			_, err := s.ChangePassword(t.Context(), s.ClaimsOf(session), phoneauth.ChangePasswordRequest{New: "a good password"})
			require.NoError(t, err)
			s.Settle()
			m, ok := s.Inbox.Last(s.phone)
			require.True(t, ok)
			if !c.sends {
				assert.NotEmpty(t, m.Code, "no notice came")
				require.Len(t, s.Events(phoneauth.EventSendFailed), 1, "and the host is told")
				return
			}
			assert.Equal(t, phoneauth.NoticePasswordChanged, m.Purpose)
			assert.Equal(t, c.by, m.Channel)
			assert.Empty(t, m.Code)
			assert.Equal(t, 1, m.Sends)
			assert.Regexp(t, attemptID, m.AttemptID)
			assert.False(t, m.ClientAddr.IsValid())
			sent := s.Events(phoneauth.EventNoticeSent)
			require.Len(t, sent, 1)
			assert.Equal(t, c.by, sent[0].Channel)
		})
	}
}

var attemptID = regexp.MustCompile(`^[A-Za-z0-9_-]{16}$`)

// What a sender gets beside the text.
func testMessage(t *testing.T, o suite.Options) {
	s := newPerson(o.Service(t, three, func(c *phoneauth.Config) { c.Texts.AndroidHash = "FA+9qCX9VSu" }))
	s.client.Addr = netip.MustParseAddr("203.0.113.7")
	s.asks(sms)
	s.Elapse(30 * time.Second)
	s.asks(whatsApp)
	all := s.Inbox.Messages()
	require.Len(t, all, 2)
	for i, m := range all {
		assert.Equal(t, i+1, m.Sends)
		assert.Equal(t, s.client.Addr, m.ClientAddr)
		assert.Equal(t, "FA+9qCX9VSu", m.AndroidHash)
		assert.Empty(t, m.Details)
	}
}

// The attempt is that of the code: the same by every channel, another one for another code, and
// no part of it is the code or the number.
func testAttemptID(t *testing.T, o suite.Options) {
	s := newPerson(o.Service(t, three))
	seen := map[string]string{} // the code of each attempt
	for range 3 {
		for _, channel := range []string{sms, whatsApp, voice} {
			s.asks(channel)
			s.Elapse(45 * time.Second)
		}
		require.NoError(t, s.gives(s.Code(s.phone, phoneauth.PurposeSignIn)))
		s.Elapse(24 * time.Hour)
	}
	for _, m := range s.Inbox.Messages() {
		assert.Regexp(t, attemptID, m.AttemptID)
		assert.NotContains(t, m.AttemptID, string(m.Code))
		if code, ok := seen[m.AttemptID]; ok {
			assert.Equal(t, code, string(m.Code))
		}
		seen[m.AttemptID] = string(m.Code)
	}
	assert.Len(t, seen, 3)
}

// told is a sender that wants to know what was verified.
type told struct {
	phoneauth.SMSSender
	fails error

	mu       sync.Mutex
	receipts []phoneauth.Receipt
}

func (s *told) Verified(_ context.Context, r phoneauth.Receipt) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.receipts = append(s.receipts, r)
	return s.fails
}

func (s *told) all() []phoneauth.Receipt {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]phoneauth.Receipt{}, s.receipts...)
}

// The sender of the newest message is told of a verified code, whether or not it likes that.
func testVerifiedIsTold(t *testing.T, o suite.Options) {
	bySMS, byWhatsApp := &told{fails: context.DeadlineExceeded}, &told{}
	s := newPerson(o.Service(t, three, func(c *phoneauth.Config) {
		bySMS.SMSSender, byWhatsApp.SMSSender = c.Channels[0].Sender, c.Channels[1].Sender
		c.Channels[0].Sender, c.Channels[1].Sender = bySMS, byWhatsApp
	}))
	s.asks(sms)
	s.Elapse(30 * time.Second)
	s.asks(whatsApp)
	codes, _ := s.got()
	assert.ErrorIs(t, s.gives(suite.WrongCode(codes[0])), phoneauth.ErrInvalidCode)
	s.Settle()
	assert.Empty(t, byWhatsApp.all(), "a wrong code is none")
	require.NoError(t, s.gives(codes[0]))
	s.Settle()
	assert.Empty(t, bySMS.all())
	assert.Equal(t, []phoneauth.Receipt{{ID: "phonetest-2", Sender: "phonetest"}}, byWhatsApp.all())

	s.asks(sms)
	require.NoError(t, s.gives(s.Code(s.phone, phoneauth.PurposeSignIn)), "its failure is nobody's")
	s.Settle()
	assert.Len(t, bySMS.all(), 1)
}

func testVerifiedIsToldOnce(t *testing.T, o suite.Options) {
	sender := &told{}
	first := o.Service(t, func(c *phoneauth.Config) {
		sender.SMSSender = c.Sender
		c.Sender = sender
	})
	s, other := newPerson(first), newPerson(first.Again())
	other.phone = s.phone
	s.asks("")
	code := s.Code(s.phone, phoneauth.PurposeSignIn)
	suite.AtOnce(8, func(int) error { return s.gives(code) })
	s.Settle()
	assert.Len(t, sender.all(), 1)

	s.Elapse(time.Hour)
	s.asks("")
	require.NoError(t, other.gives(s.Code(s.phone, phoneauth.PurposeSignIn)))
	s.Settle()
	assert.Len(t, sender.all(), 1, "another process has not sent it")

	s.Elapse(time.Hour)
	s.Inbox.FailNext(phonetest.AmbiguousArrived)
	_, err := s.Register(t.Context(), s.request(""))
	require.ErrorIs(t, err, phoneauth.ErrUnavailable)
	require.NoError(t, s.gives(s.Code(s.phone, phoneauth.PurposeSignIn)))
	s.Settle()
	assert.Len(t, sender.all(), 1, "a message without a receipt is not told of")
}

func payment(s *person, details, locale string) phoneauth.RegisterRequest {
	r := s.request("")
	r.Purpose, r.BoundTo, r.Details, r.Client.Locale = "confirm_payment", "payment 7", details, locale
	return r
}

// A text with an amount names it, in every language, and a hook gets it.
func testDetails(t *testing.T, o suite.Options) {
	s := newPerson(o.Service(t, suite.LimitsOff))
	const details = "100.00 EUR to ACME"
	for _, locale := range []string{"", "fr", "es", "ar", "hi", "de"} {
		_, err := s.Register(t.Context(), payment(s, details, locale))
		require.NoError(t, err)
		m, _ := s.Inbox.Last(s.phone)
		assert.Equal(t, details, m.Details)
		assert.Contains(t, string(m.Body), details)
		n, _ := phoneauth.Segments(string(m.Body))
		assert.Equal(t, 1, n, locale)
	}
	hooked := newPerson(o.Service(t, func(c *phoneauth.Config) {
		c.Hooks.Text = func(_ context.Context, m phoneauth.Message) (string, error) {
			return strings.Repeat("long ", 50) + string(m.Code) + " pays " + m.Details, nil
		}
	}))
	_, err := hooked.Register(t.Context(), payment(hooked, details, ""))
	require.NoError(t, err, "the host's own text may be long")
	m, _ := hooked.Inbox.Last(hooked.phone)
	assert.Contains(t, string(m.Body), "pays "+details)
}

func testWrongDetails(t *testing.T, o suite.Options) {
	s := newPerson(o.Service(t))
	for _, details := range []string{
		"100 EUR\nto ACME", "100 EUR\x00", "100 \u202eRUE 001", "a\u2028b", "\u200b", " 100 EUR", "100 EUR ", "\xff", strings.Repeat("a", 65), strings.Repeat("界", 60),
	} {
		_, err := s.Register(t.Context(), payment(s, details, ""))
		assert.ErrorIs(t, err, phoneauth.ErrDetails, "%q", details)
	}
	signIn := s.request("")
	signIn.Details = "100.00 EUR to ACME"
	_, err := s.Register(t.Context(), signIn)
	require.ErrorIs(t, err, phoneauth.ErrDetails, "a sign-in approves nothing")
	s.asks("") // nothing was taken

	long := newPerson(o.Service(t, func(c *phoneauth.Config) { c.Texts.MaxSegments = 2 }))
	_, err = long.Register(t.Context(), payment(long, strings.Repeat("界", 60), ""))
	require.NoError(t, err, "with the consent of the host")
}
