package sqlstore

import (
	"context"
	"database/sql"
	"hash/fnv"
	"strings"
)

var mysql = speech{
	name:       "mysql",
	forUpdate:  " FOR UPDATE",
	skipLocked: " FOR UPDATE SKIP LOCKED",
	notEmpty:   [2]string{"length(", ") > 0"},
	least:      "LEAST",
	integer:    "SIGNED",
	from:       " FROM DUAL",
	quote:      quoteKey,
	settings:   mysqlSettings,
	hasColumn:  nil, // no file adds a column yet
	takeTurn:   takeMySQLTurn,
}

// quoteKey quotes each word "key" of a statement. It is a column here, and a reserved word of
// MySQL's.
func quoteKey(statement string) string {
	const word = "key"
	var quoted strings.Builder
	from := 0
	for i := 0; ; {
		at := strings.Index(statement[i:], word)
		if at < 0 {
			break
		}
		at += i
		i = at + len(word)
		if at > 0 && inWord(statement[at-1]) || i < len(statement) && inWord(statement[i]) {
			continue
		}
		quoted.WriteString(statement[from:at])
		quoted.WriteString("`key`")
		from = i
	}
	if from == 0 {
		return statement
	}
	quoted.WriteString(statement[from:])
	return quoted.String()
}

func inWord(c byte) bool {
	return c == '_' || c == '`' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// The errors of MySQL that mean something to the store.
const (
	mysqlDuplicate = 1062
	mysqlLockWait  = 1205
	mysqlDeadlock  = 1213
)

// mysqlNumber returns the number of an error of the server, or 0. The type of
// go-sql-driver/mysql has it in a field, and no method, but its text always begins with it.
func mysqlNumber(err error) int {
	switch wraps := err.(type) {
	case nil:
		return 0
	case interface{ Unwrap() []error }:
		for _, one := range wraps.Unwrap() {
			if number := mysqlNumber(one); number != 0 {
				return number
			}
		}
		return 0
	case interface{ Unwrap() error }:
		return mysqlNumber(wraps.Unwrap())
	}
	rest, found := strings.CutPrefix(err.Error(), "Error ")
	number := 0
	for i := 0; found && i < len(rest) && '0' <= rest[i] && rest[i] <= '9' && i < 6; i++ {
		number = number*10 + int(rest[i]-'0')
	}
	return number
}

// turns is how many rows there are for taking turns.
const turns = 4096

// takeMySQLTurn writes a row, so that all nodes of a cluster know whose turn it is. Two names that
// share a row only wait for each other.
func takeMySQLTurn(ctx context.Context, s *Store, q querier, name string) error {
	h := fnv.New32a()
	h.Write([]byte(name))
	_, err := s.query("INSERT INTO "+s.table.turns+" (turn, taken) VALUES (?, 1) ON DUPLICATE KEY UPDATE taken = taken + 1",
		h.Sum32()%turns).exec(ctx, q)
	return err
}

// mysqlVariables are what mysqlFaults looks at. A server has not all of them.
var mysqlVariables = []string{
	"version", "autocommit", "transaction_isolation", "tx_isolation", "sql_mode", "innodb_lock_wait_timeout",
	"innodb_flush_log_at_trx_commit", "log_bin", "sync_binlog", "binlog_format",
	"wsrep_on", "wsrep_sync_wait", "wsrep_dirty_reads",
}

func mysqlSettings(ctx context.Context, db *sql.DB) error {
	return eachConn(ctx, db, func(conn *sql.Conn) ([]string, error) {
		set, err := variables(ctx, conn)
		return mysqlFaults(set), err
	})
}

func variables(ctx context.Context, conn *sql.Conn) (map[string]string, error) {
	rows, err := conn.QueryContext(ctx, "SHOW VARIABLES WHERE Variable_name IN ('"+strings.Join(mysqlVariables, "', '")+"')")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	set := map[string]string{}
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return nil, err
		}
		set[strings.ToLower(name)] = value
	}
	return set, rows.Err()
}
