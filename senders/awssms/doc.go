// Package awssms sends messages by AWS End User Messaging (pinpoint-sms-voice-v2), with the AWS
// SDK for Go. It is a module of its own, so that other hosts do not link the SDK.
//
//	conf, err := config.LoadDefaultConfig(ctx) // github.com/aws/aws-sdk-go-v2/config
//	sender, err := awssms.New(awssms.Config{
//		AWS:              awssms.AWS{Config: conf},
//		From:             "+14155552345",
//		ConfigurationSet: "sign-in",
//		Feedback:         true,
//	})
//	svc, err := phoneauth.New(phoneauth.Config{Sender: sender, …})
//
// [New] sends our own text. [NewNotify] sends codes by templates of AWS (Notify), which needs no
// number of your own. [NewVoice] calls people and says the code, digit by digit, twice.
//
// It was written to the documentation of AWS, and tested against a server of ours that answers
// as the documentation says. The requests are those of the SDK, pinpointsmsvoicev2 v1.29.1. The
// signatures of Amazon SNS were tested with messages that npm sns-validator 0.3.5, of AWS, takes, and
// a certificate of ours. Nothing was tested against the live service.
//
// The context of a message, which its events have too, has "sender" and "attempt".
//
// # Settings at AWS
//
// The credentials need sms-voice:SendTextMessage, SendNotifyTextMessage, SendVoiceMessage and
// PutMessageFeedback, as far as they are used, on the origination identity. Move the account out
// of the sandbox, and set the spend limits. A protect configuration should allow the countries
// you send to and no others.
//
// # Errors
//
// A message is one request, and never made twice: the SDK's own repetition is off. Errors are
// *phoneauth.SendError, whose Code is the reason of the exception of AWS if it has one, else the
// name of the exception, else "HTTP 503" or the like. Class and fault are these:
//
//	DESTINATION_PHONE_NUMBER_OPTED_OUT                           Permanent, destination
//	COUNTRY_CODE_MISMATCH                                        Temporary, destination
//	COUNTRY_NOT_ENABLED                                          Temporary, destination
//	DAILY_DESTINATION_CALL_LIMIT                                 Temporary, destination
//	DESTINATION_COUNTRY_BLOCKED                                  Temporary, destination
//	DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION         Temporary, destination
//	DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE  Temporary, destination
//	DESTINATION_PHONE_NUMBER_NOT_VERIFIED                        Temporary, destination
//	INTERNATIONAL_SENDING_NOT_SUPPORTED                          Temporary, destination
//	INVALID_IDENTITY_FOR_DESTINATION_COUNTRY                     Temporary, destination
//	NO_ORIGINATION_IDENTITIES_FOUND                              Temporary, destination
//	PRICE_OVER_THRESHOLD                                         Temporary, destination
//	SENDER_ID_NOT_REGISTERED                                     Temporary, destination
//	SENDER_ID_NOT_SUPPORTED                                      Temporary, destination
//	SENDER_ID_REQUIRES_REGISTRATION                              Temporary, destination
//	ACCOUNT_DISABLED                                             Temporary, sender
//	INSUFFICIENT_ACCOUNT_REPUTATION                              Temporary, sender
//	DAILY_NOTIFY_TIER_MESSAGE_LIMIT                              Temporary, sender
//	MONTHLY_SPEND_LIMIT_REACHED_FOR_NOTIFY                       Temporary, sender
//	MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT                         Temporary, sender
//	MONTHLY_SPEND_LIMIT_REACHED_FOR_VOICE                        Temporary, sender
//	NOTIFY_CONFIGURATION_NOT_ACTIVE                              Temporary, sender
//	RESOURCE_NOT_ACTIVE                                          Temporary, sender
//	VOICE_CAPABILITY_NOT_AVAILABLE                               Temporary, sender
//	AccessDeniedException                                        Temporary, sender
//	ExpiredTokenException                                        Temporary, sender
//	IncompleteSignatureException                                 Temporary, sender
//	InvalidSignatureException                                    Temporary, sender
//	ResourceNotFoundException                                    Temporary, sender
//	ServiceQuotaExceededException                                Temporary, sender
//	ThrottlingException                                          Temporary, sender
//	UnrecognizedClientException                                  Temporary, sender
//
// A ValidationException about DestinationPhoneNumber is Temporary, of the destination. Other
// codes, and answers without one, have what the status of HTTP says:
//
//	3xx, 501, 503 with a Retry-After       Temporary, sender
//	401, 402, 404, 405, 407, 408, 429      Temporary, sender
//	other 4xx                              Temporary, not known
//	other 5xx                              Ambiguous, sender: it may have failed after
//	                                       it accepted
//
// A Retry-After is in RetryAfter. Without an answer, a message is Temporary if its request
// certainly did not leave (no credentials, no such host, connection refused, TLS), else Ambiguous
// (reset, timeout), by the sender's fault.
//
// # Callbacks
//
// AWS accepts before it delivers. To hear what became of a message, give the configuration set an
// event destination: a topic of Amazon SNS, with the events TEXT_ALL and VOICE_ALL. Set the
// topic's SignatureVersion to 2, because version 1 signs by SHA-1:
//
//	aws sns set-topic-attributes --topic-arn arn:aws:sns:… --attribute-name SignatureVersion --attribute-value 2
//
// Subscribe the address of the handler by https, without raw message delivery:
//
//	callbacks, err := awssms.Callbacks(awssms.CallbackConfig{
//		TopicARNs: []string{"arn:aws:sns:eu-west-1:123456789012:sms-events"},
//	}, svc.ReportDelivery)
//	mux.Handle("POST /aws", callbacks)
//
// The handler confirms the subscription. Two-way SMS of the number may report to the same topic,
// to hear of answers such as STOP. An Undelivered has a fault too:
//
//	TEXT_BLOCKED              destination
//	TEXT_CARRIER_BLOCKED      destination
//	TEXT_CARRIER_UNREACHABLE  destination
//	TEXT_INVALID              destination
//	TEXT_INVALID_MESSAGE      not known
//	TEXT_PROTECT_BLOCKED      destination
//	TEXT_SPAM                 destination
//	TEXT_TTL_EXPIRED          not known
//	TEXT_UNREACHABLE          destination
//	VOICE_BUSY                destination
//	VOICE_FAILED              not known
//	VOICE_NO_ANSWER           destination
//	VOICE_TTL_EXPIRED         not known
//
// # Voicemail
//
// AWS cannot hang up on a machine that answers, nor say how long a phone rings. So a voicemail
// may keep a code for as long as it lives; package senders/spoken says more about that.
package awssms
