package sqlstore

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// mostLockWait in seconds is how long a statement may wait for a lock. The server does not
// see that a caller has given up, and holds what the transaction has locked until then.
const mostLockWait = 10

// causal is what wsrep_sync_wait must have: reads, UPDATE and DELETE, and INSERT wait until the
// node has applied what other nodes have committed before.
const causal = 1 | 2 | 4

// mysqlFaults returns what must be changed in the variables of a connection. A variable that the
// server does not have is no fault.
func mysqlFaults(set map[string]string) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	number := func(name string) int { n, _ := strconv.Atoi(set[name]); return n }
	has := func(name string) bool { _, ok := set[name]; return ok }
	on := func(name string) bool { return strings.EqualFold(set[name], "ON") || set[name] == "1" }

	if version := set["version"]; tooOld(version) {
		fault("MySQL must be version 8.0 or later and MariaDB 10.6 or later, it is %s", version)
	}
	if has("autocommit") && !on("autocommit") {
		fault("set autocommit to 1 on every connection: with 0, what was answered is not committed")
	}
	isolation := cmp.Or(set["transaction_isolation"], set["tx_isolation"])
	if isolation != "" && isolation != "READ-COMMITTED" {
		fault("set transaction_isolation (tx_isolation before MariaDB 11.1) to READ-COMMITTED on every connection, it is %s", isolation)
	}
	if mode := set["sql_mode"]; has("sql_mode") && !strings.Contains(mode, "STRICT_TRANS_TABLES") && !strings.Contains(mode, "STRICT_ALL_TABLES") {
		fault("add STRICT_TRANS_TABLES to sql_mode on every connection: without it, what is too long for a column is cut off")
	}
	if wait := number("innodb_lock_wait_timeout"); wait > mostLockWait {
		fault("set innodb_lock_wait_timeout to at most %d on every connection, it is %d: a caller who has given up would hold locks for so long", mostLockWait, wait)
	}
	if flush := "innodb_flush_log_at_trx_commit"; has(flush) && number(flush) != 1 {
		fault("set %s to 1, it is %s: a crash would bring back codes that were used", flush, set[flush])
	}
	if on("log_bin") {
		if has("sync_binlog") && number("sync_binlog") != 1 {
			fault("set sync_binlog to 1, it is %s: after a crash a replica would have what the primary has lost, or lack what it has", set["sync_binlog"])
		}
		if strings.EqualFold(set["binlog_format"], "STATEMENT") {
			fault("set binlog_format to ROW: STATEMENT refuses writes at READ COMMITTED")
		}
	}
	if on("wsrep_on") {
		if wait := number("wsrep_sync_wait"); wait&causal != causal {
			fault("set wsrep_sync_wait to %d on every connection, it is %d: a node that is behind would answer from the past", causal, wait)
		}
		if on("wsrep_dirty_reads") {
			fault("set wsrep_dirty_reads to OFF on every connection: a node that is cut off would answer from the past")
		}
	}
	return faults
}

// tooOld reports whether this version lacks SKIP LOCKED. A version that says nothing is not too
// old.
func tooOld(version string) bool {
	var major, minor int
	if n, _ := fmt.Sscanf(version, "%d.%d", &major, &minor); n < 2 {
		return false
	}
	if strings.Contains(version, "MariaDB") {
		return major < 10 || major == 10 && minor < 6
	}
	return major < 8
}
