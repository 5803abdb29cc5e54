package importer_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/importer"
	"github.com/phoneauth/phoneauth/importer/legacyhash"
)

// read returns the accounts of an export, and the error at its end.
func read(users importer.Users) (all []phoneauth.ImportUser, err error) {
	for u, err := range users {
		if err != nil {
			return all, err
		}
		all = append(all, u)
	}
	return all, nil
}

// file reads an export of testdata.
func file(t *testing.T, format, name string) []phoneauth.ImportUser {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	users, err := importer.Read(format, bytes.NewReader(text))
	require.NoError(t, err)
	all, err := read(users)
	require.NoError(t, err)
	return all
}

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return t
}

// same compares accounts, whose times may be in other zones.
func same(t *testing.T, want, got []phoneauth.ImportUser) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		assert.True(t, want[i].CreatedAt.Equal(got[i].CreatedAt), "%s: CreatedAt %s", want[i].Source, got[i].CreatedAt)
		assert.True(t, want[i].PasswordHash == got[i].PasswordHash, "%s: PasswordHash", want[i].Source)
		got[i].CreatedAt = want[i].CreatedAt
		assert.Equal(t, want[i], got[i])
	}
}

// The hash of the README of github.com/firebase/scrypt.
var firebaseHash = legacyhash.FirebaseHash("42xEC+ixf3L2lw==", "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==")

const bcryptHash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"

func TestFirebaseJSON(t *testing.T) {
	t.Parallel()
	same(t, []phoneauth.ImportUser{
		{Source: "uid1", Phone: "+201061797840", Verified: true, PasswordHash: firebaseHash, CreatedAt: time.UnixMilli(1700000000123)},
		{Source: "uid2", Phone: "+6584932466", Verified: true, CreatedAt: time.UnixMilli(1700000001000), Blocked: true},
		{Source: "uid3", CreatedAt: time.UnixMilli(1700000002000)},
		{Source: "user 4", Unreadable: true},
		{Source: "user 5", Phone: "+33600000178", Verified: true},
	}, file(t, "firebase-json", "firebase.json"))
}

func TestFirebaseCSV(t *testing.T) {
	t.Parallel()
	same(t, []phoneauth.ImportUser{
		{Source: "uid1", Phone: "+201061797840", Verified: true, CreatedAt: time.UnixMilli(1700000000123)},
		{Source: "uid2", Phone: "+6584932466", Verified: true, CreatedAt: time.UnixMilli(1700000001000), Blocked: true},
		{Source: "line 3", Unreadable: true},
		{Source: "uid4", Phone: "+33600000178", Verified: true, CreatedAt: time.UnixMilli(1700000003000)},
		{Source: "uid5"},
	}, file(t, "firebase-csv", "firebase.csv"))
}

func TestSupabase(t *testing.T) {
	t.Parallel()
	same(t, []phoneauth.ImportUser{
		{Source: "6f1c8f0e-0000-4000-8000-000000000001", Phone: "+201061797840", Verified: true, PasswordHash: bcryptHash, CreatedAt: at("2024-01-02T03:04:05.678901Z")},
		{Source: "6f1c8f0e-0000-4000-8000-000000000002", Phone: "+6584932466", CreatedAt: at("2024-01-02T03:04:05Z")},
		{Source: "6f1c8f0e-0000-4000-8000-000000000003", Phone: "+33600000178", Verified: true, CreatedAt: at("2024-01-02T03:04:05Z"), Blocked: true},
		{Source: "6f1c8f0e-0000-4000-8000-000000000004", Phone: "+33600000179", Verified: true, CreatedAt: at("2024-01-02T03:04:05Z")},
		{Source: "6f1c8f0e-0000-4000-8000-000000000005", Verified: true, CreatedAt: at("2024-01-02T03:04:05Z")},
		{Source: "line 7", Unreadable: true},
	}, file(t, "supabase", "supabase.csv"))
}

func TestCognito(t *testing.T) {
	t.Parallel()
	same(t, []phoneauth.ImportUser{
		{Source: "ana", Phone: "+201061797840", Verified: true},
		{Source: "ben", Phone: "+6584932466"},
		{Source: "line 4", Phone: "+33600000178", Verified: true},
	}, file(t, "cognito", "cognito.csv"))
}

