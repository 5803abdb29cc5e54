package main

import (
	"context"
	"errors"
	"net"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/redis/go-redis/v9"
	"modernc.org/sqlite"
)

// cause says in one line why a store cannot be used. What the drivers say is not passed
// on: they quote where they connect to, and some servers what they were sent. An err
// that it does not know becomes otherwise.
func cause(ctx context.Context, err, otherwise error) error {
	if err == nil {
		return nil
	}
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return postgresCause(refused)
	}
	if refused, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return mysqlCause(refused)
	}
	if failed, ok := errors.AsType[*sqlite.Error](err); ok {
		if known := sqliteCause(failed); known != nil {
			return known
		}
	}
	if refused, ok := errors.AsType[redis.Error](err); ok {
		if known := redisCause(refused); known != nil {
			return known
		}
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return errors.New("no such host")
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno // "connection refused"
	}
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		<-ctx.Done() // a connection may notice first
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return otherwise
}
