package callback

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/phoneauth/phoneauth"
)

// maxBody is how long a callback may be; providers' are some hundred bytes, and at most
// 1,600 characters of an incoming text.
const maxBody = 64 << 10

// Report receives what a callback reports, such as Service.ReportDelivery. It is called before
// the answer. So if it fails, the provider sends the report again.
type Report = func(context.Context, phoneauth.Delivery)

// Posts returns a handler of POSTs. read checks that r comes from the provider; its body was read
// already. read returns a status to refuse r, or 0 and the Delivery. A Delivery without a Status
// is not reported. The handler answers 204; 405 to other methods, 413 to more than 64 KiB, and
// 400 to a body that ends early.
func Posts(report Report, read func(r *http.Request, body []byte) (d phoneauth.Delivery, refuse int)) http.Handler {
	return Batches(report, maxBody, func(r *http.Request, body []byte) ([]phoneauth.Delivery, int) {
		d, refuse := read(r, body)
		return []phoneauth.Delivery{d}, refuse
	})
}

// Batches is like [Posts], for a provider that reports several messages in one callback. The limit
// is how many bytes a callback may have, in place of 64 KiB; no provider needs more than a
// few hundred KiB. The Deliveries are reported in their order.
func Batches(report Report, limit int64, read func(r *http.Request, body []byte) (all []phoneauth.Delivery, refuse int)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
		if err != nil {
			status := http.StatusBadRequest
			if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
				status = http.StatusRequestEntityTooLarge
			}
			w.WriteHeader(status)
			return
		}
		all, refuse := read(r, body)
		if refuse != 0 {
			w.WriteHeader(refuse)
			return
		}
		for _, d := range all {
			if d.Status != "" {
				report(r.Context(), d)
			}
		}
		w.WriteHeader(http.StatusNoContent)
	})
}
