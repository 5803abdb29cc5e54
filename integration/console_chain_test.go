package integration

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/console"
	"github.com/phoneauth/phoneauth/internal/seam"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/senders/kannel"
)

// clocked is a store that brings a clock to its Service.
type clocked struct {
	*memstore.Store
	clock *seam.Seam
}

func (c clocked) Seam() *seam.Seam { return c.clock }

// chain is a host whose texts take the whole way: our sender, Kannel, SMPP, and the reports
// back. Its desk is at /desk/.
type chain struct {
	*testing.T
	svc    *phoneauth.Service
	clock  *seam.Seam
	smpp   *SMPP
	kannel *Kannel
	url    string
}

func newChain(t *testing.T) *chain {
	t.Helper()
	startChromium(t) // or the test is skipped
	c := &chain{T: t, clock: seam.New(), smpp: StartSMPP(t)}
	c.kannel = StartKannel(t, KannelOptions{SMPP: c.smpp.Addr()})
	require.NoError(t, c.clock.Advance(t.Context(), time.Since(seam.Start))) // a page tells by the real time what is over
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	c.url = server.URL
	sender, err := kannel.New(kannel.Config{
		URL: c.kannel.URL, Username: c.kannel.Username, Password: phoneauth.Secret(c.kannel.Password), From: "Acme",
		DeliveryURL: phoneauth.Secret(server.URL + "/reports/" + rand.Text() + rand.Text()),
	})
	require.NoError(t, err)
	key := []byte(rand.Text() + rand.Text())
	store := clocked{memstore.New(), c.clock}
	c.svc, err = phoneauth.New(phoneauth.Config{
		Name: "Sunbird", Store: store, Sender: sender, Journal: phoneauth.JournalRules{Store: store},
		Keys:   phoneauth.Keys{Index: key, Secrets: []phoneauth.Key{{ID: "1", Secret: key}}},
		Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.svc.Close(context.WithoutCancel(t.Context()))) })
	mux.Handle("/reports/{secret}", sender.Callbacks(c.svc.ReportDelivery))
	mux.Handle("/desk/", console.Handler(c.svc, console.Options{
		Name: "Sunbird", Operator: func(*http.Request) (string, error) { return "ana", nil },
	}))
	return c
}

// ago is how the desk writes a time so long ago; in is one to come.
func (c *chain) ago(d time.Duration) string { return c.in(-d) }

func (c *chain) in(d time.Duration) string {
	return c.clock.Now().Add(d).UTC().Format("2006-01-02 15:04:05 UTC")
}

func (c *chain) passes(d time.Duration) {
	c.Helper()
	require.NoError(c, c.clock.Advance(c.Context(), d))
}

func (c *chain) register(phone string) error {
	_, err := c.svc.Register(c.Context(), phoneauth.RegisterRequest{Phone: phone})
	return err
}

// reports are how many of one kind the journal has about a number.
func (c *chain) reports(phone string, what phoneauth.EventType) (n int) {
	c.Helper()
	require.NoError(c, c.svc.FlushJournal(c.Context()))
	all, err := c.svc.Timeline(c.Context(), phoneauth.TimelineQuery{Phone: phone})
	require.NoError(c, err)
	for _, e := range all {
		if e.Type == what {
			n++
		}
	}
	return n
}

// asks asks for a code, and waits for the report of it.
func (c *chain) asks(phone string, what phoneauth.EventType) {
	c.Helper()
	before := c.reports(phone, what)
	require.NoError(c, c.register(phone))
	Eventually(c, string(what), func() bool { return c.reports(phone, what) > before })
}

// code asks for one, and reads it on the phone.
func (c *chain) code(phone string) string {
	c.Helper()
	c.asks(phone, phoneauth.EventDelivered)
	all := c.smpp.Messages()
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].To == strings.TrimPrefix(phone, "+") {
			return regexp.MustCompile(`\d{6}`).FindString(all[i].Text)
		}
	}
	require.Fail(c, "no text")
	return ""
}

func (c *chain) login(phone, code string) (*phoneauth.Session, error) {
	return c.svc.Login(c.Context(), phoneauth.LoginRequest{Phone: phone, Code: code})
}

// wrongCodes gives n of them.
func (c *chain) wrongCodes(phone, code string, n int) {
	c.Helper()
	for range n {
		_, err := c.login(phone, wrong(code))
		require.ErrorIs(c, err, phoneauth.ErrInvalidCode)
	}
}

// What the sentences about the next code begin with, and those about a code on time.
const (
	nextCode = "The next code to sign in is refused by the limit on "
	onTime   = ", less than 1 s after it was asked for."
)

