package infobip_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
	"github.com/phoneauth/phoneauth/senders/callbacktest"
	"github.com/phoneauth/phoneauth/senders/infobip"
	"github.com/phoneauth/phoneauth/senders/sendertest"
)

// request is what Infobip posts; without a password, without credentials. Fields whose names
// have a dot are within an object.
func request(t *testing.T, password string, fields map[string]string) *http.Request {
	result := map[string]any{}
	for name, value := range fields {
		outer, inner, ok := strings.Cut(name, ".")
		if !ok {
			result[name] = value
			continue
		}
		object, _ := result[outer].(map[string]any)
		if object == nil {
			object = map[string]any{}
		}
		object[inner] = value
		if n, err := strconv.Atoi(value); err == nil && inner != "name" {
			object[inner] = n
		}
		result[outer] = object
	}
	return results(t, password, result)
}

func results(t *testing.T, password string, all ...any) *http.Request {
	t.Helper()
	body, err := json.Marshal(map[string]any{"results": all})
	require.NoError(t, err)
	r := httptest.NewRequest(http.MethodPost, "/infobip", strings.NewReader(string(body)))
	if password != "" {
		r.SetBasicAuth("infobip", password)
	}
	return r
}

func handler(report callback.Report) (http.Handler, error) {
	return infobip.Callbacks(infobip.CallbackConfig{Username: "infobip", Password: password}, report)
}

func TestCallbacktest(t *testing.T) {
	t.Parallel()
	status := func(group, id, name string, err ...string) map[string]string {
		fields := map[string]string{
			"messageId": "M1", "to": "201061797840", "bulkId": "b", "sentAt": "2026-11-09T16:00:00.000+0000",
			"status.groupId": group, "status.id": id, "status.name": name,
			"error.groupId": "0", "error.id": "0", "error.name": "NO_ERROR",
		}
		if len(err) == 3 {
			fields["error.groupId"], fields["error.id"], fields["error.name"] = err[0], err[1], err[2]
		}
		return fields
	}
	inbound := func(from, text string) map[string]string {
		return map[string]string{"messageId": "M1", "from": from, "to": "447700900000", "text": text, "keyword": "STOP"}
	}
	said := func(status phoneauth.DeliveryStatus, code string, fault phoneauth.SendFault) phoneauth.Delivery {
		return phoneauth.Delivery{ID: "M1", Sender: "infobip", Status: status, Code: code, Fault: fault}
	}
	const undelivered, destination, sender = phoneauth.Undelivered, phoneauth.FaultDestination, phoneauth.FaultSender
	out := said(phoneauth.OptedOut, "", "")
	nobody := out
	out.Phone = phoneauth.StoredPhone("+201061797840")
	callbacktest.Run(t, callbacktest.Provider{
		New:      handler,
		Signed:   func(fields map[string]string) *http.Request { return request(t, password, fields) },
		Unsigned: func(fields map[string]string) *http.Request { return request(t, "", fields) },
		Forged:   func(fields map[string]string) *http.Request { return request(t, password+"2", fields) },
		Secrets:  []string{password},
		Says: []callbacktest.Say{
			{Name: "pending", Fields: status("1", "7", "PENDING_ENROUTE")},
			{Name: "delivered", Fields: status("3", "5", "DELIVERED_TO_HANDSET"), Want: said(phoneauth.Delivered, "", "")},
			{Name: "absent", Fields: status("2", "9", "UNDELIVERABLE_NOT_DELIVERED", "1", "27", "EC_ABSENT_SUBSCRIBER"), Want: said(undelivered, "EC_ABSENT_SUBSCRIBER", destination)},
			{Name: "no credit", Fields: status("5", "12", "REJECTED_NOT_ENOUGH_CREDITS"), Want: said(undelivered, "REJECTED_NOT_ENOUGH_CREDITS", sender)},
			{Name: "the status names the fault", Fields: status("5", "6", "REJECTED_NETWORK", "3", "1", "EC_SOMETHING"), Want: said(undelivered, "EC_SOMETHING", destination)},
			{Name: "the error names the fault", Fields: status("2", "4", "UNDELIVERABLE_REJECTED_OPERATOR", "2", "541", "EC_LIMIT_REACHED"), Want: said(undelivered, "EC_LIMIT_REACHED", sender)},
			{Name: "expired", Fields: status("4", "15", "EXPIRED_EXPIRED"), Want: said(undelivered, "EXPIRED_EXPIRED", "")},
			{Name: "a name that is none", Fields: status("5", "1", "201061797840"), Want: said(undelivered, "", "")},
			{Name: "no id", Fields: map[string]string{"status.groupId": "3"}},
			{Name: "stop", Fields: inbound("201061797840", " stop\n"), Want: out},
			{Name: "of a short code", Fields: inbound("12345", "STOP"), Want: nobody},
			{Name: "another text", Fields: inbound("201061797840", "do not stop")},
			{Name: "nothing"},
		},
	})
}

// TestManyResults: each result of a request is reported, in order.
func TestManyResults(t *testing.T) {
	t.Parallel()
	var got []string
	h, err := handler(func(_ context.Context, d phoneauth.Delivery) { got = append(got, d.ID+" "+string(d.Status)) })
	require.NoError(t, err)
	one := func(id string, group int) any {
		return map[string]any{"messageId": id, "status": map[string]any{"groupId": group}}
	}
	for _, c := range []struct {
		results []any
		want    []string
	}{
		{[]any{one("a", 3), one("b", 1), one("c", 2), one("d", 3)}, []string{"a delivered", "c undelivered", "d delivered"}},
		{[]any{one("a", 3), one("b", 1)}, []string{"a delivered"}},
		{[]any{}, nil},
	} {
		got = nil
		w := httptest.NewRecorder()
		h.ServeHTTP(w, results(t, password, c.results...))
		assert.Equal(t, c.want, got)
		if c.want != nil {
			assert.Equal(t, http.StatusNoContent, w.Code)
		}
	}
}

func TestCallbackCredentials(t *testing.T) {
	t.Parallel()
	h, err := handler(func(context.Context, phoneauth.Delivery) { t.Error("reported") })
	require.NoError(t, err)
	for name, set := range map[string]func(*http.Request){
		"another user":      func(r *http.Request) { r.SetBasicAuth("infobip2", password) },
		"a part":            func(r *http.Request) { r.SetBasicAuth("infobip", password[:5]) },
		"no password":       func(r *http.Request) { r.SetBasicAuth("infobip", "") },
		"a shifted colon":   func(r *http.Request) { r.SetBasicAuth("infobip:"+password, "") },
		"another scheme":    func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+password) },
		"not base64":        func(r *http.Request) { r.Header.Set("Authorization", "Basic "+password) },
		"in the URL's name": func(r *http.Request) { r.URL.RawQuery = "password=" + password },
	} {
		r := results(t, "", map[string]any{"messageId": "a", "status": map[string]any{"groupId": 3}})
		set(r)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		assert.Equal(t, http.StatusUnauthorized, w.Code, name)
		assert.Equal(t, `Basic realm="phoneauth"`, w.Header().Get("WWW-Authenticate"), name)
	}
}

func TestCallbackFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []infobip.CallbackConfig{{Password: "canary"}, {Username: "a:b", Password: "canary"}} {
		h, err := infobip.Callbacks(c, nil)
		assert.Nil(t, h)
		sendertest.Faults(t, err, "infobip: callbacks: ", "Username is required", "Password must be", "report is required")
	}
}