func TestClerk(t *testing.T) {
	t.Parallel()
	all := file(t, "clerk", "clerk.csv")
	same(t, []phoneauth.ImportUser{
		{Source: "user_1", Phone: "+201061797840", Verified: true, PasswordHash: bcryptHash},
		{Source: "user_2", Phone: "+33600000178", Verified: true},
		{Source: "user_3", Phone: "+33600000179"},
		{Source: "user_4", Phone: "+33600000180", Verified: true, PasswordHash: all[3].PasswordHash},
	}, all)
	v, err := legacyhash.New(legacyhash.Config{})
	require.NoError(t, err)
	assert.True(t, v.Verify(all[3].PasswordHash, "user1password"), "a hash that Clerk has from Firebase")
}

func TestAuth0(t *testing.T) {
	t.Parallel()
	want := []phoneauth.ImportUser{
		{Source: "sms|1", Phone: "+201061797840", Verified: true, CreatedAt: at("2024-01-02T03:04:05.678Z")},
		{Source: "auth0|60425da93519d90068f82966", Phone: "+6584932466", Verified: true, CreatedAt: at("2024-01-02T03:04:05.678Z"), Blocked: true},
		{Source: "auth0|3", Phone: "+33600000178"},
		{Source: "line 5", Unreadable: true},
	}
	same(t, want, file(t, "auth0", "auth0.ndjson"))
	users, err := os.ReadFile("testdata/auth0.ndjson")
	require.NoError(t, err)
	all, err := read(importer.Auth0(bytes.NewReader(users), strings.NewReader(
		`{"_id":{"$oid":"60425da93519d90068f82966"},"email":"ben@example.com","passwordHash":"`+bcryptHash+`","connection":"c"}`+"\n")))
	require.NoError(t, err)
	want[1].PasswordHash = bcryptHash
	same(t, want, all)
}

func TestNDJSON(t *testing.T) {
	t.Parallel()
	same(t, []phoneauth.ImportUser{
		{Source: "7", Phone: "+201061797840", Verified: true, PasswordHash: bcryptHash, CreatedAt: at("2024-01-02T03:04:05Z"), Blocked: true},
		{Source: "line 2", Phone: "+6584932466", Verified: true},
		{Source: "line 3", Unreadable: true},
	}, file(t, "ndjson", "accounts.ndjson"))
}

// What is no such export ends with an error, and so does one that is cut off, or an input that
// fails. No error quotes what was read.
func TestOtherFiles(t *testing.T) {
	t.Parallel()
	failed := errors.New("disk")
	for _, format := range importer.Formats() {
		users, err := importer.Read(format, iotest.ErrReader(failed))
		require.NoError(t, err)
		_, err = read(users)
		assert.ErrorIs(t, err, failed, format)
	}
	for format, text := range map[string]string{
		"firebase-json": `[{"localId":"canary"}]`, "supabase": "canary,phone\n1,2\n", "cognito": "", "clerk": "id\ncanary\n",
	} {
		users, err := importer.Read(format, strings.NewReader(text))
		require.NoError(t, err)
		_, err = read(users)
		require.Error(t, err, format)
		assert.NotContains(t, err.Error(), "canary")
	}
	cut := `{"users":[{"localId":"1","phoneNumber":"+201061797840"},{"localId":"canary`
	all, err := read(importer.FirebaseJSON(strings.NewReader(cut)))
	assert.Len(t, all, 1)
	assert.EqualError(t, err, "importer: firebase-json: user 2: is no such export, or is cut off")
	_, err = importer.Read("canary", strings.NewReader(""))
	assert.ErrorContains(t, err, "firebase-json, ndjson")
}

// A reader stops when nobody listens any more, and keeps one account at a time.
func TestReadersStop(t *testing.T) {
	t.Parallel()
	endless := io.MultiReader(strings.NewReader("{\"phone\":\"+201061797840\"}\n"), iotest.ErrReader(errors.New("read too far")))
	for u, err := range importer.NDJSON(endless) {
		require.NoError(t, err)
		assert.Equal(t, "line 1", u.Source)
		break
	}
}

// FuzzRead: whatever the input is, nothing panics, every account has a Source, and no account
// comes with an error.
func FuzzRead(f *testing.F) {
	names, err := filepath.Glob("testdata/*.*")
	require.NoError(f, err)
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(f, err)
		for i := range importer.Formats() {
			f.Add(i, text)
		}
	}
	formats := importer.Formats()
	f.Fuzz(func(t *testing.T, format int, text []byte) {
		if format < 0 || format >= len(formats) {
			return
		}
		users, err := importer.Read(formats[format], bytes.NewReader(text))
		require.NoError(t, err)
		for u, err := range users {
			if err != nil {
				require.Equal(t, phoneauth.ImportUser{}, u)
				continue
			}
			require.NotEmpty(t, u.Source, fmt.Sprint(formats[format]))
			require.False(t, u.Unreadable && u.Phone != "")
		}
	})
}
