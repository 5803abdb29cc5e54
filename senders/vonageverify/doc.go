// Package vonageverify sends codes by Vonage's Verify API, version 2, with net/http alone: as SMS,
// by WhatsApp or by a call. The code is ours, and the wording is Vonage's.
//
//	sender, err := vonageverify.New(vonageverify.Config{
//		ApplicationID: "78d335fa-…",
//		PrivateKey:    phoneauth.Secret(pem), // the file that Vonage's dashboard gave
//		Brand:         "Acme",
//		Channels:      []string{"sms", "voice"},
//	})
//	svc, err := phoneauth.New(phoneauth.Config{Sender: sender, …})
//
// It was written to Vonage's documentation. Vonage's own SDK for Node.js, aimed at the same server,
// makes the same requests. It was not tested against the live service.
//
// # Settings at Vonage
//
//   - Dashboard, Applications: an application with the capability Verify, a key pair, and the address
//     of the handler of [Callbacks] as status URL. Its id is Config.ApplicationID.
//   - Dashboard, API settings: the signature secret, for the webhooks.
//   - WhatsApp needs a WhatsApp Business account that is linked to the application, and its number in
//     Config.WhatsAppFrom.
//   - India: register Vonage's text with your DLT, and name both ids in Config.EntityID and ContentID.
//
// # One request at a time
//
// While a request to a number is open, Vonage refuses the next with 409. Nobody completes ours,
// because phoneauth checks the code. So each has one channel and ends after Config.ChannelTimeout,
// 30 s by default; its code stays good for as long as phoneauth says. Vonage is not told that a code
// was verified.
//
// # What is not supported
//
// Supports is false, and Send refuses before any request, for notices, which have no code, for a
// channel that is not in Config.Channels, and for a message with Details: the texts of Verify have
// no place for them. Put a sender of texts behind this one.
//
// # Errors
//
// A message is one POST to /v2/verify, and never posted twice: Vonage knows no idempotency key.
// Errors are *phoneauth.SendError, whose Code is the name at the end of Vonage's type ("conflict"),
// else "HTTP 503" or the like. Class and fault are those of the status of HTTP; see
// [httpsend.Response.Refusal]. Two are about the number:
//
//	409  Temporary, destination  a request to this number is open
//	422  Temporary, destination  if the parameter "to" is invalid, else of no known fault
//
// No answer is Permanent. A Retry-After is in RetryAfter. Without an answer, a message is Temporary
// if its request certainly did not leave (no such host, connection refused, TLS), else Ambiguous
// (reset, timeout), by the sender's fault.
//
// # Callbacks
//
// Vonage accepts before it delivers. To hear what became of a message, mount the handler where the
// status URL of the application points to:
//
//	callbacks, err := vonageverify.Callbacks(vonageverify.CallbackConfig{
//		SignatureSecret: phoneauth.Secret(os.Getenv("VONAGE_SIGNATURE_SECRET")),
//	}, svc.ReportDelivery)
//	mux.Handle("POST /vonageverify", callbacks)
package vonageverify
