package telegram

import (
	"sync"
	"time"
)

// maxCodes is how many codes a memory has at most, about 2 MB. The oldest give way: Telegram's
// statistics then lack them, and nothing else does.
const maxCodes = 10_000

// memory has the codes of messages, by their ids, until they expire or are taken. Telegram wants the
// code again when it is told that somebody typed it in.
type memory struct {
	mu    sync.Mutex
	codes map[string]remembered
	order []string // ids in the order in which they came; some may be taken already
}

type remembered struct {
	code  string
	until time.Time
}

func newMemory() *memory { return &memory{codes: map[string]remembered{}} }

// put remembers the code of the message id until then. It forgets the oldest that have expired or
// were taken.
func (m *memory) put(id, code string, now, until time.Time) {
	if id == "" {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.order) > 0 && (len(m.order) >= maxCodes || !now.Before(m.codes[m.order[0]].until)) {
		delete(m.codes, m.order[0])
		m.order = m.order[1:]
	}
	m.order = append(m.order, id)
	m.codes[id] = remembered{code, until}
}

// take returns the code of the message id and forgets it. It returns "" if there is none.
func (m *memory) take(id string, now time.Time) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.codes[id]
	delete(m.codes, id)
	if !now.Before(r.until) {
		return ""
	}
	return r.code
}
