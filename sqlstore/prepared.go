package sqlstore

import (
	"context"
	"database/sql"
	"sync"
)

// preparedMost is how many statements are kept prepared. Those of the verbs are some dozens.
// preparedLongest is the greatest length of one, in bytes. Longer ones are those of imports, one for
// each number of rows: they would take much memory, and are seldom asked for again.
const (
	preparedMost    = 256
	preparedLongest = 2048
)

// prepared is a database whose statements are kept prepared. It is a querier. SQLite takes longer
// to parse a statement of this package than to run it.
//
// A statement is prepared when it is asked for a second time. It stays so until the database is
// closed.
type prepared struct {
	db *sql.DB

	mu  sync.Mutex
	all map[string]*sql.Stmt // nil is one that was asked for once
}

// get returns the statement of this text, if it is prepared. wanted reports whether it is to be
// prepared now.
func (p *prepared) get(text string) (stmt *sql.Stmt, wanted bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	stmt, known := p.all[text]
	if !known && len(p.all) < preparedMost && len(text) <= preparedLongest {
		p.all[text] = nil
	}
	return stmt, known && stmt == nil
}

// prepare prepares the statement of this text. It takes a connection of the pool.
func (p *prepared) prepare(ctx context.Context, text string) (*sql.Stmt, error) {
	stmt, err := p.db.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if first := p.all[text]; first != nil { // somebody was faster
		_ = stmt.Close()
		return first, nil
	}
	p.all[text] = stmt
	return stmt, nil
}

// find returns the statement of this text, or nil if it is not to be prepared.
func (p *prepared) find(ctx context.Context, text string) (*sql.Stmt, error) {
	stmt, wanted := p.get(text)
	if wanted {
		return p.prepare(ctx, text)
	}
	return stmt, nil
}

// ExecContext implements querier.
func (p *prepared) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	stmt, err := p.find(ctx, text)
	switch {
	case err != nil:
		return nil, err
	case stmt == nil:
		return p.db.ExecContext(ctx, text, args...)
	}
	return stmt.ExecContext(ctx, args...)
}

// QueryContext implements querier.
func (p *prepared) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	stmt, err := p.find(ctx, text)
	switch {
	case err != nil:
		return nil, err
	case stmt == nil:
		return p.db.QueryContext(ctx, text, args...)
	}
	return stmt.QueryContext(ctx, args...)
}

// QueryRowContext implements querier.
func (p *prepared) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	stmt, err := p.find(ctx, text)
	if err != nil || stmt == nil { // the row says what is wrong
		return p.db.QueryRowContext(ctx, text, args...)
	}
	return stmt.QueryRowContext(ctx, args...)
}

// steady runs statements in a transaction, to their end. SQLite rolls the whole transaction back
// when a write is interrupted, and it may not be that of the caller alone. So the context is looked
// at before each statement, except for those of one row.
type steady struct {
	tx   *sql.Tx
	from *prepared
	// wanted are the statements that are to be prepared when the transaction is over: the pool
	// may have no other connection.
	wanted map[string]bool
}

// statement returns the prepared statement of this text, or nil if there is none yet.
func (s *steady) statement(text string) *sql.Stmt {
	stmt, wanted := s.from.get(text)
	if wanted {
		s.wanted[text] = true
	}
	if stmt == nil {
		return nil
	}
	return s.tx.StmtContext(context.Background(), stmt)
}

// ExecContext implements querier.
func (s *steady) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if stmt := s.statement(text); stmt != nil {
		return stmt.ExecContext(context.WithoutCancel(ctx), args...)
	}
	return s.tx.ExecContext(context.WithoutCancel(ctx), text, args...)
}

// QueryContext implements querier.
func (s *steady) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if stmt := s.statement(text); stmt != nil {
		return stmt.QueryContext(context.WithoutCancel(ctx), args...)
	}
	return s.tx.QueryContext(context.WithoutCancel(ctx), text, args...)
}

// QueryRowContext implements querier.
func (s *steady) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	if stmt := s.statement(text); stmt != nil {
		return stmt.QueryRowContext(context.WithoutCancel(ctx), args...)
	}
	return s.tx.QueryRowContext(context.WithoutCancel(ctx), text, args...)
}
