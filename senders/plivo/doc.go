// Package plivo sends messages by Plivo's Messaging API, with net/http alone.
//
//	sender, err := plivo.New(plivo.Config{
//		AuthID:         "MA…",
//		AuthToken:      phoneauth.Secret(os.Getenv("PLIVO_AUTH_TOKEN")),
//		From:           "+14155552345",
//		StatusCallback: "https://acme.example/plivo",
//	})
//	svc, err := phoneauth.New(phoneauth.Config{Sender: sender, …})
//
// It was written to Plivo's documentation. Its requests were compared with those of Plivo's own
// npm library (4.79.0), its signatures with the vectors of Plivo's libraries, and it was tested
// against a server of ours that answers as the documentation says. It was not tested against the
// live service.
//
// # Settings at Plivo
//
// The console shows the auth id and the auth token. Give the sign-in a subaccount of its own,
// whose token can be changed alone. Switch on the countries you send to (Messaging, Geo
// Permissions) and no others.
//
// # Errors
//
// A message is one POST to Message/, and never posted twice: Plivo knows no idempotency key.
// Errors are *phoneauth.SendError. Plivo's refusals have a text and no code, so that Code is
// "HTTP 400" or the like. Class and fault are what the status says:
//
//	400 whose text is about dst            Temporary, destination
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
// The ErrorCode of a delivery report has a fault too; that of others is not known
// (https://www.plivo.com/docs/messaging/troubleshooting/error-codes):
//
//	30   destination  a carrier took it for spam
//	50   destination  invalid destination number
//	70   destination  unavailable for good
//	80   destination  unavailable for now
//	90   destination  no route
//	100  destination  prohibited by the carrier
//	200  destination  its owner answered STOP
//	450  destination  country barred
//	40   sender       invalid source number
//	300  sender       failed to dispatch
//	900  sender       credit
//	910  sender       account disabled
//
// # Callbacks
//
// Plivo accepts before it delivers. To hear what became of a message, mount the handler of
// [Callbacks] where Config.StatusCallback points to, and enter the same address as message URL
// (POST) of the number's application in the console, to hear of answers such as STOP:
//
//	callbacks, err := plivo.Callbacks(plivo.CallbackConfig{
//		URL:       "https://acme.example/plivo",
//		AuthToken: phoneauth.Secret(os.Getenv("PLIVO_AUTH_TOKEN")),
//	}, svc.ReportDelivery)
//	mux.Handle("POST /plivo", callbacks)
//
// The parts of a long text have reports of their own, all with the id of the message.
//
// Plivo documents version 2 of its signatures for messages, and version 3 for calls. Others have seen
// version 3 with messages, too. The handler takes both, and looks at version 3 alone where it comes.
package plivo
