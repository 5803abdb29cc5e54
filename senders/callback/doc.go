// Package callback helps to write a handler of a provider's callbacks. It bounds the body, checks
// the method, writes the answer, and recognises people who opt out. The handlers of this module
// use it, and a host's own may use it too.
//
//	func Callbacks(secret []byte, report callback.Report) http.Handler {
//		return callback.Posts(report, func(r *http.Request, body []byte) (phoneauth.Delivery, int) {
//			if !signed(secret, r.Header.Get("Acme-Signature"), body) {
//				return phoneauth.Delivery{}, http.StatusForbidden
//			}
//			var said struct{ ID, State, Reason string }
//			if json.Unmarshal(body, &said) != nil {
//				return phoneauth.Delivery{}, http.StatusBadRequest
//			}
//			…
//		})
//	}
//
// For a provider that signs nothing, put a secret into the path: [Behind].
//
// A handler stores nothing. When the provider repeats a report, the handler reports it again,
// with the same Delivery.ID. senders/callbacktest tests a handler against these rules.
package callback
