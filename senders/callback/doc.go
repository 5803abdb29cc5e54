// Package callback is what a handler of a provider's callbacks needs: bounds, methods,
// answers, and the words and numbers of people who opt out. The handlers of this module
// are built on it, and a host's own may be.
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
// A provider that signs nothing is known by a secret in the path: [Behind].
//
// A handler keeps nothing. It tells the same report again when the provider repeats it,
// with the same Delivery.ID, by which whoever counts can count it once. senders/callbacktest
// holds a handler to these rules.
package callback
