package awssms

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
)

// CallbackConfig is the configuration of the handler of [Callbacks].
type CallbackConfig struct {
	// TopicARNs are the topics of Amazon SNS whose messages are taken: that of the event
	// destination, and that of incoming texts if there is one. At least one is required.
	TopicARNs []string
	// Client fetches the certificates of SNS, and confirms subscriptions. Redirects are not
	// followed, whatever it says. Nil means a client that keeps connections, gives up a dial
	// after 5 s, and uses no proxy.
	Client *http.Client
}

// Callbacks returns a handler for what Amazon SNS posts of messages, or every fault of c at
// once. It calls report, such as Service.ReportDelivery, with
//
//	TEXT_DELIVERED, VOICE_COMPLETED      Delivered
//	TEXT_SUCCESSFUL that is final        Delivered, to the carrier: many tell no more
//	TEXT_INVALID, TEXT_UNREACHABLE, …    Undelivered, with the eventType and its fault, as
//	                                     the package documentation has it
//	an incoming text that is STOP,       OptedOut, with its originationNumber
//	or another English word for it
//
// and its answer is 204 then, as for what else SNS posts. It confirms the subscriptions of
// these topics. Other requests are refused: 403 of another topic, without a right signature
// of version 2, or older than an hour, 405 those that are no POST, 413 and 400 those that are
// longer than 64 KiB or no JSON of this kind, 503 when the certificate of SNS cannot be had. The
// certificate must be at the SNS of the region of the topic. SNS repeats what was not answered
// by 2xx, and may post the same twice, and out of order.
func Callbacks(c CallbackConfig, report callback.Report) (http.Handler, error) {
	var faults []string
	if len(c.TopicARNs) == 0 {
		faults = append(faults, "TopicARNs are required")
	}
	for i, topic := range c.TopicARNs {
		if !arn.MatchString(topic) {
			faults = append(faults, fmt.Sprintf("TopicARNs[%d] must be the ARN of a topic of Amazon SNS", i))
		}
	}
	if report == nil {
		faults = append(faults, "report is required")
	}
	if err := join("callbacks", faults); err != nil {
		return nil, err
	}
	topics, certs := slices.Clone(c.TopicARNs), newCerts(c.Client)
	return callback.Posts(report, func(r *http.Request, body []byte) (d phoneauth.Delivery, refuse int) {
		var e *envelope
		if json.Unmarshal(body, &e) != nil || e == nil || e.Type == "" {
			return d, http.StatusBadRequest
		}
		if !slices.Contains(topics, e.TopicArn) {
			return d, http.StatusForbidden
		}
		ok, err := certs.verify(r.Context(), e, time.Now())
		switch {
		case err != nil:
			return d, http.StatusServiceUnavailable
		case !ok:
			return d, http.StatusForbidden
		}
		switch e.Type {
		case notification:
			return delivery(e.Message), 0
		case subscribe:
			return d, certs.confirm(r, e)
		case unsubscribe:
			return d, 0
		}
		return d, http.StatusBadRequest
	}), nil
}

// confirm calls the address that confirms a subscription, and returns a status if SNS must ask
// again.
func (c *certs) confirm(r *http.Request, e *envelope) (refuse int) {
	u, ok := ofSNS(e.SubscribeURL, e.TopicArn)
	if !ok {
		return http.StatusForbidden
	}
	status, _, err := c.fetch(r.Context(), u.String())
	if err != nil || status != http.StatusOK {
		return http.StatusServiceUnavailable
	}
	return 0
}

// event is the Message of a notification: of a message that was sent, or of a text that came
// (https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-format.html).
type event struct {
	EventType         string `json:"eventType"`
	IsFinal           bool   `json:"isFinal"`
	MessageID         string `json:"messageId"`
	InboundMessageID  string `json:"inboundMessageId"`
	OriginationNumber string `json:"originationNumber"`
	MessageBody       string `json:"messageBody"`
	Context           struct {
		Sender string `json:"sender"`
	} `json:"context"`
}

// faults are those of the events of messages that do not arrive
// (https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-types.html).
var faults = map[string]phoneauth.SendFault{
	"TEXT_BLOCKED":             phoneauth.FaultDestination,
	"TEXT_CARRIER_BLOCKED":     phoneauth.FaultDestination,
	"TEXT_CARRIER_UNREACHABLE": phoneauth.FaultDestination,
	"TEXT_INVALID":             phoneauth.FaultDestination,
	"TEXT_INVALID_MESSAGE":     "",
	"TEXT_PROTECT_BLOCKED":     phoneauth.FaultDestination,
	"TEXT_SPAM":                phoneauth.FaultDestination,
	"TEXT_TTL_EXPIRED":         "",
	"TEXT_UNREACHABLE":         phoneauth.FaultDestination,
	"VOICE_BUSY":               phoneauth.FaultDestination,
	"VOICE_FAILED":             "",
	"VOICE_NO_ANSWER":          phoneauth.FaultDestination,
	"VOICE_TTL_EXPIRED":        "",
}

// delivery returns what a message tells; without a Status if it is nothing that we tell on.
func delivery(message string) phoneauth.Delivery {
	var e event
	if json.Unmarshal([]byte(message), &e) != nil {
		return phoneauth.Delivery{}
	}
	if e.InboundMessageID != "" {
		d := phoneauth.Delivery{ID: e.InboundMessageID, Sender: name}
		if callback.Stop(e.MessageBody) {
			d.Status, d.Phone = phoneauth.OptedOut, callback.Phone(e.OriginationNumber)
		}
		return d
	}
	d := phoneauth.Delivery{ID: e.MessageID, Sender: name}
	if sender := e.Context.Sender; sender == notifyName || sender == voiceName {
		d.Sender = sender
	}
	fault, failed := faults[e.EventType]
	switch {
	case d.ID == "":
		return phoneauth.Delivery{}
	case failed:
		d.Status, d.Code, d.Fault = phoneauth.Undelivered, e.EventType, fault
	case e.EventType == "TEXT_DELIVERED", e.EventType == "VOICE_COMPLETED", e.EventType == "TEXT_SUCCESSFUL" && e.IsFinal:
		d.Status = phoneauth.Delivered
	}
	return d
}
