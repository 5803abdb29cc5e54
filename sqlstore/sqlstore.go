package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/phoneauth/phoneauth"
)

var (
	_ phoneauth.Store            = (*Store)(nil)
	_ phoneauth.JournalStore     = (*Store)(nil)
	_ phoneauth.Purger           = (*Store)(nil)
	_ phoneauth.Admitter         = (*Store)(nil)
	_ phoneauth.Refresher        = (*Store)(nil)
	_ phoneauth.Opener           = (*Store)(nil)
	_ phoneauth.SessionAttempter = (*Store)(nil)
)

// Store is a [phoneauth.Store] in a SQL database, and a [phoneauth.JournalStore]. [New]
// makes one. It is safe for concurrent use, and any number of processes may have one on
// the same tables.
type Store struct {
	*speech
	options
	db        *sql.DB
	on        querier // what asks db
	table     tables
	functions functions
	direct    direct
	group     *group  // makes the writes, where there is one writer
	queues    *queues // of MySQL, else nil
}

// Part is one of the roles of a Store, with the tables it needs.
type Part string

const (
	// Users are accounts: a [phoneauth.UserStore].
	Users Part = "users"
	// Challenges are codes, proofs, limits, lockouts and scores: a
	// [phoneauth.ChallengeStore].
	Challenges Part = "challenges"
	// Sessions are refresh-token families: a [phoneauth.SessionStore].
	Sessions Part = "sessions"
	// Journal is what happened about phones and accounts: a [phoneauth.JournalStore].
	Journal Part = "journal"
)

// Option sets how the tables are called, or which of them there are. [New], [Migrate]
// and [Migrations] must be given the same options.
type Option func(*options)

type options struct {
	prefix, schema string
	parts          []Part

	withoutFunctions bool
}

// Prefix sets the beginning of the names of the tables. Without it they begin with
// "phoneauth_". It has at most 32 lower-case letters, digits and underscores.
func Prefix(prefix string) Option { return func(o *options) { o.prefix = prefix } }

// Schema sets the schema of the tables. Without it they are in the first schema of the
// connection's search_path. [Migrate] creates the schema. The same characters are allowed as in
// a Prefix. Only PostgreSQL has schemas.
func Schema(schema string) Option { return func(o *options) { o.schema = schema } }

// Only makes a store of some parts, for a [phoneauth.Stores] whose other parts are elsewhere.
// Only the tables of these parts are created and purged. The verbs of all other parts return
// an error.
func Only(parts ...Part) Option { return func(o *options) { o.parts = parts } }

// tables are their names, as they are written. Only MySQL has turns.
type tables struct{ users, challenges, counters, sessions, turns, journal, migrations string }

var allParts = []Part{Users, Challenges, Sessions, Journal}

var identifier = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,31}$`)

func optionsOf(d Dialect, opts []Option) (options, error) {
	o := options{prefix: defaultPrefix, parts: allParts}
	for _, set := range opts {
		set(&o)
	}
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("sqlstore: "+format, args...))
	}
	if d.speech() == nil {
		fault("dialect must be Postgres, SQLite or MySQL")
	} else if o.schema != "" && !d.speech().schemas {
		fault("Schema: %s has no schemas; use Prefix", d)
	}
	if !identifier.MatchString(o.prefix) {
		fault("Prefix must be 1 to 32 lower-case letters, digits and underscores, and not begin with a digit")
	}
	if o.schema != "" && !identifier.MatchString(o.schema) {
		fault("Schema must be 1 to 32 lower-case letters, digits and underscores, and not begin with a digit")
	}
	for _, p := range o.parts {
		if !slices.Contains(allParts, p) {
			fault("Only: there is no part %q", string(p))
		}
	}
	if len(o.parts) == 0 {
		fault("Only needs a part")
	}
	return o, errors.Join(faults...)
}

func (o *options) has(p Part) bool { return slices.Contains(o.parts, p) }

func (o *options) tables() tables {
	name := func(table string) string {
		if o.schema != "" {
			return o.schema + "." + o.prefix + table
		}
		return o.prefix + table
	}
	return tables{name("users"), name("challenges"), name("counters"), name("sessions"), name("turns"), name("journal"), name("migrations")}
}

// New returns the store in db. It checks the server, its settings, and the tables, which
// [Migrate] or another tool must have created. Its error says what to change. Give ctx a
// deadline, because a server that is away may not answer.
//
// The caller closes db when the store is no longer used.
func New(ctx context.Context, db *sql.DB, dialect Dialect, opts ...Option) (*Store, error) {
	o, err := optionsOf(dialect, opts)
	if err != nil {
		return nil, err
	}
	s := newStore(db, dialect, o)
	if err := s.settings(ctx, db); err != nil {
		return nil, s.unfit(err)
	}
	for _, check := range s.columns() {
		rows, err := db.QueryContext(ctx, s.sql("SELECT "+check.columns+" FROM "+check.table+" WHERE 1 = 0"))
		if err != nil {
			return nil, fmt.Errorf("sqlstore: table %s cannot be read; has Migrate been called? %w", check.table, s.unfit(err))
		}
		if err := rows.Close(); err != nil {
			return nil, s.unfit(err)
		}
	}
	if err := s.findFunctions(ctx, db); err != nil {
		return nil, s.unfit(err)
	}
	return s, nil
}

func newStore(db *sql.DB, dialect Dialect, o options) *Store {
	s := &Store{speech: dialect.speech(), options: o, db: db, on: db, table: o.tables()}
	if dialect == Postgres {
		s.on = pooled{db}
	}
	if s.alone {
		on := &prepared{db: db, all: map[string]*sql.Stmt{}}
		s.on, s.group = on, &group{on: on, lock: "DELETE FROM " + s.anyTable() + " WHERE 0"}
	}
	if !s.returning {
		s.queues = &queues{}
	}
	return s
}

// anyTable returns a table of the store's parts.
func (s *Store) anyTable() string {
	return map[Part]string{
		Users: s.table.users, Challenges: s.table.challenges, Sessions: s.table.sessions, Journal: s.table.journal,
	}[s.parts[0]]
}

// unfit returns err as New returns it. A wrong setting is described in this package's words.
func (s *Store) unfit(err error) error {
	if setting, ok := errors.AsType[*settingError](err); ok {
		return fmt.Errorf("sqlstore: %s: %w", s.name, setting)
	}
	return failed("open", err)
}

// settingError says which setting of the database is to be changed.
type settingError struct{ say string }

func (e *settingError) Error() string { return e.say }

// columns returns what the statements of the store's parts name.
func (s *Store) columns() (all []struct{ table, columns string }) {
	need := func(table, columns string) {
		all = append(all, struct{ table, columns string }{table, columns})
	}
	if s.has(Users) {
		need(s.table.users, userColumns)
	}
	if s.has(Challenges) {
		need(s.table.challenges, challengeColumns)
		need(s.table.counters, counterColumns)
	}
	if s.has(Sessions) {
		need(s.table.sessions, sessionColumns+", due")
		if !s.returning {
			need(s.table.turns, "turn, taken")
		}
	}
	if s.has(Journal) {
		need(s.table.journal, entryColumns+", hour, due")
	}
	return all
}
