package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/phoneauth/phoneauth"
)

// groupMost is how many writes share a transaction at most.
const groupMost = 64

// group makes the writes of one process to a database with one writer. Writes that wait for
// the writer share a transaction, and so its flush. Each has a savepoint of its own, and is
// answered after the flush. A group has a goroutine only while writes wait.
type group struct {
	on   *prepared
	lock string // the statement that makes a transaction the writer

	mu      sync.Mutex
	waiting []*turn
	leading bool
}

// turn is one write.
type turn struct {
	ctx context.Context
	do  func(q querier) error
	// first: it is the first of its transaction, and so has no savepoint.
	first bool
	ran   chan struct{} // closed when do has returned
	done  chan struct{} // closed when the outcome err is known
	err   error
	// panicked is what do has panicked with, and where. It is known when ran is closed.
	panicked string
}

// errPanicked is the outcome of a turn that has panicked.
var errPanicked = errors.New("panicked")

// write calls do in a transaction, which may be shared, and returns its outcome. When ctx ends,
// write returns soon, and never while do runs. do may have been committed then. If do panics, it
// is undone, and write panics.
func (g *group) write(ctx context.Context, do func(q querier) error) error {
	return g.take(&turn{ctx: ctx, do: do})
}

// writeFirst is write for many rows: it joins no transaction of others, who may join its own. In a
// savepoint SQLite keeps a copy of each page that is changed.
func (g *group) writeFirst(ctx context.Context, do func(q querier) error) error {
	return g.take(&turn{ctx: ctx, do: do, first: true})
}

// take lets t have its turn, and returns the outcome.
func (g *group) take(t *turn) error {
	ctx := t.ctx
	t.ran, t.done = make(chan struct{}), make(chan struct{})
	g.enter(t)
	err := g.outcome(ctx, t)
	if t.panicked != "" {
		panic(t.panicked)
	}
	return err
}

// outcome waits until t is done, or until ctx has ended and t does not run.
func (g *group) outcome(ctx context.Context, t *turn) error {
	select {
	case <-t.done:
		return t.err
	case <-ctx.Done():
	}
	if g.withdraw(t) {
		return ctx.Err()
	}
	<-t.ran
	select {
	case <-t.done:
		return t.err
	default:
		return ctx.Err()
	}
}

// enter puts t in the queue, and starts the goroutine that serves it.
func (g *group) enter(t *turn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = append(g.waiting, t)
	if !g.leading {
		g.leading = true
		go g.lead()
	}
}

// withdraw takes t from the queue. It returns false if do runs or has run.
func (g *group) withdraw(t *turn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, waiting := range g.waiting {
		if waiting == t {
			g.waiting = append(g.waiting[:i:i], g.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// next takes the first turn from the queue. It returns nil if nobody waits, or if that turn is to
// join others and does not.
func (g *group) next(join bool) *turn {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) == 0 || join && g.waiting[0].first {
		return nil
	}
	t := g.waiting[0]
	g.waiting = g.waiting[1:]
	return t
}

// lead serves the queue until it is empty.
func (g *group) lead() {
	for {
		g.mu.Lock()
		if len(g.waiting) == 0 {
			g.leading, g.waiting = false, nil
			g.mu.Unlock()
			return
		}
		g.mu.Unlock()
		g.together()
	}
}

// together begins a transaction and makes the writes that wait by then, and those that come
// meanwhile.
func (g *group) together() {
	w, err := g.begin()
	defer w.close()
	first := g.next(false)
	if first == nil { // they have left
		w.rollBack()
		return
	}
	if err == nil {
		err = first.run(w)
	}
	close(first.ran)
	if err != nil { // nobody else has written
		w.rollBack()
		first.answer(err)
		return
	}
	all := []*turn{first}
	for len(all) < groupMost {
		t := g.next(true)
		if t == nil {
			break
		}
		all = append(all, t)
		if err = t.join(w); err != nil {
			break
		}
	}
	if err == nil {
		err = w.tx.Commit()
	}
	if err != nil {
		w.rollBack()
	}
	for _, t := range all {
		if err != nil { // no answer holds: it may rest on what another write has changed
			t.err = err
		}
		t.answer(t.err)
	}
}

// writer is the connection that writes, in a transaction.
type writer struct {
	steady
	conn *sql.Conn
}

// begin begins a transaction that is the only writer. The writer is to be closed also after an
// error.
func (g *group) begin() (*writer, error) {
	ctx := context.Background() // busy_timeout bounds how long it waits for other processes
	w := &writer{steady: steady{from: g.on, wanted: map[string]bool{}}}
	var err error
	if w.conn, err = g.on.db.Conn(ctx); err != nil {
		return w, err
	}
	if w.tx, err = w.conn.BeginTx(ctx, nil); err != nil {
		return w, err
	}
	_, err = w.ExecContext(ctx, g.lock)
	return w, err
}

// rollBack ends the transaction, if there is one, also after a COMMIT that has failed. If that
// fails, it closes the connection, which does the same.
func (w *writer) rollBack() {
	if w.tx == nil {
		return
	}
	err := w.tx.Rollback()
	if errors.Is(err, sql.ErrTxDone) {
		_, err = w.conn.ExecContext(context.Background(), "ROLLBACK")
	}
	if err != nil {
		discard(w.conn)
	}
}

// close gives the connection back, and prepares what is to be prepared.
func (w *writer) close() {
	if w.conn == nil {
		return
	}
	_ = w.conn.Close()
	for text := range w.wanted {
		_, _ = w.from.prepare(context.Background(), text) // if that fails, it is tried again
	}
}

// run calls do. It does not panic, because that would end the process: no caller is below it.
func (t *turn) run(w *writer) (err error) {
	if err := t.ctx.Err(); err != nil {
		return err
	}
	defer func() {
		if what := recover(); what != nil {
			t.panicked, err = fmt.Sprintf("%v\n\n%s", what, debug.Stack()), errPanicked
		}
	}()
	return t.do(&w.steady)
}

// join calls do in a savepoint, and sets t.err to its outcome. It returns an error if the whole
// transaction has failed.
func (t *turn) join(w *writer) error {
	defer close(t.ran)
	ctx := context.Background()
	if _, err := w.ExecContext(ctx, "SAVEPOINT turn"); err != nil {
		return err
	}
	if t.err = t.run(w); t.err != nil {
		if _, err := w.ExecContext(ctx, "ROLLBACK TO turn"); err != nil {
			if phoneauth.IsAnswer(t.err) || t.ctx.Err() != nil { // that is for this caller alone
				return err
			}
			return errors.Join(t.err, err)
		}
	}
	_, err := w.ExecContext(ctx, "RELEASE turn")
	return err
}

// answer lets the caller go on.
func (t *turn) answer(err error) {
	t.err = err
	close(t.done)
}

// discard closes the connection of conn, rather than keep it in the pool.
func discard(conn *sql.Conn) { _ = conn.Raw(func(any) error { return driver.ErrBadConn }) }
