package integration_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/phoneauth/phoneauth/integration"
)

// The steps of docs/scaling.md for large tables of MariaDB.

// dumpTables writes two files for each table, its definition and its rows.
func dumpTables(ctx context.Context, server *integration.MariaDB, name, files string) error {
	if err := os.Mkdir(files, 0o700); err != nil {
		return err
	}
	if err := os.Chmod(files, 0o777); err != nil { // the server writes the rows, the client the rest
		return err
	}
	return server.Tool(ctx, "", "", "mariadb-dump", "--single-transaction", "--order-by-primary", "--tab="+files, name)
}

// largeKeys are the keys of large tables beside the primary ones. They are made when the rows are
// there, by sorting.
var largeKeys = map[string][]string{
	"phoneauth_users":    {"UNIQUE KEY phoneauth_users_phone (phone)"},
	"phoneauth_sessions": {"KEY phoneauth_sessions_due (due)", "KEY phoneauth_sessions_user (user_id)"},
}

// restoreTables makes the tables of what dumpTables has written.
func restoreTables(ctx context.Context, server *integration.MariaDB, name, files string) error {
	db, err := sql.Open("mysql", server.DSN(name))
	if err != nil {
		return err
	}
	defer db.Close()
	definitions, err := filepath.Glob(filepath.Join(files, "*.sql"))
	if err != nil {
		return err
	}
	var rows []string
	for _, definition := range definitions {
		from, err := filepath.Rel(server.Dir(), definition)
		if err != nil {
			return err
		}
		if err := server.Tool(ctx, from, "", "mariadb", name); err != nil {
			return err
		}
		rows = append(rows, strings.TrimSuffix(definition, ".sql")+".txt")
	}
	for table, keys := range largeKeys {
		if err := alter(ctx, db, table, "DROP", keys); err != nil {
			return err
		}
	}
	if err := server.Tool(ctx, "", "", "mariadb-import", append([]string{"--use-threads=2", "--default-character-set=binary", name}, rows...)...); err != nil {
		return err
	}
	for table, keys := range largeKeys {
		if err := alter(ctx, db, table, "ADD", keys); err != nil {
			return err
		}
	}
	return nil
}

// alter drops or adds keys of a table, all in one statement.
func alter(ctx context.Context, db *sql.DB, table, verb string, keys []string) error {
	var changes []string
	for _, key := range keys {
		if verb == "DROP" {
			words := strings.Fields(key)
			key = "KEY " + words[slices.Index(words, "KEY")+1]
		}
		changes = append(changes, verb+" "+key)
	}
	_, err := db.ExecContext(ctx, "ALTER TABLE "+table+" "+strings.Join(changes, ", "))
	return err
}
