// Package console writes messages to an io.Writer instead of sending them, for
// development only: a person who reads its output can sign in as anybody.
package console

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/internal/record"
)

// Sender writes one line for each message, numbers and codes in clear. Make one with
// [New] or [NewJSON]. It is safe for concurrent use: a line is one Write, and Writes
// never overlap.
type Sender struct {
	w      io.Writer
	format func(phoneauth.Message) ([]byte, error)
	turn   chan struct{} // held while writing; a mutex that a context can end waiting for
	torn   bool          // the last line lacks its end
}

var _ phoneauth.SMSSender = (*Sender)(nil)

// New returns a Sender that writes for people: "SMS to +201061797840: 123456 is your
// Acme sign-in code." Line breaks and other control characters of the text become
// spaces. A nil w is os.Stdout. For development only.
func New(w io.Writer) *Sender { return newSender(w, line) }

// NewJSON returns a Sender that writes for programs: one JSON object a line, with the
// strings time (RFC 3339, UTC, milliseconds), to (E.164), body, code ("" in notices) and
// purpose. A nil w is os.Stdout. For development only.
func NewJSON(w io.Writer) *Sender {
	return newSender(w, func(m phoneauth.Message) ([]byte, error) { return record.JSON(m, time.Now()) })
}

func newSender(w io.Writer, format func(phoneauth.Message) ([]byte, error)) *Sender {
	if w == nil {
		w = os.Stdout
	}
	return &Sender{w: w, format: format, turn: make(chan struct{}, 1)}
}

// Send writes m. Its errors are *phoneauth.SendError: Temporary when ctx ended before
// the Write or the writer took nothing, Ambiguous when it took a part, since the code
// stands first and may be in that part. A failed Write is the sender's fault. A Write that
// hangs is not called off.
func (s *Sender) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	b, err := s.format(m)
	if err != nil {
		return phoneauth.Receipt{}, &phoneauth.SendError{Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Err: err}
	}
	if err := s.lock(ctx); err != nil {
		return phoneauth.Receipt{}, &phoneauth.SendError{Class: phoneauth.Temporary, Err: err}
	}
	defer func() { <-s.turn }()
	if err := s.write(b); err != nil {
		return phoneauth.Receipt{}, err
	}
	return phoneauth.Receipt{Sender: "console"}, nil
}

func (s *Sender) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Sender) write(b []byte) error {
	if s.torn {
		b = append([]byte("\n"), b...) // a torn line must not swallow the next one
	}
	n, err := s.w.Write(b)
	if n == len(b) && err == nil {
		s.torn = false
		return nil
	}
	if err == nil {
		err = io.ErrShortWrite
	}
	if n <= 0 {
		return &phoneauth.SendError{Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Err: err}
	}
	s.torn = n < len(b)
	return &phoneauth.SendError{Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Err: err}
}

func line(m phoneauth.Message) ([]byte, error) {
	body := strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp) {
			return ' '
		}
		return r
	}, string(m.Body))
	return fmt.Appendf(nil, "SMS to %s: %s\n", m.To.E164(), body), nil
}
