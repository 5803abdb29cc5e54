package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/phoneauth/phoneauth"
)

// A step in which no counter takes part but a lockout is one statement here, which costs the server
// a third of what the function of steps does. The statement looks for the lockout first, and changes
// nothing if it matters. Then it waits for the challenge, and in the end has the function not_locked
// look for the lockout again: see 00011_challenges_functions.sql. Where a statement has changed
// nothing, the function of steps does the step and finds the answer.

// direct are the texts of these statements. They are empty where the functions are missing that
// they call. The indexes say whether there is a lockout, whether the challenge must have a certain
// ID, and whether another is stored in its place.
type direct struct {
	begin   [2]string
	attempt [2][2][2]string
	open    [2][2]string // an attempt that stores nothing
	add     string
}

// challenges sets the texts of the statements about challenges, for functions whose names begin
// with begin.
func (d *direct) challenges(t *tables, begin string) {
	for lockout := range 2 {
		d.begin[lockout] = directBegin(t, begin, lockout)
		for id := range 2 {
			for proof := range 2 {
				d.attempt[lockout][id][proof] = directAttempt(t, begin, lockout, id, proof)
			}
		}
	}
}

const (
	// directChallenge are the types of challengeValues.
	directChallenge = "CAST(? AS BYTEA), CAST(? AS BYTEA), CAST(? AS BYTEA), CAST(? AS BYTEA), CAST(? AS BYTEA)," +
		" CAST(? AS INTEGER), CAST(? AS INTEGER), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS INTEGER)"
	// directReturned are what scanChallenge reads.
	directReturned = "key, id, digest, sealed, pending, tries_left, sends, expires_at, until_at"
	// absentLock takes the lock of a row that is inserted.
	absentLock = "pg_catalog.pg_advisory_xact_lock"
)

// directBegin is BeginChallenge. What is live is touched, as by Challenge.Touched, and what is gone
// is replaced. Only where there is no row, the lock of the challenge is taken and a row inserted: who
// waits for a row must not hold that lock, which others wait for who hold rows. Where somebody was
// faster, nothing is changed. The last arguments are the time, the lock of the challenge and, with a
// lockout, its key and its lock.
func directBegin(t *tables, functions string, lockout int) string {
	const now, until = "$11", "least(CAST($8 AS BIGINT), x.until_at)"
	free, found, still := "", "EXISTS (SELECT FROM b)", ""
	if lockout == 1 {
		counted := "EXISTS (SELECT FROM " + t.counters + " AS f WHERE f.key = $13)"
		free, found = " AND NOT "+counted, found+" OR "+counted
		still = " WHERE " + functions + "not_locked_v2($13, $14, NULL)"
	}
	var set strings.Builder
	set.WriteString("pending = CAST($5 AS BYTEA)")
	for _, column := range []struct{ name, touched, given string }{
		{"id", "x.id", "CAST($2 AS BYTEA)"}, {"digest", "x.digest", "CAST($3 AS BYTEA)"}, {"sealed", "x.sealed", "CAST($4 AS BYTEA)"},
		{"tries_left", "x.tries_left", "CAST($6 AS INTEGER)"},
		{"sends", "least(CAST(x.sends AS BIGINT) + CAST($7 AS INTEGER), 2147483647)", "CAST($7 AS INTEGER)"},
		{"expires_at", until, "CAST($8 AS BIGINT)"}, {"until_at", "x.until_at", "CAST($9 AS BIGINT)"},
		{"due", functions + "due_v1(" + until + ", 60000000)", "CAST($10 AS INTEGER)"},
	} {
		set.WriteString(", " + column.name + " = CASE WHEN x.expires_at > " + now + " THEN " + column.touched + " ELSE " + column.given + " END")
	}
	return "WITH b AS (UPDATE " + t.challenges + " AS x SET " + set.String() + " WHERE x.key = CAST($1 AS BYTEA)" + free +
		" RETURNING " + directReturned + "), i AS (INSERT INTO " + t.challenges + " (" + challengeColumns + ") " + numbered("SELECT "+directChallenge, 1) +
		" WHERE CASE WHEN " + found + " THEN false ELSE " + absentLock + "($12) IS NOT NULL END" +
		" ON CONFLICT (key) DO NOTHING RETURNING " + directReturned + ") SELECT * FROM (SELECT * FROM b UNION ALL SELECT * FROM i) AS e" + still
}

