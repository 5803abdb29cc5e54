package integration

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/ui"
)

// A closed account, and somebody whom the host does not let in, hear so, and only after
// the right code.
func TestUIBlockedAndRefused(t *testing.T) {
	host := newUIHost(t, func(cfg *phoneauth.Config, _ *ui.Options) {
		cfg.Limits.InsecureOff = true
		cfg.Hooks.BeforeSignIn = func(_ context.Context, i phoneauth.SignInInfo) error {
			if i.Phone.E164() == paris {
				return errors.New("by invitation only")
			}
			return nil
		}
	})
	b := newBrowser(t, host.url)
	b.open("/signin/")
	b.askForCode("Egypt", cairoTyped)
	b.fill("Code", host.inbox.Code(t, cairo))
	b.at("/home")
	require.NoError(t, host.svc.SetBlocked(t.Context(), "1", true))

	for _, tt := range []struct{ country, typed, phone, sentence string }{
		{"Egypt", cairoTyped, cairo, "This account is closed."},
		{"France", parisTyped, paris, "You cannot sign in here with this number."},
	} {
		b := newBrowser(t, host.url)
		b.open("/signin/")
		b.askForCode(tt.country, tt.typed)
		code := host.inbox.Code(t, tt.phone)
		b.fill("Code", wrong(code))
		b.sees("You have 4 tries left.")
		b.fill("Code", code)
		b.sees(tt.sentence)
		assert.NotContains(t, b.cookies(), "__Host-phoneauth-access", tt.sentence)
		b.press("Change number")
		b.sees("Phone number")
	}
}

// After too many wrong codes the number is locked, and the page counts down to the end of
// that. The tries that the code had left are still there.
func TestUILocked(t *testing.T) {
	host := newUIHost(t, func(cfg *phoneauth.Config, _ *ui.Options) {
		cfg.Limits.InsecureOff = true
		cfg.Limits.PhoneLockout = []phoneauth.LockoutStep{{Failures: 3, Wait: 4 * time.Second}, {Failures: 100, Wait: time.Hour}}
	})
	b := newBrowser(t, host.url)
	b.open("/signin/")
	b.askForCode("Egypt", cairoTyped)
	code := host.inbox.Code(t, cairo)
	b.fill("Code", wrong(code))
	for _, left := range []string{"4", "3"} {
		b.sees("You have " + left + " tries left.")
		b.press("Confirm")
	}
	b.sees("You have 2 tries left.")
	b.press("Confirm")
	b.sees("Too many wrong attempts for this number. Try again in ")
	b.sees("Wait 0:0")
	b.sees("You can try again now.")
	b.fill("Code", code)
	b.at("/home")
}

// Another page may have used up tries of the same code, or all: this one counts as the
// server does.
func TestUITriesElsewhere(t *testing.T) {
	host := newUIHost(t, func(cfg *phoneauth.Config, _ *ui.Options) { cfg.Limits.InsecureOff = true })
	b := newBrowser(t, host.url)
	b.open("/signin/")
	b.askForCode("Egypt", cairoTyped)
	code := host.inbox.Code(t, cairo)
	guess := func() {
		_, err := host.svc.Verify(t.Context(), phoneauth.VerifyRequest{Phone: cairo, Code: wrong(code)})
		require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	}
	guess()
	guess()
	b.fill("Code", wrong(code))
	b.sees("This code is wrong. You have 2 tries left.")
	guess()
	guess()
	b.fill("Code", code)
	b.sees("This code has expired or was used already. Send a new one.")
	b.press("Send a new code")
	b.sees("We sent a new code.")
	b.fill("Code", host.inbox.Code(t, cairo))
	b.at("/home")
}
