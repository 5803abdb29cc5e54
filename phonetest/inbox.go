// Package phonetest is for the tests of hosts. An [Inbox] takes the place of the SMS provider
// and of the phones.
//
//	inbox := phonetest.New()
//	svc, err := phoneauth.New(phoneauth.Config{Sender: inbox, …})
//	…
//	svc.Register(ctx, phoneauth.RegisterRequest{Phone: "+201061797840"})
//	code := inbox.Code(t, "+201061797840")
//
// It needs no network and never sleeps, and works inside testing/synctest bubbles.
package phonetest

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"

	"github.com/phoneauth/phoneauth"
)

// Inbox is a phoneauth.SMSSender that keeps what it is sent. The zero value is ready
// for use. It is safe for concurrent use; it must not be copied.
type Inbox struct {
	mu       sync.Mutex
	sends    int
	failed   int
	script   []error
	messages []phoneauth.Message
	unread   map[string]phoneauth.Secret // by phone, the newest
	waiting  map[chan struct{}]string    // closed when a code arrives for that phone
}

var _ phoneauth.SMSSender = (*Inbox)(nil)

// New returns an empty Inbox.
func New() *Inbox { return &Inbox{} }

// Send keeps m, or fails as [Inbox.FailNext] told it to. The Receipt has the ID
// "phonetest-1" for the first send, and so on. An ended ctx is a Temporary error, and a
// message without a number or a text a Permanent one.
func (b *Inbox) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sends++
	receipt := phoneauth.Receipt{ID: "phonetest-" + strconv.Itoa(b.sends), Sender: "phonetest"}
	err := b.next(ctx, m)
	if err == nil || err == AmbiguousArrived {
		b.arrive(m)
	}
	if err == nil {
		return receipt, nil
	}
	b.failed++
	if f, ok := err.(Failure); ok {
		if f == Hang {
			b.mu.Unlock()
			<-ctx.Done()
			b.mu.Lock()
		}
		err = f.sendError(ctx)
	}
	return phoneauth.Receipt{}, err
}

// next returns what becomes of one send.
func (b *Inbox) next(ctx context.Context, m phoneauth.Message) error {
	if err := ctx.Err(); err != nil {
		return &phoneauth.SendError{Class: phoneauth.Temporary, Code: "phonetest", Err: err}
	}
	if m.To.IsZero() || m.Body == "" {
		return &phoneauth.SendError{Class: phoneauth.Permanent, Fault: phoneauth.FaultDestination, Code: "phonetest", Err: errors.New("message without a number or a text")}
	}
	if len(b.script) == 0 {
		return nil
	}
	err := b.script[0]
	b.script = b.script[1:]
	return err
}

func (b *Inbox) arrive(m phoneauth.Message) {
	b.messages = append(b.messages, m)
	if m.Code == "" {
		return
	}
	if b.unread == nil {
		b.unread = map[string]phoneauth.Secret{}
	}
	b.unread[m.To.E164()] = m.Code
	for ch, phone := range b.waiting {
		if phone == m.To.E164() {
			close(ch)
			delete(b.waiting, ch)
		}
	}
}

// Messages returns the messages that have arrived, oldest first. Messages of failed sends have
// not arrived, except those of [AmbiguousArrived].
func (b *Inbox) Messages() []phoneauth.Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.messages)
}

// Last returns the newest message, code or notice, that arrived at a phone (E.164), and
// false if there is none. The code of the message stays unread for
// [Inbox.Code].
func (b *Inbox) Last(phone string) (phoneauth.Message, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range slices.Backward(b.messages) {
		if m.To.E164() == phone {
			return m, true
		}
	}
	return phoneauth.Message{}, false
}

// Channels returns by which channels messages, codes and notices, arrived at a phone (E.164),
// oldest first. One Inbox may be the Sender of several channels: Message.Channel tells them apart.
func (b *Inbox) Channels(phone string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var channels []string
	for _, m := range b.messages {
		if m.To.E164() == phone {
			channels = append(channels, m.Channel)
		}
	}
	return channels
}

// Sends returns how many times Send was called, failed sends included.
func (b *Inbox) Sends() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sends
}
