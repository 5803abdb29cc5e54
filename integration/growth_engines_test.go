package integration_test

import (
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/sqlstore"
)

func growingPostgres(t *testing.T) *growth {
	g := &growth{
		// Nothing that is filled need outlive a crash. Restart keeps it.
		roomy: []string{"shared_buffers=2GB", "maintenance_work_mem=512MB", "max_wal_size=4GB", "checkpoint_timeout=30min", "fsync=off",
			"wal_level=minimal", "max_wal_senders=0"},
		tight: []string{"shared_buffers=32MB", "max_wal_size=4GB", "track_io_timing=on"},
		// The server reads through the system, which keeps files in the memory that is left.
		modes:  []growthMode{{"files cached by the system", false}, {"files from the disk", true}},
		settle: []string{"VACUUM (ANALYZE) phoneauth_users", "VACUUM (ANALYZE) phoneauth_sessions"},
		sized:  "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND c.relkind = 'r'",
		at:     time.Now(),
	}
	server, d := ownPostgres(t, g.roomy...)
	g.server = server
	g.empty = func(t *testing.T, name string) database {
		runOn(t, d, "CREATE SCHEMA "+name)
		return database{sqlstore.Postgres, "pgx", server.DSN(name)}
	}
	g.fill = func(from, to int, at time.Time) []string {
		numbers := fmt.Sprintf(" FROM (SELECT n, n * %d %% %d AS at FROM generate_series(%d::bigint, %d) n) n", spread, numbersOfEgypt, from, to)
		us, end := at.UnixMicro(), at.Add(24*time.Hour).UnixMicro()
		return []string{
			fmt.Sprintf("INSERT INTO phoneauth_users (created_at, updated_at, signed_in_at, uuid, phone)"+
				" SELECT %d, %d, %d, md5(n::text), '+201' || substr('0125', (at / 100000000 + 1)::int, 1) || lpad((at %% 100000000)::text, 8, '0')", us, us, us) + numbers,
			fmt.Sprintf("INSERT INTO phoneauth_sessions (id, user_id, device_id, digest, previous, amr, epoch, auth_time, created_at, rotated_at, idle_until, expires_at, due, client, place)"+
				" SELECT convert_to(md5(n::text), 'UTF8'), convert_to(n::text, 'UTF8'), 'device', '%s', '', '[\"sms\"]', 0, %d, %d, %d, %d, %d, %d, '', ''",
				oneDigest, us, us, us, end, end, end/time.Hour.Microseconds()/24) + numbers,
		}
	}
	g.spent = spentByPostgres
	g.backup = g.backupOfPostgres(server)
	return g
}

// spentByPostgres waits until the connections of db have ended, for they tell what they have done
// when they do.
func spentByPostgres(t *testing.T, db *sql.DB) (s spending) {
	t.Helper()
	db.SetMaxIdleConns(0)
	defer db.SetMaxIdleConns(writers)
	require.NoError(t, integration.Poll(10*time.Second, func() error {
		var others int
		err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()").Scan(&others)
		if err == nil && others > 0 {
			err = fmt.Errorf("%d connections are there", others)
		}
		return err
	}))
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT blks_hit + blks_read, blks_read, blk_read_time, wal_bytes, wal_fpi"+
		" FROM pg_stat_database, pg_stat_wal WHERE datname = current_database()").Scan(&s.looked, &s.read, &s.readMS, &s.log, &s.whole))
	return s
}

func growingMariaDB(t *testing.T) *growth {
	g := &growth{
		roomy: []string{"innodb-buffer-pool-size=5G", "innodb-log-file-size=1G", "innodb-doublewrite=0"},
		tight: []string{"innodb-buffer-pool-size=32M", "innodb-log-file-size=1G", "innodb-buffer-pool-load-at-startup=0"},
		// InnoDB reads past the system, by O_DIRECT: what is not in its own memory is on the disk.
		modes:  []growthMode{{"files from the disk", false}},
		settle: []string{"ANALYZE TABLE phoneauth_users, phoneauth_sessions"},
		sized:  "SELECT sum(data_length + index_length) FROM information_schema.tables WHERE table_schema = database()",
		at:     time.Now(),
	}
	server, d := ownMariaDB(t, g.roomy...)
	g.server = server
	g.empty = func(t *testing.T, name string) database {
		runOn(t, d, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4")
		return database{sqlstore.MySQL, "mysql", server.DSN(name)}
	}
	g.fill = func(from, to int, at time.Time) []string {
		numbers := fmt.Sprintf(" FROM (SELECT seq AS n, seq * %d %% %d AS at FROM seq_%d_to_%d) n", spread, numbersOfEgypt, from, to)
		us, end := at.UnixMicro(), at.Add(24*time.Hour).UnixMicro()
		return []string{
			fmt.Sprintf("INSERT INTO phoneauth_users (id, created_at, updated_at, signed_in_at, uuid, phone)"+
				" SELECT n, %d, %d, %d, md5(n), concat('+201', substr('0125', at DIV 100000000 + 1, 1), lpad(at %% 100000000, 8, '0'))", us, us, us) + numbers,
			fmt.Sprintf("INSERT INTO phoneauth_sessions (id, user_id, device_id, digest, previous, amr, epoch, auth_time, created_at, rotated_at, idle_until, expires_at, due)"+
				" SELECT md5(n), n, 'device', '%s', '', '[\"sms\"]', 0, %d, %d, %d, %d, %d, %d",
				oneDigest, us, us, us, end, end, end/time.Hour.Microseconds()/24) + numbers,
		}
	}
	g.spent = func(t *testing.T, db *sql.DB) (s spending) {
		t.Helper()
		for name, into := range map[string]*float64{
			"Innodb_buffer_pool_read_requests": &s.looked, "Innodb_buffer_pool_reads": &s.read, "Innodb_os_log_written": &s.log,
		} {
			require.NoError(t, db.QueryRowContext(t.Context(), "SHOW GLOBAL STATUS LIKE '"+name+"'").Scan(new(string), into))
		}
		return s
	}
	g.backup = g.backupOfMariaDB(server)
	return g
}

// runOn runs a statement, and leaves no connection.
func runOn(t *testing.T, d database, statement string) {
	t.Helper()
	db, err := sql.Open(d.driver, d.dsn)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), statement)
	require.NoError(t, err)
}
