package redisstore

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/phoneauth/phoneauth"
)

// What a script answers first; see lua/lib.lua.
const (
	statusOK int64 = iota
	statusRefused
	statusNotFound
	statusMismatch
	statusReused
	statusAgain
)

// reply is the answer of a script. What is not there reads as nothing.
type reply []any

var errAnswer = errors.New("a script gave an answer that is none of ours")

func (r reply) status() int64 { return r.int(0) }

func (r reply) int(i int) int64 {
	if i < len(r) {
		if n, ok := r[i].(int64); ok {
			return n
		}
	}
	return -1
}

func (r reply) text(i int) string {
	if i < len(r) {
		if s, ok := r[i].(string); ok {
			return s
		}
	}
	return ""
}

// list is the list at i.
func (r reply) list(i int) reply {
	if i < len(r) {
		if values, ok := r[i].([]any); ok {
			return values
		}
	}
	return nil
}

// texts are the texts in the list at i.
func (r reply) texts(i int) []string { return r.list(i).allTexts() }

// allTexts are the texts that r consists of.
func (r reply) allTexts() []string {
	all := make([]string, len(r))
	for i := range r {
		all[i] = r.text(i)
	}
	return all
}

// instant is the number that s is, or the largest where it is larger.
func instant(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

// refusal is the LimitError of a refused reply, which says which of names refused: the
// lockout at 0, or else that at its number.
func (r reply) refusal(names []string) error {
	i := r.int(1)
	if i < 0 || i >= int64(len(names)) {
		return errAnswer
	}
	return limited(names[i], r.int(2))
}

// limited is the refusal of the limit of this name for wait microseconds.
func limited(name string, wait int64) error {
	wait = min(max(wait, 1), int64(1<<63-1)/int64(time.Microsecond))
	return &phoneauth.LimitError{Limit: name, RetryAfter: time.Duration(wait) * time.Microsecond}
}

// failed is err of the verb of this name. Answers pass as they are.
func failed(verb string, err error) error {
	if err == nil || phoneauth.IsAnswer(err) {
		return err
	}
	return fmt.Errorf("redisstore: %s: %w", verb, err)
}
