package sqlstore

import (
	"errors"
	"fmt"
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
)

// mysqlError prints as that of go-sql-driver/mysql.
type mysqlError int

func (e mysqlError) Error() string { return fmt.Sprintf("Error %d (23000): secret argument", int(e)) }

func TestMySQLErrors(t *testing.T) {
	t.Parallel()
	for _, number := range []int{1062, 1205, 1213} {
		err := fmt.Errorf("secret: %w", mysqlError(number))
		assert.Equal(t, number == 1062, duplicate(err), number)
		assert.Equal(t, number != 1062, rolledBack(err), number)
		assert.Equal(t, fmt.Sprintf("sqlstore: step: MySQL error %d", number), failed("step", err).Error())
		assert.Equal(t, fmt.Sprintf("sqlstore: step: MySQL error %d", number), failed("step", errors.Join(errRows, err)).Error())
	}
	for _, err := range []error{nil, errors.New("Error of 1213"), errors.New("invalid connection"), errRaced} {
		assert.Zero(t, mysqlNumber(err))
	}
}

func TestQuoteKey(t *testing.T) {
	t.Parallel()
	for statement, want := range map[string]string{
		"SELECT key, id FROM keys WHERE key = ?": "SELECT `key`, id FROM keys WHERE `key` = ?",
		"(key)":                                  "(`key`)",
		"d.key":                                  "d.`key`",
		"a_key, keyed, `key`, key2":              "a_key, keyed, `key`, key2",
		"ON DUPLICATE KEY UPDATE":                "ON DUPLICATE KEY UPDATE",
		"key":                                    "`key`",
		"":                                       "",
	} {
		assert.Equal(t, want, quoteKey(statement))
	}
}

func TestMySQLFaults(t *testing.T) {
	t.Parallel()
	good := map[string]string{
		"version": "10.11.6-MariaDB-1", "autocommit": "ON", "tx_isolation": "READ-COMMITTED", "sql_mode": "STRICT_TRANS_TABLES",
		"innodb_lock_wait_timeout": "10", "innodb_flush_log_at_trx_commit": "1", "log_bin": "ON", "sync_binlog": "1",
		"binlog_format": "MIXED", "wsrep_on": "ON", "wsrep_sync_wait": "7", "wsrep_dirty_reads": "OFF",
	}
	assert.Empty(t, mysqlFaults(good))
	assert.Empty(t, mysqlFaults(nil), "what a server does not have is no fault")
	for change, want := range map[[2]string]string{
		{"version", "10.5.9-MariaDB"}:           "MariaDB 10.6 or later, it is 10.5.9",
		{"version", "5.7.44"}:                   "MySQL must be version 8.0",
		{"autocommit", "OFF"}:                   "set autocommit to 1",
		{"tx_isolation", "SERIALIZABLE"}:        "set transaction_isolation",
		{"sql_mode", ""}:                        "add STRICT_TRANS_TABLES to sql_mode",
		{"innodb_lock_wait_timeout", "50"}:      "set innodb_lock_wait_timeout to at most 10",
		{"innodb_flush_log_at_trx_commit", "0"}: "set innodb_flush_log_at_trx_commit to 1, it is 0",
		{"sync_binlog", "0"}:                    "set sync_binlog to 1, it is 0",
		{"binlog_format", "STATEMENT"}:          "set binlog_format to ROW",
		{"wsrep_sync_wait", "3"}:                "set wsrep_sync_wait to 7 on every connection, it is 3",
		{"wsrep_dirty_reads", "ON"}:             "set wsrep_dirty_reads to OFF",
	} {
		set := maps.Clone(good)
		set[change[0]] = change[1]
		faults := mysqlFaults(set)
		if assert.Len(t, faults, 1, change) {
			assert.Contains(t, faults[0], want)
		}
	}
	assert.Empty(t, mysqlFaults(map[string]string{"log_bin": "OFF", "sync_binlog": "0", "wsrep_on": "OFF", "wsrep_sync_wait": "0"}))
	assert.False(t, tooOld("8.0.36"))
	assert.False(t, tooOld("11.4.2-MariaDB"))
}
