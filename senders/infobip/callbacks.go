package infobip

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
)

// maxBody is how long a callback may be: Infobip sends up to 100 reports at once, of some 700
// bytes each.
const maxBody = 256 << 10

// CallbackConfig is the configuration of the handler of [Callbacks].
type CallbackConfig struct {
	// Username is the user name that Infobip must show, without a colon. Required.
	Username string
	// Password is the password that Infobip must show: at least 22 characters, such as those
	// of `openssl rand -hex 16`. Required.
	Password phoneauth.Secret
}

// Callbacks returns a handler for what Infobip posts of messages, as JSON, or every fault
// of c at once. It calls report, such as Service.ReportDelivery, for each of the results of
// a request, with
//
//	status of group DELIVERED            Delivered
//	status of group UNDELIVERABLE,       Undelivered, with the name of the error, or of
//	EXPIRED or REJECTED                  the status if there is none, and its fault, as
//	                                     the package documentation has it
//	an incoming text that is STOP,       OptedOut, with its from
//	or another English word for it
//
// and its answer is 204 then, as for what else Infobip posts. Other requests are refused:
// 401 without the right user name and password, with WWW-Authenticate, 405 those that are no
// POST, 413 and 400 those that are longer than 256 KiB or no JSON of this kind. Infobip repeats
// what was not answered by 2xx, and may post the same twice, and out of order. It signs
// nothing, so somebody who saw a request can make others: use https.
func Callbacks(c CallbackConfig, report callback.Report) (http.Handler, error) {
	var faults []error
	fault := func(wrong bool, text string) {
		if wrong {
			faults = append(faults, errors.New("infobip: callbacks: "+text))
		}
	}
	fault(c.Username == "" || bytes.ContainsRune([]byte(c.Username), ':'), "Username is required, without a colon")
	fault(len(c.Password) < callback.MinSecret, fmt.Sprintf("Password must be at least %d characters", callback.MinSecret))
	fault(report == nil, "report is required")
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	want := credentials(c.Username, string(c.Password))
	results := callback.Batches(report, maxBody, func(_ *http.Request, body []byte) (all []phoneauth.Delivery, refuse int) {
		var said struct {
			Results []result `json:"results"`
		}
		if json.Unmarshal(body, &said) != nil || said.Results == nil {
			return nil, http.StatusBadRequest
		}
		for _, one := range said.Results {
			all = append(all, one.delivery())
		}
		return all, 0
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		got := credentials(user, password)
		if subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			// Without it a client that waits to be asked never shows its password (RFC 9110, 11.6.1).
			w.Header().Set("WWW-Authenticate", `Basic realm="phoneauth"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		results.ServeHTTP(w, r)
	}), nil
}

// credentials returns a digest, so that the comparison takes the same time for any length.
func credentials(user, password string) [sha256.Size]byte {
	return sha256.Sum256([]byte(user + ":" + password))
}

// result is a delivery report, or an incoming text.
type result struct {
	MessageID string  `json:"messageId"`
	Status    *status `json:"status"`
	Error     status  `json:"error"`
	From      string  `json:"from"`
	Text      string  `json:"text"`
}

// delivery returns what the result tells; without a Status if it is nothing that we tell on.
func (r result) delivery() phoneauth.Delivery {
	d := phoneauth.Delivery{ID: r.MessageID, Sender: name}
	switch {
	case r.MessageID == "":
		return phoneauth.Delivery{}
	case r.Status == nil:
		if callback.Stop(r.Text) {
			d.Status, d.Phone = phoneauth.OptedOut, callback.Phone(r.From)
		}
	case r.Status.GroupID == groupDelivered:
		d.Status = phoneauth.Delivered
	case r.Status.failed():
		d.Status, d.Code = phoneauth.Undelivered, r.Status.code()
		if r.Error.ID != 0 && r.Error.code() != "" {
			d.Code = r.Error.code()
		}
		d.Fault = whose(*r.Status, r.Error)
	}
	return d
}
