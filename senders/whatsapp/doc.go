// Package whatsapp sends codes by WhatsApp's Cloud API, with net/http alone. The code goes into an
// authentication template that Meta has approved; the wording is Meta's.
//
//	sender, err := whatsapp.New(whatsapp.Config{
//		PhoneNumberID: "106540352242922",
//		AccessToken:   phoneauth.Secret(os.Getenv("WHATSAPP_ACCESS_TOKEN")),
//		Templates: []whatsapp.Template{
//			{Purpose: phoneauth.PurposeSignIn, Name: "login_code", Language: "en_US"},
//			{Purpose: phoneauth.PurposeSignIn, Name: "login_code", Language: "pt_BR"},
//		},
//	})
//
// It was written to Meta's documentation. Its requests were validated against Meta's own OpenAPI
// description (facebook/openapi, v23.0), in which one pattern had to be mended: that for the index of
// a button refuses its own example. It was not tested against the live service.
//
// # Settings at Meta
//
//   - App dashboard, WhatsApp, API setup: the Phone number ID.
//   - Business settings, System users: a system user that has the app and the WhatsApp account, and
//     a token of it that never expires, with the permission whatsapp_business_messaging.
//   - WhatsApp Manager, Message templates: a template of the category Authentication, with the
//     button "Copy code", "One-tap" or "Zero-tap", for each language. Config.Templates names it for
//     each purpose.
//   - For notices: a template of the category Utility without variables, with Template.Notice.
//   - App dashboard, WhatsApp, Configuration: the address of the handler of [Callbacks], your
//     VerifyToken, and the field "messages". App settings, Basic has the app secret.
//
// # What is not supported
//
// Supports is false, and Send refuses before any request, for a purpose without a template, for a
// notice when the template has a code and the reverse, and for a message with Details: an
// authentication template has no place for them. Put a sender of texts behind this one.
//
// # Errors
//
// A message is one POST, and never posted twice: Meta knows no idempotency key. Errors are
// *phoneauth.SendError, whose Code is Meta's if the answer has one, else "HTTP 503" or the like.
// Class and fault are these
// (https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes):
//
//	131026  Temporary, destination  not on WhatsApp, or cannot get this message
//	130472  Temporary, destination  the number is part of an experiment of Meta's
//	130497  Temporary, destination  you may not send to this country
//	131021  Temporary, destination  the number is that of the sender
//	131030  Temporary, destination  a test number may send to listed numbers only
//	131047  Temporary, destination  the person must write first
//	131049  Temporary, destination  held back, because the person gets too many
//	131050  Temporary, destination  the person stopped messages of this kind
//	131056  Temporary, destination  too many messages to this number
//	0       Temporary, sender       authentication
//	2       Temporary, sender       the API is down
//	3       Temporary, sender       capability of the app
//	4       Temporary, sender       too many calls of the app
//	10      Temporary, sender       permission
//	33      Temporary, sender       the business number was deleted
//	190     Temporary, sender       the access token has expired
//	200     Temporary, sender       permission; 201 to 299 too
//	368     Temporary, sender       blocked for a violation of policies
//	80007   Temporary, sender       too many messages of the account
//	130429  Temporary, sender       too many at once
//	131005  Temporary, sender       permission
//	131008  Temporary, sender       a parameter is missing
//	131016  Temporary, sender       service unavailable
//	131031  Temporary, sender       account locked
//	131037  Temporary, sender       the display name is not approved
//	131042  Temporary, sender       payment
//	131045  Temporary, sender       the business number is not registered
//	131048  Temporary, sender       too much was reported as spam
//	131057  Temporary, sender       maintenance
//	133004  Temporary, sender       server unavailable
//	133010  Temporary, sender       the business number is not registered
//	100     Temporary, not known    invalid parameter
//	131009  Temporary, not known    value of a parameter
//	132000  Temporary, not known    number of variables
//	132001  Temporary, not known    no such template, or not in this language
//	132005  Temporary, not known    the text is too long
//	132007  Temporary, not known    policy of the text
//	132012  Temporary, not known    format of a variable
//	132015  Temporary, not known    template paused
//	132016  Temporary, not known    template disabled
//	131000  Ambiguous, not known    unknown
//
// No code is Permanent: who is not on WhatsApp may well get an SMS. A fault of one template is not
// counted as the sender's, because people choose the template by their language.
//
// Other codes, and answers without one, have what the status of HTTP says; see
// [httpsend.Response.Refusal]. A Retry-After is in RetryAfter. Without an answer, a message is
// Temporary if its request certainly did not leave (no such host, connection refused, TLS), else
// Ambiguous (reset, timeout), by the sender's fault.
//
// # Callbacks
//
// Meta accepts before it delivers: that somebody is not on WhatsApp (131026) comes by the webhook,
// as a rule. Mount the handler for GET and POST:
//
//	callbacks, err := whatsapp.Callbacks(whatsapp.CallbackConfig{
//		AppSecret:   phoneauth.Secret(os.Getenv("WHATSAPP_APP_SECRET")),
//		VerifyToken: phoneauth.Secret(os.Getenv("WHATSAPP_VERIFY_TOKEN")),
//	}, svc.ReportDelivery)
//	mux.Handle("/whatsapp", callbacks)
package whatsapp
