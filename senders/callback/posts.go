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

// Report is told what a callback says, such as Service.ReportDelivery. It is called before
// the answer, so that a provider whose report was lost on the way sends it again.
type Report = func(context.Context, phoneauth.Delivery)

// Posts returns a handler of POSTs. read checks that r, whose body was read already, is
// the provider's: it refuses it with a status, or returns 0 and what r says, without a
// Delivery.Status if that is nothing to report. The answer to the rest is 204; 405 to
// other methods, 413 to more than 64 KiB, and 400 to a body that breaks off.
func Posts(report Report, read func(r *http.Request, body []byte) (d phoneauth.Delivery, refuse int)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			status := http.StatusBadRequest
			if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
				status = http.StatusRequestEntityTooLarge
			}
			w.WriteHeader(status)
			return
		}
		d, refuse := read(r, body)
		if refuse != 0 {
			w.WriteHeader(refuse)
			return
		}
		if d.Status != "" {
			report(r.Context(), d)
		}
		w.WriteHeader(http.StatusNoContent)
	})
}
