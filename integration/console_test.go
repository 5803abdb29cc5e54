package integration

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/console"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/ui"
)

// newDesk is a host with a desk at /desk/, and the address of its server.
func newDesk(t *testing.T) (*uiHost, string) {
	t.Helper()
	host := newUIHost(t, func(cfg *phoneauth.Config, _ *ui.Options) {
		store := memstore.New()
		cfg.Store, cfg.Journal.Store = store, store
	})
	mux := http.NewServeMux()
	mux.Handle("/desk/", console.Handler(host.svc, console.Options{
		Name: "Sunbird", Operator: func(*http.Request) (string, error) { return "ana", nil },
	}))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return host, server.URL
}

// An operator searches, reads why no code came and since when, blocks with a reason, and
// reads what is in the journal. Nothing is wrong with any screen.
func TestConsoleInBrowser(t *testing.T) {
	source := axeSource(t)
	for _, tt := range []struct {
		name          string
		width, height int64
		dark          bool
	}{{"desktop", 1280, 900, false}, {"phone-dark", 320, 700, true}} {
		t.Run(tt.name, func(t *testing.T) {
			host, url := newDesk(t)
			ctx := t.Context()
			_, err := host.svc.Register(ctx, phoneauth.RegisterRequest{Phone: cairo})
			require.NoError(t, err)
			session, err := host.svc.Login(ctx, phoneauth.LoginRequest{
				Phone: cairo, Code: host.inbox.Code(t, cairo), Client: phoneauth.ClientInfo{Name: "Chrome on Android"},
			})
			require.NoError(t, err)
			_, err = host.svc.Register(ctx, phoneauth.RegisterRequest{Phone: cairo})
			require.NoError(t, err)
			_, err = host.svc.Register(ctx, phoneauth.RegisterRequest{Phone: cairo})
			var refused *phoneauth.LimitError
			require.ErrorAs(t, err, &refused)
			_, err = host.svc.Verify(ctx, phoneauth.VerifyRequest{Phone: cairo, Code: wrong(host.inbox.Code(t, cairo))})
			require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
			report(ctx, t, host)

			b := newBrowser(t, url)
			b.size(tt.width, tt.height)
			if tt.dark {
				b.dark()
			}
			check := func(screen string) {
				t.Helper()
				b.fits()
				b.axe(source, screen)
				b.screenshot("console-" + tt.name + "-" + screen)
			}
			b.open("/desk/")
			b.sees("A number in any spelling.")
			check("1-search")
			b.fill("Phone number or user id", "nobody")
			b.press("Find")
			b.sees("This is neither a valid number nor the id of an account.")
			check("2-none")
			b.fill("Phone number or user id", "+20 106 179 7840\r")
			b.sees("+20******7840")
			assert.NotContains(t, valueOf[string](b, "location.href"), "1797840")
			for _, sentence := range []string{
				"The next code to sign in is refused by the limit on codes to one number until ",
				"Refused by the limit on codes to one number until ",
				"A code by sms to sign in was asked for. It was accepted by ",
				"The carrier did not deliver a text, id ", ": 30007, because of this number or its carrier.",
				"A wrong or expired code was given.", "Signed up, Chrome on Android.",
			} {
				b.sees(sentence)
			}
			check("3-number")
			b.press("Block")
			b.until("was asked for no reason", "document.activeElement === document.querySelector('#act-reason')")
			b.fill("Reason (stands in the journal)", "ticket <b>7</b>")
			b.press("Block")
			b.sees("The account is blocked. Its sessions have ended.")
			b.sees("The account was blocked by ana, reason: ticket <b>7</b>")
			b.sees("No session is live.")
			check("4-blocked")
			_, err = host.svc.Refresh(ctx, phoneauth.RefreshRequest{Token: session.RefreshToken})
			require.ErrorIs(t, err, phoneauth.ErrInvalidToken)
			b.fill("Reason (stands in the journal)", "to call them\r") // Enter does nothing: the actions are many
			b.press("Show the whole number")
			b.sees("+201061797840")
			check("5-whole")
			b.press("Last 24 hours")
			b.sees("Codes sent")
			check("6-overview")
			b.open("/desk/none")
			b.sees("There is no such page.")
			check("7-refusal")
		})
	}
}

// report says that the last code did not arrive.
func report(ctx context.Context, t *testing.T, host *uiHost) {
	t.Helper()
	flushed, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	require.NoError(t, host.svc.FlushJournal(flushed))
	entries, err := host.svc.Timeline(ctx, phoneauth.TimelineQuery{Phone: cairo})
	require.NoError(t, err)
	for _, e := range entries {
		if e.Type == phoneauth.EventCodeSent {
			host.svc.ReportDelivery(ctx, phoneauth.Delivery{
				ID: e.MessageID, Sender: e.Sender, Status: phoneauth.Undelivered, Code: "30007", Fault: phoneauth.FaultDestination,
			})
			return
		}
	}
	require.Fail(t, "no code was sent")
}
