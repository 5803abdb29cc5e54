package integration_test

import (
	"io"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
)

// What was acknowledged before a kill -9 of the application, or of the server of its
// store, is there after it, and what was used is not good again.
func TestSQLKill(t *testing.T) {
	t.Run("sqlite, application", func(t *testing.T) { killed(t, sqliteDatabase(t).place(), nil) })
	t.Run("postgres, application", func(t *testing.T) { killed(t, postgresDatabase(t).place(), nil) })
	t.Run("mariadb, application", func(t *testing.T) {
		if !integration.Release() {
			t.Skip("the application is killed on two engines: PHONEAUTH_RELEASE=1")
		}
		killed(t, mariadbDatabase(t).place(), nil)
	})
	t.Run("mariadb, server", func(t *testing.T) {
		server, d := ownMariaDB(t)
		killed(t, d.place(), server)
	})
	t.Run("postgres, server", func(t *testing.T) {
		server, d := ownPostgres(t)
		killed(t, d.place(), server)
	})
}

func TestRedisKill(t *testing.T) {
	server := integration.OwnRedis(t, "--appendonly", "yes", "--appendfsync", "always")
	t.Run("application", func(t *testing.T) { killed(t, redisPlace(t, server.Addr()), nil) })
	t.Run("server", func(t *testing.T) { killed(t, redisPlace(t, server.Addr()), server) })
}

// killed has a child work, kills it in the middle of that, or s, unless it is nil, and
// looks for all that the child has told of: 5 times, or 50 before a release.
func killed(t *testing.T, p place, s server) {
	kills, least := 5, 200
	if integration.Release() {
		kills = 50
	}
	p.migrate(t)
	var all []deed
	for n := range kills {
		c := startChild(t, task{Do: "work", Place: p, Number: n * lives, TellsOpenings: true})
		var deeds, openings []deed
		for {
			var d deed
			if err := c.hear(&d); err != nil {
				require.ErrorIs(t, err, io.EOF)
				break
			}
			if d.What == opens {
				openings = append(openings, d)
				continue
			}
			deeds = append(deeds, d)
			switch {
			case len(deeds) != least:
			case s == nil:
				c.kill()
			default:
				s.Kill()
			}
		}
		require.GreaterOrEqual(t, len(deeds), least)
		err := c.cmd.Wait()
		if s != nil {
			require.NoError(t, err)
			require.NoError(t, s.Start())
		}
		wholly(t, p, openings, deeds)
		lost, revived := look(t, p, deeds)
		assert.Empty(t, lost, "lost of %d", len(deeds))
		assert.Empty(t, revived, "revived of %d", len(deeds))
		all = append(all, deeds...)
	}
	lost, revived := look(t, p, all)
	assert.Empty(t, lost, "lost by a later kill, of %d", len(all))
	assert.Empty(t, revived, "revived by a later kill, of %d", len(all))
	t.Logf("%d kills, %d acknowledged", kills, len(all))
}

// look counts the deeds that are lost, and those whose use of something did not last.
func look(t *testing.T, p place, deeds []deed) (lost, revived map[string]int) {
	t.Helper()
	lost, revived = map[string]int{}, map[string]int{}
	store, end, err := p.open()
	require.NoError(t, err)
	defer func() { require.NoError(t, end()) }()
	svc, _ := service(t, store, func(*phoneauth.Config) {})
	var mu sync.Mutex
	todo := make(chan deed)
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for d := range todo {
				stays, err := d.stays(t.Context(), svc, store)
				if !assert.NoError(t, err, d.What) || stays {
					continue
				}
				mu.Lock()
				if d.once() {
					revived[d.What]++
				} else {
					lost[d.What]++
				}
				mu.Unlock()
			}
		})
	}
	for _, d := range deeds {
		todo <- d
	}
	close(todo)
	all.Wait()
	return lost, revived
}
