// Package messagebird sends messages by the SMS API of MessageBird (now Bird), with net/http
// alone.
//
//	sender, err := messagebird.New(messagebird.Config{
//		AccessKey: phoneauth.Secret(os.Getenv("MESSAGEBIRD_ACCESS_KEY")),
//		From:      "Acme",
//		ReportURL: "https://acme.example/messagebird",
//	})
//	svc, err := phoneauth.New(phoneauth.Config{Sender: sender, …})
//
// It was written to MessageBird's documentation. Its requests were validated against
// MessageBird's own OpenAPI description (SMS API 1.0.0), and compared with those of
// MessageBird's own npm library (4.0.1). That library writes recipients as one text with
// commas, where the sender writes an array, as the description says. Its signatures were tested
// against the vectors of MessageBird's own libraries. It was not tested against the live service.
//
// # Settings at MessageBird
//
// The dashboard has the access keys and the signing key (Developers, API access). An
// alphanumeric From must be registered for the countries that ask for it.
//
// # Errors
//
// A message is one POST to /messages, and never posted twice: MessageBird knows no
// idempotency key. Errors are *phoneauth.SendError, whose Code is the code of MessageBird's
// first error if the answer has one, else "HTTP 503" or the like. Class and fault are these
// (https://developers.messagebird.com/api#api-errors):
//
//	9   Temporary, destination  if its parameter is the recipient, else of no known fault
//	10  Temporary, destination  if its parameter is the recipient, else of no known fault
//	21  Temporary, destination  if its parameter is the recipient, else of no known fault
//	2   Temporary, sender       the access key
//	20  Temporary, sender       not found
//	25  Temporary, sender       not enough balance
//	98  Temporary, sender       no such API
//	99  Ambiguous, sender       internal error
//
// Other codes, and answers without one, have what the status of HTTP says:
//
//	3xx, 501, 503 with a Retry-After       Temporary, sender
//	401, 402, 404, 405, 407, 408, 429      Temporary, sender
//	other 4xx                              Temporary, not known
//	other 5xx                              Ambiguous, sender: it may have failed after
//	                                       it accepted
//
// A Retry-After is in RetryAfter. Without an answer, a message is Temporary if its request
// certainly did not leave (no such host, connection refused, TLS), else Ambiguous (reset,
// timeout), by the sender's fault.
//
// The statusReason of a delivery report has a fault too; that of others is not known:
//
//	unknown subscriber      destination
//	unavailable subscriber  destination
//	incorrect number        destination
//	opted out               destination
//	carrier rejected        destination
//	received network error  destination
//	insufficient balance    sender
//	capacity limit reached  sender
//
// # Callbacks
//
// MessageBird accepts before it delivers. To hear what became of a message, mount the handler
// of [Callbacks] where Config.ReportURL points to, and let the number forward incoming texts
// there (Numbers, forward to a URL, GET), to hear of answers such as STOP:
//
//	callbacks, err := messagebird.Callbacks(messagebird.CallbackConfig{
//		URL:        "https://acme.example/messagebird",
//		SigningKey: phoneauth.Secret(os.Getenv("MESSAGEBIRD_SIGNING_KEY")),
//	}, svc.ReportDelivery)
//	mux.Handle("/messagebird", callbacks)
package messagebird
