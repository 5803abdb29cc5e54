package phoneauth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// sendDeadline bounds every call of the sender.
const sendDeadline = 10 * time.Second

// message words a text to t.
func (s *Service) message(t target, purpose Purpose, code string, locale, channel string, expires time.Time) (Message, error) {
	m := Message{
		To:        t.phone,
		Code:      Secret(code),
		Purpose:   purpose,
		Locale:    locale,
		Channel:   channel,
		Service:   s.cfg.Name,
		ExpiresAt: expires,
	}
	if s.cfg.Text != nil {
		body, err := s.cfg.Text(m)
		if err != nil {
			return Message{}, &unavailable{"word text", err}
		}
		m.Body = Secret(body)
	}
	if m.Body == "" {
		m.Body = Secret(s.cfg.Texts.text(m))
	}
	return m, nil
}

// send hands m to the sender and tells what came of it. Any failure is ErrUnavailable.
func (s *Service) send(ctx context.Context, t target, m Message) error {
	ctx, cancel := context.WithTimeout(ctx, sendDeadline)
	defer cancel()
	receipt, err := s.cfg.Sender.Send(ctx, m)
	e := s.about(t, EventCodeSent)
	e.Purpose, e.Sender, e.MessageID = m.Purpose, receipt.Sender, receipt.ID
	e.Segments, _ = Segments(string(m.Body))
	if m.Code == "" {
		e.Type = EventNoticeSent
	}
	if err != nil {
		failed, ok := errors.AsType[*SendError](err)
		if !ok {
			failed = &SendError{Class: Ambiguous, Err: err}
		}
		e.Type, e.SendClass, e.SendFault, e.SendCode = EventSendFailed, failed.Class, failed.Fault, failed.Code
		err = &unavailable{"send", failed}
	}
	s.event(ctx, e)
	return err
}

// notify sends a text without a code, after the answer. A test number gets none. It is in
// the language of the service, not of whoever made the change, who may be a thief.
func (s *Service) notify(ctx context.Context, t target, notice Purpose) {
	if s.testNumber(t.phone, s.now()) != nil {
		return
	}
	s.afterwards(ctx, "notice", func(ctx context.Context) error {
		m, err := s.message(t, notice, "", s.cfg.Texts.home(), "", time.Time{})
		if err != nil {
			return err
		}
		return s.send(ctx, t, m)
	})
}

// afterwards does what need not be done for the answer to be true. When there is no place
// for it, it is not done, and the log says so.
func (s *Service) afterwards(ctx context.Context, what string, do func(context.Context) error) {
	if err := s.later.start(ctx, do); err != nil {
		s.cfg.Logger.ErrorContext(ctx, "phoneauth: not done: "+what, "error", err)
	}
}

// How much is on its way after its answer, and how much of that may be codes: whoever asks
// for those must not keep a notice from going out.
const (
	laterAtOnce      = 256
	laterCodesAtOnce = 128
)

// later runs what goes on after the answer, so that the time of an answer does not tell
// whether something was sent.
type later struct {
	failed func(ctx context.Context, err error)

	mu      sync.Mutex
	running int
	codes   int // of those
	closed  bool
	idle    chan struct{} // closed when closed and nothing runs
}

func newLater(failed func(context.Context, error)) *later {
	return &later{failed: failed, idle: make(chan struct{})}
}

// start runs f, with ctx's values and without its end. It is ErrUnavailable when too
// many are running, or after close.
func (l *later) start(ctx context.Context, f func(context.Context) error) error {
	return l.place(ctx, 0, f)
}

// startCode is start for what sends a code.
func (l *later) startCode(ctx context.Context, f func(context.Context) error) error {
	return l.place(ctx, 1, f)
}

func (l *later) place(ctx context.Context, codes int, f func(context.Context) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.running == laterAtOnce || l.codes+codes > laterCodesAtOnce {
		return &unavailable{"send after the answer", errors.New("too many on their way, or closed")}
	}
	l.running++
	l.codes += codes
	ctx = context.WithoutCancel(ctx)
	go func() {
		defer l.done(codes)
		defer func() {
			if r := recover(); r != nil { // of a sender or hook: it must not end the host
				l.failed(ctx, fmt.Errorf("phoneauth: panic: %v", r))
			}
		}()
		if err := f(ctx); err != nil {
			l.failed(ctx, err)
		}
	}()
	return nil
}

func (l *later) done(codes int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running--
	l.codes -= codes
	l.settle()
}

// settle closes idle once there is nothing to wait for. l.mu is held.
func (l *later) settle() {
	if l.closed && l.running == 0 {
		close(l.idle)
	}
}

// close lets nothing start any more, and waits for what runs.
func (l *later) close(ctx context.Context) error {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		l.settle()
	}
	l.mu.Unlock()
	select {
	case <-l.idle: // even if ctx has ended, too
		return nil
	default:
	}
	select {
	case <-l.idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("phoneauth: close: %w", context.Cause(ctx))
	}
}
