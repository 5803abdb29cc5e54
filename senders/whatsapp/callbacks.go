package whatsapp

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
)

// CallbackConfig is the configuration of the handler of [Callbacks].
type CallbackConfig struct {
	// AppSecret is the app secret of the Meta app, by which Meta signs. Required.
	AppSecret phoneauth.Secret
	// VerifyToken is a text of your own. Enter it in Meta's dashboard beside the address of
	// the handler. Meta shows it once, by GET, when the address is entered. At least 22
	// characters. Required.
	VerifyToken phoneauth.Secret
}

// maxBody is how long a webhook may be. Meta puts up to 1,000 reports into one, of some 500 bytes
// each.
const maxBody = 768 << 10

// maxAge is how long Meta repeats a webhook that was not answered. leeway is how far our clocks may
// differ.
const (
	maxAge = 7 * 24 * time.Hour
	leeway = 5 * time.Minute
)

// Callbacks returns a handler for the webhook of Meta, field "messages", or every fault of c at
// once. It calls report, such as Service.ReportDelivery, with
//
//	status delivered, read       Delivered
//	status failed                Undelivered, with Meta's code of the first error and its
//	                             fault, as the package documentation has it
//	a text that is STOP, or      OptedOut, with its from
//	another English word for it
//
// It answers 204 then, and to everything else that Meta posts. It answers the GET with which Meta
// checks the address. It refuses other requests: 403 without a right X-Hub-Signature-256 or with
// another VerifyToken, 405 to other methods, 413 to more than 768 KiB, and 400 to what is not a
// webhook of WhatsApp.
//
// Meta repeats for 7 days what was not answered, and may post the same twice, and out of order. Its
// signature has no time, but each report has one. A report that is older than 7 days is not
// reported, and a webhook that has only such reports is refused with 403.
func Callbacks(c CallbackConfig, report callback.Report) (http.Handler, error) {
	var faults []error
	if c.AppSecret == "" {
		faults = append(faults, errors.New("whatsapp: callbacks: AppSecret is required"))
	}
	if len(c.VerifyToken) < callback.MinSecret {
		faults = append(faults, errors.New("whatsapp: callbacks: VerifyToken must be at least 22 characters"))
	}
	if report == nil {
		faults = append(faults, errors.New("whatsapp: callbacks: report is required"))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	secret, token := []byte(c.AppSecret), []byte(c.VerifyToken)
	posts := callback.Batches(report, maxBody, func(r *http.Request, body []byte) ([]phoneauth.Delivery, int) {
		if !signed(secret, body, r.Header.Get("X-Hub-Signature-256")) {
			return nil, http.StatusForbidden
		}
		return deliveries(body, time.Now())
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodPost:
			posts.ServeHTTP(w, r)
		case http.MethodGet:
			challenge(w, r, token)
		default:
			w.Header().Set("Allow", "GET, POST")
			w.WriteHeader(http.StatusMethodNotAllowed)
		}
	}), nil
}

// maxChallenge is the longest challenge that is sent back; Meta's have some 10 digits.
const maxChallenge = 128

// challenge answers Meta's check of the address. It sends back digits only, so that nobody can
// make it answer with a page of theirs.
func challenge(w http.ResponseWriter, r *http.Request, token []byte) {
	q := r.URL.Query()
	got := q.Get("hub.challenge")
	_, err := strconv.ParseUint(got, 10, 64)
	if q.Get("hub.mode") != "subscribe" || err != nil || len(got) > maxChallenge ||
		subtle.ConstantTimeCompare([]byte(q.Get("hub.verify_token")), token) != 1 {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	io.WriteString(w, got)
}

// webhook is what Meta posts
// (https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components).
type webhook struct {
	Object string `json:"object"`
	Entry  []struct {
		Changes []struct {
			Field string `json:"field"`
			Value struct {
				Statuses []status `json:"statuses"`
				Messages []text   `json:"messages"`
			} `json:"value"`
		} `json:"changes"`
	} `json:"entry"`
}

type status struct {
	ID        string `json:"id"`
	Status    string `json:"status"`
	Timestamp string `json:"timestamp"` // Unix seconds
	Errors    []struct {
		Code int `json:"code"`
	} `json:"errors"`
}

type text struct {
	ID        string `json:"id"`
	From      string `json:"from"`
	Timestamp string `json:"timestamp"`
	Text      struct {
		Body string `json:"body"`
	} `json:"text"`
}

// deliveries returns what body tells, or a status to refuse it.
func deliveries(body []byte, now time.Time) (all []phoneauth.Delivery, refuse int) {
	var said webhook
	if json.Unmarshal(body, &said) != nil || said.Object != "whatsapp_business_account" {
		return nil, http.StatusBadRequest
	}
	old := false
	add := func(timestamp string, d phoneauth.Delivery) {
		switch {
		case d.Status == "" || d.ID == "" || len(d.ID) > maxID:
		case !fresh(timestamp, now):
			old = true
		default:
			all = append(all, d)
		}
	}
	for _, entry := range said.Entry {
		for _, change := range entry.Changes {
			if change.Field != "messages" {
				continue
			}
			for _, s := range change.Value.Statuses {
				add(s.Timestamp, s.delivery())
			}
			for _, t := range change.Value.Messages {
				add(t.Timestamp, t.delivery())
			}
		}
	}
	if old && len(all) == 0 {
		return nil, http.StatusForbidden
	}
	return all, 0
}

// delivery returns what s tells; without a Status if it is nothing that we tell on.
func (s status) delivery() phoneauth.Delivery {
	d := phoneauth.Delivery{ID: s.ID, Sender: name}
	switch s.Status {
	case "delivered", "read":
		d.Status = phoneauth.Delivered
	case "failed":
		d.Status = phoneauth.Undelivered
		if len(s.Errors) > 0 {
			o, _ := lookup(s.Errors[0].Code)
			d.Code, d.Fault = strconv.Itoa(s.Errors[0].Code), o.Fault
		}
	}
	return d
}

// delivery returns what t tells; without a Status if it is nothing that we tell on.
func (t text) delivery() phoneauth.Delivery {
	d := phoneauth.Delivery{ID: t.ID, Sender: name}
	if callback.Stop(t.Text.Body) {
		d.Status, d.Phone = phoneauth.OptedOut, callback.Phone(t.From)
	}
	return d
}

// fresh reports whether timestamp, in Unix seconds, is neither too long ago nor to come.
func fresh(timestamp string, now time.Time) bool {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	at := time.Unix(seconds, 0)
	return err == nil && at.After(now.Add(-maxAge)) && at.Before(now.Add(leeway))
}
