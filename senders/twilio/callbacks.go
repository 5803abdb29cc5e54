package twilio

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
	"github.com/phoneauth/phoneauth/senders/internal/twiliosign"
)

// CallbackConfig is the configuration of the handler of [Callbacks].
type CallbackConfig struct {
	// URL is the public address of the handler, exactly as in Config.StatusCallback or in
	// Twilio's console, with its query if it has one. Twilio signs the address, and behind
	// a proxy the handler cannot see it. One handler serves one address. Required.
	URL string
	// AuthToken is the primary auth token of the account. Twilio signs with it, even if an
	// API key sends. Required.
	AuthToken phoneauth.Secret
}

// Callbacks returns a handler for what Twilio posts of messages, or every fault of c at
// once. It calls report, such as Service.ReportDelivery, with
//
//	MessageStatus delivered, read         Delivered
//	MessageStatus undelivered, failed     Undelivered, with Twilio's ErrorCode and its
//	                                      fault, as the package documentation has it
//	CallStatus completed                  Delivered, by twilio-voice: somebody, or a
//	                                      machine, took the call
//	CallStatus busy, no-answer,           Undelivered, with the CallStatus; busy and
//	failed, canceled                      no-answer are the destination's
//	an incoming text with OptOutType STOP OptedOut, with its From; without an OptOutType,
//	                                      one that is STOP, or another of Twilio's
//	                                      English words
//
// and its answer is 204 then, as for what else Twilio posts. Other requests are refused:
// 403 without a right X-Twilio-Signature, 405 those that are no POST, 413 and 400 those
// that are longer than 64 KiB or no form. Twilio may post the same twice, and out of
// order; its signature contains no time, so somebody who saw a request can repeat it.
func Callbacks(c CallbackConfig, report callback.Report) (http.Handler, error) {
	var faults []error
	if !absolute(c.URL) {
		faults = append(faults, errors.New("twilio: callbacks: URL must be an absolute http or https URL without credentials"))
	}
	if c.AuthToken == "" {
		faults = append(faults, errors.New("twilio: callbacks: AuthToken is required"))
	}
	if report == nil {
		faults = append(faults, errors.New("twilio: callbacks: report is required"))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	token, urls := []byte(c.AuthToken), twiliosign.Spellings(c.URL)
	return callback.Posts(report, func(r *http.Request, body []byte) (d phoneauth.Delivery, refuse int) {
		params, err := url.ParseQuery(string(body))
		switch {
		case err != nil:
			return d, http.StatusBadRequest
		case !twiliosign.Signed(token, urls, params, r.Header.Get("X-Twilio-Signature")):
			return d, http.StatusForbidden
		}
		return delivery(params), 0
	}), nil
}

// delivery returns what params tell; without a Status if it is nothing that we tell on.
func delivery(params url.Values) phoneauth.Delivery {
	if params.Has("CallSid") {
		return call(params)
	}
	d := phoneauth.Delivery{ID: params.Get("MessageSid"), Sender: name}
	if d.ID == "" {
		return phoneauth.Delivery{}
	}
	switch params.Get("MessageStatus") {
	case "delivered", "read":
		d.Status = phoneauth.Delivered
	case "undelivered", "failed":
		d.Status, d.Code = phoneauth.Undelivered, params.Get("ErrorCode")
		d.Fault = fault(d.Code)
	case "":
		if optsOut(params) {
			d.Status, d.Phone = phoneauth.OptedOut, callback.Phone(params.Get("From"))
		}
	}
	return d
}

// call returns what params tell of a call.
func call(params url.Values) phoneauth.Delivery {
	d := phoneauth.Delivery{ID: params.Get("CallSid"), Sender: voiceName}
	if d.ID == "" {
		return phoneauth.Delivery{}
	}
	switch status := params.Get("CallStatus"); status {
	case "completed":
		d.Status = phoneauth.Delivered
	case "busy", "no-answer":
		d.Status, d.Code, d.Fault = phoneauth.Undelivered, status, phoneauth.FaultDestination
	case "failed", "canceled":
		d.Status, d.Code = phoneauth.Undelivered, status
	}
	return d
}

// optsOut reports whether params are of an incoming text that ends all others: unless
// Advanced Opt-Out, which says so, has other words for it
// (https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out).
func optsOut(params url.Values) bool {
	if kind := params.Get("OptOutType"); kind != "" {
		return kind == "STOP"
	}
	return callback.Stop(params.Get("Body"))
}
