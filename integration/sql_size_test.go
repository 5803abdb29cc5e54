package integration_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/sqlstore"
)

// sizes logs what a row takes in each table, and in its indexes, and checks the promise on
// pending challenges.
func (d database) sizes(t *testing.T, db *sql.DB) {
	t.Helper()
	query := "SELECT pg_relation_size($1::regclass), pg_indexes_size($1::regclass)"
	if d.dialect == sqlstore.SQLite {
		query = "SELECT sum(s.pgsize) FILTER (WHERE m.type = 'table'), coalesce(sum(s.pgsize) FILTER (WHERE m.type = 'index'), 0)" +
			" FROM dbstat s JOIN sqlite_schema m ON m.name = s.name WHERE m.tbl_name = ?1"
	}
	if d.dialect == sqlstore.MySQL {
		query = "SELECT data_length, index_length FROM information_schema.tables WHERE table_schema = database() AND table_name = ?"
	}
	for _, table := range []string{"users", "challenges", "counters", "sessions", "journal"} {
		var rows, indexes float64
		require.NoError(t, db.QueryRow(query, "phoneauth_"+table).Scan(&rows, &indexes))
		many := float64(d.rows())
		t.Logf("%-10s %4.0f bytes a row, and %4.0f in indexes", table, rows/many, indexes/many)
		if d.dialect == sqlstore.Postgres && table == "challenges" {
			assert.LessOrEqual(t, rows/manyRows-sealedBytes, 180.0, "beyond its sealed blob")
		}
	}
}
