package boltstore_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/examples/boltstore"
	"github.com/phoneauth/phoneauth/storetest"
)

// open opens a file. Without syncs the suite takes seconds instead of minutes.
func open(t testing.TB, file string) (*boltstore.Store, *bolt.DB) {
	t.Helper()
	db, err := bolt.Open(file, 0o600, &bolt.Options{Timeout: time.Second, NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	store, err := boltstore.New(db)
	require.NoError(t, err)
	return store, db
}

// inFile returns a store in a new file.
func inFile(t testing.TB) *boltstore.Store {
	t.Helper()
	store, _ := open(t, filepath.Join(t.TempDir(), "phoneauth.db"))
	return store
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t testing.TB) phoneauth.Store { return inFile(t) })
}

func TestJournal(t *testing.T) {
	t.Parallel()
	storetest.RunJournal(t, func(t testing.TB) phoneauth.JournalStore { return inFile(t) })
}

// now is the time of the cases below: a store knows no other.
var now = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// The number and the hash would be encoded masked, if the record were the User itself.
func TestUserIsWholeInTheFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "phoneauth.db")
	store, db := open(t, file)
	phone := phoneauth.StoredPhone("+201061797840")
	in, err := store.SignInUser(t.Context(), phoneauth.SignIn{Phone: phone, UUID: "u", PasswordHash: "$hash$", Now: now})
	require.NoError(t, err)
	require.True(t, in.Created)
	require.NoError(t, db.Close())

	store, _ = open(t, file)
	user, err := store.UserByPhone(t.Context(), phone)
	require.NoError(t, err)
	assert.Equal(t, in.User, user)
	assert.Equal(t, "+201061797840", user.Phone.E164())
	assert.Equal(t, "$hash$", string(user.PasswordHash))
	user, err = store.UserByID(t.Context(), in.User.ID)
	require.NoError(t, err)
	assert.Equal(t, in.User, user)
}

// A record that cannot be read is a fault: what the step did before it is not committed.
func TestFaultCommitsNothing(t *testing.T) {
	t.Parallel()
	store, db := open(t, filepath.Join(t.TempDir(), "phoneauth.db"))
	require.NoError(t, db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte("records")).Put([]byte("limit/broken"), []byte(`{"Value":"no number"}`))
	}))
	take := func(key string) phoneauth.Take {
		return phoneauth.Take{Name: "rule", Key: key, Limit: phoneauth.Limit{Burst: 1, Every: time.Minute}, Cost: 1}
	}
	for _, broken := range [][]phoneauth.Take{{take("good"), take("broken")}, {take("broken"), take("good")}} {
		err := store.TakeLimits(t.Context(), phoneauth.TakeParams{Takes: broken, Now: now})
		require.ErrorContains(t, err, "boltstore: take limits: ")
		assert.False(t, phoneauth.IsAnswer(err))
		assert.NotContains(t, err.Error(), "broken")
	}
	_, err := store.ReadState(t.Context(), phoneauth.StateParams{Takes: []phoneauth.Take{take("broken")}, Now: now})
	require.ErrorContains(t, err, "boltstore: read state: ")
	begun, err := store.BeginChallenge(t.Context(), phoneauth.BeginParams{
		Challenge: phoneauth.Challenge{Key: "k", ID: "1", ExpiresAt: now.Add(time.Hour), Until: now.Add(time.Hour)},
		Takes:     []phoneauth.Take{take("broken")}, Now: now,
	})
	require.ErrorContains(t, err, "boltstore: begin challenge: ")
	assert.Zero(t, begun, "beside a fault")
	require.NoError(t, store.TakeLimits(t.Context(), phoneauth.TakeParams{Takes: []phoneauth.Take{take("good")}, Now: now}))
	err = store.TakeLimits(t.Context(), phoneauth.TakeParams{Takes: []phoneauth.Take{take("broken"), take("good")}, Now: now})
	assert.False(t, phoneauth.IsAnswer(err), "refused by one limit while another cannot be read: a fault")
}

// Purge leaves nothing behind: no entry of the index leads nowhere.
func TestPurgeEmptiesTheFile(t *testing.T) {
	t.Parallel()
	store, db := open(t, filepath.Join(t.TempDir(), "phoneauth.db"))
	take := phoneauth.Take{Key: "k", Limit: phoneauth.Limit{Burst: 3, Every: time.Minute}, Cost: 1}
	for range 2 {
		_, err := store.BeginChallenge(t.Context(), phoneauth.BeginParams{
			Challenge: phoneauth.Challenge{Key: "k", ID: "1", Digest: []byte("d"), TriesLeft: 1, ExpiresAt: now.Add(time.Hour), Until: now.Add(time.Hour)},
			Takes:     []phoneauth.Take{take}, Now: now,
		})
		require.NoError(t, err)
	}
	_, err := store.CreateSession(t.Context(), phoneauth.NewSession{
		Session: phoneauth.SessionRecord{ID: "s", UserID: "1", Digest: []byte("d"), CreatedAt: now, IdleUntil: now.Add(time.Hour), ExpiresAt: now.Add(time.Hour)},
		Now:     now,
	})
	require.NoError(t, err)
	require.NoError(t, store.AppendEntries(t.Context(), []phoneauth.JournalEntry{{ID: "e", Time: now, ExpiresAt: now.Add(time.Hour), Print: "p"}}))

	removed, err := store.Purge(t.Context(), now.Add(time.Hour))
	require.NoError(t, err)
	assert.Equal(t, 4, removed, "a challenge, a limit, a session, an entry")
	require.NoError(t, db.View(func(tx *bolt.Tx) error {
		assert.Zero(t, tx.Bucket([]byte("records")).Stats().KeyN, "records")
		assert.Zero(t, tx.Bucket([]byte("index")).Stats().KeyN, "index")
		return nil
	}))
}
