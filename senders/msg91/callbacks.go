package msg91

import (
	"encoding/json"
	"net/http"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
)

// CallbackConfig is the configuration of the handler of [Callbacks].
type CallbackConfig struct {
	// PathSecret is the last element of the path of the handler, because MSG91 signs
	// nothing. It has at least 22 letters, digits, '-' or '_', such as `openssl rand -hex
	// 16` makes. Required.
	PathSecret phoneauth.Secret
}

// Callbacks returns a handler for MSG91's webhook of version 3, or every fault of c at once. It calls
// report, such as Service.ReportDelivery, with
//
//	status 1                   Delivered
//	status 2, 9, 16, 17, 25    Undelivered, with the status as code; 9 (registered as do not
//	                           disturb) and 17 (blocked) are the destination's fault, 16 and
//	                           25 (rejected) of no known fault, as is 2 (failed)
//
// It answers 204 then, and to other statuses. It refuses other requests: 404 at another path, 405 to
// other methods, 413 to more than 64 KiB, and 400 to what is no report. Only the last element of the
// path is looked at, and compared in constant time. MSG91 signs no time: somebody who saw a request
// can repeat it.
func Callbacks(c CallbackConfig, report callback.Report) (http.Handler, error) {
	return callback.Guarded(name, string(c.PathSecret), report, callback.Posts(report, delivery))
}

// delivery returns what body tells; without a Status if it is nothing that we tell on.
func delivery(_ *http.Request, body []byte) (d phoneauth.Delivery, refuse int) {
	var said struct {
		ID     text `json:"requestId"`
		Status text `json:"status"`
	}
	if json.Unmarshal(body, &said) != nil || said.ID == "" || len(said.ID) > maxID {
		return d, http.StatusBadRequest
	}
	d = phoneauth.Delivery{ID: string(said.ID), Sender: name}
	switch said.Status {
	case "1":
		d.Status = phoneauth.Delivered
	case "9", "17":
		d.Status, d.Code, d.Fault = phoneauth.Undelivered, string(said.Status), phoneauth.FaultDestination
	case "2", "16", "25":
		d.Status, d.Code = phoneauth.Undelivered, string(said.Status)
	}
	return d, 0
}
