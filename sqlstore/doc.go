// Package sqlstore is a [phoneauth.Store] and a [phoneauth.JournalStore] on database/sql:
// PostgreSQL, SQLite, MySQL and MariaDB. It imports no driver; the host opens the database, and
// keeps its pool.
//
//	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL"))
//	...
//	if err := sqlstore.Migrate(ctx, db, sqlstore.Postgres); err != nil { ... }
//	store, err := sqlstore.New(ctx, db, sqlstore.Postgres)
//
// Users of a pgxpool.Pool pass stdlib.OpenDBFromPool(pool).
//
// # PostgreSQL
//
// PostgreSQL must be version 13 or later, with synchronous_commit on and default_transaction_isolation
// at "read committed", the default. Every verb is one statement or one transaction at READ COMMITTED, which finds its rows by primary key and is committed
// once; reads are single statements without a transaction. A transaction that the server
// rolled back because of a deadlock or a serialization failure is done again from the
// beginning. Nothing else is repeated. Where the sessions of a user are counted, callers for one user
// take turns by an advisory lock that ends with the transaction.
//
// Limit the pool and keep its connections: call SetMaxOpenConns(n) and SetMaxIdleConns(n)
// with the same n. Begin with 4 for each core of the server. Without these calls database/sql
// opens any number of connections and keeps two.
//
// No verb needs a session of the server, so PgBouncer may stand between in transaction mode. There
// the driver must not prepare statements (pgx: default_query_exec_mode=exec), the schema is set by
// [Schema] and not by a search_path, and the store has a pool of PgBouncer's to itself: what
// another program sets on a connection stays set. [New] looks at the settings once.
//
// Functions of the database do the steps of challenges, limits and new sessions, in one round
// trip each. [Migrate] creates them, and [New] looks whether its role may execute them. Without
// them, and [WithoutFunctions], these verbs are transactions. [Store.Functions] tells which.
//
// # SQLite
//
// SQLite must be version 3.35 or later, in a file on a local disk, with these settings, which
// [New] checks. Put them into the DSN, so that every connection has them:
//
//	modernc.org/sqlite:      file:phoneauth.db?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)
//	github.com/mattn/go-sqlite3: file:phoneauth.db?_busy_timeout=5000&_journal_mode=WAL&_synchronous=FULL
//
// There is one writer at a time. A write is the writer from its beginning. Those of one Store queue
// up, and the writes that wait share one transaction and one flush. Each has a savepoint, so it can
// be undone alone. It is answered after the flush. If the commit fails, the outcome of all of
// them is unknown. Readers do not wait. Statements are kept prepared until the database is closed.
// Make only one Store for a file in a process. A pool of 4 connections is enough.
//
// # MySQL and MariaDB
//
// MySQL must be version 8.0 or later, MariaDB 10.6 or later, with strict mode,
// innodb_flush_log_at_trx_commit = 1, and sync_binlog = 1 where there is a binary log. Each
// connection needs READ COMMITTED and an innodb_lock_wait_timeout of at most 10 s. Put these two
// into the DSN of github.com/go-sql-driver/mysql, so that every connection has them:
//
//	MariaDB: user:password@tcp(host:3306)/db?interpolateParams=true&innodb_lock_wait_timeout=10&tx_isolation=%27READ-COMMITTED%27
//	MySQL:   user:password@tcp(host:3306)/db?interpolateParams=true&innodb_lock_wait_timeout=10&transaction_isolation=%27READ-COMMITTED%27
//
// With interpolateParams a statement is one round trip; without it there are two. No other
// option of the driver matters to the store. Limit the pool as for PostgreSQL.
//
// A verb reads its rows, locked, and then writes them. A transaction that the server rolled back,
// because of a deadlock or of a lock that took too long, is done again from the beginning. So is
// one that fails to commit in Galera because another node was faster. Each row on which a verb
// rests is written by it, so any node of a Galera cluster may take any verb. There each connection
// also needs wsrep_sync_wait=7, and [New] asks for it.
//
// # Tables
//
// The DDL of the tables is in the directory migrations, in goose's format, one file for each
// part of the store. [Migrate] applies it. [Migrations] returns it for the host's own tool.
// [Prefix] and [Schema] set the names of the tables. A host that keeps users in a table of its
// own, or challenges in Redis, selects the parts that it needs with [Only].
//
// Times are microseconds since 1970 in UTC. To read them by hand, divide by 1,000,000:
// to_timestamp(expires_at / 1e6), datetime(expires_at / 1000000, 'unixepoch'),
// from_unixtime(expires_at / 1000000). The zero time is
// −62135596800000000. It is the signed_in_at of an account that has never signed in, and the
// default for accounts that the host imports. Keys and ids are ASCII in columns of bytes.
//
// A store of the previous version works on the tables of this one, because new columns have
// defaults. So migrate the tables first, and then replace the instances one after the other. The
// previous version ignores what it does not know, such as a lock by the owner.
//
// Expired rows are ignored, and stay until [Store.Purge] removes them. Call it once a minute.
package sqlstore
