package tencent

import (
	"encoding/json"
	"net/http"
	"regexp"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
	"github.com/phoneauth/phoneauth/senders/internal/acknowledge"
)

// CallbackConfig is the configuration of the handler of [Callbacks].
type CallbackConfig struct {
	// PathSecret is the last element of the path of the handler, because Tencent Cloud
	// signs nothing. It has at least 22 letters, digits, '-' or '_', such as `openssl rand
	// -hex 16` makes. Required.
	PathSecret phoneauth.Secret
}

// maxBody is how long a callback may be. Tencent Cloud puts several reports into one.
const maxBody = 256 << 10

// Callbacks returns a handler for the delivery reports that Tencent Cloud posts, or every fault of c
// at once. It calls report, such as Service.ReportDelivery, with
//
//	report_status SUCCESS    Delivered
//	report_status FAIL       Undelivered, with errmsg if it is a code of the operator's, of no
//	                         known fault
//
// It answers 200 then, with {"result":0,"errmsg":"OK"}; another answer makes Tencent Cloud try again.
// It refuses other requests: 404 at another path, 405 to other methods, 413 to more than 256 KiB, and
// 400 to what is no array of reports. Only the last element of the path is looked at, and compared in
// constant time. Nothing is signed: somebody who saw a request can repeat it.
func Callbacks(c CallbackConfig, report callback.Report) (http.Handler, error) {
	return callback.Guarded(name, string(c.PathSecret), report, acknowledge.With(`{"result":0,"errmsg":"OK"}`, callback.Batches(report, maxBody, deliveries)))
}

// operatorCode matches an errmsg that is a code, such as "DELIVRD" or "MK:0001". A number of a phone
// has no letters.
var operatorCode = regexp.MustCompile(`^[A-Z][A-Za-z]{0,15}(:[0-9]{1,4})?$`)

// deliveries returns what body tells, or a status to refuse it.
func deliveries(_ *http.Request, body []byte) (all []phoneauth.Delivery, refuse int) {
	var reports []struct {
		ID     string `json:"sid"`
		Status string `json:"report_status"`
		Code   string `json:"errmsg"`
	}
	if json.Unmarshal(body, &reports) != nil || len(reports) == 0 {
		return nil, http.StatusBadRequest
	}
	for _, r := range reports {
		d := phoneauth.Delivery{ID: r.ID, Sender: name}
		switch {
		case r.ID == "" || len(r.ID) > maxID:
			continue
		case r.Status == "SUCCESS":
			d.Status = phoneauth.Delivered
		case r.Status == "FAIL":
			d.Status = phoneauth.Undelivered
			if operatorCode.MatchString(r.Code) {
				d.Code = r.Code
			}
		}
		all = append(all, d)
	}
	return all, 0
}
