// Package twilioverify sends codes by Twilio Verify, with net/http alone: as SMS, by WhatsApp or by
// a call. The code is ours (CustomCode), and the wording is Twilio's.
//
//	sender, err := twilioverify.New(twilioverify.Config{
//		AccountSID: "AC…",
//		AuthToken:  phoneauth.Secret(os.Getenv("TWILIO_AUTH_TOKEN")),
//		ServiceSID: "VA…",
//		Channels:   []string{"sms", "whatsapp", "voice"},
//	})
//	svc, err := phoneauth.New(phoneauth.Config{Sender: sender, …})
//
// It was written to Twilio's documentation. Its requests were validated against Twilio's own OpenAPI
// description (verify_v2, 2026), and compared with those of Twilio's own npm library (6.3.1). It was
// not tested against the live service.
//
// # Settings at Twilio
//
//   - Console, Verify, Services: a service with the channels that Config.Channels has. Its friendly
//     name stands in the texts.
//   - Codes of your own ("custom code") have to be enabled for the account: ask Twilio's support.
//     Without that, every send fails with 60204.
//   - WhatsApp needs a sender of your own in the service. Channels of other templates: ask Twilio
//     for their "HJ…" and name them in Config.TemplateSIDs.
//   - Verify, Geo permissions: the countries.
//
// # What is not supported
//
// Supports is false, and Send refuses before any request, for notices, which have no code, for a
// channel that is not in Config.Channels, and for a message with Details: the texts of Verify have
// no place for them. Put a sender of texts behind this one.
//
// # Verified
//
// Twilio counts at most 5 sends to a number until its verification is approved or 10 minutes have
// passed; a sixth is refused with 60203. Verified approves the verification, so that the next
// sign-in starts anew, and so that Twilio's conversion rate, on which its Fraud Guard rests, is right.
//
// # Errors
//
// A message is one POST to Verifications, and never posted twice: Twilio knows no idempotency key.
// Errors are *phoneauth.SendError, whose Code is Twilio's if the answer has one, else "HTTP 503" or
// the like. Class and fault are these (https://www.twilio.com/docs/api/errors):
//
//	21610  Permanent, destination  its owner answered STOP
//	21211  Temporary, destination  To is invalid, by Twilio's numbering plan
//	21408  Temporary, destination  your account may not send to this region
//	21612  Temporary, destination  no way to this number
//	21614  Temporary, destination  no mobile number; it may be called
//	60203  Temporary, destination  5 sends to this number that nobody completed
//	60205  Temporary, destination  a landline gets no SMS; it may be called
//	60212  Temporary, destination  too many at once to this number
//	60220  Temporary, destination  China needs a registration
//	60238  Temporary, destination  blocked by Twilio, such as a country
//	60410  Temporary, destination  Fraud Guard blocks the prefix, for 12 hours
//	60605  Temporary, destination  Verify's geo permissions
//	30003  Temporary, destination  handset not reached
//	30004  Temporary, destination  blocked for this number
//	30005  Temporary, destination  unknown handset
//	30006  Temporary, destination  landline, or carrier not reached
//	30007  Temporary, destination  filtered, as a rule for one carrier or country
//	63003  Temporary, destination  not on WhatsApp
//	63024  Temporary, destination  not on WhatsApp
//	20003  Temporary, sender       credentials
//	20404  Temporary, sender       no such service
//	20429  Temporary, sender       too many at once
//	60204  Temporary, sender       codes of your own are not enabled
//	30001  Temporary, sender       queue overflow
//	30002  Temporary, sender       account suspended
//	60200  Temporary, not known    invalid parameter
//	60223  Temporary, not known    the service has not enabled this channel
//	60228  Temporary, not known    no such template
//	30008  Ambiguous, not known    failed for an unknown reason
//
// Other codes, and answers without one, have what the status of HTTP says; see httpsend.Response. A
// Retry-After is in RetryAfter. Without an answer, a message is Temporary if its request certainly
// did not leave (no such host, connection refused, TLS), else Ambiguous (reset, timeout), by the
// sender's fault.
//
// # Callbacks
//
// Twilio accepts before it delivers. To hear what became of a message, mount the handler of
// [Callbacks], make a sink of Event Streams of the kind webhook with its address (POST), and
// subscribe to the five types com.twilio.accountsecurity.verify.message.*:
//
//	callbacks, err := twilioverify.Callbacks(twilioverify.CallbackConfig{
//		URL:       "https://acme.example/twilioverify",
//		AuthToken: phoneauth.Secret(os.Getenv("TWILIO_AUTH_TOKEN")),
//	}, svc.ReportDelivery)
//	mux.Handle("POST /twilioverify", callbacks)
package twilioverify
