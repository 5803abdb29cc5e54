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