// failures are the ways in which a code does not come or lets nobody in. Each is done to a
// phone of its own. What the desk has to say of it is returned.
var failures = []struct {
	name, phone string
	happens     func(c *chain, phone string) (sentences []string)
}{
	{"limited", "+201061797801", func(c *chain, phone string) []string {
		c.code(phone)
		c.passes(20 * time.Second)
		var refused *phoneauth.LimitError
		require.ErrorAs(c, c.register(phone), &refused)
		return []string{
			nextCode + "codes to one number until " + c.in(40*time.Second) + ". It has refused since " + c.ago(20*time.Second) + ".",
			"The last code by sms to sign in arrived at " + c.ago(20*time.Second) + onTime,
		}
	}},
	{"refused by the carrier", "+201061797898", func(c *chain, phone string) []string {
		c.asks(phone, phoneauth.EventUndelivered)
		c.passes(2 * time.Minute)
		c.asks(phone, phoneauth.EventUndelivered)
		c.passes(time.Minute)
		return []string{"The carrier did not deliver the last code by sms to sign in: DLR 16 (the carrier refused it). It said so at " +
			c.ago(time.Minute) + ". No code to the number has arrived since " + c.ago(3*time.Minute) + "."}
	}},
	{"lost by the carrier", "+201061797899", func(c *chain, phone string) []string {
		c.asks(phone, phoneauth.EventUndelivered)
		c.passes(time.Minute)
		return []string{"The carrier did not deliver the last code by sms to sign in: DLR 2 (the carrier could not deliver it). It said so at " +
			c.ago(time.Minute) + ". No code to the number has arrived since " + c.ago(time.Minute) + "."}
	}},
	{"not reported", "+201061797802", func(c *chain, phone string) []string {
		c.smpp.Stop(c)
		c.kannel.WaitSMSC(c, false)
		require.NoError(c, c.register(phone))
		c.passes(3*time.Minute + 5*time.Second)
		return []string{"The last code by sms to sign in was accepted by kannel at " + c.ago(185*time.Second) + ". No report says yet whether it arrived."}
	}},
	{"delivered late", "+201061797802", func(c *chain, phone string) []string {
		c.smpp.Start(c)
		Eventually(c, "the report", func() bool { return c.reports(phone, phoneauth.EventDelivered) == 1 })
		return []string{"The last code by sms to sign in arrived late: it was asked for at " + c.ago(185*time.Second) +
			", and the carrier delivered it 3 min 5 s later, at " + c.in(0) + "."}
	}},
	{"wrong code thrice", "+201061797803", func(c *chain, phone string) []string {
		code := c.code(phone)
		c.passes(time.Minute)
		c.wrongCodes(phone, code, 1)
		c.passes(5 * time.Second)
		c.wrongCodes(phone, code, 2)
		return []string{
			"The last code by sms to sign in arrived at " + c.ago(65*time.Second) + onTime,
			"A wrong or expired code has been given 3 times since " + c.ago(5*time.Second) + ".",
		}
	}},
	{"blocked", "+201061797804", func(c *chain, phone string) []string {
		session, err := c.login(phone, c.code(phone))
		require.NoError(c, err)
		c.passes(time.Hour)
		ctx := phoneauth.WithActor(c.Context(), phoneauth.Actor{Name: "ana", Reason: "ticket 7"})
		require.NoError(c, c.svc.SetBlocked(ctx, session.User.ID, true))
		c.passes(48 * time.Hour)
		_, err = c.login(phone, c.code(phone))
		require.ErrorIs(c, err, phoneauth.ErrBlocked)
		c.passes(time.Minute)
		return []string{
			"The account is blocked. Nobody signs in to it. It has been blocked since " + c.ago(48*time.Hour+time.Minute) + " by ana, reason: ticket 7",
			"The right code was given at " + c.ago(time.Minute) + ".",
		}
	}},
	{"locked", "+201061797805", func(c *chain, phone string) []string {
		c.wrongCodes(phone, c.code(phone), 5)
		c.passes(time.Minute)
		c.wrongCodes(phone, c.code(phone), 5)
		c.passes(2 * time.Minute)
		var refused *phoneauth.LimitError
		require.ErrorAs(c, c.register(phone), &refused)
		until, since := c.in(13*time.Minute), c.ago(2*time.Minute)
		return []string{
			"Locked by the limit on wrong codes for one number, after 10 in a row, until " + until + ". It has been locked since " + since + ".",
			nextCode + "wrong codes for one number until " + until + ". It has refused since " + since + ".",
			"The last code by sms to sign in arrived at " + since + onTime,
			"A wrong or expired code has been given 10 times since " + c.ago(3*time.Minute) + ".",
		}
	}},
	{"sender down", "+201061797806", func(c *chain, phone string) []string {
		c.kannel.Kill()
		require.ErrorIs(c, c.register(phone), phoneauth.ErrUnavailable)
		c.passes(2 * time.Minute)
		require.ErrorIs(c, c.register(phone), phoneauth.ErrUnavailable)
		c.passes(time.Minute)
		return []string{"The last code by sms to sign in could not be sent by kannel, because of the provider or our account there. " +
			"No code to the number has gone out since " + c.ago(3*time.Minute) + "."}
	}},
}

// TestConsoleTellsCauses: whatever keeps a code from a person, an operator who searches the
// number reads the cause and since when it holds, above everything else and among no other.
func TestConsoleTellsCauses(t *testing.T) {
	c := newChain(t)
	b := newBrowser(t, c.url)
	b.size(1280, 900)
	for _, failure := range failures {
		want := failure.happens(c, failure.phone)
		b.open("/desk/")
		b.fill("Phone number or user id", failure.phone+"\r")
		b.sees("Locks and limits")
		assert.Equal(t, want, valueOf[[]string](b, "[...document.querySelectorAll('.causes li')].filter(seen).map(text)"), failure.name)
		b.fits()
		b.axe(axeSource(t), failure.name)
		b.screenshot("console-cause-" + strings.ReplaceAll(failure.name, " ", "-"))
	}
}
