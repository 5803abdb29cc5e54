package twilio

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/phoneauth/phoneauth"
)

// maxCallback is how long a callback may be; Twilio's are some hundred bytes, and 1,600
// characters of an incoming text.
const maxCallback = 64 << 10

// CallbackConfig is what the handler of [Callbacks] is made of.
type CallbackConfig struct {
	// URL is the public address of the handler as Twilio was given it, in
	// Config.StatusCallback or in the console, to the letter, with its query if it has
	// one: it is signed, and the handler cannot see it behind a proxy that rewrites it.
	// Required. One handler serves one address.
	URL string
	// AuthToken is the primary one of the account, which signs even where an API key
	// sends. Required.
	AuthToken phoneauth.Secret
}

// Callbacks returns a handler for what Twilio posts of messages, or every fault of c at
// once. It calls report, such as Service.ReportDelivery, with
//
//	MessageStatus delivered, read         Delivered
//	MessageStatus undelivered, failed     Undelivered, with Twilio's ErrorCode
//	an incoming text with OptOutType STOP OptedOut; without an OptOutType, one that is
//	                                      STOP, or another of Twilio's English words
//
// and its answer is 204 then, as for what else Twilio posts. Other requests are refused:
// 403 without a right X-Twilio-Signature, 405 those that are no POST, 413 and 400 those
// that are longer than 64 KiB or no form. Twilio may post the same twice, and out of
// order; its signature has no time, so that whoever saw a request can repeat it.
func Callbacks(c CallbackConfig, report func(context.Context, phoneauth.Delivery)) (http.Handler, error) {
	var faults []error
	if !absolute(c.URL) {
		faults = append(faults, errors.New("twilio: callbacks: URL must be an absolute http or https URL without credentials"))
	}
	if c.AuthToken == "" {
		faults = append(faults, errors.New("twilio: callbacks: AuthToken is required"))
	}
	if report == nil {
		faults = append(faults, errors.New("twilio: callbacks: report is required"))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return &callbacks{urls: spellings(c.URL), token: []byte(c.AuthToken), report: report}, nil
}

type callbacks struct {
	urls   []string
	token  []byte
	report func(context.Context, phoneauth.Delivery)
}

func (c *callbacks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCallback))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		} else {
			w.WriteHeader(http.StatusBadRequest)
		}
		return
	}
	params, err := url.ParseQuery(string(body))
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if !c.signed(params, r.Header.Get("X-Twilio-Signature")) {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	if d, ok := delivery(params); ok {
		c.report(r.Context(), d)
	}
	w.WriteHeader(http.StatusNoContent)
}

// delivery is what params tell; false if it is nothing that we tell on.
func delivery(params url.Values) (phoneauth.Delivery, bool) {
	d := phoneauth.Delivery{ID: params.Get("MessageSid"), Sender: name}
	switch params.Get("MessageStatus") {
	case "delivered", "read":
		d.Status = phoneauth.Delivered
	case "undelivered", "failed":
		d.Status, d.Code = phoneauth.Undelivered, params.Get("ErrorCode")
	case "":
		if !optsOut(params) {
			return phoneauth.Delivery{}, false
		}
		d.Status = phoneauth.OptedOut
	default:
		return phoneauth.Delivery{}, false
	}
	return d, d.ID != ""
}

// stopWords end all messages of a sender, unless Advanced Opt-Out has others, which it
// then says
// (https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out).
var stopWords = map[string]bool{
	"STOP": true, "STOPALL": true, "UNSUBSCRIBE": true, "END": true, "QUIT": true,
	"REVOKE": true, "OPTOUT": true, "CANCEL": true,
}

// optsOut reports whether params are of an incoming text that ends all others.
func optsOut(params url.Values) bool {
	if kind := params.Get("OptOutType"); kind != "" {
		return kind == "STOP"
	}
	return stopWords[strings.ToUpper(strings.TrimSpace(params.Get("Body")))]
}
