package webhook

import (
	"cmp"
	"encoding/json"
	"net/http"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
)

// CallbackConfig is the configuration of the handler of [Callbacks].
type CallbackConfig struct {
	// PathSecret is the last element of the path of the handler. The handler accepts only
	// requests that have it. It has at least 22 letters, digits, '-' or '_', such as
	// `openssl rand -hex 16` makes. Required.
	PathSecret phoneauth.Secret
}

// Callbacks returns a handler for what the endpoint reports of messages that it accepted,
// or every fault of c at once. A report is one POST with a JSON object:
//
//	{"id": "msg-1", "status": "delivered"}
//	{"id": "msg-1", "status": "undelivered", "code": "30005", "fault": "destination"}
//	{"status": "opted_out", "phone": "+201061797840"}
//
// id is what the endpoint answered when it accepted the message, and required of the
// first two; code is the endpoint's own; fault is "destination" or "sender", and anything
// else is as none; phone, in E.164, is whose answer was STOP. The
// handler calls report, such as Service.ReportDelivery, and answers 204. Other requests
// are refused: 404 at another path, 405 those that are no POST, 413 and 400 those that
// are longer than 64 KiB or no such object. Only the last element of the path is looked
// at, and compared in constant time: mount it where that leads.
func Callbacks(c CallbackConfig, report callback.Report) (http.Handler, error) {
	return callback.Guarded(name, string(c.PathSecret), report, callback.Posts(report, read))
}

// read returns what a report says; a status refuses it.
func read(_ *http.Request, body []byte) (d phoneauth.Delivery, refuse int) {
	var said struct {
		ID     id
		Status phoneauth.DeliveryStatus
		Code   id
		Fault  fault
		Phone  string
	}
	if json.Unmarshal(body, &said) != nil {
		return d, http.StatusBadRequest
	}
	d = phoneauth.Delivery{ID: string(said.ID), Sender: name, Status: said.Status}
	switch d.Status {
	case phoneauth.Delivered:
	case phoneauth.Undelivered:
		d.Code, d.Fault = string(said.Code), phoneauth.SendFault(said.Fault)
	case phoneauth.OptedOut:
		if d.Phone = callback.Phone(said.Phone); d.Phone.IsZero() {
			return d, http.StatusBadRequest
		}
		return d, 0
	default:
		return d, http.StatusBadRequest
	}
	if d.ID == "" {
		return d, http.StatusBadRequest
	}
	return d, 0
}

// id is a string or a number of at most 128 characters. Anything else is "".
type id string

func (i *id) UnmarshalJSON(b []byte) error {
	var text string
	var number json.Number
	_ = json.Unmarshal(b, &text)
	_ = json.Unmarshal(b, &number)
	if v := cmp.Or(text, number.String()); len(v) <= 128 {
		*i = id(v)
	}
	return nil
}
