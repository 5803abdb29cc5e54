// Package httpsend makes the HTTP request of a sender to its provider. It makes one request, at
// most once. The error of a failure has a class and a fault and holds no secret. The senders of
// this module use it, and a host's own may use it too.
//
//	type Sender struct {
//		key    string
//		client *http.Client // httpsend.Client(nil), or of the host's
//	}
//
//	func (s *Sender) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
//		form := url.Values{"to": {m.To.E164()}, "text": {string(m.Body)}}
//		resp, err := httpsend.PostForm(ctx, s.client, "https://api.acme.example/sms", form, func(r *http.Request) {
//			r.Header.Set("Authorization", "Bearer "+s.key)
//		})
//		switch {
//		case err != nil:
//			return phoneauth.Receipt{}, err
//		case !resp.OK():
//			return phoneauth.Receipt{}, resp.Refusal() // with the provider's own codes, where it has some
//		}
//		…
//	}
//
// # What it does
//
//   - One request: it follows no redirect, and prevents net/http from repeating a POST.
//   - The deadline: that of the context, or 10 s.
//   - The class: Temporary when the request certainly did not leave (no such host,
//     connection refused, TLS), else Ambiguous (reset, timeout). Both have FaultSender,
//     unless the caller cancelled the context; then the fault is not known.
//   - Secrets: net/http's errors, which quote URLs and answers, are replaced.
//   - Bounds: 16 KiB of an answer are read, and a Retry-After is believed up to 24 h.
//
// The sender itself must know the codes of its provider, and which answers accept a message.
// senders/sendertest tests the sender against the contract.
package httpsend
