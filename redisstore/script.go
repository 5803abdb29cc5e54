package redisstore

import (
	"context"
	"crypto/sha1"
	"embed"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

//go:embed lua/*.lua
var files embed.FS

// script is a Lua script, which Redis knows by its SHA-1 once it has seen it.
type script struct{ source, sha string }

// load makes a script of parts, after what all scripts share.
func load(parts ...string) script {
	source := lua("lib") + strings.Join(parts, "")
	sum := sha1.Sum([]byte(source))
	return script{source, hex.EncodeToString(sum[:])}
}

// lua is what stands in files, one after the other.
func lua(names ...string) string {
	var source strings.Builder
	for _, name := range names {
		text, err := files.ReadFile("lua/" + name + ".lua")
		if err != nil {
			panic(err) // a name that is not embedded: no test would pass
		}
		source.Write(text)
	}
	return source.String()
}

// lazy is the source of a Lua function that makes the functions of these files, and returns those that
// returns names. A server makes every function of a script anew at each call, so a script calls it where
// it needs them.
func lazy(name, returns string, files ...string) string {
	return "local function " + name + "()\n" + lua(files...) + "return " + returns + "\nend\n"
}

// ruleFiles are those about limits and scores.
var ruleFiles = []string{"limits", "scores", "plan"}

// Parts of several scripts: an attempt up to its match, and what finds room in a full list.
var (
	attemptPart = lua("request", "lockout", "fail", "challenge") +
		lazy("rules", "readTakes, admit, readGifts, give, write", ruleFiles...) + lua("attempt")
	roomPart = lazy("room", "reindex, longestUnused, live, member", "session", "values", "index")
)

var (
	beginScript   = load(lua("request", "lockout", "challenge"), lazy("rules", "readUses, use, write, tatsOf, changes", ruleFiles...), lua("begin"))
	attemptScript = load(attemptPart, lua("match", "matched"))
	openScript    = load(lua("open_keys"), attemptPart, roomPart, lua("new_session", "open", "match", "opened", "users", "create"))
	createScript  = load(lua("new_session", "create_read"), roomPart, lua("users", "create"))

	takeScript     = load(lua("request"), lua(ruleFiles...), lua("lockout", "take"))
	giveScript     = load(lua("request"), lua(ruleFiles...), lua("give"))
	undoScript     = load(lua("request"), lua(ruleFiles...), lua("undo"))
	failScript     = load(lua("request", "lockout", "fail", "failed"))
	deleteScript   = load(lua("delete"))
	readScript     = load(lua("values", "read"))
	rotateScript   = load(lua("session", "rotate"))
	endScript      = load(lua("session", "end"))
	endListed      = load(lua("session", "end_listed"))
	sessionsScript = load(lua("values", "sessions"))
	listScript     = load(lua("args", "list"))
	unlistScript   = load(lua("args", "unlist"))
	leaveScript    = load(lua("leave"))
	enlistScript   = load(lua("args", "users", "enlist"))
	storeScript    = load(lua("args", "store"))
	buryScript     = load(lua("args", "session", "bury"))

	entryPutScript   = load(lua("journal", "entry_put"))
	entryIndexScript = load(lua("args", "entry_index"))
	entryPageScript  = load(lua("args", "entry_page"))
	entryCountScript = load(lua("args", "entry_count"))
	entryBlankScript = load(lua("args", "journal", "entry_blank"))
)

// call is what a script is handed: keys and arguments, in the order in which they were
// added.
type call struct {
	script script
	keys   []string
	args   []any
	// request is the first argument, unless it is nil: see lua/request.lua.
	request []byte
}

// requestRoom is for how much of a request there is room from the beginning. Few need more.
const requestRoom = 640

// newRequest is a call with a request about now.
func newRequest(of script, now time.Time) *call {
	c := &call{script: of, request: make([]byte, 0, requestRoom)}
	c.micros(now)
	return c
}

func (c *call) key(k string)     { c.keys = append(c.keys, k) }
func (c *call) text(s string)    { c.args = append(c.args, s) }
func (c *call) bytes(b []byte)   { c.args = append(c.args, b) }
func (c *call) int(n int64)      { c.args = append(c.args, n) }
func (c *call) time(t time.Time) { c.args = append(c.args, t.UnixMicro()) }

func (c *call) flag(b bool) {
	if b {
		c.text("1")
	} else {
		c.text("0")
	}
}

// These add to the request what struct.unpack reads: number and micros an i8, double a d, count an I2, bit a B,
// and piece and packed an I4c0.
func (c *call) number(n int64)     { c.request = binary.BigEndian.AppendUint64(c.request, uint64(n)) }
func (c *call) micros(t time.Time) { c.number(t.UnixMicro()) }
func (c *call) double(f float64)   { c.number(int64(math.Float64bits(f))) }

// count says how many items follow. No list is so long that it does not fit.
func (c *call) count(n int) { c.request = binary.BigEndian.AppendUint16(c.request, uint16(n)) }

func (c *call) bit(b bool) {
	c.request = append(c.request, 0)
	if b {
		c.request[len(c.request)-1] = 1
	}
}

func (c *call) piece(s string) {
	c.request = append(binary.BigEndian.AppendUint32(c.request, uint32(len(s))), s...)
}

func (c *call) packed(b []byte) {
	c.request = append(binary.BigEndian.AppendUint32(c.request, uint32(len(b))), b...)
}

// life is ttl in the request, as a piece.
func (c *call) life(d time.Duration) { c.piece(strconv.FormatInt(milliseconds(d), 10)) }

// ttl adds for how many milliseconds a key is kept whose content lasts for d.
func (c *call) ttl(d time.Duration) { c.int(milliseconds(d)) }

// milliseconds is for how long a key is kept whose content lasts for d: as ttl in lua/lib.lua.
func milliseconds(d time.Duration) int64 {
	ms := d.Milliseconds()
	if d > time.Duration(ms)*time.Millisecond {
		ms++
	}
	return max(ms, 0) + slack.Milliseconds()
}

// slack is SLACK in lua/lib.lua.
const slack = time.Minute

// span is a duration in whole microseconds, rounded up: a limit may be stricter by that.
func (c *call) span(d time.Duration) { c.int(micros(d)) }

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

// eachAtOnce is how many calls of one verb are under way at once.
const eachAtOnce = 16

// each makes calls that do not depend on one another, at once, and returns all answers,
// or the first error once all have ended.
func (s *Store) each(ctx context.Context, calls []*call) ([]reply, error) {
	replies, errs := make([]reply, len(calls)), make([]error, len(calls))
	if len(calls) == 1 {
		replies[0], errs[0] = s.do(ctx, calls[0])
		return replies, errs[0]
	}
	var all sync.WaitGroup
	places := make(chan struct{}, eachAtOnce)
	for i, c := range calls {
		places <- struct{}{}
		all.Go(func() {
			replies[i], errs[i] = s.do(ctx, c)
			<-places
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return replies, nil
}

// eachAgain is each for scripts that may be done again, as those that only read. On a cluster they are one
// round trip to each server, all at once. There go-redis may send one again.
func (s *Store) eachAgain(ctx context.Context, calls []*call) ([]reply, error) {
	if len(calls) < 2 {
		return s.each(ctx, calls)
	}
	pipe, commands := s.client.Pipeline(), make([]*redis.Cmd, len(calls))
	for i, c := range calls {
		commands[i] = c.command(ctx, "evalsha", c.script.sha)
		_ = pipe.Process(ctx, commands[i]) // its error is that of the command
	}
	_, _ = pipe.Exec(ctx)
	replies := make([]reply, len(calls))
	for i, c := range calls {
		var err error
		if replies[i], err = answerOf(commands[i]); err != nil && redis.HasErrorPrefix(err, "NOSCRIPT") {
			replies[i], err = s.do(ctx, c)
		}
		if err != nil {
			s.unanswered(ctx, err)
			return nil, err
		}
	}
	return replies, nil
}

// command is c as a command of Redis.
func (c *call) command(ctx context.Context, verb, script string) *redis.Cmd {
	args := make([]any, 0, 4+len(c.keys)+len(c.args))
	args = append(args, verb, script, len(c.keys))
	for _, k := range c.keys {
		args = append(args, k)
	}
	if c.request != nil {
		args = append(args, c.request)
	}
	return redis.NewCmd(ctx, append(args, c.args...)...)
}

func (s *Store) eval(ctx context.Context, verb, script string, c *call) (reply, error) {
	cmd := once{c.command(ctx, verb, script)}
	if err := s.client.Process(ctx, cmd); err != nil {
		s.unanswered(ctx, err)
		return nil, err
	}
	return answerOf(cmd.Cmd)
}

// unanswered has the client of a cluster ask which node has which slot, if err says that a node
// did not answer: a replica may have taken over. By itself go-redis asks when it sends a command
// again, which [once] forbids, and else once a minute.
func (s *Store) unanswered(ctx context.Context, err error) {
	if _, answered := errors.AsType[redis.Error](err); err == nil || answered {
		return
	}
	if cluster, ok := s.client.(interface{ ReloadState(context.Context) }); ok {
		cluster.ReloadState(ctx) // it does not wait, and there is one at a time
	}
}

// answerOf is what a script has answered.
func answerOf(cmd *redis.Cmd) (reply, error) {
	values, err := cmd.Slice()
	if err != nil {
		return nil, err
	}
	if len(values) == 0 {
		return nil, errAnswer
	}
	return values, nil
}
