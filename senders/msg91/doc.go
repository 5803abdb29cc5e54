// Package msg91 sends texts by MSG91, with net/http alone: for India, where operators deliver only
// texts whose wording was registered (DLT). The wording is in the template, and we give its
// variables.
//
//	sender, err := msg91.New(msg91.Config{
//		AuthKey: phoneauth.Secret(os.Getenv("MSG91_AUTH_KEY")),
//		Templates: []msg91.Template{{
//			Purpose:   phoneauth.PurposeSignIn,
//			ID:        "6241c8e0e2f5a2b7c9d0e1f2",
//			Variables: map[string]string{"otp": "{code}"},
//		}},
//	})
//	svc, err := phoneauth.New(phoneauth.Config{Sender: sender, …})
//
// It was written to MSG91's documentation. It was not tested against the live service.
//
// # Settings at MSG91
//
//   - At the DLT of an operator: your entity, your header (sender id) and each text, with {#var#} for
//     the code. To let browsers and apps fill the code in, register the text with the last line that
//     they need. A text that is not the registered one byte for byte is not delivered.
//   - SMS, Templates: the same texts with the DLT ids and ##otp## for the variable. The id that MSG91
//     then shows is Template.ID.
//   - Authkey: one with SMS allowed, and the addresses of your servers.
//   - SMS, Webhook, version 3: the address of the handler of [Callbacks], for delivery reports.
//
// # What is not supported
//
// Supports is false, and Send refuses before any request, for a purpose without a template, for a
// message with a code or with Details when the template has no variable with them, and the reverse.
//
// # Errors
//
// A message is one POST to /api/v5/flow, and never posted twice: MSG91 knows no idempotency key.
// Errors are *phoneauth.SendError, whose Code is MSG91's if the answer has one, else "error" or "HTTP
// 503" or the like. Class and fault are these:
//
//	202  Temporary, destination  invalid number
//	311  Temporary, destination  the same request twice within 10 seconds
//	101  Temporary, sender       a parameter is missing
//	102  Temporary, sender       the same
//	103  Temporary, sender       the same
//	105  Temporary, sender       the same
//	106  Temporary, sender       the same
//	107  Temporary, sender       the same
//	203  Temporary, sender       sender id
//	207  Temporary, sender       authkey
//	208  Temporary, sender       IP address
//	301  Temporary, sender       balance
//	302  Temporary, sender       account expired
//	303  Temporary, sender       account banned
//	306  Temporary, sender       the route is not available
//	401  Temporary, sender       authkey
//	418  Temporary, sender       IP address
//	310  Temporary, not known    the text is too long
//
// A refusal without a known code is Temporary, of no known fault. Other statuses of HTTP have what
// [httpsend.Response.Refusal] says. An answer of success that cannot be read is Ambiguous, by the
// sender's fault. Without an answer, a message is Temporary if its request certainly did not leave
// (no such host, connection refused, TLS), else Ambiguous (reset, timeout), by the sender's fault.
//
// # Callbacks
//
// MSG91 accepts before it delivers, and signs nothing. So the last element of the path is a secret:
//
//	callbacks, err := msg91.Callbacks(msg91.CallbackConfig{
//		PathSecret: phoneauth.Secret(os.Getenv("MSG91_CALLBACK_SECRET")),
//	}, svc.ReportDelivery)
//	mux.Handle("POST /msg91/{secret}", callbacks)
package msg91
