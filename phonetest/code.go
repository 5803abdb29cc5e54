package phonetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/phoneauth/phoneauth"
)

// wait is how long Code waits. Nothing takes that long unless it is broken.
const wait = 10 * time.Second

// Code returns the newest code that arrived at a phone (E.164) and was not read yet. It waits
// up to 10 s for one. Older codes of that phone then count as read. If no code arrives it ends
// the test, so call it only from the goroutine of the test. Other goroutines can call
// [Inbox.WaitCode].
func (b *Inbox) Code(t testing.TB, phone string) string {
	t.Helper()
	// Not t.Context: inside a synctest bubble, that of an outer test would stop its
	// clock.
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	code, err := b.WaitCode(ctx, phone)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// WaitCode does what [Inbox.Code] does, waiting until ctx ends. When several
// wait for the same phone, each code goes to one of them. Its error wraps that of ctx and holds no
// whole number.
func (b *Inbox) WaitCode(ctx context.Context, phone string) (string, error) {
	if !strings.HasPrefix(phone, "+") || len(phone) < 2 || strings.Trim(phone[1:], "0123456789") != "" {
		return "", errors.New(`phonetest: wait for a code: phone must be E.164, as "+201061797840"`)
	}
	for {
		code, arrived := b.take(phone)
		if arrived == nil {
			return code, nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return "", b.none(phone, arrived, ctx.Err())
		}
	}
}

// take returns the unread code of a phone, or a channel that is closed when to look
// again. Each waiter has a channel of its own: one of a synctest bubble must not be
// closed from another.
func (b *Inbox) take(phone string) (string, chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if code, ok := b.unread[phone]; ok {
		delete(b.unread, phone)
		return string(code), nil
	}
	if b.waiting == nil {
		b.waiting = map[chan struct{}]string{}
	}
	arrived := make(chan struct{})
	b.waiting[arrived] = phone
	return "", arrived
}

// none ends a wait, saying what there was instead.
func (b *Inbox) none(phone string, arrived chan struct{}, cause error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.waiting, arrived)
	codes, notices := 0, 0
	for _, m := range b.messages {
		switch {
		case m.To.E164() != phone:
		case m.Code == "":
			notices++
		default:
			codes++
		}
	}
	return fmt.Errorf("phonetest: no unread code for %s: %w; it got %d codes, all read, and %d notices; all in all %d sends, %d of them failed",
		phoneauth.StoredPhone(phone), cause, codes, notices, b.sends, b.failed)
}
