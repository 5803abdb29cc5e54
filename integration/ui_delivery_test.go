package integration

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/ui"
)

// The screen of the code tells by itself that the code has arrived, and stops asking then.
func TestUIDeliveryToldLive(t *testing.T) {
	host := newUIHost(t, func(cfg *phoneauth.Config, o *ui.Options) {
		o.Region = "EG"
		cfg.Journal.Store = cfg.Store.(*faultyStore).Store.(phoneauth.JournalStore)
	})
	l := newLine(t, host)
	b := newBrowser(t, l.url)
	b.open("/signin/")
	b.fill("Phone number", cairoTyped)
	b.press("Continue")
	b.sees("Enter your code")
	b.key("12") // what is typed stays
	host.svc.ReportDelivery(t.Context(), phoneauth.Delivery{Sender: "phonetest", ID: "phonetest-1", Status: phoneauth.Delivered})
	b.sees("Your phone received the code")
	assert.Equal(t, "12", valueOf[string](b, `field("Code").value`))
	b.until("it asks on", `document.getElementById('delivery').dataset.delivery === undefined`)
	assert.LessOrEqual(t, l.requests("delivery"), 5)
	b.fill("Code", host.inbox.Code(t, cairo))
	b.at("/home")
}

// The code comes by another channel, and the page says by which.
func TestUIOtherChannel(t *testing.T) {
	host := newUIHost(t, func(cfg *phoneauth.Config, o *ui.Options) {
		o.Region, cfg.Limits.InsecureOff = "EG", true
		cfg.Channels = []phoneauth.Channel{{Name: "sms", Sender: cfg.Sender}, {Name: "whatsapp", Sender: cfg.Sender}}
		cfg.Sender = nil
	})
	b := newBrowser(t, host.url)
	b.open("/signin/")
	b.fill("Phone number", cairoTyped)
	b.press("Continue")
	b.sees("We sent a code by text message to " + cairoShown + ".")
	b.press("Send it by WhatsApp")
	b.sees("We sent a code by WhatsApp to " + cairoShown + ".")
	assert.Equal(t, []string{"sms", "whatsapp"}, host.inbox.Channels(cairo))
	code, ok := host.inbox.Last(cairo)
	assert.True(t, ok)
	b.fill("Code", string(code.Code))
	b.at("/home")
}
