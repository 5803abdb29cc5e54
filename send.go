package phoneauth

import (
	"context"
	"errors"
	"time"

	"github.com/phoneauth/phoneauth/internal/texts"
)

// sendDeadline bounds every call of the sender.
const sendDeadline = 10 * time.Second

// text says what a message contains.
type text struct {
	purpose         Purpose
	code            string // empty in notices
	locale, channel string
	expires         time.Time
}

// message writes the text t to the phone of c.
func (s *Service) message(ctx context.Context, c *call, t text) (Message, error) {
	m := Message{
		To:        c.phone,
		Code:      Secret(t.code),
		Purpose:   t.purpose,
		Locale:    t.locale,
		Channel:   t.channel,
		Service:   s.cfg.Name,
		ExpiresAt: t.expires,
	}
	if s.cfg.Hooks.Text != nil {
		body, err := s.cfg.Hooks.Text(ctx, m)
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

// send hands m to the sender and reports the outcome as an event. Every failure is
// ErrUnavailable.
func (s *Service) send(ctx context.Context, c *call, m Message) error {
	ctx, cancel := context.WithTimeout(ctx, sendDeadline)
	defer cancel()
	began := time.Now()
	receipt, err := s.cfg.Sender.Send(ctx, m)
	e := c.event(EventCodeSent)
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
	} else if m.Code != "" {
		s.sendTimes.Add(time.Since(began))
	}
	s.event(ctx, e)
	return err
}

// notify sends a notice, after the answer. A test number gets none. The notice is in the
// language of the service, because the client that made the change may be a thief's.
func (s *Service) notify(ctx context.Context, c *call, notice Purpose) {
	if c.test != nil {
		return
	}
	s.afterwards(ctx, "notice", func(ctx context.Context) error {
		m, err := s.message(ctx, c, text{purpose: notice, locale: texts.Rules(s.cfg.Texts).Home()})
		if err != nil {
			return err
		}
		return s.send(ctx, c, m)
	})
}

// afterwards runs do after the answer. When there is no place for it, do is not run, and the
// log says so.
func (s *Service) afterwards(ctx context.Context, what string, do func(context.Context) error) {
	place, err := s.later.Urgent()
	if err != nil {
		s.cfg.Logger.ErrorContext(ctx, "phoneauth: not done: "+what, "error", err)
		return
	}
	place.Go(ctx, do)
}

// How many texts may be on their way after an answer, and how many of them may be codes.
// Strangers can ask for codes, and these must not take the places of notices.
const (
	laterAtOnce      = 256
	laterCodesAtOnce = 128
)
