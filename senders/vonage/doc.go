// Package vonage sends messages by Vonage's SMS API (once Nexmo's), with net/http alone.
//
//	sender, err := vonage.New(vonage.Config{
//		APIKey:    "abcd1234",
//		APISecret: phoneauth.Secret(os.Getenv("VONAGE_API_SECRET")),
//		From:      "Acme",
//	})
//	svc, err := phoneauth.New(phoneauth.Config{Sender: sender, …})
//
// [NewVoice] makes a sender that calls people and says the code. It takes an application of
// Vonage's and a number that is linked to it:
//
//	voice, err := vonage.NewVoice(vonage.VoiceConfig{
//		ApplicationID: "aaaaaaaa-bbbb-cccc-dddd-0123456789ab",
//		PrivateKey:    phoneauth.Secret(os.Getenv("VONAGE_PRIVATE_KEY")),
//		From:          "+447700900000",
//		EventURL:      "https://acme.example/vonage",
//	})
//
// It was written to Vonage's documentation. The requests of texts were validated against
// Vonage's own OpenAPI description (SMS API 1.0.10, 2021), the signatures against the examples
// of Vonage's own libraries. The requests of calls were compared with those of Vonage's own npm
// library (@vonage/voice 1.24.1). Nothing was tested against the live service.
//
// # Errors
//
// A message is one POST to /sms/json, and never posted twice: Vonage knows no idempotency
// key. It always answers 200, with a status for each part of a long text.
// Errors are *phoneauth.SendError, whose Code is that status, or "HTTP 503" or the like
// where the answer is another. Class and fault are these
// (https://developer.vonage.com/en/messaging/sms/guides/troubleshooting-sms):
//
//	0       accepted
//	7       Permanent, destination  number barred
//	33      Permanent, destination  number deactivated
//	6       Temporary, destination  not processed, such as an unknown prefix
//	15      Temporary, destination  this From is not allowed, as a rule in one country
//	29      Temporary, destination  a demo account may not send to this number
//	3       Temporary, destination  if its text names "to", else of no known fault
//	12, 22  Temporary, not known    text too long, network code
//	1       Temporary, sender       too fast
//	2       Temporary, sender       missing parameter
//	4       Temporary, sender       credentials
//	8       Temporary, sender       account barred
//	9       Temporary, sender       no credit
//	10      Temporary, sender       too many connections
//	11      Temporary, sender       account not enabled
//	14, 32  Temporary, sender       signature
//	23      Temporary, sender       callback URL
//	5       Ambiguous, sender       internal error
//	others  Ambiguous, not known
//
// When the parts of a text have different classes, the error is Ambiguous if one part is, else
// Permanent if one part is, else Temporary. It has the status and fault of the first part of that
// class. Some parts accepted and others not is
// Ambiguous. An answer that cannot be read is Ambiguous, by the sender's fault. Answers of
// other statuses of HTTP:
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
// The err-code of a delivery receipt has a fault too
// (https://developer.vonage.com/en/messaging/sms/guides/delivery-receipts):
//
//	2, 3, 7              destination  absent for now or for good, busy
//	4, 9, 13, 14, 15     destination  barred, opted out, too young, not in the plan, no credit
//	5, 11, 12            destination  portability, no route, unreachable
//	6, 50–54             destination  filters of a carrier or a country
//	16                   sender       gateway quota exceeded
//	1, 8, 10, 99, others not known
//
// # Calls
//
// A call is one POST to /v1/calls, with the words in it (NCCO). It says who calls, what the code
// approves if the message has Details, and the code, digit by digit, twice. It is in the
// language of the message if Vonage has a voice and package spoken, or VoiceConfig.Phrases, has
// words for it, else in English. Notices are not supported: nobody calls for them. When a
// machine answers, Vonage hangs up (machine_detection), so that no voicemail keeps a code.
//
// Make the application in the dashboard, with the capability voice and signed webhooks, and
// link the number to it. Calls cost more than texts, and thieves have numbers that earn by them:
// limit the countries you call.
//
// Refusals have no code, so that Code is "HTTP 400" or the like. A 400 about the parameter "to"
// is Temporary, of the destination. Others have what the status of HTTP says, as above.
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
// newer APIs sign, does as well. So the same handler understands the events of calls, where
// VoiceConfig.EventURL points to.
package vonage
