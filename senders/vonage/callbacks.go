package vonage

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
)

// CallbackConfig is the configuration of the handler of [Callbacks].
type CallbackConfig struct {
	// SignatureSecret is the signature secret of the account. It is not the APISecret.
	// Vonage allows a short one; choose at least 32 characters. Required.
	SignatureSecret phoneauth.Secret
}

// Callbacks returns a handler for what Vonage posts of messages, as JSON, or every fault
// of c at once. It calls report, such as Service.ReportDelivery, with
//
//	status delivered                 Delivered
//	status expired, failed,          Undelivered, with Vonage's err-code
//	rejected, undelivered            and its fault, as the package documentation has it
//	the event completed of a call    Delivered, by vonage-voice
//	the events busy, cancelled,      Undelivered, with the event; busy, machine, rejected,
//	failed, machine, rejected,       timeout and unanswered are the destination's. After
//	timeout, unanswered of a call    machine Vonage hangs up, and reports completed too
//	an inbound text that is STOP,    OptedOut, with its msisdn
//	or another English word for it
//
// and its answer is 204 then, as for what else Vonage posts. Other requests are refused:
// 403 without a right signature of the last 5 minutes, 405 those that are no POST, 413
// and 400 those that are longer than 64 KiB or no JSON object. A right signature is one of:
//
//   - the field sig, by HMAC with SHA-256 or SHA-512 over the other fields, all of which
//     are plain values, with a fresh timestamp among them;
//   - "Authorization: Bearer" with a JWT of issuer Vonage, by HS256, with a fresh iat
//     and the SHA-256 of the body as payload_hash.
//
// MD5 and SHA-1 are refused. Vonage repeats for 24 hours what was not answered by 2xx,
// and may post the same twice, and out of order.
func Callbacks(c CallbackConfig, report callback.Report) (http.Handler, error) {
	var faults []error
	if c.SignatureSecret == "" {
		faults = append(faults, errors.New("vonage: callbacks: SignatureSecret is required"))
	}
	if report == nil {
		faults = append(faults, errors.New("vonage: callbacks: report is required"))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	secret := []byte(c.SignatureSecret)
	return callback.Posts(report, func(r *http.Request, body []byte) (d phoneauth.Delivery, refuse int) {
		said, ok := parse(body)
		switch {
		case !ok:
			return d, http.StatusBadRequest
		case !signed(secret, r.Header.Get("Authorization"), body, said, time.Now()):
			return d, http.StatusForbidden
		}
		return delivery(said.fields), 0
	}), nil
}

// posted is what a callback says.
type posted struct {
	// fields are the plain values, each as text.
	fields map[string]string
	// plain is true if there are no other values. Events of calls have an object "headers".
	plain bool
}

// parse reads a JSON object. It returns false for anything else.
func parse(body []byte) (posted, bool) {
	var object map[string]any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if d.Decode(&object) != nil || object == nil {
		return posted{}, false
	}
	if _, err := d.Token(); err != io.EOF {
		return posted{}, false
	}
	p := posted{make(map[string]string, len(object)), true}
	for name, value := range object {
		switch v := value.(type) {
		case string:
			p.fields[name] = v
		case json.Number:
			p.fields[name] = v.String()
		case bool:
			p.fields[name] = strconv.FormatBool(v)
		case nil:
			p.fields[name] = ""
		default:
			p.plain = false
		}
	}
	return p, true
}

// delivery returns what fields tell; without a Status if it is nothing that we tell on.
func delivery(fields map[string]string) phoneauth.Delivery {
	if fields["messageId"] == "" && fields["uuid"] != "" {
		return call(fields)
	}
	d := phoneauth.Delivery{ID: fields["messageId"], Sender: name}
	if d.ID == "" {
		return phoneauth.Delivery{}
	}
	switch fields["status"] {
	case "delivered":
		d.Status = phoneauth.Delivered
	case "expired", "failed", "rejected", "undelivered":
		d.Status, d.Code = phoneauth.Undelivered, fields["err-code"]
		d.Fault = fault(d.Code)
	case "":
		if callback.Stop(fields["text"]) {
			d.Status, d.Phone = phoneauth.OptedOut, callback.Phone(fields["msisdn"])
		}
	}
	return d
}

// call returns what fields tell of a call
// (https://developer.vonage.com/en/voice/voice-api/webhook-reference).
func call(fields map[string]string) phoneauth.Delivery {
	d := phoneauth.Delivery{ID: fields["uuid"], Sender: voiceName}
	switch status := fields["status"]; status {
	case "completed":
		d.Status = phoneauth.Delivered
	case "busy", "machine", "rejected", "timeout", "unanswered":
		d.Status, d.Code, d.Fault = phoneauth.Undelivered, status, phoneauth.FaultDestination
	case "cancelled", "failed":
		d.Status, d.Code = phoneauth.Undelivered, status
	}
	return d
}
