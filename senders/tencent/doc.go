// Package tencent sends texts by Tencent Cloud's SMS, with net/http alone: for China, where only
// approved texts with an approved signature are delivered. The wording is in the template, and we
// give its variables in their order.
//
//	sender, err := tencent.New(tencent.Config{
//		SecretID:  "AKID…",
//		SecretKey: phoneauth.Secret(os.Getenv("TENCENT_SECRET_KEY")),
//		AppID:     "1400006666",
//		SignName:  "腾讯云",
//		Templates: []tencent.Template{{
//			Purpose:   phoneauth.PurposeSignIn,
//			ID:        "449739",
//			Variables: []string{"{code}", "{minutes}"},
//		}},
//	})
//	svc, err := phoneauth.New(phoneauth.Config{Sender: sender, …})
//
// It was written to Tencent Cloud's documentation. Its signatures (TC3-HMAC-SHA256) were tested with
// the example of that documentation. Tencent Cloud's own
// SDK for Node.js, aimed at the same server, asks it for the same. It was not tested against the live
// service.
//
// # Settings at Tencent Cloud
//
//   - SMS console, application management: an application; its SDK AppID is Config.AppID. Signatures:
//     Config.SignName. Templates: one for codes, for each language, and others for notices.
//   - CAM: a user with a key and the permission sms:SendSms alone.
//   - SMS console, frequency limits: by default a number gets 1 text in 30 seconds and 10 a day. The
//     default Limits of phoneauth allow up to 20 a day.
//   - SMS console, event callbacks, status of SMS: the address of the handler of [Callbacks].
//
// # What is not supported
//
// Supports is false, and Send refuses before any request, for a purpose without a template, for a
// message with a code or with Details when the template has no variable with them, and the reverse,
// and for codes of more than 6 characters.
//
// # Errors
//
// A message is one call of SendSms (2021-01-11), and never made twice: Tencent Cloud knows no
// idempotency key. Errors are *phoneauth.SendError, whose Code is Tencent Cloud's if the answer has
// one, else "not Ok" or "HTTP 503" or the like. Class and fault are these; "*" stands for the rest of a
// name, and the longest one that fits counts:
//
//	FailedOperation.PhoneNumberInBlacklist           Temporary, destination  its owner wants none, or complained
//	InvalidParameterValue.IncorrectPhoneNumber       Temporary, destination  invalid number
//	LimitExceeded.PhoneNumber*                       Temporary, destination  too many to this number
//	LimitExceeded.DeliveryFrequencyLimit             Temporary, destination  too many to this number
//	LimitExceeded.AppCountryOrRegion*                Temporary, destination  too many to this country
//	UnsupportedOperation.*                           Temporary, destination  not to this country
//	AuthFailure*                                     Temporary, sender       credentials, or our clock
//	FailedOperation.InsufficientBalanceInSmsPackage  Temporary, sender       balance
//	FailedOperation.SignatureIncorrectOrUnapproved   Temporary, sender       SignName
//	FailedOperation.JsonParseFail                    Temporary, sender       the request
//	InvalidParameterValue.SdkAppIdNotExist           Temporary, sender       AppID
//	LimitExceeded.*                                  Temporary, sender       limits of the application
//	RequestLimitExceeded*                            Temporary, sender       too many at once
//	UnsupportedOperation.UnsupportedRegion           Temporary, sender       Region
//	UnauthorizedOperation.*                          Temporary, sender       permission, address, arrears
//	UnauthorizedOperation                            Temporary, sender       permission
//	FailedOperation.ContainSensitiveWord             Temporary, not known    the text
//	FailedOperation.TemplateIncorrectOrUnapproved    Temporary, not known    the template
//	FailedOperation.TemplateParamSetNotMatch*        Temporary, not known    number of variables
//	FailedOperation.TemplateUnapprovedOrNotExist     Temporary, not known    the template
//	InvalidParameterValue.TemplateParameter*         Temporary, not known    a variable
//	InternalError*                                   Ambiguous, sender
//
// Another code with status 200 is Temporary, of no known fault. Other statuses of HTTP have what
// [httpsend.Response.Refusal] says. An answer of success that cannot be read is Ambiguous, by the
// sender's fault. Without an answer, a message is Temporary if its request certainly did not leave
// (no such host, connection refused, TLS), else Ambiguous (reset, timeout), by the sender's fault.
//
// # Callbacks
//
// Tencent Cloud accepts before it delivers, and signs nothing. So the last element of the path is a
// secret:
//
//	callbacks, err := tencent.Callbacks(tencent.CallbackConfig{
//		PathSecret: phoneauth.Secret(os.Getenv("TENCENT_CALLBACK_SECRET")),
//	}, svc.ReportDelivery)
//	mux.Handle("POST /tencent/{secret}", callbacks)
package tencent
