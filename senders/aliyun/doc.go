// Package aliyun sends texts by Alibaba Cloud's SMS, with net/http alone: for China, where only
// approved texts with an approved signature are delivered. The wording is in the template, and we
// give its variables.
//
//	sender, err := aliyun.New(aliyun.Config{
//		AccessKeyID:     "LTAI5t…",
//		AccessKeySecret: phoneauth.Secret(os.Getenv("ALIYUN_ACCESS_KEY_SECRET")),
//		SignName:        "阿里云",
//		Templates: []aliyun.Template{{
//			Purpose:   phoneauth.PurposeSignIn,
//			Code:      "SMS_154950909",
//			Variables: map[string]string{"code": "{code}"},
//		}},
//	})
//	svc, err := phoneauth.New(phoneauth.Config{Sender: sender, …})
//
// It was written to Alibaba Cloud's documentation. Its signatures (ACS3-HMAC-SHA256) were tested with
// the fixed example of that documentation. Alibaba Cloud's own
// SDK for Node.js, aimed at the same server, asks it for the same. It was not tested against the live
// service.
//
// # Settings at Alibaba Cloud
//
//   - SMS console, signatures: the signature. Templates: one for codes, "验证码", for each language,
//     and others for notices.
//   - RAM: a user with an AccessKey and the permission dysms:SendSms alone.
//   - SMS console, system settings: by default a number gets 1 code a minute, 5 an hour and 10 a day.
//     The default Limits of phoneauth allow more, up to 10 in an hour and 20 in a day. Raise those of
//     Alibaba Cloud, or people who ask often get isv.BUSINESS_LIMIT_CONTROL.
//   - SMS console, delivery reports by HTTP (SmsReport): the address of the handler of [Callbacks].
//
// # What is not supported
//
// Supports is false, and Send refuses before any request, for a purpose without a template, for a
// message with a code or with Details when the template has no variable with them, and the reverse,
// and for codes of more than 6 characters.
//
// # Errors
//
// A message is one call of SendSms (2017-05-25), and never made twice: Alibaba Cloud knows no
// idempotency key. Its parameters, the code too, stand in the query of the URL, over TLS, as in Alibaba
// Cloud's own SDKs; a proxy that logs URLs would see them. Errors are *phoneauth.SendError, whose Code
// is Alibaba Cloud's if the answer has one, else "not OK" or "HTTP 503" or the like. Class and fault
// are these:
//
//	isv.BUSINESS_LIMIT_CONTROL       Temporary, destination  too many to this number
//	isv.MOBILE_NUMBER_ILLEGAL        Temporary, destination  invalid number
//	isv.ACCOUNT_ABNORMAL             Temporary, sender       account
//	isv.ACCOUNT_NOT_EXISTS           Temporary, sender       account
//	isv.AMOUNT_NOT_ENOUGH            Temporary, sender       balance
//	isv.DAY_LIMIT_CONTROL            Temporary, sender       limit of the account
//	isv.DENY_IP_RANGE                Temporary, sender       the server stands in a region that is refused
//	isv.MONTH_LIMIT_CONTROL          Temporary, sender       limit of the account
//	isv.OUT_OF_SERVICE               Temporary, sender       service stopped
//	isv.PRODUCT_UNSUBSCRIBE          Temporary, sender       product not ordered
//	isv.PRODUCT_UN_SUBSCRIPT         Temporary, sender       product not ordered
//	isv.SIGN_NAME_ILLEGAL            Temporary, sender       SignName
//	isv.SIGN_STATE_ILLEGAL           Temporary, sender       SignName
//	isv.SMS_SIGNATURE_ILLEGAL        Temporary, sender       SignName
//	isv.SMS_SIGNATURE_SCENE_ILLEGAL  Temporary, sender       SignName
//	isv.SMS_SIGN_ILLEGAL             Temporary, sender       SignName
//	isp.RAM_PERMISSION_DENY          Temporary, sender       permission
//	InvalidAccessKeyId.NotFound      Temporary, sender       credentials
//	InvalidAccessKeyId.Inactive      Temporary, sender       credentials
//	InvalidTimeStamp.Expired         Temporary, sender       our clock
//	SignatureDoesNotMatch            Temporary, sender       credentials
//	SignatureNonceUsed               Temporary, sender       repeated
//	Forbidden.RAM                    Temporary, sender       permission
//	Throttling                       Temporary, sender       too many at once
//	Throttling.User                  Temporary, sender       too many at once
//	isv.INVALID_PARAMETERS           Temporary, not known    parameters
//	isv.PARAM_LENGTH_LIMIT           Temporary, not known    a variable is too long
//	isv.SMS_CONTENT_ILLEGAL          Temporary, not known    the text
//	isv.SMS_TEMPLATE_ILLEGAL         Temporary, not known    the template
//	isv.TEMPLATE_MISSING_PARAMETERS  Temporary, not known    a variable is missing
//	isv.TEMPLATE_PARAMS_ILLEGAL      Temporary, not known    a variable
//	isp.GATEWAY_ERROR                Ambiguous, sender
//	isp.SYSTEM_ERROR                 Ambiguous, sender
//
// Another code with status 200 is Temporary, of no known fault. Other statuses of HTTP have what
// [httpsend.Response.Refusal] says. An answer of success that cannot be read is Ambiguous, by the
// sender's fault. Without an answer, a message is Temporary if its request certainly did not leave
// (no such host, connection refused, TLS), else Ambiguous (reset, timeout), by the sender's fault.
//
// # Callbacks
//
// Alibaba Cloud accepts before it delivers, and signs nothing. So the last element of the path is a
// secret:
//
//	callbacks, err := aliyun.Callbacks(aliyun.CallbackConfig{
//		PathSecret: phoneauth.Secret(os.Getenv("ALIYUN_CALLBACK_SECRET")),
//	}, svc.ReportDelivery)
//	mux.Handle("POST /aliyun/{secret}", callbacks)
package aliyun
