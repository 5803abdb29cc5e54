package vonage

import (
	"context"
	"maps"
	"strings"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
)

// name is Receipt.Sender and Delivery.Sender.
const name = "vonage"

// Send posts m.Body as it is given, within 10 s if ctx has no deadline. Receipt.ID is
// Vonage's id of the message, or of the first part of one that is too long for a single
// SMS; each part has delivery receipts of its own. m.Channel is not looked at. The
// package documentation says which error is of what class.
func (s *Sender) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	form := maps.Clone(s.fixed)
	form.Set("to", strings.TrimPrefix(m.To.E164(), "+"))
	form.Set("text", string(m.Body))
	form.Set("type", "text") // in which Vonage replaces what GSM-7 has not
	if _, encoding := phoneauth.Segments(string(m.Body)); encoding == phoneauth.UCS2 {
		form.Set("type", "unicode")
	}
	resp, err := httpsend.PostForm(ctx, s.client, s.url, form, nil)
	switch {
	case err != nil:
		return phoneauth.Receipt{Sender: name}, err
	case !resp.OK():
		return phoneauth.Receipt{Sender: name}, resp.Refusal()
	}
	return read(resp)
}