// directAttempt is an AttemptChallenge that matches. The arguments are the key, the time and the
// digests, and then, as far as they are there, a lockout and its lock, an ID, another challenge and
// the lock of that one. The other challenge is inserted when the locks are taken, if there is none at its
// key. If one has come meanwhile, the statement fails, and is done again.
func directAttempt(t *tables, functions string, lockout, id, proof int) string {
	with, matched := directMatch(t, functions, lockout, id, proof)
	return with + " SELECT * FROM " + matched
}

// directMatch is what such a statement begins with, and the challenge that has matched.
func directMatch(t *tables, functions string, lockout, id, proof int) (with, matched string) {
	free, still, other, locks := "", "", "", "NULL"
	if proof == 1 {
		first := 4 + 2*lockout + id
		other = ", p AS (INSERT INTO " + t.challenges + " (" + challengeColumns + ") " + numbered("SELECT "+directChallenge, first) + " FROM d)"
		free = numbered(" AND NOT EXISTS (SELECT FROM "+t.challenges+" AS o WHERE o.key = ?)", first)
		locks = numbered("?", first+10)
		still = " WHERE " + absentLock + "(" + locks + ") IS NOT NULL"
	}
	if lockout == 1 {
		free += " AND NOT EXISTS (SELECT FROM " + t.counters + " AS f WHERE f.key = $4)"
		still = " WHERE " + functions + "not_locked_v2($4, $5, " + locks + ")"
	}
	if id == 1 {
		free += numbered(" AND x.id = ?", 4+2*lockout)
	}
	return "WITH d AS (DELETE FROM " + t.challenges + " AS x WHERE x.key = $1 AND x.expires_at > $2 AND x.digest = ANY (CAST($3 AS BYTEA[]))" + free +
		" RETURNING " + directReturned + ")" + other, "d" + still
}

// opens sets the texts of the statements that open a session by this function.
func (d *direct) opens(t *tables, functions, open string) {
	for lockout := range 2 {
		for id := range 2 {
			with, matched := directMatch(t, functions, lockout, id, 0)
			d.open[lockout][id] = with + " SELECT " + directReturned + openedColumns + " FROM (SELECT * FROM " + matched + " OFFSET 0) AS d" +
				numbered(openSession(open, "d.key IS NOT NULL"), 4+2*lockout+id)
		}
	}
}

// numbered replaces the question marks of text by placeholders, from the one with this number on.
func numbered(text string, from int) string {
	q := query{speech: &speech{numbered: true}, args: make([]any, from-1)}
	return string(q.add(text, make([]any, strings.Count(text, "?"))...).text)
}

// oneChallenge runs a step whose row is a challenge, and more. done is false if it has changed nothing.
func (s *Store) oneChallenge(ctx context.Context, step, text string, args []any, more ...any) (c phoneauth.Challenge, done bool, err error) {
	err = s.write(ctx, step, func(on querier) (err error) {
		c, err = scanChallenge(func(into ...any) error { return scanRow(ctx, on, text, args, into...) }, more...)
		switch done = err == nil; {
		case errors.Is(err, sql.ErrNoRows):
			return nil
		case duplicate(err):
			return errRaced
		}
		return err
	})
	return c, done, err
}

