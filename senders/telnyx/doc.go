// Package telnyx sends messages by Telnyx's Messaging API, with net/http alone.
//
//	sender, err := telnyx.New(telnyx.Config{
//		APIKey:     phoneauth.Secret(os.Getenv("TELNYX_API_KEY")),
//		From:       "+14155552345",
//		WebhookURL: "https://acme.example/telnyx",
//	})
//	svc, err := phoneauth.New(phoneauth.Config{Sender: sender, …})
//
// It was written to Telnyx's documentation. Its requests were compared with those of Telnyx's own
// npm library (7.24.0), and it was tested against a server of ours that answers as the
// documentation says. Telnyx publishes no vectors of its signatures: they were tested
// with the key of RFC 8032, and OpenSSL as the signer. It was not tested against the live
// service.
//
// # Settings at Telnyx
//
// The portal has the API keys (V2) and the public key (Account settings, Keys & Credentials).
// Assign the number From to a messaging profile, and list the countries you send to in the
// profile (Allowed destinations) and no others. Webhook API version: 2.
//
// # Errors
//
// A message is one POST to /v2/messages, and never posted twice: Telnyx knows no idempotency
// key. Errors are *phoneauth.SendError, whose Code is the code of Telnyx's first error if the
// answer has one, else "HTTP 503" or the like. Class and fault are these
// (https://developers.telnyx.com/docs/messaging/messages/error-codes):
//
//	40300  Permanent, destination  its owner answered STOP
//	40001  Temporary, destination  landline, or cannot be reached from here
//	40002  Temporary, destination  a carrier's filter, for now
//	40003  Temporary, destination  a carrier's filter, for good
//	40004  Temporary, destination  rejected by the destination
//	40006  Temporary, destination  the destination's server is down
//	40008  Temporary, destination  not taken by the carrier
//	40012  Temporary, destination  invalid destination number
//	40310  Temporary, destination  invalid to
//	10009  Temporary, sender       credentials
//	10010  Temporary, sender       permissions of the key
//	10011  Temporary, sender       too many requests
//	20100  Temporary, sender       funds
//	40011  Temporary, sender       rate, past Telnyx
//	40013  Temporary, sender       invalid source number
//	40014  Temporary, sender       waited too long in Telnyx's queue
//	40305  Temporary, sender       invalid from
//	40312  Temporary, sender       messaging profile disabled
//	40318  Temporary, sender       queue full
//	40333  Temporary, sender       spend limit of the messaging profile
//
// Other codes, and answers without one, have what the status of HTTP says:
//
//	3xx, 501, 503 with a Retry-After       Temporary, sender
//	401, 402, 404, 405, 407, 408, 429      Temporary, sender
//	other 4xx whose error points at /to    Temporary, destination
//	other 4xx                              Temporary, not known
//	other 5xx                              Ambiguous, sender: it may have failed after
//	                                       it accepted
//
// A Retry-After is in RetryAfter. Without an answer, a message is Temporary if its request
// certainly did not leave (no such host, connection refused, TLS), else Ambiguous (reset,
// timeout), by the sender's fault. A message that was taken and failed at once, for a reason
// that is not known, is Ambiguous.
//
// A delivery report has the fault of its code. Its status delivery_unconfirmed is not
// reported: nobody knows.
//
// # Callbacks
//
// Telnyx accepts before it delivers. To hear what became of a message, mount the handler of
// [Callbacks] where Config.WebhookURL points to, and enter the same address as webhook of the
// messaging profile, to hear of answers such as STOP:
//
//	callbacks, err := telnyx.Callbacks(telnyx.CallbackConfig{
//		PublicKey: os.Getenv("TELNYX_PUBLIC_KEY"),
//	}, svc.ReportDelivery)
//	mux.Handle("POST /telnyx", callbacks)
package telnyx
