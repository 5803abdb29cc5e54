package main

import (
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// What is logged is written soon, in one piece and in order, and what is left at the end.
func TestLogWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := newOutput()
		w := &logWriter{to: to}
		for _, line := range []string{"one\n", "two\n"} {
			n, err := io.WriteString(w, line)
			assert.NoError(t, err)
			assert.Equal(t, len(line), n)
		}
		assert.Empty(t, to.String())
		<-time.After(logDelay)
		synctest.Wait()
		assert.Equal(t, "one\ntwo\n", to.String())

		io.WriteString(w, "three\n")
		assert.NoError(t, w.Close())
		assert.Equal(t, "one\ntwo\nthree\n", to.String())
		<-time.After(logDelay)
		synctest.Wait()
		assert.Equal(t, "one\ntwo\nthree\n", to.String())

		before := len(to.String())
		w.Write(make([]byte, logMost))
		assert.Len(t, to.String(), before+logMost, "as much as there may be is written at once")
	})
}
