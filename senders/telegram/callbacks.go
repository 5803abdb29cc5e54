package telegram

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
	"github.com/phoneauth/phoneauth/senders/internal/acknowledge"
)

// maxAge is how old a report may be: Telegram tries ten times, with increasing delays. leeway is how
// far our clocks may differ.
const (
	maxAge = time.Hour
	leeway = 5 * time.Minute
)

// CallbackConfig is the configuration of the handler of [Callbacks].
type CallbackConfig struct {
	// Token is the API token of the Gateway account, by which Telegram signs. Required.
	Token phoneauth.Secret
}

// Callbacks returns a handler for delivery reports of the Gateway, or every fault of c at once. It
// calls report, such as Service.ReportDelivery, with
//
//	delivery_status delivered, read    Delivered
//	delivery_status expired            Undelivered, by the destination's fault: it was not
//	                                   delivered within its life
//
// It answers 200 then, and to everything else that Telegram posts; another answer makes Telegram try
// again. It refuses other requests: 403 without a right X-Request-Signature of the last hour, 405 to
// other methods, 413 to more than 64 KiB, and 400 to what is no report. Telegram may post the same
// twice, and out of order.
func Callbacks(c CallbackConfig, report callback.Report) (http.Handler, error) {
	var faults []error
	if c.Token == "" {
		faults = append(faults, errors.New("telegram: callbacks: Token is required"))
	}
	if report == nil {
		faults = append(faults, errors.New("telegram: callbacks: report is required"))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	secret := sha256.Sum256([]byte(c.Token))
	posts := callback.Posts(report, func(r *http.Request, body []byte) (d phoneauth.Delivery, refuse int) {
		if !signed(secret[:], r.Header, body, time.Now()) {
			return d, http.StatusForbidden
		}
		var said *status
		if json.Unmarshal(body, &said) != nil || said == nil {
			return d, http.StatusBadRequest
		}
		return said.delivery(), 0
	})
	return acknowledge.With("", posts), nil // Telegram takes 204 for a failure
}

// signed reports whether the headers have the signature of body: the HMAC-SHA256 of the timestamp, a
// line feed and body, under the SHA-256 of the token, in hexadecimal
// (https://core.telegram.org/gateway/api#checking-report-integrity).
func signed(secret []byte, h http.Header, body []byte, now time.Time) bool {
	timestamp := h.Get("X-Request-Timestamp")
	got, err := hex.DecodeString(h.Get("X-Request-Signature"))
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, secret)
	io.WriteString(mac, timestamp+"\n")
	mac.Write(body)
	if !hmac.Equal(got, mac.Sum(nil)) {
		return false
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	at := time.Unix(seconds, 0)
	return err == nil && at.After(now.Add(-maxAge)) && at.Before(now.Add(leeway))
}

// status is a RequestStatus (https://core.telegram.org/gateway/api#requeststatus).
type status struct {
	ID       string `json:"request_id"`
	Delivery struct {
		Status string `json:"status"`
	} `json:"delivery_status"`
}

// delivery returns what s tells; without a Status if it is nothing that we tell on.
func (s status) delivery() phoneauth.Delivery {
	d := phoneauth.Delivery{ID: s.ID, Sender: name}
	if d.ID == "" || len(d.ID) > maxID {
		return phoneauth.Delivery{}
	}
	switch s.Delivery.Status {
	case "delivered", "read":
		d.Status = phoneauth.Delivered
	case "expired":
		d.Status, d.Code, d.Fault = phoneauth.Undelivered, "expired", phoneauth.FaultDestination
	}
	return d
}
