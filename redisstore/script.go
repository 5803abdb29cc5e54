package redisstore

import (
	"context"
	"crypto/sha1"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/phoneauth/phoneauth"
)

//go:embed lua/*.lua
var files embed.FS

// script is a Lua script, which Redis knows by its SHA-1 once it has seen it.
type script struct{ source, sha string }

func load(names ...string) script {
	source, err := files.ReadFile("lua/lib.lua")
	for _, name := range names {
		part, partErr := files.ReadFile("lua/" + name + ".lua")
		source, err = append(source, part...), errors.Join(err, partErr)
	}
	if err != nil {
		panic(err) // a name that is not embedded: no test would pass
	}
	sum := sha1.Sum(source)
	return script{string(source), hex.EncodeToString(sum[:])}
}

var (
	beginScript   = load("counters", "challenge", "begin")
	attemptScript = load("counters", "challenge", "attempt")
	takeScript    = load("counters", "take")
	undoScript    = load("counters", "undo")
	countScript   = load("counters", "count")
	forgetScript  = load("forget")
	createScript  = load("create")
	findScript    = load("session", "find")
	rotateScript  = load("session", "rotate")
	endScript     = load("session", "end")
	listScript    = load("list")
	unlistScript  = load("unlist")
)

// call is what a script is handed. A script reads its keys and arguments in the order
// in which they were added.
type call struct {
	script script
	keys   []string
	args   []any
}

func (c *call) key(k string)     { c.keys = append(c.keys, k) }
func (c *call) text(s string)    { c.args = append(c.args, s) }
func (c *call) bytes(b []byte)   { c.args = append(c.args, b) }
func (c *call) int(n int64)      { c.args = append(c.args, n) }
func (c *call) time(t time.Time) { c.args = append(c.args, t.UnixMicro()) }

func (c *call) float(f float64) {
	s := strconv.FormatFloat(f, 'g', -1, 64)
	if s == "+Inf" {
		s = "inf"
	}
	c.args = append(c.args, s)
}

func (c *call) flag(b bool) {
	if b {
		c.text("1")
	} else {
		c.text("0")
	}
}

// span is a duration in whole microseconds, rounded up: a limit may be stricter by that.
func (c *call) span(d time.Duration) { c.int(micros(d)) }

func micros(d time.Duration) int64 {
	us := int64(d / time.Microsecond)
	if d%time.Microsecond > 0 {
		us++
	}
	return us
}

// once is a command that go-redis does not send again when its answer is lost: it may
// have been done.
type once struct{ *redis.Cmd }

func (once) NoRetry() bool { return true }

// do runs the script of c on the server that has its keys. When that server has not
// seen it yet, it has done nothing, and is sent the script itself.
func (s *Store) do(ctx context.Context, c *call) (reply, error) {
	r, err := s.eval(ctx, "evalsha", c.script.sha, c)
	if err != nil && redis.HasErrorPrefix(err, "NOSCRIPT") {
		r, err = s.eval(ctx, "eval", c.script.source, c)
	}
	return r, err
}

func (s *Store) eval(ctx context.Context, verb, script string, c *call) (reply, error) {
	args := make([]any, 0, 3+len(c.keys)+len(c.args))
	args = append(args, verb, script, len(c.keys))
	for _, k := range c.keys {
		args = append(args, k)
	}
	cmd := once{redis.NewCmd(ctx, append(args, c.args...)...)}
	if err := s.client.Process(ctx, cmd); err != nil {
		return nil, err
	}
	values, err := cmd.Slice()
	if err != nil {
		return nil, err
	}
	if len(values) == 0 {
		return nil, errAnswer
	}
	return values, nil
}

// What a script answers first; see lua/lib.lua.
const (
	statusOK int64 = iota
	statusRefused
	statusNotFound
	statusMismatch
	statusReused
)

// reply is the answer of a script. What is not there reads as nothing.
type reply []any

var errAnswer = errors.New("a script gave an answer that is none of ours")

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

func (r reply) replies(i int) []reply {
	if i >= len(r) {
		return nil
	}
	values, _ := r[i].([]any)
	replies := make([]reply, len(values))
	for j := range values {
		replies[j], _ = values[j].([]any)
	}
	return replies
}

func (r reply) list(i int) []string {
	if i >= len(r) {
		return nil
	}
	values, _ := r[i].([]any)
	texts := make([]string, len(values))
	for j := range values {
		texts[j], _ = values[j].(string)
	}
	return texts
}

func (r reply) status() int64 { return r.int(0) }

// refusal is the LimitError of a refused reply: of failures, or of the take or budget
// that it numbers.
func (r reply) refusal(failures string, takes []phoneauth.Take, budgets []phoneauth.Budget) error {
	name, i := failures, int(r.int(1))
	switch {
	case i < 0 || i > len(takes)+len(budgets):
		return errAnswer
	case i > len(takes):
		name = budgets[i-len(takes)-1].Name
	case i > 0:
		name = takes[i-1].Name
	}
	wait := min(max(r.int(2), 1), int64(1<<63-1)/int64(time.Microsecond))
	return &phoneauth.LimitError{Limit: name, RetryAfter: time.Duration(wait) * time.Microsecond}
}

// failed is err of the verb of this name. The named answers pass as they are.
func failed(verb string, err error) error {
	if err == nil || answer(err) {
		return err
	}
	return fmt.Errorf("redisstore: %s: %w", verb, err)
}

func answer(err error) bool {
	if _, limited := errors.AsType[*phoneauth.LimitError](err); limited {
		return true
	}
	return errors.Is(err, phoneauth.ErrNotFound) || errors.Is(err, phoneauth.ErrMismatch) || errors.Is(err, phoneauth.ErrReused)
}
