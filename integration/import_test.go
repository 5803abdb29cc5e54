package integration_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/importer/legacyhash"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/internal/cputime"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// importedHash is of nobody. All accounts of a test have it, but for its last letters.
const importedHash = "$2b$10$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyz"

// thousands yields n accounts as an export has them.
func thousands(n int) iter.Seq2[phoneauth.ImportUser, error] {
	created := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	return func(yield func(phoneauth.ImportUser, error) bool) {
		for i := range n {
			u := phoneauth.ImportUser{
				Source: fmt.Sprint(i), Phone: fmt.Sprintf("+201%09d", i), Verified: true,
				PasswordHash: phoneauth.Secret(fmt.Sprintf("%s%07d", importedHash[:53], i)), CreatedAt: created.Add(time.Duration(i) * time.Second),
			}
			if !yield(u, nil) {
				return
			}
		}
	}
}

func importing(t testing.TB, store phoneauth.Store) *phoneauth.Service {
	t.Helper()
	svc, err := importingOn(store)
	require.NoError(t, err)
	return svc
}

func importingOn(store phoneauth.Store) (*phoneauth.Service, error) {
	v, err := legacyhash.New(legacyhash.Config{})
	if err != nil {
		return nil, err
	}
	svc, _, err := newService(store, func(c *phoneauth.Config) {
		c.Password = phoneauth.PasswordRules{Legacy: v.Verify, LegacyKnown: v.Known, LegacyDecoy: v.Decoy()}
	})
	return svc, err
}

// importAsChild imports of.Number accounts, and tells how many were read after each batch.
func importAsChild(of task) error {
	endWithParent()
	store, end, err := of.Place.open()
	if err != nil {
		return err
	}
	defer end()
	svc, err := importingOn(store)
	if err != nil {
		return err
	}
	var failed error
	_, err = svc.Import(context.Background(), thousands(of.Number), phoneauth.ImportOptions{Batch: 50, Progress: func(r phoneauth.ImportReport) {
		failed = errors.Join(failed, tell(r.Read))
	}})
	return errors.Join(err, failed)
}

// TestSQLImportKilled: an import that is killed by kill -9 while it goes on, again and again,
// gives the same table in the end, and no batch that was told of is lost.
func TestSQLImportKilled(t *testing.T) {
	const n, kills = 3000, 4
	databases(t, func(t *testing.T, d database) {
		p := d.place()
		p.migrate(t)
		db := d.open(t)
		count := func() (users, hashes int) {
			row := db.QueryRowContext(t.Context(), "SELECT count(*), count(DISTINCT password_hash) FROM phoneauth_users")
			require.NoError(t, row.Scan(&users, &hashes))
			return users, hashes
		}
		for kill := range kills {
			c := startChild(t, task{Do: "import", Place: p, Number: n})
			told := 0
			for {
				var read int
				if err := c.hear(&read); err != nil {
					require.ErrorIs(t, err, io.EOF)
					break
				}
				if told = read; read >= n*(kill+1)/(kills+2) {
					c.kill()
				}
			}
			require.Error(t, c.cmd.Wait(), "it ran to its end")
			users, _ := count()
			assert.GreaterOrEqual(t, users, told)
			t.Logf("killed after %d were told: %d of %d are there", told, users, n)
		}
		before, _ := count()
		report, err := importing(t, d.store(t, db)).Import(t.Context(), thousands(n), phoneauth.ImportOptions{})
		require.NoError(t, err)
		assert.Equal(t, before, report.Same)
		users, hashes := count()
		assert.Equal(t, []int{n, n}, []int{users, hashes})
	})
}

// TestSQLImport imports accounts and logs the time and the memory that it takes: 20,000 of
// them, or 1,000,000 before a release, which must then take less than 2 minutes on PostgreSQL.
// The heap stays under 100 MiB however many there are.
func TestSQLImport(t *testing.T) {
	n := 20_000
	if integration.Release() {
		n = 1_000_000
	}
	databases(t, func(t *testing.T, d database) {
		svc := importing(t, d.store(t, d.open(t)))
		for _, run := range []struct {
			name    string
			options phoneauth.ImportOptions
		}{
			{"dry run", phoneauth.ImportOptions{DryRun: true}},
			{"import", phoneauth.ImportOptions{}},
			{"again", phoneauth.ImportOptions{}},
		} {
			runtime.GC()
			heap := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/objects:bytes"}}
			metrics.Read(heap)
			before, peak := heap[0].Value.Uint64(), uint64(0)
			run.options.Progress = func(phoneauth.ImportReport) {
				metrics.Read(heap)
				peak = max(peak, heap[1].Value.Uint64())
			}
			began, used := time.Now(), cputime.Used()
			report, err := svc.Import(t.Context(), thousands(n), run.options)
			require.NoError(t, err)
			took := time.Since(began)
			t.Logf("%s: %d accounts in %.1f s, %d a second, %.1f s of CPU here; heap %d MiB before, %d MiB at its peak, garbage too",
				run.name, n, took.Seconds(), int(float64(n)/took.Seconds()), (cputime.Used() - used).Seconds(), before>>20, peak>>20)
			want := phoneauth.ImportReport{Read: n, Created: n, Passwords: n, Problems: map[phoneauth.ImportFault]int{}}
			if run.name == "again" {
				want.Created, want.Passwords, want.Same = 0, 0, n
			}
			assert.Equal(t, want, report)
			assert.Less(t, peak, uint64(100<<20))
			if integration.Release() && run.name == "import" && d.dialect == sqlstore.Postgres {
				assert.Less(t, took, 2*time.Minute)
			}
		}
	})
}

// TestSQLImportAfterEveryBatch: an import that ends after any of its batches, and is run
// again, gives the same table as one that ran through.
func TestSQLImportAfterEveryBatch(t *testing.T) {
	const n, batch = 60, 10
	databases(t, func(t *testing.T, d database) {
		db := d.open(t)
		svc := importing(t, d.store(t, db))
		for stop := 1; stop <= n/batch; stop++ {
			empty(t, db)
			ctx, cancel := context.WithCancel(t.Context())
			batches := 0
			_, err := svc.Import(ctx, thousands(n), phoneauth.ImportOptions{Batch: batch, Progress: func(phoneauth.ImportReport) {
				if batches++; batches == stop {
					cancel()
				}
			}})
			require.True(t, err == nil && stop == n/batch || errors.Is(err, context.Canceled), "%v", err)
			cancel()
			report, err := svc.Import(t.Context(), thousands(n), phoneauth.ImportOptions{Batch: batch})
			require.NoError(t, err)
			assert.Equal(t, stop*batch, report.Same)
			assert.Equal(t, n-stop*batch, report.Created)
			var users, hashes int
			require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*), count(DISTINCT password_hash) FROM phoneauth_users").Scan(&users, &hashes))
			assert.Equal(t, []int{n, n}, []int{users, hashes})
		}
	})
}
