package callbacktest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
)

const naiveKey = "key-of-the-naive-handler"

// naive is a small handler, with at most one bug. A callback is a JSON object. Its header
// "Naive-Signature: SECONDS,MAC,MAC" has two HMACs with SHA-256: of the seconds, a full
// stop and the body, and, for one of the bugs, of the seconds alone.
type naive struct {
	report callback.Report
	bug    string
	calls  atomic.Int32
}

func naiveMAC(key, said string) string {
	mac := hmac.New(sha256.New, []byte(key))
	io.WriteString(mac, said)
	return hex.EncodeToString(mac.Sum(nil))
}

func (n *naive) knows(header string, body []byte) bool {
	parts := strings.Split(header, ",")
	switch {
	case n.bug == "checks no signature", n.bug == "takes a missing signature" && header == "":
		return true
	case len(parts) != 3:
		return false
	case n.bug == "checks only that there is one":
		return true
	case n.bug == "leaves the body out":
		return hmac.Equal([]byte(parts[2]), []byte(naiveMAC(naiveKey, parts[0])))
	}
	seconds, _ := strconv.ParseInt(parts[0], 10, 64)
	if n.bug != "takes old signatures" && time.Since(time.Unix(seconds, 0)) > 5*time.Minute {
		return false
	}
	return hmac.Equal([]byte(parts[1]), []byte(naiveMAC(naiveKey, parts[0]+"."+string(body))))
}

func (n *naive) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost && n.bug != "takes any method" {
		if n.bug != "names no method" {
			w.Header().Set("Allow", "POST")
		}
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	limited := http.MaxBytesReader(w, r.Body, 64<<10)
	if n.bug == "reads without end" {
		limited = r.Body
	}
	body, err := io.ReadAll(limited)
	_, large := errors.AsType[*http.MaxBytesError](err)
	switch {
	case large && n.bug != "calls a long body wrong":
		w.WriteHeader(http.StatusRequestEntityTooLarge)
	case err != nil && n.bug != "takes a part for the body":
		w.WriteHeader(http.StatusBadRequest)
	case n.bug == "panics at nonsense" && !json.Valid(body):
		panic("nonsense")
	case n.knows(r.Header.Get("Naive-Signature"), body):
		n.tell(w, r, body)
	case n.bug == "answers strangers with success":
	case n.bug == "shows its key":
		http.Error(w, "the key is "+naiveKey, http.StatusForbidden)
	default:
		w.WriteHeader(http.StatusForbidden)
	}
}

func (n *naive) tell(w http.ResponseWriter, r *http.Request, body []byte) {
	var said map[string]string
	err := json.Unmarshal(body, &said)
	_, unknown := said["callbacktest_unknown"]
	if err != nil || n.bug == "refuses what it does not know" && unknown {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	ctx, d := r.Context(), n.delivery(said)
	switch n.bug {
	case "reports with a context of its own":
		ctx = context.Background()
	case "answers before it reports":
		w.WriteHeader(http.StatusNoContent)
	case "reports twice":
		n.report(ctx, d)
	case "forgets every second report":
		if n.calls.Add(1)%2 == 0 {
			d.Status = ""
		}
	case "swallows panics":
		defer func() {
			if recover() != nil {
				w.WriteHeader(http.StatusNoContent)
			}
		}()
	}
	if d.Status != "" {
		n.report(ctx, d)
	}
	w.WriteHeader(http.StatusNoContent)
}

func (n *naive) delivery(said map[string]string) phoneauth.Delivery {
	d := phoneauth.Delivery{ID: said["id"], Sender: "naive"}
	if n.bug == "makes up ids" {
		d.ID = rand.Text()
	}
	switch said["state"] {
	case "delivered":
		d.Status = phoneauth.Delivered
	case "failed":
		d.Status, d.Code = phoneauth.Undelivered, said["reason"]
		if n.bug != "names no fault" {
			d.Fault = map[string]phoneauth.SendFault{"absent": phoneauth.FaultDestination, "balance": phoneauth.FaultSender}[d.Code]
		}
	case "sent":
		if n.bug == "takes sent for delivered" {
			d.Status = phoneauth.Delivered
		}
	case "":
		if callback.Stop(said["text"]) {
			d.Status, d.Phone = phoneauth.OptedOut, callback.Phone(said["from"])
		}
	}
	return d
}

func naiveRequest(key string, fields map[string]string) *http.Request {
	body, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/naive", bytes.NewReader(body))
	if key != "" {
		now := strconv.FormatInt(time.Now().Unix(), 10)
		r.Header.Set("Naive-Signature", now+","+naiveMAC(key, now+"."+string(body))+","+naiveMAC(key, now))
	}
	return r
}

// provider is that of naive handlers with a bug.
func provider(bug string) Provider {
	message := func(fields map[string]string) map[string]string {
		all := map[string]string{"id": "a1"}
		maps.Copy(all, fields)
		return all
	}
	said := func(status phoneauth.DeliveryStatus) phoneauth.Delivery {
		return phoneauth.Delivery{ID: "a1", Sender: "naive", Status: status}
	}
	absent, balance, out := said(phoneauth.Undelivered), said(phoneauth.Undelivered), said(phoneauth.OptedOut)
	absent.Code, absent.Fault = "absent", phoneauth.FaultDestination
	balance.Code, balance.Fault = "balance", phoneauth.FaultSender
	out.Phone = phoneauth.StoredPhone("+201061797840")
	return Provider{
		New:       func(report callback.Report) (http.Handler, error) { return &naive{report: report, bug: bug}, nil },
		Signed:    func(fields map[string]string) *http.Request { return naiveRequest(naiveKey, fields) },
		Unsigned:  func(fields map[string]string) *http.Request { return naiveRequest("", fields) },
		Forged:    func(fields map[string]string) *http.Request { return naiveRequest("another", fields) },
		SignsBody: true,
		MaxAge:    5 * time.Minute,
		Secrets:   []string{naiveKey},
		Says: []Say{
			{Name: "delivered", Fields: message(map[string]string{"state": "delivered"}), Want: said(phoneauth.Delivered)},
			{Name: "absent", Fields: message(map[string]string{"state": "failed", "reason": "absent"}), Want: absent},
			{Name: "balance", Fields: message(map[string]string{"state": "failed", "reason": "balance"}), Want: balance},
			{Name: "stop", Fields: message(map[string]string{"text": "STOP", "from": "+201061797840"}), Want: out},
			{Name: "sent", Fields: message(map[string]string{"state": "sent"})},
		},
	}
}
