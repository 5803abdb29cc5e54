package httpsend

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/phoneauth/phoneauth"
)

// maxBody is how much of an answer is read; providers' are some hundred bytes.
const maxBody = 16 << 10

// Response is a provider's answer, of any status.
type Response struct {
	// Status is the status of the answer, such as 200.
	Status int
	// Header are the headers of the answer.
	Header http.Header
	// Body is at most the first 16 KiB of the body. It is shorter when reading failed,
	// because the status has already said whether the provider accepted. It may contain
	// anything, the message too.
	Body []byte
}

// Post posts body to url, within 10 s if ctx has no deadline. c must come from [Client].
// prepare sets the headers and may be nil. It must not set Idempotency-Key, because net/http
// repeats a POST that has one even after a part of it was written.
//
// The error is a *phoneauth.SendError. It is Temporary when the request certainly did not
// leave, else Ambiguous. Its fault is the sender's. When ctx had ended before, or its caller
// has cancelled it, the fault is not known.
func Post(ctx context.Context, c *http.Client, url, body string, prepare func(*http.Request)) (*Response, error) {
	ctx, cancel := Deadline(ctx)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return nil, &phoneauth.SendError{Class: phoneauth.Temporary, Err: err}
	}
	// Certainty ends with the headers, not with WroteRequest, which may run after the
	// last byte has left. Without GetConn nothing is certain: the host's RoundTripper
	// knows of no traces.
	var begun, wrote atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:      func(string) { begun.Store(true) },
		WroteHeaders: func() { wrote.Store(true) },
	})
	req, err := http.NewRequestWithContext(traced, http.MethodPost, url, strings.NewReader(body))
	if err != nil { // it quotes the URL
		return nil, &phoneauth.SendError{Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Err: errRequest}
	}
	req.Header.Set("User-Agent", "phoneauth")
	if prepare != nil {
		prepare(req)
	}
	if !sendable(req.Header) {
		return nil, &phoneauth.SendError{Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Err: errRequest}
	}
	resp, err := c.Do(req)
	if err != nil {
		failed := &phoneauth.SendError{Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Err: cause(ctx, err)}
		if begun.Load() && !wrote.Load() {
			failed.Class = phoneauth.Temporary
		}
		if errors.Is(ctx.Err(), context.Canceled) {
			failed.Fault = ""
		}
		return nil, failed
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	return &Response{Status: resp.StatusCode, Header: resp.Header, Body: answer}, nil
}

// sendable reports whether net/http sends these headers. It refuses a value with a control character,
// such as the line end behind a key that was read from a file, only after we could see that nothing left.
func sendable(h http.Header) bool {
	for _, values := range h {
		for _, v := range values {
			if strings.ContainsFunc(v, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
				return false
			}
		}
	}
	return true
}

// PostForm calls [Post] with a form, for a provider that answers in JSON.
func PostForm(ctx context.Context, c *http.Client, url string, form url.Values, prepare func(*http.Request)) (*Response, error) {
	return Post(ctx, c, url, form.Encode(), func(req *http.Request) {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Accept", "application/json")
		if prepare != nil {
			prepare(req)
		}
	})
}

// PostJSON calls [Post] with v as JSON, for a provider that answers in JSON. v must be a value that
// encoding/json can write; otherwise the error is Temporary, of the sender's fault.
func PostJSON(ctx context.Context, c *http.Client, url string, v any, prepare func(*http.Request)) (*Response, error) {
	body, err := json.Marshal(v)
	if err != nil { // it may quote v
		return nil, &phoneauth.SendError{Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Err: errRequest}
	}
	return Post(ctx, c, url, string(body), func(req *http.Request) {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept", "application/json")
		if prepare != nil {
			prepare(req)
		}
	})
}

// Unsupported returns the error for a message that the sender does not support; see
// phoneauth.Supporter. Its code is "unsupported".
func Unsupported() *phoneauth.SendError {
	return &phoneauth.SendError{Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "unsupported"}
}

// Deadline returns ctx if it has a deadline, else ctx with [Timeout]. Call cancel when the work
// is done.
func Deadline(ctx context.Context) (_ context.Context, cancel context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, Timeout)
}

// OK reports whether the status is one of success, from 200 to 299.
func (r *Response) OK() bool { return r.Status >= 200 && r.Status <= 299 }

// Refusal returns the error for an answer that accepts nothing, from its status alone. A 5xx is
// Ambiguous, because the server may have failed after it accepted. A 501, and a 503 with a
// Retry-After, say that nothing was tried, and are Temporary. All other statuses are Temporary
// too, because another provider may accept the message.
//
// 5xx, redirects, 401, 402, 404, 405, 407, 408 and 429 have FaultSender. The fault of other
// statuses, such as 400 and 403, is not known: they may be about the number.
func (r *Response) Refusal() *phoneauth.SendError {
	e := &phoneauth.SendError{
		Class:      phoneauth.Temporary,
		Fault:      statusFault(r.Status),
		Code:       "HTTP " + strconv.Itoa(r.Status),
		RetryAfter: RetryAfter(r.Header),
	}
	asked := r.Header.Get("Retry-After") != ""
	if r.Status >= 500 && r.Status != http.StatusNotImplemented && !(r.Status == http.StatusServiceUnavailable && asked) {
		e.Class = phoneauth.Ambiguous
	}
	return e
}

// statusFault returns the fault that a status stands for.
func statusFault(status int) phoneauth.SendFault {
	switch status {
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusNotFound, http.StatusMethodNotAllowed,
		http.StatusProxyAuthRequired, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return phoneauth.FaultSender
	}
	if status >= 500 || status >= 300 && status <= 399 {
		return phoneauth.FaultSender
	}
	return ""
}
