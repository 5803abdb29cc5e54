package importer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/phoneauth/phoneauth"
)

// FirebaseJSON reads what firebase auth:export writes as JSON: an object whose member "users"
// is a list. Every number counts as verified, because in Firebase a number is how one signs
// in. The Admin SDK can set one that nobody has proved: if your backend does, set Verified
// yourself. Disabled accounts are blocked. See https://firebase.google.com/docs/cli/auth.
func FirebaseJSON(r io.Reader) Users {
	return func(yield func(phoneauth.ImportUser, error) bool) {
		d := json.NewDecoder(input{r})
		if err := enter(d); err != nil {
			yield(phoneauth.ImportUser{}, broken("firebase-json", "its beginning", err))
			return
		}
		for n := 1; d.More(); n++ {
			var f firebaseUser
			u, err := phoneauth.ImportUser{Source: place("user", n), Unreadable: true}, d.Decode(&f)
			if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok { // read, and not what it should be
				err = nil
			} else if err == nil {
				u = named(f.user(), u.Source)
			}
			if err != nil {
				yield(phoneauth.ImportUser{}, broken("firebase-json", u.Source, err))
				return
			}
			if !yield(u, nil) {
				return
			}
		}
		if _, err := d.Token(); err != nil { // without its end it is cut off
			yield(phoneauth.ImportUser{}, broken("firebase-json", "its end", err))
		}
	}
}

// enter reads up to the first element of the member "users".
func enter(d *json.Decoder) error {
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.Join(errFormat, err)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		if name == "users" {
			t, err := d.Token()
			if err != nil || t != json.Delim('[') {
				return errors.Join(errFormat, err)
			}
			return nil
		}
		if err := d.Decode(new(json.RawMessage)); err != nil {
			return err
		}
	}
	return errFormat
}

var errFormat = errors.New("another format")

// maxLine is how long a line of NDJSON may be, in bytes.
const maxLine = 4 << 20

// lines reads NDJSON: one JSON value in each line. read makes an account of a line.
func lines(what string, r io.Reader, read func([]byte) (phoneauth.ImportUser, error)) Users {
	return func(yield func(phoneauth.ImportUser, error) bool) {
		s := bufio.NewScanner(input{r})
		s.Buffer(nil, maxLine)
		n := 0
		for s.Scan() {
			n++
			text := bytes.TrimSpace(s.Bytes())
			if len(text) == 0 {
				continue
			}
			u, err := read(text)
			if err != nil {
				u = phoneauth.ImportUser{Unreadable: true}
			}
			if !yield(named(u, place("line", n)), nil) {
				return
			}
		}
		if err := s.Err(); err != nil {
			yield(phoneauth.ImportUser{}, broken(what, "after "+place("line", n), err))
		}
	}
}

// Account is one account in NDJSON of ours: a JSON object in each line. All members but phone
// and verified may be left out.
type Account struct {
	// ID names the account in reports.
	ID string `json:"id,omitempty"`
	// UUID is User.UUID where the account was exported. [NDJSON] does not read it: an account
	// gets a new one when it is imported.
	UUID string `json:"uuid,omitempty"`
	// Phone is the number, best in E.164.
	Phone string `json:"phone"`
	// Verified is true when its owner has proved Phone.
	Verified bool `json:"verified"`
	// PasswordHash is a hash that package legacyhash knows, or argon2id in PHC format.
	PasswordHash string `json:"password_hash,omitempty"`
	// CreatedAt is when the account was created (RFC 3339).
	CreatedAt time.Time `json:"created_at,omitzero"`
	// Blocked is true when nobody may sign in.
	Blocked bool `json:"blocked,omitempty"`
}

// NDJSON reads an [Account] from each line. It is the format for tables of your own.
func NDJSON(r io.Reader) Users {
	return lines("ndjson", r, func(text []byte) (phoneauth.ImportUser, error) {
		var a Account
		err := json.Unmarshal(text, &a)
		return phoneauth.ImportUser{
			Source: a.ID, Phone: a.Phone, Verified: a.Verified, PasswordHash: phoneauth.Secret(a.PasswordHash),
			CreatedAt: a.CreatedAt, Blocked: a.Blocked,
		}, err
	})
}

// auth0User is a line of Auth0's export, with the names of the user profile; and one of the
// export of passwords that Auth0's support gives, whose id is in another member.
type auth0User struct {
	UserID        string   `json:"user_id"`
	PhoneNumber   string   `json:"phone_number"`
	PhoneVerified bool     `json:"phone_verified"`
	CreatedAt     string   `json:"created_at"`
	Blocked       bool     `json:"blocked"`
	PasswordHash  string   `json:"passwordHash"`
	ID            auth0Oid `json:"_id"`
}

// auth0Oid is an id of the export of passwords.
type auth0Oid struct {
	Oid string `json:"$oid"`
}

// Auth0 reads NDJSON of a users export with the fields user_id, phone_number, phone_verified,
// created_at and blocked. passwords is the NDJSON of passwords, which Auth0's support gives on
// request, or nil; all of it is kept in memory, about 200 bytes for each account. See
// https://auth0.com/docs/manage-users/user-migration/bulk-user-exports.
func Auth0(r, passwords io.Reader) Users {
	return func(yield func(phoneauth.ImportUser, error) bool) {
		hashes, err := auth0Passwords(passwords)
		if err != nil {
			yield(phoneauth.ImportUser{}, err)
			return
		}
		users := lines("auth0", r, func(text []byte) (phoneauth.ImportUser, error) {
			var a auth0User
			err := json.Unmarshal(text, &a)
			u := phoneauth.ImportUser{
				Source: a.UserID, Phone: a.PhoneNumber, Verified: a.PhoneVerified, CreatedAt: instant(a.CreatedAt), Blocked: a.Blocked,
				PasswordHash: phoneauth.Secret(a.PasswordHash),
			}
			if hash := hashes[a.UserID]; hash != "" {
				u.PasswordHash = hash
			}
			return u, err
		})
		users(yield)
	}
}

// auth0Passwords returns the hashes by user_id, which is "auth0|" and the id of the export.
func auth0Passwords(r io.Reader) (map[string]phoneauth.Secret, error) {
	hashes := map[string]phoneauth.Secret{}
	if r == nil {
		return hashes, nil
	}
	for u, err := range lines("auth0 passwords", r, func(text []byte) (phoneauth.ImportUser, error) {
		var a auth0User
		err := json.Unmarshal(text, &a)
		return phoneauth.ImportUser{Source: "auth0|" + a.ID.Oid, PasswordHash: phoneauth.Secret(a.PasswordHash)}, err
	}) {
		if err != nil {
			return nil, err
		}
		if !u.Unreadable && u.PasswordHash != "" {
			hashes[u.Source] = u.PasswordHash
		}
	}
	return hashes, nil
}
