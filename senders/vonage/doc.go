// Package vonage sends messages by Vonage's SMS API (once Nexmo's), with net/http alone.
//
//	sender, err := vonage.New(vonage.Config{
//		APIKey:    "abcd1234",
//		APISecret: phoneauth.Secret(os.Getenv("VONAGE_API_SECRET")),
//		From:      "Acme",
//	})
//	svc, err := phoneauth.New(phoneauth.Config{Sender: sender, …})
//
// It was written to Vonage's documentation. Its requests were validated against Vonage's
// own OpenAPI description (SMS API 1.0.10, 2021), its signatures against the examples of
// Vonage's own libraries. It was not tested against the live service.
//
// # Errors
//
// A message is one POST to /sms/json, and never posted twice: Vonage knows no idempotency
// key. It answers 200 whatever came of it, with a status for each part of a long text.
// Errors are *phoneauth.SendError, whose Code is that status, or "HTTP 503" or the like
// where the answer is another:
//
//	0                          accepted
//	3                          Permanent if its text names "to", else Temporary
//	6, 7, 33                   Permanent: no such prefix, number barred, deactivated
//	1                          Temporary: too fast; Retry-After is in RetryAfter
//	2, 4, 8–12, 14, 15, 22,    Temporary: a fault of the set-up, the account or its
//	23, 29, 32                 credit, not of the number
//	5, any other, or none      Ambiguous
//	some parts 0, others not   Ambiguous, with the status of the first that is not
//	HTTP 3xx, 4xx, and 501     Temporary
//	HTTP 503 and Retry-After   Temporary
//	other HTTP 5xx             Ambiguous: it may have failed after it accepted
//
// Where parts differ, Ambiguous comes before Permanent, and that before Temporary.
// Without an answer, a message is Temporary if its request certainly did not leave (no
// such host, connection refused, TLS), else Ambiguous (reset, timeout).
//
// # Callbacks
//
// Vonage accepts before it delivers. To hear what became of a message, mount the handler
// of [Callbacks] and enter its address in Vonage's dashboard, as webhook for delivery
// receipts and for inbound SMS, with the method POST-JSON:
//
//	callbacks, err := vonage.Callbacks(vonage.CallbackConfig{
//		SignatureSecret: phoneauth.Secret(os.Getenv("VONAGE_SIGNATURE_SECRET")),
//	}, svc.ReportDelivery)
//	mux.Handle("POST /vonage", callbacks)
//
// The handler takes signed callbacks only, which Vonage has to switch on for the SMS API:
// ask its support, and choose SHA-256 HMAC or SHA-512 HMAC as signature method. The
// signature is then the field sig. A JWT in the Authorization header, by which Vonage's
// newer APIs sign, does as well.
package vonage
