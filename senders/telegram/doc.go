// Package telegram sends codes by the Telegram Gateway, with net/http alone, to people who have
// Telegram. The code is ours, and the wording is Telegram's.
//
//	sender, err := telegram.New(telegram.Config{
//		Token:       phoneauth.Secret(os.Getenv("TELEGRAM_GATEWAY_TOKEN")),
//		CallbackURL: "https://acme.example/telegram",
//	})
//	svc, err := phoneauth.New(phoneauth.Config{Sender: sender, …})
//
// It was written to Telegram's documentation, from which its signatures were made with openssl.
// It was not tested against the live service.
//
// # Settings at Telegram
//
//   - gateway.telegram.org, account settings: the API token. It is Config.Token and
//     CallbackConfig.Token. Fund the account there; codes to your own number are free.
//   - A sender of your own, Config.SenderUsername, must be a verified channel of the same account.
//
// # What is not supported
//
// Supports is false, and Send refuses before any request, for notices, which have no code, for codes
// that are not 4 to 8 digits, and for a message with Details. Put a sender of texts behind this one.
//
// # The life of a message
//
// A message lives until its code expires, at least 1 minute and at most 1 hour. Telegram refunds
// what was not delivered by then. Verified tells Telegram that a code was typed in, with the code,
// as its documentation asks. So the Sender remembers the codes of 10,000 messages until they expire.
//
// # Errors
//
// A message is one POST to sendVerificationMessage, and never posted twice: Telegram knows no
// idempotency key. Errors are *phoneauth.SendError, whose Code is Telegram's name of the error, else
// "HTTP 503" or the like. Telegram's documentation names ACCESS_TOKEN_INVALID alone; the others are
// told by what their name begins with:
//
//	PHONE_NUMBER_…                                      Temporary, destination
//	ACCESS_TOKEN_…, BALANCE_…, IP_…                     Temporary, sender
//	SENDER_…, CALLBACK_URL_…                            Temporary, sender
//	FLOOD_WAIT_…                                        Temporary, not known, with RetryAfter
//	others with "ok": false                             Temporary, not known
//	an answer of success that cannot be read            Ambiguous, sender
//
// No answer is Permanent: who is not on Telegram may well get an SMS. Other statuses of HTTP have
// what [httpsend.Response.Refusal] says. Without an answer, a message is Temporary if its request
// certainly did not leave (no such host, connection refused, TLS), else Ambiguous (reset, timeout),
// by the sender's fault.
//
// # Callbacks
//
// To hear what became of a message, mount the handler of [Callbacks] where Config.CallbackURL
// points to:
//
//	callbacks, err := telegram.Callbacks(telegram.CallbackConfig{
//		Token: phoneauth.Secret(os.Getenv("TELEGRAM_GATEWAY_TOKEN")),
//	}, svc.ReportDelivery)
//	mux.Handle("POST /telegram", callbacks)
package telegram
