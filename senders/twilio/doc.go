// Package twilio sends messages by Twilio's Programmable Messaging, with net/http alone.
//
//	sender, err := twilio.New(twilio.Config{
//		AccountSID:          "AC…",
//		AuthToken:           phoneauth.Secret(os.Getenv("TWILIO_AUTH_TOKEN")),
//		MessagingServiceSID: "MG…",
//		StatusCallback:      "https://acme.example/twilio",
//	})
//	svc, err := phoneauth.New(phoneauth.Config{Sender: sender, …})
//
// It was written to Twilio's documentation. Its requests were validated against Twilio's
// own OpenAPI description (api_v2010, 2026), its signatures against Twilio's published
// example. It was not tested against the live service.
//
// # Errors
//
// A message is one POST to Messages.json, and never posted twice: Twilio knows no
// idempotency key. Errors are *phoneauth.SendError, whose Code is Twilio's if the answer
// has one, else "HTTP 503" or the like:
//
//	21211, 21217, 21265, 21614, 21635, 30005, 30006
//	                    Permanent: no number that texts can reach
//	21610               Permanent: its owner answered STOP
//	21408               Temporary: your account may not send to this region
//	21612               Temporary: not reached from this sender
//	14107, 20429, 21611 Temporary: too many at once; Retry-After is in RetryAfter
//	30001–30004, 30007  Temporary: failed at once, by queue, account, phone, block, filter
//	30008               Ambiguous: failed for an unknown reason
//	other codes         by the status of HTTP:
//	3xx, 4xx, and 501   Temporary: 401 and 404 are faults of the set-up, not of the number
//	503 and Retry-After Temporary
//	other 5xx           Ambiguous: it may have failed after it accepted
//
// Without an answer, a message is Temporary if its request certainly did not leave (no
// such host, connection refused, TLS), else Ambiguous (reset, timeout). Twilio warns that
// codes may change: an unknown one does no harm.
//
// # Callbacks
//
// Twilio accepts before it delivers. To hear what became of a message, mount the handler
// of [Callbacks] where Config.StatusCallback points to, and enter the same address in
// Twilio's console as webhook for incoming messages (POST), to hear of answers such as
// STOP:
//
//	callbacks, err := twilio.Callbacks(twilio.CallbackConfig{
//		URL:       "https://acme.example/twilio",
//		AuthToken: phoneauth.Secret(os.Getenv("TWILIO_AUTH_TOKEN")),
//	}, svc.ReportDelivery)
//	mux.Handle("POST /twilio", callbacks)
package twilio
