package vonageverify

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
	"github.com/phoneauth/phoneauth/senders/internal/vonagesign"
)

// CallbackConfig is the configuration of the handler of [Callbacks].
type CallbackConfig struct {
	// SignatureSecret is the signature secret of the account. Vonage allows a short one;
	// choose at least 32 characters. Required.
	SignatureSecret phoneauth.Secret
}

// Callbacks returns a handler for the status webhook of the application, or every fault of c at
// once. It calls report, such as Service.ReportDelivery, for events of type "event" with
//
//	status completed           Delivered: somebody checked the code at Vonage
//	status failed, blocked     Undelivered, by the destination's fault: no valid number,
//	                           velocity rules, or a VoIP number
//
// It answers 204 then, and to everything else that Vonage posts. It refuses other requests: 403
// without a right JWT of the last 5 minutes in Authorization, 405 to other methods, 413 to more than
// 64 KiB, and 400 to what is no event.
//
// A request that nobody checks at Vonage ends with "expired" or "summary"; these are not reported,
// because this package never checks there. Vonage may post the same twice, and out of order.
func Callbacks(c CallbackConfig, report callback.Report) (http.Handler, error) {
	var faults []error
	if c.SignatureSecret == "" {
		faults = append(faults, errors.New("vonageverify: callbacks: SignatureSecret is required"))
	}
	if report == nil {
		faults = append(faults, errors.New("vonageverify: callbacks: report is required"))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	secret := []byte(c.SignatureSecret)
	return callback.Posts(report, func(r *http.Request, body []byte) (d phoneauth.Delivery, refuse int) {
		token, ok := vonagesign.Bearer(r.Header.Get("Authorization"))
		if !ok || !vonagesign.Signed(secret, token, body, time.Now()) {
			return d, http.StatusForbidden
		}
		var said *event
		if json.Unmarshal(body, &said) != nil || said == nil {
			return d, http.StatusBadRequest
		}
		return said.delivery(), 0
	}), nil
}

// event is what Vonage posts (https://developer.vonage.com/en/verify/concepts/webhooks).
type event struct {
	ID     string `json:"request_id"`
	Type   string `json:"type"`
	Status string `json:"status"`
}

// delivery returns what e tells; without a Status if it is nothing that we tell on.
func (e event) delivery() phoneauth.Delivery {
	d := phoneauth.Delivery{ID: e.ID, Sender: name}
	if e.Type != "event" || e.ID == "" || len(e.ID) > maxID {
		return phoneauth.Delivery{}
	}
	switch e.Status {
	case "completed":
		d.Status = phoneauth.Delivered
	case "failed", "blocked":
		d.Status, d.Code, d.Fault = phoneauth.Undelivered, e.Status, phoneauth.FaultDestination
	}
	return d
}
