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
// [NewVoice] makes a sender that calls people and says the code. It takes the same account, and
// a number to call from:
//
//	voice, err := twilio.NewVoice(twilio.VoiceConfig{
//		AccountSID:     "AC…",
//		AuthToken:      phoneauth.Secret(os.Getenv("TWILIO_AUTH_TOKEN")),
//		From:           "+14155552345",
//		StatusCallback: "https://acme.example/twilio",
//	})
//
// It was written to Twilio's documentation. Its requests were validated against Twilio's
// own OpenAPI description (api_v2010, 2026), and compared with those of Twilio's own npm
// library (6.3.1), which also made the TwiML of the calls. Its signatures were tested against
// Twilio's published example. It was not tested against the live service.
//
// # Errors
//
// A message is one POST to Messages.json, and never posted twice: Twilio knows no
// idempotency key. Errors are *phoneauth.SendError, whose Code is Twilio's if the answer
// has one, else "HTTP 503" or the like. Class and fault are these
// (https://www.twilio.com/docs/api/errors):
//
//	21265  Permanent, destination  To is a short code
//	21610  Permanent, destination  its owner answered STOP
//	21614  Permanent, destination  no mobile number
//	21635  Permanent, destination  a landline
//	30005  Permanent, destination  unknown handset
//	21211  Temporary, destination  To is invalid, by Twilio's numbering plan
//	21214  Temporary, destination  To cannot be reached
//	21215  Temporary, destination  your account may not call this region
//	21216  Temporary, destination  To is blocked by Twilio
//	21217  Temporary, destination  To does not appear to be valid
//	21219  Temporary, destination  a trial account may not call this number
//	21408  Temporary, destination  your account may not send to this region
//	21606  Temporary, destination  From cannot send to this destination
//	21608  Temporary, destination  a trial account may not send to this number
//	21612  Temporary, destination  no way from this From to this To
//	21659  Temporary, destination  From is a short code of another country
//	30003  Temporary, destination  handset not reached
//	30004  Temporary, destination  blocked for this number
//	30006  Temporary, destination  landline, or carrier not reached from this From
//	30007  Temporary, destination  filtered, as a rule for one carrier or country
//	10004  Temporary, sender       too many calls at once
//	14107  Temporary, sender       too many from this From
//	20003  Temporary, sender       credentials
//	20429  Temporary, sender       too many at once
//	21210  Temporary, sender       From is not verified for calls
//	21611  Temporary, sender       the queue of From is full
//	30001  Temporary, sender       queue overflow
//	30002  Temporary, sender       account suspended
//	30036  Temporary, sender       waited too long in Twilio's queue
//	30008  Ambiguous, not known    failed for an unknown reason
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
// timeout), by the sender's fault. Twilio warns that codes may change: an unknown one does
// no harm.
//
// The codes from 30001 come with a message that failed at once, or later in a delivery
// report, which has the same fault.
//
// # Calls
//
// A call is one POST to Calls.json, with the words in it (TwiML). It says who calls, what the
// code approves if the message has Details, and the code, digit by digit, twice. It is in the
// language of the message if Twilio has a voice and package spoken, or VoiceConfig.Phrases, has
// words for it, else in English. Notices are not supported: nobody calls for them.
//
// Enable the countries you call in the console (Voice, Geo permissions) and no others. Calls
// cost more than texts, and thieves have numbers that earn by them.
//
// Twilio cannot hang up on a machine that answers without asking a server in between. So a
// voicemail may keep a code for as long as it lives; package spoken says more about that. A
// phone rings for VoiceConfig.Ring, which most voicemails outwait.
//
// # Callbacks
//
// Twilio accepts before it delivers. To hear what became of a message, mount the handler
// of [Callbacks] where Config.StatusCallback points to, and enter the same address in
// Twilio's console as webhook for incoming messages (POST), to hear of answers such as
// STOP. The same handler understands reports of calls:
//
//	callbacks, err := twilio.Callbacks(twilio.CallbackConfig{
//		URL:       "https://acme.example/twilio",
//		AuthToken: phoneauth.Secret(os.Getenv("TWILIO_AUTH_TOKEN")),
//	}, svc.ReportDelivery)
//	mux.Handle("POST /twilio", callbacks)
package twilio
