package twilioverify

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
	"github.com/phoneauth/phoneauth/senders/internal/twiliosign"
)

// CallbackConfig is the configuration of the handler of [Callbacks].
type CallbackConfig struct {
	// URL is the public address of the handler, exactly as in the sink of Event Streams.
	// Twilio signs the address, and behind a proxy the handler cannot see it. Required.
	URL string
	// AuthToken is the primary auth token of the account. Twilio signs with it, even if an
	// API key sends. Required.
	AuthToken phoneauth.Secret
}

// maxBody is how long a callback may be. Twilio puts several events into one.
const maxBody = 256 << 10

// maxAge is how old an event may be: Twilio repeats for 4 hours what was not answered. leeway is how
// far our clocks may differ.
const (
	maxAge = 24 * time.Hour
	leeway = 5 * time.Minute
)

// Callbacks returns a handler for the message status events of Verify, which Event Streams posts,
// or every fault of c at once. It calls report, such as Service.ReportDelivery, with
//
//	…verify.message.delivered, read        Delivered
//	…verify.message.undelivered, failed    Undelivered, with Twilio's error_code and its
//	                                       fault, as the package documentation has it
//
// and its answer is 204 then, as for what else Twilio posts. Delivery.ID is the SID of the
// verification. Other requests are refused: 403 without a right X-Twilio-Signature, which is over
// the address and the SHA-256 of the body, 405 those that are no POST, 413 and 400 those that are
// longer than 256 KiB or no array of events.
//
// Twilio may post the same twice, and out of order. Events that were created more than 24 hours ago
// are not reported, and a callback that has only such events is refused with 403.
func Callbacks(c CallbackConfig, report callback.Report) (http.Handler, error) {
	var faults []error
	if !absolute(c.URL) || strings.Contains(c.URL, "#") {
		faults = append(faults, errors.New("twilioverify: callbacks: URL must be an absolute http or https URL without credentials or fragment"))
	}
	if c.AuthToken == "" {
		faults = append(faults, errors.New("twilioverify: callbacks: AuthToken is required"))
	}
	if report == nil {
		faults = append(faults, errors.New("twilioverify: callbacks: report is required"))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	token, urls := []byte(c.AuthToken), twiliosign.Spellings(c.URL)
	return callback.Batches(report, maxBody, func(r *http.Request, body []byte) ([]phoneauth.Delivery, int) {
		if !twiliosign.Signed(token, withHash(urls, body), nil, r.Header.Get("X-Twilio-Signature")) {
			return nil, http.StatusForbidden
		}
		return deliveries(body, time.Now())
	}), nil
}

// withHash returns the URLs to which Twilio posts body, which is no form
// (https://www.twilio.com/docs/usage/webhooks/webhooks-security).
func withHash(urls []string, body []byte) []string {
	hash := sha256.Sum256(body)
	all := make([]string, len(urls))
	for i, u := range urls {
		and := "?"
		if strings.Contains(u, "?") {
			and = "&"
		}
		all[i] = u + and + "bodySHA256=" + hex.EncodeToString(hash[:])
	}
	return all
}

// event is one of Event Streams
// (https://www.twilio.com/docs/events/event-types/verify/message-status).
type event struct {
	Type string `json:"type"`
	Data struct {
		CreatedAt    time.Time `json:"created_at"`
		Verification string    `json:"verification_sid"`
		ErrorCode    string    `json:"error_code"`
	} `json:"data"`
}

// deliveries returns what body tells, or a status to refuse it.
func deliveries(body []byte, now time.Time) (all []phoneauth.Delivery, refuse int) {
	var events []json.RawMessage
	if json.Unmarshal(body, &events) != nil || events == nil {
		return nil, http.StatusBadRequest
	}
	old := false
	for _, raw := range events {
		var e event
		if json.Unmarshal(raw, &e) != nil { // of another kind
			continue
		}
		d := e.delivery()
		switch {
		case d.Status == "" || d.ID == "" || len(d.ID) > maxID:
		case e.Data.CreatedAt.Before(now.Add(-maxAge)) || e.Data.CreatedAt.After(now.Add(leeway)):
			old = true
		default:
			all = append(all, d)
		}
	}
	if old && len(all) == 0 {
		return nil, http.StatusForbidden
	}
	return all, 0
}

// delivery returns what e tells; without a Status if it is nothing that we tell on.
func (e event) delivery() phoneauth.Delivery {
	d := phoneauth.Delivery{ID: e.Data.Verification, Sender: name}
	status, ok := strings.CutPrefix(e.Type, "com.twilio.accountsecurity.verify.message.")
	switch {
	case !ok:
	case status == "delivered" || status == "read":
		d.Status = phoneauth.Delivered
	case status == "undelivered" || status == "failed":
		d.Status, d.Code = phoneauth.Undelivered, e.Data.ErrorCode
		d.Fault = fault(d.Code)
	}
	return d
}
