package redisstore

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// What needs a server is tested in integration/redis*_test.go.

func TestSlot(t *testing.T) {
	t.Parallel()
	s := &Store{cluster: true}
	// CLUSTER KEYSLOT of Redis 7 says so.
	for key, slot := range map[string]int{
		"123456789":                 0x31c3,
		"foo":                       12182,
		"{foo}bar":                  12182,
		"pa:c:{foo}bar":             12182,
		"{foo":                      s.slot("{foo"),
		"{}foo":                     9500,
		"foo{foo}{bar}":             12182,
		"{user1000}.following":      s.slot("user1000"),
		strings.Repeat("{foo}", 20): 12182,
	} {
		assert.Equal(t, slot, s.slot(key), key)
	}
	assert.Zero(t, (&Store{}).slot("foo"), "one node is one slot")
}

func TestChallengePacking(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	for _, c := range []phoneauth.Challenge{
		{Key: "k"},
		{Key: "k", ID: "id", Digest: []byte{0, 255}, Sealed: []byte("sealed"), Pending: []byte{0}, TriesLeft: 5, Sends: 3, ExpiresAt: at, Until: at.Add(time.Hour)},
	} {
		packed, err := packChallenge(&c)
		require.NoError(t, err)
		got, err := unpackChallenge("k", string(packed))
		require.NoError(t, err)
		assert.Equal(t, c, got)
		assert.Equal(t, challengeHead+len(c.ID)+len(c.Digest)+len(c.Sealed)+len(c.Pending), len(packed))
		if len(c.ID) > 0 {
			for n := range challengeHead + len(c.ID) {
				_, err := unpackChallenge("k", string(packed[:n]))
				assert.Error(t, err, "cut to %d bytes", n)
			}
		}
	}
	_, err := packChallenge(&phoneauth.Challenge{Sealed: make([]byte, 1<<16)})
	assert.Error(t, err)
}

func FuzzSessionPacking(f *testing.F) {
	f.Add("user", "device", []byte("digest"), []byte{}, "sms", int64(3), int64(1_700_000_000_000_000))
	f.Fuzz(func(t *testing.T, user, device string, digest, previous []byte, amr string, epoch, at int64) {
		when := time.UnixMicro(at).UTC()
		r := phoneauth.SessionRecord{ID: "id", UserID: user, DeviceID: device, Epoch: epoch, AMR: []string{amr, "pwd"},
			ByPassword: epoch%2 == 0, Client: amr, Place: device,
			AuthTime: when, ExpiresAt: when, Digest: append([]byte(nil), digest...), Previous: append([]byte(nil), previous...)}
		packed, err := packSession(&r)
		if err != nil {
			return
		}
		got, there, err := unpackSession("id", string(packed))
		require.NoError(t, err)
		require.True(t, there)
		if !reflect.DeepEqual(r, got) {
			t.Fatalf("%+v is read as %+v", r, got)
		}
	})
}

// A session that the former layout holds is read. Its bytes are what that layout wrote.
func TestFormerSession(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	var b []byte
	for _, when := range []time.Time{at.Add(2 * time.Hour), at.Add(time.Hour), {}} {
		b = appendTime(b, when)
	}
	b = append(b, 0, 6, 0, 0)
	b = append(b, "digest"...)
	b, err := appendTexts(b, "user", "device")
	require.NoError(t, err)
	b = appendTime(appendTime(b, at), at)
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 7)
	b, err = appendTexts(b, "sms")
	require.NoError(t, err)

	got, there, err := unpackSession("id", string(b))
	require.NoError(t, err)
	require.True(t, there)
	assert.Equal(t, phoneauth.SessionRecord{ID: "id", UserID: "user", DeviceID: "device", Epoch: 7, Digest: []byte("digest"), AMR: []string{"sms"},
		AuthTime: at, CreatedAt: at, IdleUntil: at.Add(time.Hour), ExpiresAt: at.Add(2 * time.Hour)}, got)
}

// Nothing, and a tombstone, are no session.
func TestNoSession(t *testing.T) {
	t.Parallel()
	for _, held := range []string{"", "\x02\x00\x06\x00\x00\x00\x00\x00\x01"} {
		_, there, err := unpackSession("id", held)
		require.NoError(t, err)
		assert.False(t, there)
	}
	_, there, err := unpackSession("id", "\x01cut")
	assert.Error(t, err)
	assert.False(t, there)
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	ring := redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"a": "127.0.0.1:1"}})
	defer ring.Close()
	deaf := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})
	defer deaf.Close()
	for _, c := range []struct {
		client  redis.UniversalClient
		options []Option
		says    string
	}{
		{nil, nil, "nil"},
		{ring, nil, "redis.NewClusterClient"},
		{deaf, nil, "set ContextTimeoutEnabled"},
		{deaf, []Option{Prefix("{a}")}, "braces"},
	} {
		_, err := New(t.Context(), c.client, c.options...)
		require.ErrorContains(t, err, c.says)
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	for version, good := range map[string]bool{"7.0.15": true, "6.2.0": true, "6.0.16": false, "5.0": false, "10.0.1": true, "255.255.255": true, "valkey": true} {
		assert.Equal(t, good, atLeast(version, 6, 2), version)
	}
}

// What a script answers is not trusted to be long enough.
func TestShortReplies(t *testing.T) {
	t.Parallel()
	assert.Equal(t, int64(-1), reply{}.status())
	assert.Empty(t, reply{int64(0)}.text(3))
	assert.Empty(t, reply{int64(0)}.list(3).list(2).text(1))
	assert.Error(t, reply{int64(1), int64(7), int64(1)}.refusal([]string{"l"}))
	err := reply{int64(1), int64(0), int64(1)}.refusal([]string{"l"})
	assert.ErrorContains(t, err, "limit l")
}
