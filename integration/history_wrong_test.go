package integration_test

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/redisstore"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// caught plays g on a store that is wrong on purpose, until a history shows it.
func caught(t *testing.T, store phoneauth.Store, g game) {
	t.Helper()
	r := &run{store: store, games: []game{g}, calls: 20_000, seed: rand.Uint64()}
	assert.NotEmpty(t, r.play(t), "nothing is wrong in %d calls", r.began.Load())
	t.Logf("caught within %d calls", r.began.Load())
}

// wrongAnywhere are stores with one thing wrong, whatever they are made of.
var wrongAnywhere = []struct {
	name string
	game game
	make func(phoneauth.Store) phoneauth.Store
}{
	{"Cancel is ignored", phoneGame, func(s phoneauth.Store) phoneauth.Store { return uncancelled{s} }},
	{"what was proved stays", phoneGame, func(s phoneauth.Store) phoneauth.Store { return lasting{s} }},
	{"limits are taken one by one", phoneGame, func(s phoneauth.Store) phoneauth.Store { return oneByOne{s} }},
	{"Rotate reads, compares and writes", sessionGame, func(s phoneauth.Store) phoneauth.Store { return comparing{s} }},
	{"reuse ends nothing", sessionGame, func(s phoneauth.Store) phoneauth.Store { return reusable{s} }},
}

type uncancelled struct{ phoneauth.Store }

func (uncancelled) CancelChallenges(context.Context, ...string) error { return nil }

type lasting struct{ phoneauth.Store }

func (s lasting) AttemptChallenge(ctx context.Context, a phoneauth.AttemptParams) (phoneauth.Challenge, error) {
	c, err := s.Store.AttemptChallenge(ctx, a)
	if err == nil {
		_, err = s.BeginChallenge(ctx, phoneauth.BeginParams{Challenge: c, Now: a.Now})
	}
	return c, err
}

type oneByOne struct{ phoneauth.Store }

func (s oneByOne) TakeLimits(ctx context.Context, p phoneauth.TakeParams) error {
	takes := p.Takes
	for i := range takes {
		p.Takes = takes[i : i+1]
		if err := s.Store.TakeLimits(ctx, p); err != nil {
			return err
		}
		p.Asks = nil
	}
	p.Takes = nil
	return s.Store.TakeLimits(ctx, p)
}

type comparing struct{ phoneauth.Store }

func (s comparing) RotateSession(ctx context.Context, r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
	was, err := s.SessionByID(ctx, r.ID, r.Now)
	if err != nil || string(was.Digest) != string(r.Digest) {
		return s.Store.RotateSession(ctx, r)
	}
	is, _, err := r.Apply(was)
	if err != nil {
		return is, err
	}
	if err := s.EndSession(ctx, is.UserID, is.ID); err != nil && !errors.Is(err, phoneauth.ErrNotFound) {
		return is, err
	}
	_, err = s.CreateSession(ctx, phoneauth.NewSession{Session: is, Now: r.Now})
	return is, err
}

type reusable struct{ phoneauth.Store }

func (s reusable) RotateSession(ctx context.Context, r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
	was, err := s.Store.RotateSession(ctx, r)
	if errors.Is(err, phoneauth.ErrReused) {
		_, again := s.CreateSession(ctx, phoneauth.NewSession{Session: was, Now: r.Now})
		return was, errors.Join(err, again)
	}
	return was, err
}

