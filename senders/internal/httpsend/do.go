package httpsend

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync/atomic"

	"github.com/phoneauth/phoneauth"
)

// maxBody is how much of an answer is read; providers' are some hundred bytes.
const maxBody = 16 << 10

// Response is an answer of any status.
type Response struct {
	Status int
	Header http.Header
	// Body is at most 16 KiB, and less when reading it failed: by then the provider
	// has spoken. It may hold anything, the message too.
	Body []byte
}

// Do makes req, whose context needs a deadline, by a client of [Client]. Its error is a
// *phoneauth.SendError: Temporary when the request certainly did not leave, else
// Ambiguous. req must be a POST without an Idempotency-Key header: net/http repeats
// such a one only if nothing of it was written.
func Do(c *http.Client, req *http.Request) (*Response, error) {
	ctx := req.Context()
	if err := ctx.Err(); err != nil {
		return nil, &phoneauth.SendError{Class: phoneauth.Temporary, Err: err}
	}
	// Certainty ends with the headers, not with WroteRequest, which may run after the
	// last byte has left. Without GetConn nothing is certain: the host's RoundTripper
	// knows of no traces.
	var begun, wrote atomic.Bool
	req = req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:      func(string) { begun.Store(true) },
		WroteHeaders: func() { wrote.Store(true) },
	}))
	resp, err := c.Do(req)
	if err != nil {
		class := phoneauth.Ambiguous
		if begun.Load() && !wrote.Load() {
			class = phoneauth.Temporary
		}
		return nil, &phoneauth.SendError{Class: class, Err: cause(ctx, err)}
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	return &Response{Status: resp.StatusCode, Header: resp.Header, Body: body}, nil
}

// Deadline is ctx with [Timeout], unless it has a deadline.
func Deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, Timeout)
}

// Refusal is the error of an answer that accepts nothing, by what HTTP says alone: a
// server that failed may have failed after it accepted, so 5xx is Ambiguous, but for
// the two that say that it was never tried, 501, and 503 with a Retry-After. All the
// rest, redirects and set-up faults such as 401 and 404 too, is Temporary: another
// provider may do.
func (r *Response) Refusal() *phoneauth.SendError {
	e := &phoneauth.SendError{
		Class:      phoneauth.Temporary,
		Code:       "HTTP " + strconv.Itoa(r.Status),
		RetryAfter: RetryAfter(r.Header),
	}
	asked := r.Header.Get("Retry-After") != ""
	if r.Status >= 500 && r.Status != http.StatusNotImplemented && !(r.Status == http.StatusServiceUnavailable && asked) {
		e.Class = phoneauth.Ambiguous
	}
	return e
}
