package sqlstore

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
)

// query is a statement and its arguments.
type query struct {
	*speech
	text []byte
	args []any
}

func (s *Store) query(text string, args ...any) *query {
	q := &query{speech: s.speech}
	return q.add(text, args...)
}

// add appends text, in which each question mark stands for one of args. A nil or empty
// slice of bytes is sent as empty, never as NULL.
func (q *query) add(text string, args ...any) *query {
	for _, arg := range args {
		before, after, _ := strings.Cut(text, "?")
		q.text = append(q.text, before...)
		q.arg(arg)
		text = after
	}
	q.text = append(q.text, text...)
	return q
}

func (q *query) arg(arg any) {
	if b, ok := arg.([]byte); ok && len(b) == 0 {
		arg = []byte{}
	}
	q.args = append(q.args, arg)
	if !q.numbered {
		q.text = append(q.text, '?')
		return
	}
	q.text = strconv.AppendInt(append(q.text, '$'), int64(len(q.args)), 10)
}

// returns appends that the statement returns columns, where there is RETURNING.
func (q *query) returns(columns string) *query {
	if !q.returning {
		return q
	}
	return q.add(" RETURNING " + columns)
}

func (q *query) exec(ctx context.Context, on querier) (affected int64, err error) {
	result, err := on.ExecContext(ctx, q.sql(string(q.text)), q.args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// row runs the query, and scans its one row: sql.ErrNoRows if there is none.
func (q *query) row(ctx context.Context, on querier, into ...any) error {
	return scanRow(ctx, on, q.sql(string(q.text)), q.args, into...)
}

// rows runs the query, and calls scan for each row.
func (q *query) rows(ctx context.Context, on querier, scan func(scan func(into ...any) error) error) error {
	rows, err := on.QueryContext(ctx, q.sql(string(q.text)), q.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// lookup is a table in which rows are looked for by one of its columns, of keyType.
type lookup struct{ table, key, keyType, columns string }

// lookUp appends the statement that reads the columns of the rows with these keys, and
// locks those of lock in their order. Each is a search of its own in the index: a join, or
// IN, is planned as a scan of the table while that is small, and the plan kept when it has
// grown. Without keys it appends nothing. Where there is one writer, it locks nothing.
func (q *query) lookUp(in lookup, lock, read []any) *query {
	if q.alone {
		lock, read = nil, slices.Concat(lock, read)
	}
	if len(lock) > 0 {
		q.add("SELECT " + in.columns + " FROM (VALUES ")
		for i, key := range lock {
			if i > 0 {
				q.add(", ")
			}
			q.add("(CAST(? AS "+in.keyType+"))", key)
		}
		q.add(") k (k) CROSS JOIN LATERAL (SELECT * FROM " + in.table + " WHERE " + in.key + " = k.k" + q.forUpdate + ") c")
	}
	for i, key := range read {
		if i > 0 || len(lock) > 0 {
			q.add(" UNION ALL ")
		}
		q.add("SELECT "+in.columns+" FROM "+in.table+" WHERE "+in.key+" = ?", key)
	}
	return q
}

// batch holds the writes of one verb and the checks that they depend on. They change different
// rows. If one affects another number of rows than it must, the batch fails with errRaced.
type batch struct {
	*speech
	args  []any
	parts []part
}

type part struct {
	text     string
	from, to int // of args
	want     int // rows, or -1 for any number
}

// reads: it is no write, and only says how many rows there are.
func (p part) reads() bool { return strings.HasPrefix(p.text, "SELECT") }

func (p part) rank() int {
	if strings.HasPrefix(p.text, "INSERT") {
		return 0
	}
	return 1
}

func (s *Store) batch() *batch { return &batch{speech: s.speech} }

// begin starts a write; end adds it.
func (b *batch) begin(text string, args ...any) *query {
	q := &query{speech: b.speech, args: b.args}
	return q.add(text, args...)
}

func (b *batch) end(q *query, want int) {
	b.parts = append(b.parts, part{text: string(q.text), from: len(b.args), to: len(q.args), want: want})
	b.args = q.args
}

func (b *batch) add(want int, text string, args ...any) { b.end(b.begin(text, args...), want) }

// run does all of the batch: in one round trip, where numbered placeholders let statements share
// their arguments. Inserts come first: see rows.
func (b *batch) run(ctx context.Context, on querier) error {
	slices.SortStableFunc(b.parts, func(x, y part) int { return cmp.Compare(x.rank(), y.rank()) })
	if b.numbered && (len(b.parts) > 1 || slices.ContainsFunc(b.parts, part.reads)) {
		return b.together(ctx, on)
	}
	for _, p := range b.parts {
		q := query{speech: b.speech, text: []byte(p.text), args: b.args[p.from:p.to]}
		n, err := q.exec(ctx, on)
		if err != nil {
			return err
		}
		if p.want >= 0 && n != int64(p.want) {
			return errRaced
		}
	}
	return nil
}

// together makes one statement of all, whose result is how many rows each affected. The
// result is evaluated from left to right, and so are the writes.
func (b *batch) together(ctx context.Context, on querier) error {
	var with, counts strings.Builder
	counted, into := make([]int64, len(b.parts)), make([]any, len(b.parts))
	for i, p := range b.parts {
		name, comma := "w"+strconv.Itoa(i), ", "
		if i == 0 {
			comma = ""
		}
		returning := " RETURNING 1"
		if p.reads() {
			returning = ""
		}
		with.WriteString(comma + name + " AS (" + p.text + returning + ")")
		counts.WriteString(comma + "(SELECT count(*) FROM " + name + ")")
		into[i] = &counted[i]
	}
	err := scanRow(ctx, on, "WITH "+with.String()+" SELECT "+counts.String(), b.args, into...)
	if err != nil {
		return err
	}
	for i, p := range b.parts {
		if p.want >= 0 && counted[i] != int64(p.want) {
			return errRaced
		}
	}
	return nil
}