func TestSQLHistoriesCatchWrongStores(t *testing.T) {
	for _, w := range wrongAnywhere {
		t.Run(w.name, func(t *testing.T) {
			d := postgresDatabase(t)
			caught(t, w.make(d.store(t, d.open(t))), w.game)
		})
	}
	anyEpoch := regexp.MustCompile(`AND epoch = (\$\d+) RETURNING`)
	for name, w := range map[string]struct {
		game    game
		prepare string
		rewrite func(string) string
	}{
		"what is read is not locked": {phoneGame, "", func(q string) string { return strings.ReplaceAll(q, " FOR UPDATE", "") }},
		"an account is found, then created": {userGame, "ALTER TABLE phoneauth_users DROP CONSTRAINT phoneauth_users_phone_key", func(q string) string {
			return strings.Replace(q, " ON CONFLICT (phone) DO NOTHING", "", 1)
		}},
		"a block leaves the epoch": {userGame, "", func(q string) string {
			if strings.Contains(q, ", blocked = ") {
				return strings.Replace(q, "epoch = epoch + 1", "epoch = epoch", 1)
			}
			return q
		}},
		"those who are imported over are not locked": {userGame, "", func(q string) string {
			return strings.ReplaceAll(q, " FOR UPDATE", "")
		}},
		"who counts sessions takes no turns": {countedGame, "", func(q string) string {
			return strings.Replace(q, "SELECT pg_advisory_xact_lock($1)", "SELECT $1::bigint", 1)
		}},
		"any epoch will do": {userGame, "", func(q string) string {
			return anyEpoch.ReplaceAllString(q, "AND $1::bigint IS NOT NULL RETURNING")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			d := postgresDatabase(t)
			right := d.open(t)
			d.store(t, right)
			db, c := d.countedDB(t)
			store := d.store(t, db, sqlstore.WithoutFunctions()) // so that each step is statements that can be rewritten
			prepare(t, right, w.prepare)
			c.rewrite = w.rewrite
			caught(t, store, w.game)
		})
	}
}

func prepare(t *testing.T, db *sql.DB, statement string) {
	if statement != "" {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
}

func TestRedisHistoriesCatchWrongStores(t *testing.T) {
	client := redis.NewClient(&redis.Options{Addr: integration.ServerRedis(t), ContextTimeoutEnabled: true, PoolSize: 32})
	t.Cleanup(func() { _ = client.Close() })
	newStore := func(t *testing.T, prefix string) *redisstore.Store {
		store, err := redisstore.New(t.Context(), client, redisstore.Prefix(prefix))
		require.NoError(t, err)
		return store
	}
	for _, w := range wrongAnywhere {
		t.Run(w.name, func(t *testing.T) {
			store := newStore(t, "right:")
			caught(t, w.make(phoneauth.Stores{ChallengeStore: store, SessionStore: store}), w.game)
		})
	}
	t.Run("attempts are read, then written", func(t *testing.T) {
		n := &readThenWritten{client: client, newStore: func(prefix string) *redisstore.Store { return newStore(t, prefix) }}
		n.Stores = phoneauth.Stores{ChallengeStore: newStore(t, "right:")}
		caught(t, n, phoneGame)
	})
}

// readThenWritten does an attempt in a place of its own: it reads what there is, works
// out what follows, and writes that.
type readThenWritten struct {
	phoneauth.Stores
	client   *redis.Client
	newStore func(prefix string) *redisstore.Store
}

func (n *readThenWritten) AttemptChallenge(ctx context.Context, a phoneauth.AttemptParams) (phoneauth.Challenge, error) {
	place := "place" + rand.N(time.Duration(1<<62)).String() + ":"
	tag, _, _ := strings.Cut(a.Candidates[0].Key, "}")
	tag += "}"
	keys := []string{"c:" + tag + "code", "c:" + tag + "proof", "f:" + tag + "failures", "l:" + tag + "limit0", "l:" + tag + "limit1"}
	if err := n.move(ctx, "right:", place, keys); err != nil {
		return phoneauth.Challenge{}, err
	}
	c, err := n.newStore(place).AttemptChallenge(ctx, a)
	return c, errors.Join(err, n.move(ctx, place, "right:", keys))
}

func (n *readThenWritten) move(ctx context.Context, from, to string, keys []string) error {
	for _, key := range keys {
		value, err := n.client.Get(ctx, from+key).Result()
		switch {
		case errors.Is(err, redis.Nil):
			err = n.client.Del(ctx, to+key).Err()
		case err == nil:
			err = n.client.Set(ctx, to+key, value, time.Hour).Err()
		}
		if err != nil {
			return err
		}
	}
	return nil
}
