// Package sqlstore is a [phoneauth.Store] and a [phoneauth.JournalStore] on database/sql:
// PostgreSQL and SQLite. It imports no driver; the host opens the database, and keeps its
// pool.
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
// Version 13 or later, with synchronous_commit on. Every verb is one statement or one
// transaction at READ COMMITTED, which finds its rows by primary key and is committed
// once; reads are single statements without a transaction. A transaction that the server
// rolled back, as a deadlock or a serialization failure, is done again whole. Nothing
// else is ever done again. Where the sessions of a user are counted, callers for one user
// take turns by an advisory lock that ends with the transaction.
//
// Bound the pool, and keep its connections: SetMaxOpenConns(n) and SetMaxIdleConns(n)
// with one n for both, 4 for each core of the server to begin with; database/sql alone
// would open any number and keep two. Behind PgBouncer in transaction mode, set the
// driver's simple or exec mode (pgx: default_query_exec_mode=exec).
//
// # SQLite
//
// Version 3.35 or later, in a file on a local disk, with these settings, which [New]
// checks. They belong in the DSN, so that every connection has them:
//
//	modernc.org/sqlite:      file:phoneauth.db?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)
//	github.com/mattn/go-sqlite3: file:phoneauth.db?_busy_timeout=5000&_journal_mode=WAL&_synchronous=FULL
//
// There is one writer at a time: writes begin with BEGIN IMMEDIATE, and those of one
// Store queue up in their order. Readers wait for nobody. Make one Store for a file in
// a process. A pool of 4 connections is plenty.
//
// # Tables
//
// Their DDL is in the directory migrations, in goose's format, each file for one part of
// the store; [Migrations] hands it to the host's own tool, and [Migrate] applies it.
// [Prefix] and [Schema] say how the tables are called. A host that keeps users in a table
// of its own, or challenges in Redis, leaves out what it does not need: [Only].
//
// Times are microseconds since 1970 in UTC, so whoever reads the tables by hand divides
// by 1,000,000: to_timestamp(expires_at / 1e6), datetime(expires_at / 1000000,
// 'unixepoch'). The zero time is −62135596800000000, which is what signed_in_at is for
// an account that has never signed in: the default for accounts that the host imports.
// Keys and ids are ASCII in columns of bytes.
//
// A store of the version before works on the tables of this one: what is new in them has
// a default. So instances can be replaced one after the other, once the tables are
// migrated. What the former version does not know, as a lock by the owner, it does not
// heed.
//
// Rows that have expired count for nothing, and stay until [Store.Purge] removes them.
// Call it once a minute.
//
// # Another dialect
//
// What differs between dialects is the type speech. MySQL, which has no RETURNING, would
// read the rows it changes with SELECT … FOR UPDATE, in the order of their keys, and then
// write them, as challenges and counters are already.
package sqlstore
