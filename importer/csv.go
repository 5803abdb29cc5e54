package importer

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/importer/legacyhash"
)

// row is a line of a CSV file with a header, by the names of its columns.
type row map[string]string

// table reads a CSV file with a header. required are the columns without which it is no such
// export; read makes an account of a row.
func table(what string, r io.Reader, required []string, read func(row) phoneauth.ImportUser) Users {
	return func(yield func(phoneauth.ImportUser, error) bool) {
		c := newCSV(r)
		header, err := c.Read()
		if err != nil {
			yield(phoneauth.ImportUser{}, broken(what, "line 1", err))
			return
		}
		names := make([]string, len(header))
		at := map[string]bool{}
		for i, name := range header {
			names[i] = strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))
			at[names[i]] = true
		}
		for _, name := range required {
			if !at[name] {
				yield(phoneauth.ImportUser{}, fmt.Errorf("importer: %s: line 1: has no column %q", what, name))
				return
			}
		}
		fields := row{}
		for u, err := range rows(what, c) {
			if err == nil && u.fields != nil {
				if len(u.fields) == len(names) {
					clear(fields)
					for i, name := range names {
						fields[name] = u.fields[i]
					}
					u.ImportUser = named(read(fields), u.Source)
				} else {
					u.Unreadable = true
				}
			}
			if !yield(u.ImportUser, err) {
				return
			}
		}
	}
}

// named returns u with place as its Source if it has none.
func named(u phoneauth.ImportUser, place string) phoneauth.ImportUser {
	if u.Source == "" {
		u.Source = place
	}
	return u
}

func newCSV(r io.Reader) *csv.Reader {
	c := csv.NewReader(input{r})
	c.FieldsPerRecord, c.ReuseRecord = -1, true
	return c
}

// line is a line of a CSV file. Its fields are nil when it is unreadable.
type line struct {
	phoneauth.ImportUser
	fields []string
}

// rows yields the lines of c. A line that is no CSV is unreadable.
func rows(what string, c *csv.Reader) func(func(line, error) bool) {
	return func(yield func(line, error) bool) {
		for {
			fields, err := c.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			u := line{fields: fields}
			if bad, ok := errors.AsType[*csv.ParseError](err); ok {
				u.Source, u.Unreadable, u.fields, err = place("line", bad.StartLine), true, nil, nil
			} else if err == nil {
				n, _ := c.FieldPos(0)
				u.Source = place("line", n)
			} else {
				n, _ := c.FieldPos(0)
				err = broken(what, "after "+place("line", n), err)
			}
			if !yield(u, err) || err != nil {
				return
			}
		}
	}
}

// Supabase reads rows of auth.users as CSV with a header, as COPY … WITH (FORMAT csv, HEADER)
// and the dashboard write them. It needs the columns id, phone and phone_confirmed_at, and
// takes encrypted_password, created_at, banned_until and deleted_at. Its numbers have no '+'.
// Deleted accounts are left out as accounts without a number. Those whose ban has
// not ended are blocked, for good. See
// https://github.com/supabase/auth/tree/master/migrations.
func Supabase(r io.Reader) Users {
	return table("supabase", r, []string{"id", "phone", "phone_confirmed_at"}, func(c row) phoneauth.ImportUser {
		u := phoneauth.ImportUser{
			Source: c["id"], Phone: international(null(c["phone"])), Verified: null(c["phone_confirmed_at"]) != "",
			PasswordHash: phoneauth.Secret(null(c["encrypted_password"])), CreatedAt: instant(c["created_at"]), Blocked: lasts(null(c["banned_until"])),
		}
		if null(c["deleted_at"]) != "" {
			u.Phone = ""
		}
		return u
	})
}

// lasts reports whether a ban until then has not ended, or cannot be read.
func lasts(until string) bool {
	t := instant(until)
	return until != "" && (t.IsZero() || t.After(time.Now()))
}

// null returns text, and "" for what some programs write for NULL.
func null(text string) string {
	if text == "NULL" || text == "null" || text == `\N` {
		return ""
	}
	return text
}

// international returns digits with a '+' before them.
func international(digits string) string {
	if digits == "" || strings.HasPrefix(digits, "+") {
		return digits
	}
	return "+" + digits
}

