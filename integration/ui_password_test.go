package integration

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/phonetest"
	"github.com/phoneauth/phoneauth/ui"
)

func TestUIPasswords(t *testing.T) {
	host := newUIHost(t, func(cfg *phoneauth.Config, o *ui.Options) {
		o.Passwords, o.Region = true, "EG"
		cfg.Limits.InsecureOff = true
		cfg.Password.Check = func(_ context.Context, p phoneauth.Secret) error {
			if strings.HasPrefix(string(p), "password") {
				return errors.New("is too common")
			}
			return nil
		}
	})
	const first, second = "correct horse battery", "another horse entirely"
	b := newBrowser(t, host.url)
	b.open("/signin/")
	b.press("Use a password instead")
	b.press("Create an account with a password")
	b.sees("Choose a password. We will send you a code to confirm your number.") // else one types into the page before
	b.fill("Phone number", cairoTyped)
	b.fill("New password", "short")
	b.press("Create account")
	b.sees("Choose a password of at least 8 characters.")
	b.fill("New password", "password1")
	b.press("Create account")
	b.sees("Choose another password: this one is too common.")
	b.fill("New password", first)
	b.press("Show")
	b.press("Create account")
	b.sees("Enter your code")
	b.fill("Code", host.inbox.Code(t, cairo))
	b.at("/home")

	b = newBrowser(t, host.url)
	b.open("/signin/")
	b.press("Use a password instead")
	b.press("Create an account with a password")
	b.sees("Choose a password. We will send you a code to confirm your number.") // else one types into the page before
	b.fill("Phone number", cairoTyped)
	b.fill("New password", first)
	b.press("Create account")
	b.sees("This number already has an account. Sign in to it.")
	b.press("I have an account")
	b.sees("Sign in with your password")
	b.press("Sign in")
	b.sees("Enter your password.")
	b.fill("Password", "not the password")
	b.press("Sign in")
	b.sees("The phone number or the password is wrong.")

	b.press("Forgot your password?")
	b.press("Send code")
	b.sees("If " + cairoShown + " has an account, a code is on its way to it.")
	code := host.inbox.Code(t, cairo)
	b.fill("Code", wrong(code))
	b.fill("New password", second)
	b.press("Save password")
	b.sees("This code is wrong. You have 4 tries left.")
	b.fill("Code", code)
	b.press("Save password")
	b.sees("Your password is saved. Sign in with it.")
	b.fill("Password", first)
	b.press("Sign in")
	b.sees("The phone number or the password is wrong.")
	b.fill("Password", second)
	b.press("Sign in")
	b.at("/home")
	b.sees("Welcome home, user 1.")
}

// The code of a registration is sent again, by another channel, too, without the password, which waits with it.
func TestUIRegistrationResend(t *testing.T) {
	call := phonetest.New()
	host := newUIHost(t, func(cfg *phoneauth.Config, o *ui.Options) {
		o.Passwords, o.Region = true, "EG"
		cfg.Limits.InsecureOff = true
		cfg.Channels = []phoneauth.Channel{{Name: "sms", Sender: cfg.Sender}, {Name: "voice", Sender: call}}
		cfg.Sender = nil
	})
	b := newBrowser(t, host.url)
	b.open("/signin/?screen=register")
	b.fill("Phone number", cairoTyped)
	b.fill("New password", "correct horse")
	b.press("Create account")
	b.sees("Enter your code")
	b.press("Send the code again")
	b.sees("We sent the code again.")
	b.press("Call me")
	b.sees("We are calling " + cairoShown + ".")
	assert.Equal(t, 2, host.inbox.Sends())
	code := call.Code(t, cairo)
	assert.Equal(t, host.inbox.Code(t, cairo), code)
	b.fill("Code", code)
	b.at("/home")
	_, err := host.svc.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: cairo, Password: "correct horse"})
	assert.NoError(t, err)
}

func TestUIRateLimit(t *testing.T) {
	host := newUIHost(t, func(cfg *phoneauth.Config, _ *ui.Options) {
		cfg.Limits.PhoneSends = []phoneauth.Limit{{Burst: 1, Every: time.Minute}}
		cfg.Limits.AddressSends = phoneauth.Limit{Burst: 2, Every: 3 * time.Second}
		cfg.HumanCheck.When = phoneauth.HumanCheckNever // an answer would raise that
	})
	other := newBrowser(t, host.url) // asks first
	other.open("/signin/")
	other.askForCode("Egypt", cairoTyped)

	b := newBrowser(t, host.url)
	b.open("/signin/")
	b.sees("Phone number")
	b.choose("Country or region", "Egypt")
	b.fill("Phone number", cairoTyped)
	b.press("Continue")
	b.sees("A code was sent to this number a moment ago. You can ask for another in")
	b.sees("Wait 0:")
	b.screenshot("limited-390")
	b.press("I already have a code")
	b.sees("Enter your code")
	b.fill("Code", host.inbox.Code(t, cairo))
	b.press("Confirm")
	b.at("/home")

	b = newBrowser(t, host.url) // two more from this address: the second is too many
	b.open("/signin/")
	b.askForCode("France", parisTyped)
	b.press("Change number")
	b.fill("Phone number", "06 00 00 01 79")
	b.press("Continue")
	b.until("is not limited", `says("Too many requests. Try again in") || says("Enter your code")`)
	if valueOf[bool](b, `says("Enter your code")`) { // the verification gave its send back
		b.press("Change number")
		b.fill("Phone number", "06 00 00 01 80")
		b.press("Continue")
	}
	b.sees("Too many requests. Try again in")
	b.sees("Wait 0:0")
	b.sees("You can try again now.") // the countdown ended
	b.press("Continue")
	b.sees("Enter your code")
}

// The buttons of the browser go from step to step.
func TestUIBackAndForward(t *testing.T) {
	host := newUIHost(t, nil)
	b := newBrowser(t, host.url)
	b.open("/signin/")
	b.askForCode("Egypt", cairoTyped)
	b.run(chromedp.NavigateBack())
	b.sees("Enter your phone number")
	assert.Contains(t, valueOf[string](b, `field("Phone number").value`), "10 6179")
	b.press("Continue") // nothing is sent again
	b.sees("Enter your code")
	assert.Equal(t, 1, host.inbox.Sends())
}
