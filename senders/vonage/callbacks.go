package vonage

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
)

// maxCallback is how long a callback may be; Vonage's are some hundred bytes.
const maxCallback = 64 << 10

// maxAge is how old a signature may be, and leeway how far our clocks may differ.
const (
	maxAge = 5 * time.Minute
	leeway = 30 * time.Second
)

// CallbackConfig is what the handler of [Callbacks] is made of.
type CallbackConfig struct {
	// SignatureSecret of the account, which is not its APISecret. Required. Vonage lets
	// it be short: choose at least 32 characters.
	SignatureSecret phoneauth.Secret
}

// Callbacks returns a handler for what Vonage posts of messages, as JSON, or every fault
// of c at once. It calls report, such as Service.ReportDelivery, with
//
//	status delivered                 Delivered
//	status expired, failed,          Undelivered, with Vonage's err-code
//	rejected, undelivered
//	an inbound text that is STOP,    OptedOut
//	or another English word for it
//
// and its answer is 204 then, as for what else Vonage posts. Other requests are refused:
// 403 without a right signature of the last 5 minutes, 405 those that are no POST, 413
// and 400 those that are longer than 64 KiB or no JSON object of plain values. A right
// signature is one of:
//
//   - the field sig, by HMAC with SHA-256 or SHA-512 over the other fields, with a
//     fresh timestamp among them;
//   - "Authorization: Bearer" with a JWT of issuer Vonage, by HS256, with a fresh iat
//     and the SHA-256 of the body as payload_hash.
//
// MD5 and SHA-1 are refused. Vonage repeats for 24 hours what was not answered by 2xx,
// and may post the same twice, and out of order.
func Callbacks(c CallbackConfig, report func(context.Context, phoneauth.Delivery)) (http.Handler, error) {
	var faults []error
	if c.SignatureSecret == "" {
		faults = append(faults, errors.New("vonage: callbacks: SignatureSecret is required"))
	}
	if report == nil {
		faults = append(faults, errors.New("vonage: callbacks: report is required"))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return &callbacks{secret: []byte(c.SignatureSecret), report: report}, nil
}

type callbacks struct {
	secret []byte
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
	fields, ok := parse(body)
	if !ok {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if !c.signed(r.Header.Get("Authorization"), body, fields, time.Now()) {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	if d, ok := delivery(fields); ok {
		c.report(r.Context(), d)
	}
	w.WriteHeader(http.StatusNoContent)
}

// parse reads a JSON object of plain values, each as text; false if it is none.
func parse(body []byte) (map[string]string, bool) {
	var object map[string]any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if d.Decode(&object) != nil || object == nil {
		return nil, false
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, false
	}
	fields := make(map[string]string, len(object))
	for name, value := range object {
		switch v := value.(type) {
		case string:
			fields[name] = v
		case json.Number:
			fields[name] = v.String()
		case bool:
			fields[name] = strconv.FormatBool(v)
		case nil:
			fields[name] = ""
		default:
			return nil, false
		}
	}
	return fields, true
}

// delivery is what fields tell; false if it is nothing that we tell on.
func delivery(fields map[string]string) (phoneauth.Delivery, bool) {
	d := phoneauth.Delivery{ID: fields["messageId"], Sender: name}
	switch fields["status"] {
	case "delivered":
		d.Status = phoneauth.Delivered
	case "expired", "failed", "rejected", "undelivered":
		d.Status, d.Code = phoneauth.Undelivered, fields["err-code"]
	case "":
		if !stopWords[strings.ToUpper(strings.TrimSpace(fields["text"]))] {
			return phoneauth.Delivery{}, false
		}
		d.Status = phoneauth.OptedOut
	default:
		return phoneauth.Delivery{}, false
	}
	return d, d.ID != ""
}

// stopWords are the English words that carriers take for the end of all messages.
var stopWords = map[string]bool{
	"STOP": true, "STOPALL": true, "UNSUBSCRIBE": true, "END": true, "QUIT": true,
	"REVOKE": true, "OPTOUT": true, "CANCEL": true,
}
