package integration_test

import (
	"database/sql"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// sizes logs what a row takes in each table, and checks the promise of docs/security.md
// on pending challenges.
func sizes(t *testing.T, db *sql.DB) {
	t.Helper()
	const sealed = 64 // bytes, in fill
	for _, table := range []string{"users", "challenges", "counters", "sessions"} {
		var heap, indexes float64
		require.NoError(t, db.QueryRow("SELECT pg_relation_size(c.oid)::float8, pg_indexes_size(c.oid)::float8 FROM pg_class c WHERE c.oid = ('phoneauth_"+table+"')::regclass").
			Scan(&heap, &indexes))
		t.Logf("%-10s %4.0f bytes a row, and %4.0f in indexes", table, heap/manyRows, indexes/manyRows)
		if table == "challenges" {
			assert.LessOrEqual(t, heap/manyRows-sealed, 180.0, "beyond its sealed blob")
		}
	}
}
