// Package infobip sends messages by Infobip's SMS API, with net/http alone.
//
//	sender, err := infobip.New(infobip.Config{
//		BaseURL:     "https://xxxxx.api.infobip.com",
//		APIKey:      phoneauth.Secret(os.Getenv("INFOBIP_API_KEY")),
//		From:        "Acme",
//		DeliveryURL: phoneauth.Secret("https://infobip:" + os.Getenv("INFOBIP_CALLBACK_PASSWORD") + "@acme.example/infobip"),
//	})
//	svc, err := phoneauth.New(phoneauth.Config{Sender: sender, …})
//
// It was written to Infobip's documentation of 2026, and tested against a server of ours that
// answers as the documentation says. Its requests were compared with those of Infobip's own
// npm library (0.3.2). That library posts to version 2 of the API (/sms/2/text/advanced), so
// the comparison maps its fields to those of version 3. It was not tested against the live
// service.
//
// # Settings at Infobip
//
// The home page of the portal shows the BaseURL of the account. Make an API key with the
// scope sms:message:send (Developers, API keys), and list the addresses that may use it. The
// sender From must be registered for the countries that ask for it.
//
// # India
//
// Carriers in India drop a text that is not registered with them. Config.India has the ids of
// the registrations: one of the company, and one of each text, which is that of a purpose and
// a language. Hooks.Text must return the registered wording, byte for byte. So leave
// Config.Texts.Host and AndroidHash empty unless their lines are registered too. A message to
// India without a template is not supported: senders/failover hands it to the next sender.
//
// # Errors
//
// A message is one POST to /sms/3/messages, and never posted twice: Infobip knows no
// idempotency key. Errors are *phoneauth.SendError. An answer of success says what became of
// the message; the name of a status that gave it up is the Code. Class and fault are these
// (https://www.infobip.com/docs/essentials/api-essentials/response-status-and-error-codes);
// the names with EC_ come in delivery reports, as a rule:
//
//	EC_UNKNOWN_SUBSCRIBER                   Permanent, destination
//	EC_TELESERVICE_NOT_PROVISIONED          Permanent, destination
//	EC_DEST_ADDRESS_UNABLE_TO_RECEIVE_SMS   Permanent, destination
//	EC_DESTINATION_NOT_SMS_PROVISIONED      Permanent, destination
//	EC_DEACTIVATED_LIST                     Permanent, destination
//	EC_CONTENT_BLOCKED                      Permanent, destination
//	REJECTED_NETWORK                        Temporary, destination
//	REJECTED_PREFIX_MISSING                 Temporary, destination
//	REJECTED_DND                            Temporary, destination
//	REJECTED_DESTINATION                    Temporary, destination
//	REJECTED_DESTINATION_BLOCKLISTED        Temporary, destination
//	REJECTED_DESTINATION_NOT_REGISTERED     Temporary, destination
//	REJECTED_FLOODING_FILTER                Temporary, destination
//	MISSING_TO                              Temporary, destination
//	SIGNALS_BLOCKED                         Temporary, destination
//	UNDELIVERABLE_REJECTED_OPERATOR         Temporary, destination
//	EC_INVALID_DESTINATION_ADDRESS          Temporary, destination
//	EC_INVALID_REQUEST_DESTINATION          Temporary, destination
//	EC_BLACKLISTED_DESTINATIONADDRESS       Temporary, destination
//	EC_DEST_ADDRESS_BLACKLISTED             Temporary, destination
//	EC_DEST_ADDRESS_SUSPENDED               Temporary, destination
//	EC_DESTINATION_BLOCKED_BY_OPERATOR      Temporary, destination
//	EC_DESTINATION_FLOODING                 Temporary, destination
//	EC_DESTINATION_TXT_FLOODING             Temporary, destination
//	EC_IMSI_BLACKLISTED                     Temporary, destination
//	EC_INTERACTION_NOT_SUPPORTED            Temporary, destination
//	EC_OPERATOR_NOT_FOUND                   Temporary, destination
//	EC_CONTENT_BLOCKED_BY_OPERATOR          Temporary, destination
//	EC_REJECTED_SPAM_BY_OPERATOR            Temporary, destination
//	EC_SC_BLOCKED_FOR_END_USER              Temporary, destination
//	EC_SMS_REJECTED_BY_MOBILE_OPERATOR      Temporary, destination
//	EC_SIGNALS_BLOCKED                      Temporary, destination
//	EC_ACCOUNT_NOT_PROVISIONED_FOR_CHANNEL  Temporary, destination
//	REJECTED_NOT_ENOUGH_CREDITS             Temporary, sender
//	REJECTED_PREPAID_PACKAGE_EXPIRED        Temporary, sender
//	REJECTED_ROUTE_NOT_AVAILABLE            Temporary, sender
//	REJECTED_SENDER                         Temporary, sender
//	REJECTED_SOURCE                         Temporary, sender
//	REJECTED_SYSTEM_ERROR                   Temporary, sender
//	UNDELIVERABLE_REJECTED_PLATFORM         Temporary, sender
//	EC_ACCOUNT_ACCESS_DENIED                Temporary, sender
//	EC_LIMIT_REACHED                        Temporary, sender
//	EC_QUOTA_REACHED                        Temporary, sender
//	EC_10DLC_LIMIT_REACHED                  Temporary, sender
//	EC_MONTHLY_LIMIT_REACHED                Temporary, sender
//	EC_SIGNALS_HARD_LIMIT_REACHED           Temporary, sender
//	EC_NOTSUBMITTEDTOGMSC                   Temporary, sender
//
// Other names are Temporary, not known: the message was given up, and nobody says by whose
// fault. In a delivery report, the errors of the group of handsets (group 1, such as
// EC_ABSENT_SUBSCRIBER) are the destination's.
//
// An answer of another status of HTTP has the code of Infobip, such as E401 or UNAUTHORIZED,
// if it has one, else "HTTP 503" or the like:
//
//	3xx, 501, 503 with a Retry-After       Temporary, sender
//	401, 402, 404, 405, 407, 408, 429      Temporary, sender
//	403 with a code of Infobip             Temporary, sender
//	other 4xx                              Temporary, not known
//	other 5xx                              Ambiguous, sender: it may have failed after
//	                                       it accepted
//
// A Retry-After is in RetryAfter. Without an answer, a message is Temporary if its request
// certainly did not leave (no such host, connection refused, TLS), else Ambiguous (reset,
// timeout), by the sender's fault.
//
// Infobip refuses more than 20 messages an hour to one number, and more than 6 that are alike
// (REJECTED_FLOODING_FILTER). The limits of this module are stricter.
//
// # Callbacks
//
// Infobip accepts before it delivers. To hear what became of a message, mount the handler of
// [Callbacks] where Config.DeliveryURL points to:
//
//	callbacks, err := infobip.Callbacks(infobip.CallbackConfig{
//		Username: "infobip",
//		Password: phoneauth.Secret(os.Getenv("INFOBIP_CALLBACK_PASSWORD")),
//	}, svc.ReportDelivery)
//	mux.Handle("POST /infobip", callbacks)
//
// Infobip shows the user name and the password as basic authentication. They stand in
// DeliveryURL, or in the security settings of the subscription (portal, Subscriptions
// management) if DeliveryURL is empty. A request has up to 100 reports, which is Infobip's
// default (maxBucketSize). To hear of answers such as STOP, enter the same address for
// incoming messages of the number (forward to HTTP, as JSON), with the same authentication.
package infobip
