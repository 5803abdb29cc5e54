// Package callback is what the handlers of providers' callbacks share.
package callback

import (
	"context"
	"crypto/subtle"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/phoneauth/phoneauth"
)

// maxBody is how long a callback may be; providers' are some hundred bytes, and at most
// 1,600 characters of an incoming text.
const maxBody = 64 << 10

// Report is told what a callback says, such as Service.ReportDelivery.
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

// stopWords are the English words that carriers and providers take for the end of all
// messages.
var stopWords = map[string]bool{
	"STOP": true, "STOPALL": true, "UNSUBSCRIBE": true, "END": true, "QUIT": true,
	"REVOKE": true, "OPTOUT": true, "CANCEL": true,
}

// Stop reports whether text is one of the words that end all messages.
func Stop(text string) bool {
	return stopWords[strings.ToUpper(strings.Trim(text, " .!\t\r\n"))]
}

// e164 is what E.164 numbers look like, with or without their '+'.
var e164 = regexp.MustCompile(`^\+?([1-9][0-9]{6,14})$`)

// Phone is the number that a text came from, with or without its '+'. One that no
// numbering plan has (any more) is taken as it is: better an opt-out of nobody than one
// that is lost. Short codes and names are no number.
func Phone(from string) phoneauth.Phone {
	if p, err := phoneauth.ParsePhone(from, ""); err == nil {
		return p
	}
	if m := e164.FindStringSubmatch(from); m != nil {
		return phoneauth.StoredPhone("+" + m[1])
	}
	return phoneauth.Phone{}
}

// MinSecret is 128 bits in base64url.
const MinSecret = 22

// Element is the last element of an escaped path.
func Element(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// Secret reports whether s may be the secret element of a path: at least MinSecret
// letters, digits, '-' or '_'.
func Secret(s string) bool {
	return len(s) >= MinSecret && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-' && r != '_'
	})
}

// Knows reports, in constant time, whether the path of u ends in secret, which is not
// empty.
func Knows(u *url.URL, secret string) bool {
	return secret != "" && subtle.ConstantTimeCompare([]byte(Element(u.Path)), []byte(secret)) == 1
}
