package integration_test

import (
	"context"
	"io"
	"iter"
	"runtime"
	"runtime/metrics"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/importer"
	"github.com/phoneauth/phoneauth/integration"
)

// TestSQLExport exports accounts and logs the time and the memory that it takes: 5,000 of them,
// or 1,000,000 before a release. What is written, an import knows as what is there.
func TestSQLExport(t *testing.T) {
	n := 5_000
	if integration.Release() {
		n = 1_000_000
	}
	databases(t, func(t *testing.T, d database) {
		s := d.store(t, d.open(t))
		svc := importing(t, s)
		_, err := svc.Import(t.Context(), thousands(n), phoneauth.ImportOptions{})
		require.NoError(t, err)
		runtime.GC()
		heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		peak, began := uint64(0), time.Now()
		written, err := importer.WriteNDJSON(io.Discard, eachOf(s.AllUsers(t.Context()), func(i int, _ phoneauth.User) {
			if i%1000 == 0 {
				metrics.Read(heap)
				peak = max(peak, heap[0].Value.Uint64())
			}
		}))
		require.NoError(t, err)
		assert.Equal(t, n, written)
		assert.Less(t, peak, uint64(100<<20))
		t.Logf("%d accounts, %d a second; heap %d MiB at its peak, garbage too", n, int(float64(n)/time.Since(began).Seconds()), peak>>20)

		in, out := io.Pipe()
		go func() {
			_, err := importer.WriteNDJSON(out, s.AllUsers(t.Context()))
			out.CloseWithError(err)
		}()
		report, err := svc.Import(t.Context(), importer.NDJSON(in), phoneauth.ImportOptions{})
		require.NoError(t, err)
		assert.Equal(t, phoneauth.ImportReport{Read: n, Same: n, Problems: map[phoneauth.ImportFault]int{}}, report)
	})
}

// AllUsers yields each user once and by rising id, though others leave meanwhile, and ends where
// its caller or its context does.
func TestSQLAllUsers(t *testing.T) {
	databases(t, func(t *testing.T, d database) {
		db := d.open(t)
		s := d.store(t, db)
		none := 0
		for range s.AllUsers(t.Context()) {
			none++
		}
		assert.Zero(t, none)
		const n = 2000 // the last page is full
		_, err := importing(t, s).Import(t.Context(), thousands(n), phoneauth.ImportOptions{})
		require.NoError(t, err)
		var ids []int
		for u, err := range s.AllUsers(t.Context()) {
			require.NoError(t, err)
			id, err := strconv.Atoi(u.ID)
			require.NoError(t, err)
			if ids = append(ids, id); len(ids) == 10 { // its page is read, and the next is not
				_, err := db.ExecContext(t.Context(), "DELETE FROM phoneauth_users WHERE id > "+strconv.Itoa(id+1200))
				require.NoError(t, err)
			}
		}
		assert.Len(t, ids, 1210)
		assert.IsIncreasing(t, ids)
		for range s.AllUsers(t.Context()) {
			break
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		read := 0
		for _, err := range s.AllUsers(ctx) {
			if read++; read == 10 {
				cancel()
			}
			if err != nil {
				assert.ErrorIs(t, err, context.Canceled)
			}
		}
		assert.Equal(t, 1001, read, "a page, and the error")
	})
}

func eachOf(users iter.Seq2[phoneauth.User, error], look func(int, phoneauth.User)) iter.Seq2[phoneauth.User, error] {
	return func(yield func(phoneauth.User, error) bool) {
		i := 0
		for u, err := range users {
			look(i, u)
			i++
			if !yield(u, err) {
				return
			}
		}
	}
}
