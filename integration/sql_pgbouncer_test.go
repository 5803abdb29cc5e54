package integration_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/sqlstore"
	"github.com/phoneauth/phoneauth/storetest"
)

// pooled is a database of the shared server through PgBouncer in transaction mode, where each
// transaction may have another connection of the server. The option names its schema, because
// PgBouncer refuses the search_path of a DSN.
func pooled(t *testing.T, mode string) (database, sqlstore.Option) {
	t.Helper()
	d := postgresDatabase(t)
	_, schema, _ := strings.Cut(d.dsn, "search_path=")
	d.dsn = integration.StartPgBouncer(t, startedPostgres(t)) + "&default_query_exec_mode=" + mode
	return d, sqlstore.Schema(schema)
}

// Nothing of a store needs a session of the server: it passes where each transaction may have
// another one.
func TestSQLPgBouncer(t *testing.T) {
	rounds := 1
	if integration.Release() {
		rounds = 50
	}
	run := func(t *testing.T, mode string, opts ...sqlstore.Option) {
		d, schema := pooled(t, mode)
		s := d.store(t, d.open(t), append(opts, schema)...)
		assert.Equal(t, len(opts) == 0, s.Functions())
		storetest.Run(t, func(testing.TB) phoneauth.Store { return s }, storetest.Rounds(rounds))
		runJournal(t, s, rounds)
	}
	t.Run("exec", func(t *testing.T) { run(t, "exec") })
	t.Run("transactions", func(t *testing.T) { run(t, "exec", sqlstore.WithoutFunctions()) })
	t.Run("simple_protocol", func(t *testing.T) {
		beforeARelease(t)
		run(t, "simple_protocol")
	})
}

// A driver that prepares statements gets errors, because a prepared statement stays with a
// connection of the server. It gets no wrong answer.
func TestSQLPgBouncerPrepared(t *testing.T) {
	d, schema := pooled(t, "exec")
	right := d.store(t, d.open(t), schema)
	now := time.Now()
	id := func(i int) string { return fmt.Sprint("session", i) }
	for i := range writers {
		_, err := right.CreateSession(t.Context(), phoneauth.NewSession{Now: now, Session: phoneauth.SessionRecord{ID: id(i),
			UserID: "1", Digest: []byte("d"), CreatedAt: now, IdleUntil: now.Add(time.Hour), ExpiresAt: now.Add(time.Hour)}})
		require.NoError(t, err)
	}
	d.dsn = strings.Replace(d.dsn, "=exec", "=cache_statement", 1)
	wrong, err := sqlstore.New(t.Context(), d.open(t), d.dialect, schema)
	require.NoError(t, err)
	var answers, faults atomic.Int64
	integration.AtOnce(writers, func(i int) {
		for range 50 {
			session, err := wrong.SessionByID(t.Context(), id(i), now)
			if err == nil {
				assert.Equal(t, id(i), session.ID)
				answers.Add(1)
				continue
			}
			assert.NotErrorIs(t, err, phoneauth.ErrNotFound)
			assert.ErrorContains(t, err, "sqlstore: ")
			faults.Add(1)
		}
	})
	assert.NotZero(t, faults.Load())
	t.Logf("%d right answers, %d errors", answers.Load(), faults.Load())
}

// While the server behind PgBouncer is away, answers come in time, and nothing must be
// restarted when it is back.
func TestSQLPgBouncerOutage(t *testing.T) {
	beforeARelease(t)
	server, d := ownPostgres(t)
	d.dsn = integration.StartPgBouncer(t, server, "server_login_retry = 1") + "&default_query_exec_mode=exec"
	outages(t, d.place(), server)
}
