package main

import (
	"io"
	"sync"
	"time"
)

// A line of the log is written at most logDelay after it was logged, with the others of that time. A
// server that is busy would spend a tenth of its processor on one system call for each line, and its
// requests would wait for each other's.
const (
	logDelay = 10 * time.Millisecond
	logMost  = 64 << 10 // bytes; then it is written at once, and whoever logs waits for that
)

// logWriter collects what is written to it. A process that is killed loses the lines of the last
// moment. It is safe for concurrent use.
type logWriter struct {
	to io.Writer

	mu    sync.Mutex
	lines []byte
}

// Write implements [io.Writer].
func (w *logWriter) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.lines) == 0 {
		time.AfterFunc(logDelay, func() { _ = w.Close() })
	}
	w.lines = append(w.lines, line...)
	if len(w.lines) >= logMost {
		return len(line), w.flush()
	}
	return len(line), nil
}

// Close writes what is left. Lines may follow it.
func (w *logWriter) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.flush()
}

func (w *logWriter) flush() error {
	if len(w.lines) == 0 {
		return nil
	}
	_, err := w.to.Write(w.lines)
	w.lines = w.lines[:0]
	return err
}
