package messagebird

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
)

// maxBody is how long the body of a callback may be. Delivery reports have none.
const maxBody = 64 << 10

// CallbackConfig is the configuration of the handler of [Callbacks].
type CallbackConfig struct {
	// URL is the public address of the handler, exactly as in Config.ReportURL, without a
	// query. MessageBird signs the address, and behind a proxy the handler cannot see it.
	// One handler serves one address. Required.
	URL string
	// SigningKey is the signing key of the account. It is not the access key. Required.
	SigningKey phoneauth.Secret
}

// Callbacks returns a handler for what MessageBird calls about messages, or every fault of
// c at once. It calls report, such as Service.ReportDelivery, with
//
//	status delivered                 Delivered
//	status expired, delivery_failed  Undelivered, with MessageBird's statusErrorCode if it
//	                                 has one, else the status, and its fault, as the
//	                                 package documentation has it
//	an incoming text that is STOP,   OptedOut, with its originator
//	or another English word for it
//
// and its answer is 200 then, as for what else MessageBird says. MessageBird reports by GET,
// with the report in the query; a POST of a form does as well. Other requests are refused:
// 403 without a right MessageBird-Signature-JWT of the last minute, 405 those of another
// method, 413 and 400 those that are longer than 64 KiB or no form. MessageBird repeats what
// was not answered by 200, and may report the same twice, and out of order.
func Callbacks(c CallbackConfig, report callback.Report) (http.Handler, error) {
	var faults []error
	if !plain(c.URL) {
		faults = append(faults, errors.New("messagebird: callbacks: URL must be an absolute http or https URL without credentials, query or fragment"))
	}
	if c.SigningKey == "" {
		faults = append(faults, errors.New("messagebird: callbacks: SigningKey is required"))
	}
	if report == nil {
		faults = append(faults, errors.New("messagebird: callbacks: report is required"))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	key := []byte(c.SigningKey)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodPost {
			w.Header().Set("Allow", "GET, POST")
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		d, refuse := read(w, r, c.URL, key)
		if refuse != 0 {
			w.WriteHeader(refuse)
			return
		}
		if d.Status != "" {
			report(r.Context(), d)
		}
		w.WriteHeader(http.StatusOK)
	}), nil
}

// read returns what r says, or a status to refuse it.
func read(w http.ResponseWriter, r *http.Request, address string, key []byte) (d phoneauth.Delivery, refuse int) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return d, http.StatusRequestEntityTooLarge
		}
		return d, http.StatusBadRequest
	}
	raw := r.URL.RawQuery
	if raw != "" {
		address += "?" + raw
	}
	if !signed(key, r.Header.Get("MessageBird-Signature-JWT"), address, body, time.Now()) {
		return d, http.StatusForbidden
	}
	if len(body) > 0 {
		raw = string(body)
	}
	params, err := url.ParseQuery(raw)
	if err != nil {
		return d, http.StatusBadRequest
	}
	return delivery(params), 0
}

// delivery returns what params tell; without a Status if it is nothing that we tell on.
func delivery(params url.Values) phoneauth.Delivery {
	d := phoneauth.Delivery{ID: params.Get("id"), Sender: name}
	if d.ID == "" {
		return phoneauth.Delivery{}
	}
	switch status := params.Get("status"); status {
	case "delivered":
		d.Status = phoneauth.Delivered
	case "expired", "delivery_failed":
		d.Status, d.Code = phoneauth.Undelivered, code(params.Get("statusErrorCode"), status)
		d.Fault = reasons[params.Get("statusReason")]
	case "":
		if callback.Stop(params.Get("body")) {
			d.Status, d.Phone = phoneauth.OptedOut, callback.Phone(params.Get("originator"))
		}
	}
	return d
}
