package aliyun

import (
	"encoding/json"
	"net/http"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
	"github.com/phoneauth/phoneauth/senders/internal/acknowledge"
)

// CallbackConfig is the configuration of the handler of [Callbacks].
type CallbackConfig struct {
	// PathSecret is the last element of the path of the handler, because Alibaba Cloud
	// signs nothing. It has at least 22 letters, digits, '-' or '_', such as `openssl rand
	// -hex 16` makes. Required.
	PathSecret phoneauth.Secret
}

// maxBody is how long a callback may be. Alibaba Cloud puts several reports into one.
const maxBody = 256 << 10

// Callbacks returns a handler for SmsReport, the delivery reports that Alibaba Cloud posts, or every
// fault of c at once. It calls report, such as Service.ReportDelivery, with
//
//	success true     Delivered
//	success false    Undelivered, with err_code; MOBILE_…, INVALID_NUMBER, NO_ROUTE,
//	                 USER_REJECT and IS_CLOSED are the destination's fault, others of no
//	                 known fault
//
// It answers 200 then, with {"code":0,"msg":"ok"}; another answer makes Alibaba Cloud try again. It
// refuses other requests: 404 at another path, 405 to other methods, 413 to more than 256 KiB, and
// 400 to what is no array of reports. Only the last element of the path is looked at, and compared in
// constant time. Nothing is signed: somebody who saw a request can repeat it.
func Callbacks(c CallbackConfig, report callback.Report) (http.Handler, error) {
	return callback.Guarded(name, string(c.PathSecret), report, acknowledge.With(`{"code":0,"msg":"ok"}`, callback.Batches(report, maxBody, deliveries)))
}

// deliveries returns what body tells, or a status to refuse it.
func deliveries(_ *http.Request, body []byte) (all []phoneauth.Delivery, refuse int) {
	var reports []struct {
		ID      string `json:"biz_id"`
		Success *bool  `json:"success"`
		Code    string `json:"err_code"`
	}
	if json.Unmarshal(body, &reports) != nil || len(reports) == 0 {
		return nil, http.StatusBadRequest
	}
	for _, r := range reports {
		d := phoneauth.Delivery{ID: r.ID, Sender: name}
		switch {
		case r.ID == "" || len(r.ID) > maxID || r.Success == nil:
			continue
		case *r.Success:
			d.Status = phoneauth.Delivered
		default:
			d.Status, d.Fault = phoneauth.Undelivered, fault(r.Code)
			if codePattern.MatchString(r.Code) && !longDigits.MatchString(r.Code) {
				d.Code = r.Code
			}
		}
		all = append(all, d)
	}
	return all, 0
}
