package integration

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
)

// standbyName is the application_name of a standby, by which its primary knows it.
const standbyName = "standby"

// StartStandby copies a server and starts the copy, which follows it from then on. With sync
// each commit of p waits until the copy has it on its disk. Stop ends the copy.
func (p *Postgres) StartStandby(ctx context.Context, sync bool) (*Postgres, error) {
	standby, err := newPostgres(p.settings)
	if err == nil {
		standby.bin = p.bin
		err = standby.follow(ctx, p)
	}
	if err == nil && sync {
		err = p.waitFor(ctx, standbyName)
	}
	if err != nil {
		standby.Stop()
		return nil, err
	}
	return standby, nil
}

func (p *Postgres) follow(ctx context.Context, primary *Postgres) error {
	conn := fmt.Sprintf("host=127.0.0.1 port=%d user=phoneauth sslmode=disable application_name=%s", primary.port, standbyName)
	backup := p.command("pg_basebackup", "-d", conn, "-D", p.data(), "--write-recovery-conf", "--checkpoint=fast", "--no-sync")
	if out, err := backup.CombinedOutput(); err != nil {
		return fmt.Errorf("pg_basebackup: %w\n%s", err, out)
	}
	// What the primary was told of its own standby is not for this one.
	if err := os.Truncate(filepath.Join(p.data(), "postgresql.auto.conf"), 0); err != nil {
		return err
	}
	p.settings = append(p.settings[:len(p.settings):len(p.settings)], "primary_conninfo="+conn)
	if err := p.Start(); err != nil {
		return err
	}
	return primary.until(ctx, "SELECT count(*) = 1 FROM pg_stat_replication WHERE state = 'streaming'")
}

// waitFor makes each commit wait for the standby of a name.
func (p *Postgres) waitFor(ctx context.Context, name string) error {
	return errors.Join(
		p.exec(ctx, "ALTER SYSTEM SET synchronous_standby_names = '"+name+"'"),
		p.exec(ctx, "SELECT pg_reload_conf()"),
		p.until(ctx, "SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'"))
}

// Promote ends that a standby follows, and returns when it takes writes.
func (p *Postgres) Promote(ctx context.Context) error {
	return errors.Join(p.exec(ctx, "SELECT pg_promote(false)"), p.until(ctx, "SELECT NOT pg_is_in_recovery()"))
}

func (p *Postgres) exec(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, p.DSN("public"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

// until waits until a statement returns true.
func (p *Postgres) until(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, p.DSN("public"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return Poll(20*time.Second, func() error {
		var done bool
		err := conn.QueryRow(ctx, statement).Scan(&done)
		if err == nil && !done {
			err = errors.New("not yet: " + statement)
		}
		return err
	})
}

// DSNOfPair names the database of the one of two servers that takes writes.
func DSNOfPair(one, other *Postgres) string {
	// A server that says nothing is given up after a second, because a call of a store has two.
	return fmt.Sprintf("postgres://phoneauth@127.0.0.1:%d,127.0.0.1:%d/postgres?sslmode=disable&target_session_attrs=read-write&connect_timeout=1",
		one.port, other.port)
}
