package integration_test

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// A step that panics midway panics in its caller. Nothing of it is stored, and the connection
// that it had takes part in nothing that comes later.
func TestSQLPanic(t *testing.T) {
	for name, open := range map[string]func(testing.TB) database{"sqlite": sqliteDatabase, "mariadb": mariadbDatabase} {
		t.Run(name, func(t *testing.T) {
			d := open(t)
			db, c := d.countedDB(t)
			s := d.store(t, db)
			db.SetMaxOpenConns(1)
			c.queries = func(query string, _ []driver.NamedValue) {
				if strings.HasPrefix(query, "INSERT INTO phoneauth_counters") {
					panic("midway")
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			assert.Contains(t, panicOf(func() { _ = takeFrom(ctx, s, "one", 1) }), "midway")
			c.queries = nil
			now := time.Now()
			require.NoError(t, s.AppendEntries(ctx, []phoneauth.JournalEntry{{ID: "later", UserID: "1", Time: now, ExpiresAt: now.Add(time.Hour)}}))
			other := d.store(t, d.open(t))
			found, err := other.Entries(ctx, phoneauth.JournalQuery{UserID: "1", Limit: 1, Now: now})
			require.NoError(t, err)
			assert.Len(t, found, 1, "what came later was acknowledged, and is not stored")
			require.NoError(t, takeFrom(ctx, other, "one", 1), "what it has taken is stored")
		})
	}
}

// panicOf is what do panics with, as text.
func panicOf(do func()) (text string) {
	defer func() { text = fmt.Sprint(recover()) }()
	do()
	return ""
}
