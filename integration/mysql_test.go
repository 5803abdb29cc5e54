package integration_test

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/sqlstore"
	"github.com/phoneauth/phoneauth/storetest"
)

// New names each setting that would lose or refuse something, and what to set.
func TestSQLMySQLSettings(t *testing.T) {
	d := mariadbDatabase(t)
	d.store(t, d.open(t))
	for change, want := range map[string]string{
		"tx_isolation=%27REPEATABLE-READ%27": "set transaction_isolation (tx_isolation before MariaDB 11.1) to READ-COMMITTED on every connection, it is REPEATABLE-READ",
		"sql_mode=%27%27":                    "add STRICT_TRANS_TABLES to sql_mode",
		"innodb_lock_wait_timeout=50":        "set innodb_lock_wait_timeout to at most 10 on every connection, it is 50",
		"autocommit=0":                       "set autocommit to 1",
	} {
		other := d
		name, _, _ := strings.Cut(change, "=")
		config, err := mysql.ParseDSN(d.dsn)
		require.NoError(t, err)
		delete(config.Params, name)
		other.dsn = config.FormatDSN() + "&" + change
		_, err = sqlstore.New(t.Context(), other.open(t), d.dialect)
		require.ErrorContains(t, err, want)
	}
	server := startedMariaDB(t)
	admin := d.open(t)
	for name, values := range map[string][2]string{"innodb_flush_log_at_trx_commit": {"2", "1"}} {
		_, err := admin.Exec("SET GLOBAL " + name + " = " + values[0])
		require.NoError(t, err)
		_, err = sqlstore.New(t.Context(), admin, d.dialect)
		require.ErrorContains(t, err, "set "+name+" to 1, it is 2")
		_, err = admin.Exec("SET GLOBAL " + name + " = " + values[1])
		require.NoError(t, err)
	}
	_, err := sqlstore.New(t.Context(), admin, d.dialect)
	require.NoError(t, err)
	t.Log(server.Version())
}

// A server that is away is one clear error, at once, and no word of how to reach it.
func TestSQLNoMySQLServer(t *testing.T) {
	d := database{sqlstore.MySQL, "mysql", "someone:secret@tcp(127.0.0.1:1)/db"}
	_, err := sqlstore.New(t.Context(), d.open(t), d.dialect)
	require.EqualError(t, err, "sqlstore: open: dial: connect: connection refused")
	require.ErrorContains(t, sqlstore.Migrate(t.Context(), d.open(t), d.dialect), "connection refused")
}

// The store asks nothing of the driver's options: statements that are prepared, rows that are
// counted as found, another time zone and another character set give the same answers.
func TestSQLMySQLOptions(t *testing.T) {
	for name, change := range map[string]func(*mysql.Config){
		"driver": func(c *mysql.Config) {
			c.InterpolateParams, c.ClientFoundRows = false, true
			c.ParseTime, c.Collation, c.Loc = false, "latin1_swedish_ci", time.FixedZone("", 3600)
			c.Params["time_zone"] = "'+09:00'"
		},
		"server": func(c *mysql.Config) {
			c.Params["sql_mode"] = "'STRICT_ALL_TABLES,ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,ONLY_FULL_GROUP_BY'"
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := mariadbDatabase(t)
			config, err := mysql.ParseDSN(d.dsn)
			require.NoError(t, err)
			change(config)
			d.dsn = config.FormatDSN()
			s := d.store(t, d.open(t))
			storetest.Run(t, func(testing.TB) phoneauth.Store { return s }, storetest.Rounds(2))
			runJournal(t, s, 2)
		})
	}
}

// A process that is killed midway leaves tables that the next one completes.
func TestSQLMigrateMySQLKilledMidway(t *testing.T) {
	d := mariadbDatabase(t)
	db := d.open(t)
	midway := 0
	for after := int64(1); ; after++ {
		c := startChild(t, task{Do: "migrate", Place: d.place(), After: after})
		var said string
		require.NoError(t, c.hear(&said))
		c.end()
		d.use(t, d.store(t, db))
		d.reset(t, db)
		if said == "done" {
			break
		}
		midway++
	}
	assert.Greater(t, midway, 8, "killed after each statement")
}

