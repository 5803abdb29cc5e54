package telnyx

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
)

// maxAge is how old a signature may be, and leeway how far our clocks may differ.
const (
	maxAge = 5 * time.Minute
	leeway = 30 * time.Second
)

// CallbackConfig is the configuration of the handler of [Callbacks].
type CallbackConfig struct {
	// PublicKey is the public key of the account, as the portal shows it: 32 bytes in
	// base64. Required.
	PublicKey string
}

// Callbacks returns a handler for what Telnyx posts of messages, as JSON, or every fault of
// c at once. It calls report, such as Service.ReportDelivery, with
//
//	message.finalized, status delivered    Delivered
//	message.finalized, status              Undelivered, with the code of Telnyx's error if
//	sending_failed, delivery_failed,       there is one, else the status, and its fault, as
//	expired                                the package documentation has it
//	message.received with a text that is   OptedOut, with its from
//	STOP, or another English word for it
//
// and its answer is 204 then, as for what else Telnyx posts. Other requests are refused: 403
// without a right Telnyx-Signature-Ed25519 of the last 5 minutes, 405 those that are no POST,
// 413 and 400 those that are longer than 64 KiB or no JSON object. Telnyx repeats what was
// not answered by 2xx, and may post the same twice, and out of order.
func Callbacks(c CallbackConfig, report callback.Report) (http.Handler, error) {
	var faults []error
	key, err := base64.StdEncoding.DecodeString(c.PublicKey)
	if err != nil || len(key) != ed25519.PublicKeySize {
		faults = append(faults, errors.New("telnyx: callbacks: PublicKey must be 32 bytes in base64"))
	}
	if report == nil {
		faults = append(faults, errors.New("telnyx: callbacks: report is required"))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return callback.Posts(report, func(r *http.Request, body []byte) (d phoneauth.Delivery, refuse int) {
		if !signed(key, r.Header, body, time.Now()) {
			return d, http.StatusForbidden
		}
		var said *event
		if json.Unmarshal(body, &said) != nil || said == nil {
			return d, http.StatusBadRequest
		}
		return said.delivery(), 0
	}), nil
}

// signed checks the signature of "timestamp|body"
// (https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks).
func signed(key ed25519.PublicKey, header http.Header, body []byte, now time.Time) bool {
	timestamp := header.Get("Telnyx-Timestamp")
	signature, err := base64.StdEncoding.DecodeString(header.Get("Telnyx-Signature-Ed25519"))
	if err != nil || len(signature) != ed25519.SignatureSize {
		return false
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return false
	}
	at := time.Unix(seconds, 0)
	if !at.After(now.Add(-maxAge)) || !at.Before(now.Add(leeway)) {
		return false
	}
	return ed25519.Verify(key, append([]byte(timestamp+"|"), body...), signature)
}

// event is a webhook.
type event struct {
	Data struct {
		EventType string `json:"event_type"`
		Payload   struct {
			message
			Text string `json:"text"`
			From sender `json:"from"`
		} `json:"payload"`
	} `json:"data"`
}

// sender is who sent an incoming text.
type sender struct {
	PhoneNumber string `json:"phone_number"`
}

// delivery returns what e tells; without a Status if it is nothing that we tell on.
func (e *event) delivery() phoneauth.Delivery {
	p := &e.Data.Payload
	d := phoneauth.Delivery{ID: p.ID, Sender: name}
	if d.ID == "" {
		return phoneauth.Delivery{}
	}
	switch e.Data.EventType {
	case "message.finalized":
		status := p.To.status()
		switch {
		case status == "delivered":
			d.Status = phoneauth.Delivered
		case failed(status):
			d.Status, d.Code = phoneauth.Undelivered, status
			if len(p.Errors) > 0 && codes.MatchString(string(p.Errors[0].Code)) {
				d.Code = string(p.Errors[0].Code)
				d.Fault = outcomes[p.Errors[0].Code].Fault
			}
		}
	case "message.received":
		if callback.Stop(p.Text) {
			d.Status, d.Phone = phoneauth.OptedOut, callback.Phone(p.From.PhoneNumber)
		}
	}
	return d
}
