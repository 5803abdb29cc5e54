package importer_test

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/importer"
)

func those(end error, users ...phoneauth.User) iter.Seq2[phoneauth.User, error] {
	return func(yield func(phoneauth.User, error) bool) {
		for _, u := range users {
			if !yield(u, nil) {
				return
			}
		}
		if end != nil {
			yield(phoneauth.User{}, end)
		}
	}
}

var exported = []phoneauth.User{
	{ID: "1", UUID: "u1", Phone: phoneauth.StoredPhone("+201061797840"), PasswordHash: bcryptHash, CreatedAt: at("2024-01-02T03:04:05.678901Z")},
	{ID: "2", UUID: "u2", Phone: phoneauth.StoredPhone("+6584932466"), Blocked: true, CreatedAt: at("2024-01-02T03:04:06Z"), SignedInAt: time.Now()},
	{ID: "3", UUID: "u3", Phone: phoneauth.StoredPhone("+33600000178"), Locked: true, Epoch: 7, CreatedAt: at("2024-01-02T03:04:07Z")},
}

// What WriteNDJSON writes, NDJSON reads.
func TestWriteNDJSON(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	n, err := importer.WriteNDJSON(&text, those(nil, exported...))
	require.NoError(t, err)
	assert.Equal(t, 3, n)
	assert.Equal(t, `{"id":"2","uuid":"u2","phone":"+6584932466","verified":true,"created_at":"2024-01-02T03:04:06Z","blocked":true}`,
		strings.Split(text.String(), "\n")[1])
	all, err := read(importer.NDJSON(&text))
	require.NoError(t, err)
	same(t, []phoneauth.ImportUser{
		{Source: "1", Phone: "+201061797840", Verified: true, PasswordHash: bcryptHash, CreatedAt: at("2024-01-02T03:04:05.678901Z")},
		{Source: "2", Phone: "+6584932466", Verified: true, CreatedAt: at("2024-01-02T03:04:06Z"), Blocked: true},
		{Source: "3", Phone: "+33600000178", Verified: true, CreatedAt: at("2024-01-02T03:04:07Z"), Blocked: true},
	}, all)
}

// An error of the store, or of the file, ends an export and is returned.
func TestWriteNDJSONFails(t *testing.T) {
	t.Parallel()
	away := errors.New("away")
	var text bytes.Buffer
	n, err := importer.WriteNDJSON(&text, those(away, exported...))
	require.ErrorIs(t, err, away)
	assert.Equal(t, 3, n)
	assert.Equal(t, 3, strings.Count(text.String(), "\n"))
	_, err = importer.WriteNDJSON(fullDisk{}, those(nil, exported...))
	require.ErrorIs(t, err, io.ErrShortWrite)
	n, err = importer.WriteNDJSON(fullDisk{}, those(nil))
	require.NoError(t, err)
	assert.Zero(t, n)
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, io.ErrShortWrite }
