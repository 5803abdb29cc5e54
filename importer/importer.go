// Package importer reads the exports of other systems, for [phoneauth.Service.Import]:
//
//	file, err := os.Open("users.json")
//	report, err := svc.Import(ctx, importer.FirebaseJSON(file), phoneauth.ImportOptions{DryRun: true})
//
// Every reader takes an export as it is written, reads it from front to back, and keeps one
// account at a time. An account that cannot be read is yielded as Unreadable, with its place.
// An error ends the reading: the input cannot be read, or is no such export. No error and no
// Source holds a number or a hash.
//
// [WriteNDJSON] is the other direction: it writes the accounts of a store, in a format that
// [NDJSON] reads.
//
// A reader says that a number is verified only where its source does. docs/importing.md has
// the steps for each source. The passwords are verified by package importer/legacyhash.
package importer

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
)

// Users are the accounts of an export, for [phoneauth.Service.Import].
type Users = iter.Seq2[phoneauth.ImportUser, error]

// formats are the readers by the names that programs give them.
var formats = map[string]func(io.Reader) Users{
	"firebase-json": FirebaseJSON,
	"firebase-csv":  FirebaseCSV,
	"supabase":      Supabase,
	"auth0":         func(r io.Reader) Users { return Auth0(r, nil) },
	"cognito":       Cognito,
	"clerk":         Clerk,
	"ndjson":        NDJSON,
}

// Formats returns the names that [Read] knows, in order.
func Formats() []string {
	var names []string
	for name := range formats {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Read reads an export of the format with this name. An unknown one is an error.
func Read(format string, r io.Reader) (Users, error) {
	read, ok := formats[format]
	if !ok {
		return nil, fmt.Errorf("importer: unknown format, must be one of %s", strings.Join(Formats(), ", "))
	}
	return read(r), nil
}

// place names an account by where it is, when it has no id.
func place(unit string, n int) string { return unit + " " + strconv.Itoa(n) }

// broken ends an export that cannot be read. Errors of the decoders quote what they read, so
// only those of the input are passed on.
func broken(what, where string, err error) error {
	if input, ok := errors.AsType[*inputError](err); ok {
		return fmt.Errorf("importer: %s: %s: %w", what, where, input.error)
	}
	return fmt.Errorf("importer: %s: %s: is no such export, or is cut off", what, where)
}

// inputError is an error of the input, as against what a decoder thinks of its text.
type inputError struct{ error }

// input marks the errors of a reader.
type input struct{ io.Reader }

// Read implements [io.Reader].
func (r input) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = &inputError{err}
	}
	return n, err
}

// layouts are how the sources write a time.
var layouts = []string{
	time.RFC3339Nano,
	"2006-01-02 15:04:05.999999999Z07:00", // PostgreSQL's COPY
	"2006-01-02 15:04:05.999999999Z07",
	"2006-01-02 15:04:05.999999999 -0700 MST", // Clerk, Supabase's dashboard
	"2006-01-02 15:04:05.999999999",
	"2006-01-02T15:04:05.999999999",
}

// instant reads a time, or the zero time from anything else. The time an account was created is
// worth no refusal.
func instant(text string) time.Time {
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t
		}
	}
	return time.Time{}
}

// millis reads milliseconds since 1970.
func millis(text string) time.Time {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(n)
}

// isTrue reads a bool as CSV files have it.
func isTrue(text string) bool {
	return slices.Contains([]string{"true", "t", "1"}, strings.ToLower(text))
}