// TestSQLMySQLScansNothing is TestSQLScansNothing: no statement reads a table from end to end.
func TestSQLMySQLScansNothing(t *testing.T) {
	d := mariadbDatabase(t)
	db, c := d.countedDB(t)
	s := d.store(t, db)
	var mu sync.Mutex
	statements := map[string][]driver.NamedValue{}
	c.queries = func(query string, args []driver.NamedValue) {
		mu.Lock()
		defer mu.Unlock()
		statements[query] = args
	}
	everyOperation(t, s, 0)
	storetest.Run(t, func(testing.TB) phoneauth.Store { return s }, storetest.Rounds(1))
	storetest.RunJournal(t, func(testing.TB) phoneauth.JournalStore { return s }, storetest.Rounds(1))
	c.queries = nil
	d.fill(t, db) // a plan rests on how many rows there are
	d.sizes(t, db)
	looked := 0
	for query, args := range statements {
		switch verb, _, _ := strings.Cut(query, " "); verb {
		case "SELECT", "(SELECT", "INSERT", "UPDATE", "DELETE":
			looked++
			d.assertNoMySQLScan(t, db, query, args)
		}
	}
	t.Logf("%d statements", looked)
	assert.Greater(t, looked, 35)
	start := time.Now()
	removed, err := s.Purge(t.Context(), time.Now())
	require.NoError(t, err)
	t.Logf("Purge of %d rows in %v", removed, time.Since(start).Round(time.Millisecond))
}

func (d database) assertNoMySQLScan(t *testing.T, db *sql.DB, query string, args []driver.NamedValue) {
	t.Helper()
	values := make([]any, len(args))
	for i, arg := range args {
		values[i] = arg.Value
	}
	for _, row := range d.explained(t, db, statement{query, values}) {
		// What is inserted is called a scan, and so is a derived table.
		if row["select_type"] == "INSERT" || strings.HasPrefix(row["table"], "<") || strings.Contains(query, "CASE WHEN count") {
			continue
		}
		assert.False(t, row["type"] == "ALL" || row["type"] == "index", "%v: %.500s", row, query)
	}
}

// explained is the plan of a statement of MySQL: each of its tables, by column.
func (d database) explained(t *testing.T, db *sql.DB, s statement) (plan []map[string]string) {
	t.Helper()
	rows, err := db.Query("EXPLAIN "+s.text, s.args...)
	require.NoError(t, err, s.text)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(t, err)
	for rows.Next() {
		into, texts := make([]any, len(columns)), make([]sql.NullString, len(columns))
		for i := range into {
			into[i] = &texts[i]
		}
		require.NoError(t, rows.Scan(into...))
		row := map[string]string{}
		for i, column := range columns {
			row[column] = texts[i].String
		}
		plan = append(plan, row)
	}
	require.NoError(t, rows.Err())
	return plan
}

// manyRowsOfMySQL are enough for its plans, and less to purge.
const manyRowsOfMySQL = 20_000

// rows is how many fill makes.
func (d database) rows() int {
	if d.dialect == sqlstore.MySQL {
		return manyRowsOfMySQL
	}
	return manyRows
}

// fillMySQL is fill for MySQL: columns of a table, whose values are SQL of the others.
func fillMySQL(t *testing.T, db *sql.DB, table string, names, values []string) {
	t.Helper()
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.ExecContext(t.Context(), "SET SESSION sql_mode = CONCAT(@@sql_mode, ',PIPES_AS_CONCAT')")
	require.NoError(t, err)
	for i := range names {
		names[i] = "`" + names[i] + "`"
	}
	insert := fmt.Sprintf("INSERT INTO phoneauth_%s (%s) SELECT %s FROM (SELECT seq AS n FROM seq_1_to_%d) n",
		table, strings.Join(names, ", "), strings.Join(values, ", "), manyRowsOfMySQL)
	_, err = conn.ExecContext(t.Context(), insert)
	require.NoError(t, err, insert)
	_, err = conn.ExecContext(t.Context(), "ANALYZE TABLE phoneauth_"+table)
	require.NoError(t, err)
	_, err = conn.ExecContext(t.Context(), "SET SESSION sql_mode = DEFAULT")
	require.NoError(t, err)
}
