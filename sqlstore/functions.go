package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"strings"
)

// The functions of this version. A change of what one takes, returns or does gives it a new
// name, in a new file of migrations: programs of two versions run side by side while one
// replaces the other. The former functions are dropped one release later.
const (
	stepFunction   = "step_v2"
	createFunction = "create_session_v2"
	openFunction   = "open_session_v1"
)

// functionFiles is how the names of the files end that create functions and nothing else.
const functionFiles = "_functions.sql"

// WithoutFunctions has [Migrate] and [Migrations] leave out the functions of PostgreSQL, and
// [New] not look for them. The verbs are then transactions of several round trips. It changes
// no answer. Other dialects have no functions.
func WithoutFunctions() Option { return func(o *options) { o.withoutFunctions = true } }

// functions are the functions that a store may call, as they are written: empty where they
// are not there.
type functions struct{ step, create, open string }

// Functions reports whether the steps run in functions of the database: in one round trip
// each. If not, they are transactions of several round trips: see [WithoutFunctions].
func (s *Store) Functions() bool { return s.functions != functions{} }

// findFunctions finds the functions that the store may call: those of this version which are
// beside its tables, and which its role may execute.
func (s *Store) findFunctions(ctx context.Context, db *sql.DB) (err error) {
	if s.speech != &postgres || s.withoutFunctions {
		return nil
	}
	find := func(part Part, table string, all ...string) (schema string) {
		if err == nil && s.has(part) {
			schema, err = s.functionsBeside(ctx, db, table, all)
		}
		return schema
	}
	if schema := find(Challenges, s.table.challenges, stepFunction, "due_v1", "faded_v1", "rounded_v1"); schema != "" {
		s.functions.step = schema + stepFunction
	}
	challenges := find(Challenges, s.table.challenges, "due_v1", "not_locked_v2")
	if challenges != "" && s.functions.step != "" {
		s.direct.challenges(&s.table, challenges)
	}
	if schema := find(Sessions, s.table.sessions, createFunction); schema != "" {
		s.functions.create = schema + createFunction
	}
	if begin := find(Sessions, s.table.sessions, "add_session_v1"); begin != "" && s.functions.create != "" {
		s.direct.add = numbered("SELECT "+begin+"add_session_v1("+createParameters+")", 1)
	}
	if s.has(Users) && s.functions.step != "" && s.direct.add != "" {
		if begin := find(Sessions, s.table.sessions, openFunction); begin != "" {
			s.functions.open = begin + openFunction
			s.direct.opens(&s.table, challenges, s.functions.open)
		}
	}
	return err
}

// functionsBeside returns what the names of functions begin with, if all of them are in the
// schema of table. A server that does not understand the question has none.
func (s *Store) functionsBeside(ctx context.Context, db *sql.DB, table string, all []string) (begin string, err error) {
	q := s.query("SELECT pg_catalog.quote_ident(min(n.nspname)), count(DISTINCT p.proname) FROM pg_catalog.pg_proc p"+
		" JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid"+
		" WHERE c.oid = pg_catalog.to_regclass(?) AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE') AND p.proname IN (", table)
	for i, name := range all {
		if i > 0 {
			q.add(", ")
		}
		q.add("CAST(? AS TEXT)", s.prefix+name)
	}
	var schema sql.NullString
	var found int
	err = q.add(")").row(ctx, db, &schema, &found)
	switch state := sqlState(err); {
	case strings.HasPrefix(state, "42"), strings.HasPrefix(state, "0A"), strings.HasPrefix(state, "XX"):
		return "", nil // a name or a feature that it does not know, or an internal error
	case err != nil:
		return "", err
	case found < len(all):
		return "", nil
	}
	return schema.String + "." + s.prefix, nil
}

// errBeyond says that a number is larger than the functions compute with.
var errBeyond = errors.New("a number is out of range")

// undone reports whether err says that a function has done nothing and will do nothing, so
// that a transaction must do it: the server cannot hold a number (class 22), or somebody has
// dropped the function or the right to it.
func undone(err error) bool {
	state := sqlState(err)
	return strings.HasPrefix(state, "22") || state == "42883" || state == "42501" || errors.Is(err, errBeyond)
}

// either does a verb by call, a call of function, or else by transact.
func either[T any](function string, call, transact func() (T, error)) (T, error) {
	if function == "" {
		return transact()
	}
	v, err := call()
	if undone(err) {
		return transact()
	}
	return v, err
}

// applyFunctions applies a file of functions, unless the server or the role does not allow
// it, or a function is missing that the file changes. The store then works without them, and
// the next Migrate tries again.
func (s *Store) applyFunctions(ctx context.Context, q querier, dialect Dialect, name string) error {
	if _, err := q.ExecContext(ctx, "SAVEPOINT functions"); err != nil {
		return err
	}
	err := s.apply(ctx, q, dialect, name)
	switch sqlState(err) {
	case "42501", "42704", "42883", "42601", "0A000": // insufficient_privilege, undefined_object, undefined_function, syntax_error, feature_not_supported
		_, err = q.ExecContext(ctx, "ROLLBACK TO SAVEPOINT functions")
	}
	return err
}

// hasFile reports whether the options leave a file in.
func (o *options) hasFile(name string) bool {
	return !o.withoutFunctions || !strings.HasSuffix(name, functionFiles)
}