// beginDirectly is BeginChallenge, if only a lockout takes part and nothing refuses.
func (s *Store) beginDirectly(ctx context.Context, p *phoneauth.BeginParams) (r phoneauth.BeginResult, done bool, err error) {
	lockout := given(p.Lockout.Key)
	text := s.direct.begin[lockout]
	if text == "" || p.Renew != "" || len(p.Asks)+len(p.Takes)+len(p.Charges) > 0 {
		return r, false, nil
	}
	args := append(notNull(challengeValues(&p.Challenge)), p.Now.UnixMicro(), lockOf(s.table.challenges, p.Challenge.Key))
	if lockout == 1 {
		args = append(args, s.lockoutArgs(&p.Lockout)...)
	}
	r.ResendAt = instant(p.Now.UnixMicro())
	r.Challenge, done, err = s.oneChallenge(ctx, "begin challenge", text, args)
	return r, done, err
}

// attemptDirectly is AttemptChallenge, if only a lockout takes part and the code is right.
func (s *Store) attemptDirectly(ctx context.Context, p *phoneauth.AttemptParams) (c phoneauth.Challenge, done bool, err error) {
	if !s.direct.may(p) {
		return c, false, nil
	}
	m := &p.Candidates[0].OnMatch
	lockout, id, args := s.directArgs(p)
	proof := 0
	if m.Store != nil {
		proof = 1
		args = append(append(args, notNull(challengeValues(m.Store))...), lockOf(s.table.challenges, m.Store.Key))
	}
	return s.oneChallenge(ctx, "attempt challenge", s.direct.attempt[lockout][id][proof], args)
}

// openDirectly is OpenSession, if only a lockout takes part and the code is right.
func (s *Store) openDirectly(ctx context.Context, p *phoneauth.AttemptParams, o *opening) (c phoneauth.Challenge, done bool, err error) {
	if !s.direct.may(p) || p.Candidates[0].OnMatch.Store != nil {
		return c, false, nil
	}
	lockout, id, args := s.directArgs(p)
	return s.oneChallenge(ctx, "open session", s.direct.open[lockout][id], append(args, o.args...), o.into()...)
}

// may reports whether p is an attempt in which only a lockout takes part.
func (d *direct) may(p *phoneauth.AttemptParams) bool {
	if d.begin[0] == "" || len(p.Candidates) != 1 || len(p.Takes) > 0 {
		return false
	}
	of := &p.Candidates[0]
	m := &of.OnMatch
	return !hasGifts(m) && (m.Store == nil || m.Store.Key != of.Key)
}

// directArgs are the first arguments of such an attempt. lockout and id are 1 if it has one.
func (s *Store) directArgs(p *phoneauth.AttemptParams) (lockout, id int, args []any) {
	of := &p.Candidates[0]
	var digests bytesArray
	for _, digest := range of.Digests {
		if len(digest) > 0 { // an empty one equals nothing
			digests = append(digests, digest)
		}
	}
	lockout, id = given(p.Lockout.Key), given(of.ID)
	args = []any{[]byte(of.Key), p.Now.UnixMicro(), digests.text()}
	if lockout == 1 {
		args = append(args, s.lockoutArgs(&p.Lockout)...)
	}
	if id == 1 {
		args = append(args, []byte(of.ID))
	}
	return lockout, id, args
}

// lockoutArgs are the key of a lockout, and its lock.
func (s *Store) lockoutArgs(l *phoneauth.Lockout) []any {
	key := ofLockout + l.Key
	return []any{[]byte(key), lockOf(s.table.counters, key)}
}

// addSession is CreateSession, if there is room for the session.
func (s *Store) addSession(ctx context.Context, n *phoneauth.NewSession, values []any) (done bool, err error) {
	if s.direct.add == "" {
		return false, nil
	}
	args := append([]any{turnOf(s.userTurn(n.Session.UserID)), most(n), n.Now.UnixMicro()}, notNull(values)...)
	err = s.write(ctx, "create session", func(on querier) error {
		return scanRow(ctx, on, s.direct.add, args, &done)
	})
	return done, err
}

// given is 1 if text is there, and else 0.
func given(text string) int { return min(len(text), 1) }

// notNull replaces slices of bytes that are nil by empty ones.
func notNull(args []any) []any {
	for i, arg := range args {
		if b, ok := arg.([]byte); ok && b == nil {
			args[i] = []byte{}
		}
	}
	return args
}
