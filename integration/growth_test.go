package integration_test

import (
	"context"
	"crypto/md5"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/phonetest"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// TestSQLGrowth logs what PostgreSQL does with 10^3, 10^5 and 10^6 users, each with a session.
// Whoever refreshes or signs in is chosen by chance from all of them. The server has 32 MiB of
// buffers, which is an eighteenth of the largest tables.
func TestSQLGrowth(t *testing.T) {
	beforeARelease(t)
	_, d := ownPostgres(t, "max_wal_size=4GB", "shared_buffers=32MB")
	db := d.open(t)
	s := d.store(t, db)
	svc, inbox := service(t, s, func(*phoneauth.Config) {})
	at := time.Now()
	there := 0
	for _, users := range []int{1e3, 1e5, 1e6} {
		grow(t, db, there, users, at)
		there = users
		var size string
		require.NoError(t, db.QueryRow("SELECT pg_size_pretty(pg_database_size(current_database()))").Scan(&size))
		t.Logf("%d users, %s", users, size)
		// No two callers are one user.
		anybody := func(caller int) int { return 1 + caller + writers*rand.IntN(users/writers) }
		measure(t, db, "refresh", func(ctx context.Context, caller int) error { return refreshed(ctx, s, anybody(caller), at) })
		measure(t, db, "sign-in", func(ctx context.Context, caller int) error {
			return signedInAgain(ctx, svc, inbox, anybody(caller))
		})
	}
}

// Users are spread over the 400,000,000 mobile numbers of a country, as real ones are: the n-th
// has the one at n × spread, modulo that.
const numbersOfEgypt, spread = 400_000_000, 2_654_435_761

func phoneOfUser(n int) string {
	at := n * spread % numbersOfEgypt
	return fmt.Sprintf("+201%c%08d", "0125"[at/100_000_000], at%100_000_000)
}

// grow adds the users after the from-th up to the to-th.
func grow(t *testing.T, db *sql.DB, from, to int, at time.Time) {
	t.Helper()
	numbers := fmt.Sprintf(" FROM (SELECT n, n * %d %% %d AS at FROM generate_series(%d::bigint, %d) n) n", spread, numbersOfEgypt, from+1, to)
	us, end := at.UnixMicro(), at.Add(24*time.Hour).UnixMicro()
	for _, statement := range []string{
		fmt.Sprintf("INSERT INTO phoneauth_users (created_at, updated_at, signed_in_at, uuid, phone)"+
			" SELECT %d, %d, %d, md5(n::text), '+201' || substr('0125', (at / 100000000 + 1)::int, 1) || lpad((at %% 100000000)::text, 8, '0')", us, us, us) + numbers,
		fmt.Sprintf("INSERT INTO phoneauth_sessions (id, user_id, device_id, digest, previous, amr, epoch, auth_time, created_at, rotated_at, idle_until, expires_at, due, client, place)"+
			" SELECT convert_to(md5(n::text), 'UTF8'), convert_to(n::text, 'UTF8'), 'device', '%s', '', '[\"sms\"]', 0, %d, %d, %d, %d, %d, %d, '', ''",
			oneDigest, us, us, us, end, end, end/time.Hour.Microseconds()/24) + numbers,
		"ANALYZE phoneauth_users, phoneauth_sessions",
	} {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
}

// oneDigest is that of every session, before and after it is refreshed.
const oneDigest = "0123456789abcdef0123456789abcdef"

// refreshed asks the store what Service.Refresh does, for the n-th user.
func refreshed(ctx context.Context, s *sqlstore.Store, n int, at time.Time) error {
	if _, err := s.UserByID(ctx, fmt.Sprint(n)); err != nil {
		return err
	}
	_, err := s.RotateSession(ctx, phoneauth.Rotation{ID: fmt.Sprintf("%x", md5.Sum(fmt.Append(nil, n))), Digest: []byte(oneDigest), Next: []byte(oneDigest),
		IdleUntil: at.Add(24 * time.Hour), Now: at})
	return err
}

// signedInAgain is a code and a sign-in of the n-th user.
func signedInAgain(ctx context.Context, svc *phoneauth.Service, inbox *phonetest.Inbox, n int) error {
	phone := phoneOfUser(n)
	_, client := caller(n)
	if _, err := svc.Register(ctx, phoneauth.RegisterRequest{Phone: phone, Client: client}); err != nil {
		return err
	}
	message, _ := inbox.Last(phone)
	_, err := svc.Login(ctx, phoneauth.LoginRequest{Phone: phone, Code: string(message.Code), Client: client})
	return err
}

// measure has 16 callers do something for a while, and logs how often and how fast, and what each
// time costs the server: blocks that it looks at, those of them that were not in its buffers, and
// what it writes to its log.
func measure(t *testing.T, db *sql.DB, what string, do func(ctx context.Context, caller int) error) {
	t.Helper()
	const while = 10 * time.Second
	looked, read, wal := spent(t, db)
	began := time.Now()
	var each [writers][]time.Duration
	errs := make([]error, writers)
	integration.AtOnce(writers, func(i int) {
		for now := time.Now(); now.Sub(began) < while && errs[i] == nil; now = time.Now() {
			errs[i] = do(t.Context(), i)
			each[i] = append(each[i], time.Since(now))
		}
	})
	took := time.Since(began)
	for _, err := range errs {
		require.NoError(t, err, what)
	}
	all := slices.Concat(each[:]...)
	lookedNow, readNow, walNow := spent(t, db)
	per := func(before, after int64) float64 { return float64(after-before) / float64(len(all)) }
	t.Logf("%s: %.1f blocks, %.2f of them not in the buffers, %.0f bytes of log", what,
		per(looked, lookedNow), per(read, readNow), per(wal, walNow))
	slices.Sort(all)
	t.Logf("%s: %.0f a second; half within %v, 99 %% within %v", what, float64(len(all))/took.Seconds(),
		all[len(all)/2].Round(100*time.Microsecond), all[len(all)*99/100].Round(100*time.Microsecond))
}

// spent is what the server has looked at, read and logged until now. Connections tell of the first
// two when they end.
func spent(t *testing.T, db *sql.DB) (looked, read, wal int64) {
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
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT blks_hit + blks_read, blks_read, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"+
		" FROM pg_stat_database WHERE datname = current_database()").Scan(&looked, &read, &wal))
	return looked, read, wal
}
