package sendertest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/phoneauth/phoneauth"
)

const naiveKey = "key-of-the-naive-sender"

// naive is a small sender, with at most one bug.
type naive struct {
	url, key string
	client   *http.Client
	bug      string
	refused  atomic.Int32
}

type naiveMessage struct{ To, Text string }

func newNaive(baseURL string, client *http.Client, bug string) phoneauth.SMSSender {
	if client == nil || bug == "own client" {
		client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32, DisableKeepAlives: bug == "no reuse"}}
	}
	own := *client
	if bug != "follows redirects" {
		own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	s := &naive{url: baseURL, key: naiveKey, client: &own, bug: bug}
	if bug == "prints its key" {
		return &open{baseURL, naiveKey}
	}
	return s
}

func (s *naive) GoString() string { return s.String() }
func (s *naive) String() string   { return "naive" }

// open prints all it has.
type open struct{ URL, Key string }

func (*open) Send(context.Context, phoneauth.Message) (phoneauth.Receipt, error) {
	return phoneauth.Receipt{}, nil
}

func (s *naive) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	if s.bug == "ignores the context" {
		ctx = context.WithoutCancel(ctx)
	}
	if s.bug != "no deadline" {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
	}
	r, err := s.once(ctx, m)
	var e *phoneauth.SendError
	if s.bug == "tries again" && errors.As(err, &e) && e.Class == phoneauth.Ambiguous {
		r, err = s.once(ctx, m)
	}
	if s.bug == "plain errors" && errors.As(err, &e) {
		return r, errors.New("failed")
	}
	return r, err
}

func (s *naive) once(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	if s.refused.Load() > 2 {
		return phoneauth.Receipt{}, &phoneauth.SendError{Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "paused"}
	}
	text := string(m.Body)
	switch s.bug {
	case "cuts texts":
		text = text[:min(len(text), 160)]
	case "trims texts":
		text = strings.TrimSpace(text)
	case "ASCII only":
		text = strings.Map(func(r rune) rune {
			if r > 127 {
				return '?'
			}
			return r
		}, text)
	case "sends the code":
		text = cmp.Or(string(m.Code), text)
	}
	to := m.To.E164()
	if s.bug == "no plus" {
		to = to[1:]
	}
	body, _ := json.Marshal(naiveMessage{to, text})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/send?key="+s.key, bytes.NewReader(body))
	if err != nil {
		return phoneauth.Receipt{}, &phoneauth.SendError{Class: phoneauth.Temporary, Err: errors.New("request")}
	}
	if s.bug == "idempotent" { // net/http then repeats what may have gone
		req.Header.Set("Idempotency-Key", "")
	}
	if err := ctx.Err(); err != nil && s.bug != "begins after the end" {
		return phoneauth.Receipt{}, &phoneauth.SendError{Class: phoneauth.Temporary, Err: err}
	}
	var begun, wrote atomic.Bool
	resp, err := s.client.Do(req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:      func(string) { begun.Store(true) },
		WroteHeaders: func() { wrote.Store(true) },
	})))
	if err != nil {
		e := &phoneauth.SendError{Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Err: errors.New("connection")}
		if ctx.Err() == context.Canceled && s.bug != "blames itself for a caller that goes away" || s.bug == "an outage is nobody's fault" {
			e.Fault = ""
		}
		if begun.Load() && !wrote.Load() || s.bug == "a reset is temporary" {
			e.Class = phoneauth.Temporary
		}
		if s.bug == "a refused connection is ambiguous" {
			e.Class = phoneauth.Ambiguous
		}
		if ctx.Err() != nil && s.bug != "hides the context" {
			e.Err = ctx.Err()
		}
		if s.bug == "wraps net/http's error" {
			e.Err = err
		}
		return phoneauth.Receipt{}, e
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, 16<<10))
	return s.read(resp, answer)
}

func (s *naive) read(resp *http.Response, answer []byte) (phoneauth.Receipt, error) {
	var got struct{ ID, Error string }
	err := json.Unmarshal(answer, &got)
	if resp.StatusCode < 300 || s.bug == "accepts everything" {
		if err != nil && s.bug == "an unread answer is a refusal" {
			return phoneauth.Receipt{}, &phoneauth.SendError{Class: phoneauth.Temporary, Code: "JSON"}
		}
		if s.bug == "no id" {
			got.ID = ""
		}
		return phoneauth.Receipt{ID: got.ID, Sender: "naive"}, nil
	}
	e := &phoneauth.SendError{Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: cmp.Or(got.Error, strconv.Itoa(resp.StatusCode))}
	if got.Error != "" && s.bug != "blames itself for a destination" || s.bug == "blames the destination for a status" {
		e.Fault = phoneauth.FaultDestination
	}
	if resp.StatusCode >= 500 && s.bug != "a 500 is temporary" {
		e.Class = phoneauth.Ambiguous
	}
	if got.Error == "bad_number" || s.bug == "4xx is permanent" && resp.StatusCode < 500 {
		e.Class, e.Fault = phoneauth.Permanent, phoneauth.FaultDestination
	}
	if s.bug == "names no fault" {
		e.Fault = ""
	}
	if s.bug == "remembers a refusal" && e.Fault == phoneauth.FaultDestination {
		s.refused.Add(1)
	}
	wait := resp.Header.Get("Retry-After")
	if at, err := http.ParseTime(wait); err == nil {
		e.RetryAfter = time.Until(at)
	} else if n, err := strconv.Atoi(wait); err == nil && (n > 0 || s.bug == "negative Retry-After") {
		e.RetryAfter = time.Duration(n) * time.Second
	}
	switch s.bug {
	case "no Retry-After":
		e.RetryAfter = 0
	case "no code":
		e.Code = ""
	case "its code is the answer":
		e.Code = string(answer)
	case "wraps the answer":
		e.Err = fmt.Errorf("provider: %s", answer)
	case "hides the answer in the chain":
		e.Err = hidden{errors.New(string(answer))}
	}
	return phoneauth.Receipt{}, e
}

// hidden says nothing itself.
type hidden struct{ inner error }

func (h hidden) Error() string { return "provider" }
func (h hidden) Unwrap() error { return h.inner }

// provider is that of naive senders with a bug.
func provider(bug string) Provider {
	return Provider{
		New: func(baseURL string, client *http.Client) (phoneauth.SMSSender, error) {
			return newNaive(baseURL, client, bug), nil
		},
		Secrets: []string{naiveKey},
		Read: func(r *http.Request) (to, body string, err error) {
			var m naiveMessage
			err = json.NewDecoder(r.Body).Decode(&m)
			return m.To, m.Text, err
		},
		Accepts: func(id string) Answer { return Answer{Status: 202, Body: `{"id":"` + id + `"}`} },
		Refusals: []Refusal{
			{Name: "no such number", Answer: Answer{Status: 400, Body: `{"error":"bad_number"}`}, Class: phoneauth.Permanent, Fault: phoneauth.FaultDestination, Code: "bad_number"},
			{Name: "region off", Answer: Answer{Status: 403, Body: `{"error":"region_off"}`}, Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "region_off"},
			{Name: "broke", Answer: Answer{Status: 402}, Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "402"},
			{Name: "down", Answer: Answer{Status: 503}, Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "503"},
		},
	}
}
