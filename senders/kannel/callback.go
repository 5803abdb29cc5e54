package kannel

import (
	"net/http"
	"net/url"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
)

// maxID is longer than our ids (26) and Kannel's (UUIDs, 36).
const maxID = 64

// Callbacks returns the handler of Config.DeliveryURL: of delivery reports, which are
// GETs, and of texts that come in, which are POSTs. Mount it where that URL leads; only
// the last element of a request's path is looked at, and compared in constant time.
// Anything else is 404, without a DeliveryURL everything. It calls report before it
// answers, so that Kannel calls again if the host fails on the way; report may be
// Service.ReportDelivery.
func (s *Sender) Callbacks(report callback.Report) http.Handler {
	return callback.Behind(s.secret, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var d phoneauth.Delivery
		switch r.Method {
		case http.MethodGet:
			d = delivery(r.URL.Query())
		case http.MethodPost:
			d = inbound(r)
		default:
			w.Header().Set("Allow", "GET, POST")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		if d.ID == "" || len(d.ID) > maxID {
			http.Error(w, "bad request", http.StatusBadRequest)
			return
		}
		if d.Status != "" {
			report(r.Context(), d)
		}
		// Empty: Kannel would send the body of an answer to the phone.
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusOK)
	}))
}

// delivery returns what a report says: ?id=…&type=…. It has no ID if it is none, and no Status
// if there is nothing to tell.
func delivery(q url.Values) phoneauth.Delivery {
	d := phoneauth.Delivery{ID: q.Get("id"), Sender: name}
	switch kind := q.Get("type"); kind {
	case "":
		return phoneauth.Delivery{}
	case "1":
		d.Status = phoneauth.Delivered
	case "2", "16":
		d.Status, d.Code = phoneauth.Undelivered, "DLR "+kind
	}
	return d
}

// inbound returns what a text that came in says: ?inbound=…&keyword=…, and the number in a
// header. Its body is the text, which is not read.
func inbound(r *http.Request) phoneauth.Delivery {
	q := r.URL.Query()
	d := phoneauth.Delivery{ID: q.Get("inbound"), Sender: name}
	if callback.Stop(q.Get("keyword")) {
		d.Status, d.Phone = phoneauth.OptedOut, callback.Phone(r.Header.Get("X-Kannel-From"))
	}
	return d
}