// Cognito reads a CSV file with the header of a user pool: it needs the columns
// cognito:username, phone_number and phone_number_verified. Cognito gives no passwords and no
// time at which an account was created. See
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool-csv-header.html.
func Cognito(r io.Reader) Users {
	return table("cognito", r, []string{"cognito:username", "phone_number", "phone_number_verified"}, func(c row) phoneauth.ImportUser {
		return phoneauth.ImportUser{
			Source: c["cognito:username"], Phone: c["phone_number"], Verified: isTrue(c["phone_number_verified"]),
			Blocked: c["enabled"] != "" && !isTrue(c["enabled"]),
		}
	})
}

// Clerk reads the CSV file of Clerk's dashboard. It needs the columns id,
// primary_phone_number and verified_phone_numbers, and takes password_digest, password_hasher
// and created_at. An account gets its primary number if that is verified, else the first that
// is: an account has one number here. See
// https://clerk.com/docs/guides/development/migrating/export-from-clerk.
func Clerk(r io.Reader) Users {
	return table("clerk", r, []string{"id", "primary_phone_number", "verified_phone_numbers"}, func(c row) phoneauth.ImportUser {
		u := phoneauth.ImportUser{Source: c["id"], Phone: c["primary_phone_number"], CreatedAt: instant(c["created_at"])}
		verified := strings.FieldsFunc(c["verified_phone_numbers"], func(r rune) bool { return strings.ContainsRune("|,; ", r) })
		for _, phone := range verified {
			u.Verified = u.Verified || phone == u.Phone
		}
		if !u.Verified && len(verified) > 0 {
			u.Phone, u.Verified = verified[0], true
		}
		u.PasswordHash = clerkHash(c["password_hasher"], c["password_digest"])
		return u
	})
}

// clerkHash returns a digest of Clerk as legacyhash reads it. That of Firebase has its
// parameters after the hash and the salt: the signer key, the salt separator, the rounds and
// the memory cost.
func clerkHash(hasher, digest string) phoneauth.Secret {
	f := strings.Split(digest, "$")
	if hasher == "scrypt_firebase" && len(f) == 6 {
		return phoneauth.Secret(fmt.Sprintf("$fbscrypt$v=1,n=%s,r=%s,p=1,ss=%s,sk=%s$%s$%s", f[5], f[4], f[3], f[2], f[1], f[0]))
	}
	return phoneauth.Secret(digest)
}

// The columns of a CSV file of Firebase. After them come the custom claims, which are quoted,
// and a comma.
const (
	firebaseID, firebaseCreated, firebasePhone, firebaseDisabled = 0, 23, 25, 26
	firebaseColumns                                              = 27
)

// FirebaseCSV reads what firebase auth:export writes as CSV, which has no header. It takes no
// passwords: the export escapes neither commas nor new lines in what people call themselves,
// so somebody could have written a line with the number of another and a hash of their own.
// Export JSON and use [FirebaseJSON], which has no such fault. Lines with a quote before the
// custom claims are unreadable. See https://firebase.google.com/docs/cli/auth and
// accountExporter.ts of firebase-tools.
func FirebaseCSV(r io.Reader) Users {
	return lines("firebase-csv", r, func(text []byte) (phoneauth.ImportUser, error) {
		f := strings.SplitN(string(text), ",", firebaseColumns+1)
		if len(f) <= firebaseColumns || strings.Contains(strings.Join(f[:firebaseColumns], ","), `"`) {
			return phoneauth.ImportUser{}, errFormat
		}
		if claims := f[firebaseColumns]; claims != "" && claims != "," && !(strings.HasPrefix(claims, `"`) && strings.HasSuffix(claims, `",`)) {
			return phoneauth.ImportUser{}, errFormat // one comma too many
		}
		return firebaseUser{
			LocalID: f[firebaseID], PhoneNumber: f[firebasePhone], CreatedAt: f[firebaseCreated], Disabled: isTrue(f[firebaseDisabled]),
		}.user(), nil
	})
}

// firebaseUser is an account of Firebase, with the names of auth:export.
type firebaseUser struct {
	LocalID      string `json:"localId"`
	PasswordHash string `json:"passwordHash"`
	Salt         string `json:"salt"`
	PhoneNumber  string `json:"phoneNumber"`
	CreatedAt    string `json:"createdAt"`
	Disabled     bool   `json:"disabled"`
}

func (f firebaseUser) user() phoneauth.ImportUser {
	u := phoneauth.ImportUser{
		Source: f.LocalID, Phone: f.PhoneNumber, Verified: f.PhoneNumber != "",
		CreatedAt: millis(f.CreatedAt), Blocked: f.Disabled,
	}
	if f.PasswordHash != "" {
		u.PasswordHash = legacyhash.FirebaseHash(f.Salt, f.PasswordHash)
	}
	return u
}
