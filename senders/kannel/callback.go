package kannel

import (
	"context"
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"

	"github.com/phoneauth/phoneauth"
)

// maxID is longer than our ids (26) and Kannel's (UUIDs, 36).
const maxID = 64

// Callbacks returns the handler of Config.DeliveryURL: of delivery reports, and of texts
// that come in. Mount it where that URL leads; only the last element of a request's path
// is looked at, and compared in constant time. Anything else is 404, without a
// DeliveryURL everything. It calls report before it answers, so that Kannel calls again
// if the host fails on the way; report may be Service.ReportDelivery.
func (s *Sender) Callbacks(report func(context.Context, phoneauth.Delivery)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.known(r.URL) {
			http.NotFound(w, r)
			return
		}
		if r.Method != http.MethodGet {
			w.Header().Set("Allow", http.MethodGet)
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		d, ok := delivery(r.URL.Query())
		if !ok {
			http.Error(w, "bad request", http.StatusBadRequest)
			return
		}
		if d.Status != "" {
			report(r.Context(), d)
		}
		// Empty: Kannel would send the body of an answer to the phone.
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusOK)
	})
}

// known reports whether the path of u ends in the secret.
func (s *Sender) known(u *url.URL) bool {
	given := u.Path[strings.LastIndexByte(u.Path, '/')+1:]
	return s.secret != "" && subtle.ConstantTimeCompare([]byte(given), []byte(s.secret)) == 1
}

// delivery reads what Kannel calls: ?id=…&type=… or ?inbound=…&keyword=…. Its Status is
// empty when there is nothing to report.
func delivery(q url.Values) (d phoneauth.Delivery, ok bool) {
	d.Sender = name
	if q.Has("inbound") {
		d.ID = q.Get("inbound")
		if stop(q.Get("keyword")) {
			d.Status = phoneauth.OptedOut
		}
		return d, len(d.ID) <= maxID
	}
	d.ID = q.Get("id")
	kind := q.Get("type")
	switch kind {
	case "1":
		d.Status = phoneauth.Delivered
	case "2", "16":
		d.Status, d.Code = phoneauth.Undelivered, "DLR "+kind
	}
	return d, d.ID != "" && len(d.ID) <= maxID && kind != ""
}

// stop reports whether the first word of a text asks for no more.
func stop(keyword string) bool {
	switch strings.ToUpper(strings.Trim(keyword, " .!\t\r\n")) {
	case "STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT":
		return true
	}
	return false
}
