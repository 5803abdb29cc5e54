// Package kannel sends messages through a Kannel SMS gateway, and so through any SMPP
// carrier.
//
//	sender, err := kannel.New(kannel.Config{
//		URL:         "http://127.0.0.1:13013/cgi-bin/sendsms",
//		Username:    "phoneauth",
//		Password:    phoneauth.Secret(os.Getenv("KANNEL_PASSWORD")),
//		From:        "Acme",
//		DeliveryURL: phoneauth.Secret(os.Getenv("KANNEL_DELIVERY_URL")), // https://auth.example.com/kannel/<secret>
//	})
//	svc, err := phoneauth.New(phoneauth.Config{Sender: sender, …})
//	mux.Handle("/kannel/{secret}", sender.Callbacks(svc.ReportDelivery))
//
// A message is one POST to sendsms, never repeated. Everything but the text stands in
// X-Kannel headers and the text in the body, so that neither password, code nor number
// is in a URL or the access log of a proxy. A text outside the GSM-7 alphabet goes as
// UCS-2.
//
// # Errors
//
//	202 0: Accepted, 3: Queued, Sent.   accepted
//	400 denied by white-, black-lists   Temporary, destination: these are Kannel's lists;
//	                                    also for characters outside sendsms-chars
//	400 otherwise                       Temporary, not known: Kannel's set-up, or ours
//	403 Authorization failed            Temporary, sender
//	403 Not routable                    Temporary, destination: no SMSC takes this number
//	503 Temporal failure                Temporary, sender
//	3xx, 501, 503 with a Retry-After    Temporary, sender
//	401, 402, 404, 405, 407, 408, 429   Temporary, sender
//	other 4xx                           Temporary, not known
//	other 2xx and 5xx                   Ambiguous, sender: not Kannel's, or not certain
//
// The answers are those of gw/smsbox.c. A number that must get no text from anybody is
// refused by phoneauth.Hooks.BeforeSend: Kannel's lists leave it to the next sender.
//
// Without an answer, a message is Temporary if its request certainly did not leave, else
// Ambiguous: smsbox answers when bearerbox has the message, so a bearerbox that is away
// shows as a timeout. Both are the sender's fault.
//
// # Delivery reports
//
// Kannel's answer names no message. Receipt.ID is therefore a random id of this package.
// It is part of the dlr-url that Kannel calls back: DeliveryURL?id=…&type=%d. The last path
// element of DeliveryURL is the secret by which the handler knows Kannel, as Kannel signs
// nothing. Somebody who has the secret can send any report, and nothing else. A report may come
// more than once, and out of order.
//
//	1 delivered to the phone            Delivered
//	2 not delivered, 16 refused         Undelivered, with Code "DLR 2" or "DLR 16", of no
//	                                    known fault: Kannel does not say why
//	4, 8 and others                     not asked for, ignored
//
// Kannel could add what the carrier said in words (%A). It is not asked to, because
// carriers repeat the beginning of the text there, with the code in it.
//
// # STOP
//
// An sms-service of Kannel posts texts that come in to the same URL, see below. Those
// whose first word is STOP, STOPALL, UNSUBSCRIBE, END, QUIT, REVOKE, OPTOUT or CANCEL
// become OptedOut, with the number that Kannel names in a header, and in no URL.
//
// # kannel.conf
//
//	group = core
//	log-level = 2                 # 0 and 1 write texts and numbers to the log; set no access-log
//	dlr-storage = internal        # or redis, mysql, …: internal forgets what is open at a restart
//	…
//
//	group = smsbox
//	log-level = 2
//	sendsms-interface = 127.0.0.1 # no TLS here: keep it on loopback, or a network of your own
//	sendsms-chars = "0123456789 +-"
//	http-request-retry = 5        # reports are tried again while the host is away
//	http-queue-delay = 10
//	…
//
//	group = sendsms-user
//	username = phoneauth
//	password = …
//	user-allow-ip = "127.0.0.1"
//	max-messages = 5              # the default of 1 cuts texts off after one segment
//	concatenation = true
//
//	group = sms-service
//	keyword = default
//	catch-all = true
//	send-sender = true            # the number, as the header X-Kannel-From
//	post-url = "https://auth.example.com/kannel/<secret>?inbound=%I&keyword=%k"
//	max-messages = 0              # answers nothing to the phone
//
// # Tested against
//
// Kannel 1.4.5 of Debian 12 (bearerbox, smsbox), with its fake SMSC and, through SMPP
// 3.4, with the server of npm smpp 0.5.1: the tests are in integration/. Of the table of
// errors, "Not routable", "Temporal failure" and the 5xx were written to Kannel's source,
// and not seen. No carrier's own SMSC was tried.
package kannel
