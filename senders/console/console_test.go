package console_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/console"
)

var message = phoneauth.Message{
	To:      phoneauth.StoredPhone("+201061797840"),
	Body:    "012345 is your Acme sign-in code.",
	Code:    "012345",
	Purpose: phoneauth.PurposeSignIn,
}

func TestNewWritesOneLine(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	m := message
	m.Body = "012345\r\n\x1b[2J\u2028رمز"
	r, err := console.New(&b).Send(t.Context(), m)
	require.NoError(t, err)
	assert.Equal(t, phoneauth.Receipt{Sender: "console"}, r)
	assert.Equal(t, "SMS to +201061797840: 012345   [2J رمز\n", b.String())
}

func TestNewJSONWritesOneObjectALine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		_, err := console.NewJSON(&b).Send(t.Context(), message)
		require.NoError(t, err)
		assert.Equal(t, `{"time":"2000-01-01T00:00:00.000Z","to":"+201061797840","body":"012345 is your Acme sign-in code.","code":"012345","purpose":"sign_in"}`+"\n", b.String())
	})
}

// strictWriter fails on Writes that overlap or are not whole lines.
type strictWriter struct {
	t    *testing.T
	busy sync.Mutex
	bytes.Buffer
}

func (w *strictWriter) Write(p []byte) (int, error) {
	if !w.busy.TryLock() {
		w.t.Error("Writes overlap")
		return 0, errors.New("overlap")
	}
	defer w.busy.Unlock()
	assert.Equal(w.t, len(p)-1, bytes.IndexByte(p, '\n'), "a Write is one line")
	return w.Buffer.Write(p)
}

func TestConcurrentSends(t *testing.T) {
	t.Parallel()
	w := &strictWriter{t: t}
	s := console.NewJSON(w)
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			m := message
			m.Code = phoneauth.Secret(fmt.Sprintf("%06d", i))
			_, err := s.Send(t.Context(), m)
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for line := range strings.Lines(w.String()) {
		var o struct{ Code string }
		require.NoError(t, json.Unmarshal([]byte(line), &o))
		seen[o.Code] = true
	}
	assert.Len(t, seen, 64)
}

// script answers Writes in turn, keeping what it took.
type script struct {
	answers []func(p []byte) (int, error)
	took    bytes.Buffer
}

func (s *script) Write(p []byte) (int, error) {
	answer := s.answers[0]
	s.answers = s.answers[1:]
	n, err := answer(p)
	s.took.Write(p[:max(n, 0)])
	return n, err
}

func TestWriteErrors(t *testing.T) {
	t.Parallel()
	full := errors.New("disk full")
	for name, c := range map[string]struct {
		answer func([]byte) (int, error)
		class  phoneauth.SendClass
		cause  error
	}{
		"nothing taken":            {func([]byte) (int, error) { return 0, full }, phoneauth.Temporary, full},
		"nothing taken, no error":  {func([]byte) (int, error) { return 0, nil }, phoneauth.Temporary, io.ErrShortWrite},
		"a part taken":             {func([]byte) (int, error) { return 10, full }, phoneauth.Ambiguous, full},
		"a part taken, no error":   {func([]byte) (int, error) { return 10, nil }, phoneauth.Ambiguous, io.ErrShortWrite},
		"all taken, and an error":  {func(p []byte) (int, error) { return len(p), full }, phoneauth.Ambiguous, full},
		"a broken writer's answer": {func([]byte) (int, error) { return -1, full }, phoneauth.Temporary, full},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := func(p []byte) (int, error) { return len(p), nil }
			w := &script{answers: []func([]byte) (int, error){c.answer, all, all}}
			s := console.New(w)
			_, err := s.Send(t.Context(), message)
			var se *phoneauth.SendError
			require.ErrorAs(t, err, &se)
			assert.Equal(t, c.class, se.Class)
			assert.ErrorIs(t, err, c.cause)
			assert.NotContains(t, err.Error(), "012345")
			assert.NotContains(t, err.Error(), "201061797840")

			for range 2 {
				_, err = s.Send(t.Context(), message)
				require.NoError(t, err)
			}
			want := "SMS to +201061797840: 012345 is your Acme sign-in code.\n"
			assert.True(t, strings.HasSuffix("\n"+w.took.String(), "\n"+want+want), "a torn line does not reach into the next: %q", w.took.String())
			assert.NotContains(t, w.took.String(), "\n\n")
		})
	}
}

func TestContextEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe() // its Write hangs until it is read
		s := console.New(w)
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := s.Send(t.Context(), message)
			assert.NoError(t, err)
		})
		synctest.Wait()

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := s.Send(ctx, message)
		var se *phoneauth.SendError
		require.ErrorAs(t, err, &se)
		assert.Equal(t, phoneauth.Temporary, se.Class)
		assert.ErrorIs(t, err, context.DeadlineExceeded)

		got := make([]byte, 200)
		n, err := r.Read(got)
		require.NoError(t, err)
		assert.Equal(t, "SMS to +201061797840: 012345 is your Acme sign-in code.\n", string(got[:n]))
		wg.Wait()

		_, err = s.Send(ctx, message)
		assert.ErrorIs(t, err, context.DeadlineExceeded, "an ended context writes nothing")
	})
}
