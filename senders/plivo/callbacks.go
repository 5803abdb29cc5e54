package plivo

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
)

// CallbackConfig is the configuration of the handler of [Callbacks].
type CallbackConfig struct {
	// URL is the public address of the handler, exactly as in Config.StatusCallback or in
	// Plivo's console, with its query if it has one. Plivo signs the address, and behind a
	// proxy the handler cannot see it. One handler serves one address. Required.
	URL string
	// AuthToken is the auth token of the account that sends. Required.
	AuthToken phoneauth.Secret
}

// Callbacks returns a handler for what Plivo posts of messages, or every fault of c at once.
// It calls report, such as Service.ReportDelivery, with
//
//	Status delivered, read          Delivered
//	Status undelivered, failed,     Undelivered, with Plivo's ErrorCode and its fault, as
//	rejected                        the package documentation has it
//	an incoming text that is STOP,  OptedOut, with its From
//	or another English word for it
//
// and its answer is 204 then, as for what else Plivo posts. Other requests are refused: 403
// without a right X-Plivo-Signature-V3, or X-Plivo-Signature-V2 where that is all there is,
// 405 those that are no POST, 413 and 400 those that are longer than 64 KiB or no form. Plivo
// repeats what was not answered by 2xx, and may post the same twice, and out of order. Its
// signatures contain no time, so somebody who saw a request can repeat it. Version 2 covers
// the address alone: somebody who saw such a request can make others.
func Callbacks(c CallbackConfig, report callback.Report) (http.Handler, error) {
	var faults []error
	u, ok := parse(c.URL)
	if !ok {
		faults = append(faults, errors.New("plivo: callbacks: URL must be an absolute http or https URL without credentials or fragment"))
	}
	if c.AuthToken == "" {
		faults = append(faults, errors.New("plivo: callbacks: AuthToken is required"))
	}
	if report == nil {
		faults = append(faults, errors.New("plivo: callbacks: report is required"))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	token := []byte(c.AuthToken)
	return callback.Posts(report, func(r *http.Request, body []byte) (d phoneauth.Delivery, refuse int) {
		params, err := url.ParseQuery(string(body))
		switch {
		case err != nil:
			return d, http.StatusBadRequest
		case !signed(token, u, r.Header, params):
			return d, http.StatusForbidden
		}
		return delivery(params), 0
	}), nil
}

// delivery returns what params tell; without a Status if it is nothing that we tell on. The
// parts of a long text have UUIDs of their own; that of the message is the parent's.
func delivery(params url.Values) phoneauth.Delivery {
	d := phoneauth.Delivery{ID: cmp.Or(params.Get("ParentMessageUUID"), params.Get("MessageUUID")), Sender: name}
	if d.ID == "" {
		return phoneauth.Delivery{}
	}
	switch params.Get("Status") {
	case "delivered", "read":
		d.Status = phoneauth.Delivered
	case "undelivered", "failed", "rejected":
		d.Status = phoneauth.Undelivered
		d.Code, d.Fault = code(params.Get("ErrorCode"))
	case "":
		if callback.Stop(params.Get("Text")) {
			d.Status, d.Phone = phoneauth.OptedOut, callback.Phone(params.Get("From"))
		}
	}
	return d
}
