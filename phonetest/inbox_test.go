package phonetest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/phonetest"
)

const (
	cairo = "+201061797840"
	paris = "+33600000178"
)

func message(phone, code string) phoneauth.Message {
	m := phoneauth.Message{To: phoneauth.StoredPhone(phone), Body: "Hello.", Code: phoneauth.Secret(code), Purpose: phoneauth.NoticePhoneChanged}
	if code != "" {
		m.Body, m.Purpose = phoneauth.Secret(code+" is your code."), phoneauth.PurposeSignIn
	}
	return m
}

func send(t *testing.T, b *phonetest.Inbox, phone, code string) {
	t.Helper()
	_, err := b.Send(t.Context(), message(phone, code))
	require.NoError(t, err)
}

func TestCodeReadsTheNewest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var b phonetest.Inbox // the zero value
		send(t, &b, cairo, "000001")
		send(t, &b, paris, "000002")
		send(t, &b, cairo, "000003")
		send(t, &b, cairo, "") // a notice
		assert.Equal(t, "000003", b.Code(t, cairo))
		assert.Equal(t, "000002", b.Code(t, paris))

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := b.WaitCode(ctx, cairo)
		require.ErrorIs(t, err, context.DeadlineExceeded, "the older one is read with the newer")
		assert.EqualError(t, err, "phonetest: no unread code for +20******7840: context deadline exceeded; "+
			"it got 2 codes, all read, and 1 notices; all in all 4 sends, 0 of them failed")

		send(t, &b, cairo, "000003") // sent again
		assert.Equal(t, "000003", b.Code(t, cairo))
	})
}

func TestCodeWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := phonetest.New()
		time.AfterFunc(9*time.Second, func() {
			for _, m := range []phoneauth.Message{message(paris, "000001"), message(cairo, ""), message(cairo, "000002")} {
				_, err := b.Send(context.Background(), m)
				assert.NoError(t, err)
			}
		})
		assert.Equal(t, "000002", b.Code(t, cairo))
	})
}

// An outer test's t must not stop the clock of a bubble.
func TestCodeInABubbleWithTheOuterTest(t *testing.T) {
	t.Parallel()
	outer := t
	synctest.Test(t, func(t *testing.T) {
		b := phonetest.New()
		time.AfterFunc(time.Second, func() { b.Send(context.Background(), message(cairo, "000001")) })
		assert.Equal(t, "000001", b.Code(outer, cairo))
	})
}

// fatal is a testing.TB that keeps what Fatal said.
type fatal struct {
	testing.TB
	said string
}

func (f *fatal) Helper() {}
func (f *fatal) Fatal(args ...any) {
	f.said = fmt.Sprint(args...)
	panic(f)
}

func TestCodeFailsTheTest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := phonetest.New()
		f := &fatal{}
		start := time.Now()
		assert.PanicsWithValue(t, f, func() { b.Code(f, cairo) })
		assert.Equal(t, 10*time.Second, time.Since(start))
		assert.Contains(t, f.said, "no unread code for +20******7840")

		for _, phone := range []string{"", "+", "201061797840", "+20 106 179 7840", "+20a"} {
			assert.PanicsWithValue(t, f, func() { b.Code(f, phone) }, phone)
			assert.Contains(t, f.said, "phone must be E.164")
		}
		assert.Equal(t, 10*time.Second, time.Since(start), "a malformed number fails at once")
	})
}

func TestEachCodeGoesToOneWaiter(t *testing.T) {
	t.Parallel()
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			b := phonetest.New()
			const n = 32
			codes := make(chan string, n)
			for range n {
				go func() {
					code, err := b.WaitCode(t.Context(), cairo)
					assert.NoError(t, err)
					codes <- code
				}()
			}
			seen := map[string]bool{}
			for i := range n {
				synctest.Wait()
				send(t, b, cairo, fmt.Sprintf("%06d", i))
				seen[<-codes] = true
			}
			assert.Len(t, seen, n)
		})
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	b := phonetest.New()
	var wg sync.WaitGroup
	for i := range 64 {
		phone, code := fmt.Sprintf("+2010617978%02d", i), fmt.Sprintf("%06d", i)
		wg.Go(func() {
			_, err := b.Send(t.Context(), message(phone, code))
			assert.NoError(t, err)
		})
		wg.Go(func() {
			got, err := b.WaitCode(t.Context(), phone)
			assert.NoError(t, err)
			assert.Equal(t, code, got)
		})
	}
	wg.Wait()
	assert.Len(t, b.Messages(), 64)
	assert.Equal(t, 64, b.Sends())
}

