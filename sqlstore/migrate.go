package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"embed"
	"io"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"time"
)

//go:embed migrations
var embedded embed.FS

// defaultPrefix is the one in the files.
const defaultPrefix = "phoneauth_"

// Migrations returns the files that make the tables, for the host's own tool: in goose's
// format, and numbered. Of opts, Prefix and Only count; a Schema is for the tool's
// connection to set, as its search_path.
//
// The files create only what is missing. So [Migrate] may apply files that a tool has applied,
// and a tool may apply files that Migrate has applied. Each keeps its own record: Migrate in the
// table phoneauth_migrations, goose in goose_db_version. There is one exception: SQLite cannot
// add a column only if it is missing. Before a tool takes over a SQLite file from Migrate, mark
// the files as applied in the tool.
func Migrations(dialect Dialect, opts ...Option) (fs.FS, error) {
	o, err := optionsOf(dialect, opts)
	if err != nil {
		return nil, err
	}
	return migrations(dialect, o), nil
}

func migrations(dialect Dialect, o options) fs.FS {
	dir, err := fs.Sub(embedded, path.Join("migrations", dialect.String()))
	if err != nil {
		panic(err) // the name is not a path
	}
	return &files{dir, &o}
}

// Migrate creates the tables that are missing and updates the others. It may be called at every
// start, by any number of processes at once. It is one transaction, so a process that is killed
// leaves nothing half done, and callers wait for one another. MySQL commits each statement:
// there the next call does what is left, and callers may do the same at once. When nothing is
// missing it only reads.
func Migrate(ctx context.Context, db *sql.DB, dialect Dialect, opts ...Option) error {
	o, err := optionsOf(dialect, opts)
	if err != nil {
		return err
	}
	s := newStore(db, dialect, o)
	if s.alone {
		s.group.lock = "ROLLBACK; BEGIN IMMEDIATE" // there may be no table yet
	}
	names, err := fs.Glob(migrations(dialect, o), "*.sql")
	if err != nil {
		return failed("migrate", err)
	}
	if done, err := s.applied(ctx, db); err == nil && len(missing(names, done)) == 0 {
		return nil
	}
	if dialect == MySQL {
		return failed("migrate", s.migrateMySQL(ctx, names))
	}
	return s.atomically(ctx, "migrate", func(q querier) error {
		if err := s.takeTurn(ctx, s, q, "migrations of "+s.table.migrations); err != nil {
			return err
		}
		for _, statement := range s.preparation() {
			if _, err := q.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		done, err := s.applied(ctx, q)
		if err != nil {
			return err
		}
		for _, name := range missing(names, done) {
			apply := s.apply
			if strings.HasSuffix(name, functionFiles) {
				apply = s.applyFunctions
			}
			if err := apply(ctx, q, dialect, name); err != nil {
				return err
			}
		}
		return nil
	})
}

// preparation makes the table of what was applied, and the schema that the tables, which
// the files name without one, are made in.
func (s *Store) preparation() []string {
	table := "CREATE TABLE IF NOT EXISTS " + s.table.migrations + " (name VARCHAR(128) NOT NULL PRIMARY KEY, applied_at BIGINT NOT NULL)"
	if s.schema == "" {
		return []string{table}
	}
	return []string{"CREATE SCHEMA IF NOT EXISTS " + s.schema, "SET LOCAL search_path TO " + s.schema, table}
}

func (s *Store) applied(ctx context.Context, q querier) (map[string]bool, error) {
	done := map[string]bool{}
	err := s.query("SELECT name FROM "+s.table.migrations).rows(ctx, q, func(scan func(into ...any) error) error {
		var name string
		err := scan(&name)
		done[name] = true
		return err
	})
	return done, err
}

func missing(names []string, done map[string]bool) (left []string) {
	for _, name := range names {
		if !done[name] {
			left = append(left, name)
		}
	}
	return left
}

func (s *Store) apply(ctx context.Context, q querier, dialect Dialect, name string) error {
	text, err := fs.ReadFile(migrations(dialect, s.options), name)
	if err != nil {
		return err
	}
	for _, statement := range up(string(text)) {
		done, err := s.columnAdded(ctx, q, statement)
		if err == nil && !done {
			_, err = q.ExecContext(ctx, statement)
		}
		if err != nil {
			return err
		}
	}
	_, err = s.query("INSERT INTO "+s.table.migrations+" (name, applied_at) VALUES (?, ?)", name, time.Now().UnixMicro()).exec(ctx, q)
	return err
}

var addColumn = regexp.MustCompile(`^ALTER TABLE (\w+) ADD COLUMN (\w+) `)

// columnAdded reports whether the statement adds a column that is there. Another tool has
// added it then.
func (s *Store) columnAdded(ctx context.Context, q querier, statement string) (bool, error) {
	m := addColumn.FindStringSubmatch(statement)
	if m == nil || s.hasColumn == nil {
		return false, nil
	}
	return s.hasColumn(ctx, q, m[1], m[2])
}

// up returns the statements of a file that lead up. Each ends with its line, unless it stands
// between marks of goose.
func up(text string) (statements []string) {
	_, text, _ = strings.Cut(text, "-- +goose Up\n")
	text, _, _ = strings.Cut(text, "-- +goose Down\n")
	var statement strings.Builder
	whole := false
	for line := range strings.Lines(text) {
		switch mark := strings.TrimSpace(line); {
		case strings.HasPrefix(mark, "-- +goose Statement"):
			whole = mark == "-- +goose StatementBegin"
		case !whole && (strings.HasPrefix(line, "--") || mark == ""):
			continue
		default:
			statement.WriteString(line)
		}
		if !whole && strings.HasSuffix(strings.TrimSpace(statement.String()), ";") {
			statements = append(statements, strings.TrimSuffix(strings.TrimSpace(statement.String()), ";"))
			statement.Reset()
		}
	}
	return statements
}

// files are those of the parts of o, with its prefix.
type files struct {
	dir fs.FS
	o   *options
}

func (f *files) Open(name string) (fs.File, error) {
	file, err := f.dir.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil || info.IsDir() {
		return file, err
	}
	defer file.Close()
	if !f.has(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	text = bytes.ReplaceAll(text, []byte(defaultPrefix), []byte(f.o.prefix))
	return &rendered{Reader: bytes.NewReader(text), info: sized{info, int64(len(text))}}, nil
}

// ReadDir implements [fs.ReadDirFS].
func (f *files) ReadDir(name string) ([]fs.DirEntry, error) {
	all, err := fs.ReadDir(f.dir, name)
	var ours []fs.DirEntry
	for _, entry := range all {
		if f.has(entry.Name()) {
			ours = append(ours, entry)
		}
	}
	return ours, err
}

// has reports whether a file, called 00001_users.sql, is of a part that there is.
func (f *files) has(name string) bool {
	_, part, _ := strings.Cut(strings.TrimSuffix(name, ".sql"), "_")
	part, _, _ = strings.Cut(part, "_")
	return f.o.has(Part(part)) && f.o.hasFile(name)
}

// rendered is a file with its text in memory.
type rendered struct {
	*bytes.Reader
	info fs.FileInfo
}

func (r *rendered) Stat() (fs.FileInfo, error) { return r.info, nil }
func (r *rendered) Close() error               { return nil }

type sized struct {
	fs.FileInfo
	size int64
}

func (s sized) Size() int64 { return s.size }