func TestMessagesAndLast(t *testing.T) {
	t.Parallel()
	b := phonetest.New()
	_, ok := b.Last(cairo)
	assert.False(t, ok)
	r, err := b.Send(t.Context(), message(cairo, "000001"))
	require.NoError(t, err)
	assert.Equal(t, phoneauth.Receipt{ID: "phonetest-1", Sender: "phonetest"}, r)
	send(t, b, cairo, "")
	send(t, b, paris, "000002")

	last, ok := b.Last(cairo)
	assert.True(t, ok)
	assert.Equal(t, message(cairo, ""), last)
	all := b.Messages()
	assert.Equal(t, []phoneauth.Message{message(cairo, "000001"), message(cairo, ""), message(paris, "000002")}, all)
	all[0].Code = "changed"
	assert.Equal(t, phoneauth.Secret("000001"), b.Messages()[0].Code, "the slice is the caller's")
	assert.Equal(t, "000001", b.Code(t, cairo), "Last and Messages read nothing")
}

func TestFailNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		own := errors.New("own")
		busy := &phoneauth.SendError{Class: phoneauth.Temporary, RetryAfter: time.Minute}
		for _, c := range []struct {
			script  error
			class   phoneauth.SendClass
			fault   phoneauth.SendFault
			is      error
			took    time.Duration
			arrives bool
		}{
			{phonetest.Permanent, phoneauth.Permanent, phoneauth.FaultDestination, nil, 0, false},
			{phonetest.Destination, phoneauth.Temporary, phoneauth.FaultDestination, nil, 0, false},
			{phonetest.Temporary, phoneauth.Temporary, phoneauth.FaultSender, nil, 0, false},
			{phonetest.Ambiguous, phoneauth.Ambiguous, phoneauth.FaultSender, nil, 0, false},
			{phonetest.AmbiguousArrived, phoneauth.Ambiguous, phoneauth.FaultSender, nil, 0, true},
			{phonetest.Hang, phoneauth.Ambiguous, phoneauth.FaultSender, context.DeadlineExceeded, 10 * time.Second, false},
			{busy, phoneauth.Temporary, "", busy, 0, false},
			{own, "", "", own, 0, false},
		} {
			b := phonetest.New()
			b.FailNext(nil)
			b.FailNext(c.script)
			send(t, b, paris, "000001")
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			start := time.Now()
			_, err := b.Send(ctx, message(cairo, "000002"))
			cancel()
			require.Error(t, err)
			assert.Equal(t, c.took, time.Since(start))
			var e *phoneauth.SendError
			if c.class != "" {
				require.ErrorAs(t, err, &e)
				assert.Equal(t, c.class, e.Class)
				assert.Equal(t, c.fault, e.Fault)
			}
			if c.is != nil {
				assert.ErrorIs(t, err, c.is)
			}
			_, arrived := b.Last(cairo)
			assert.Equal(t, c.arrives, arrived, c.script)
			assert.Equal(t, 2, b.Sends())
			send(t, b, cairo, "000003")
			assert.Equal(t, "000003", b.Code(t, cairo), "the script is at its end")
		}
	})
}

// A send that hangs holds nobody else up.
func TestHangIsAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := phonetest.New()
		b.FailNext(phonetest.Hang)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			_, err := b.Send(ctx, message(cairo, "000001"))
			done <- err
		}()
		synctest.Wait()
		send(t, b, cairo, "000002")
		assert.Equal(t, "000002", b.Code(t, cairo))
		cancel()
		assert.ErrorIs(t, <-done, context.Canceled)
	})
}

func TestSendIsStrict(t *testing.T) {
	t.Parallel()
	b := phonetest.New()
	b.FailNext(phonetest.Ambiguous)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		ctx   context.Context
		m     phoneauth.Message
		class phoneauth.SendClass
	}{
		{ended, message(cairo, "000001"), phoneauth.Temporary},
		{t.Context(), phoneauth.Message{Body: "Hello."}, phoneauth.Permanent},
		{t.Context(), phoneauth.Message{To: phoneauth.StoredPhone(cairo)}, phoneauth.Permanent},
		{t.Context(), message(cairo, "000001"), phoneauth.Ambiguous}, // the script was not used up
	} {
		_, err := b.Send(c.ctx, c.m)
		var e *phoneauth.SendError
		require.ErrorAs(t, err, &e)
		assert.Equal(t, c.class, e.Class)
	}
	assert.Empty(t, b.Messages())
}

// One Inbox may be behind several channels.
func TestChannels(t *testing.T) {
	t.Parallel()
	b := phonetest.New()
	for _, channel := range []string{"sms", "whatsapp", ""} {
		m := message(cairo, "000001")
		m.Channel = channel
		_, err := b.Send(t.Context(), m)
		require.NoError(t, err)
	}
	send(t, b, paris, "000002")
	assert.Equal(t, []string{"sms", "whatsapp", ""}, b.Channels(cairo))
	assert.Empty(t, b.Channels("+33612345678"))
}
