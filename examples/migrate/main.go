// Command migrate imports the accounts of another system: from an export of Firebase,
// Supabase, Auth0, Cognito or Clerk, or from NDJSON of your own. From the root of the
// repository, first what it would do, and then it:
//
//	go run ./examples/migrate -from firebase-json -dry-run users.json
//	go run ./examples/migrate -from firebase-json users.json
//
// With -export it writes the accounts of a store into a file that it can read by -from ndjson:
//
//	go run ./examples/migrate -export users.ndjson
//
// It can be interrupted at any point, and run again with the same file: it goes on where it
// was. docs/importing.md has the steps for each source; -h lists the flags.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/importer"
	"github.com/phoneauth/phoneauth/importer/legacyhash"
	"github.com/phoneauth/phoneauth/senders/console"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "migrate:", err)
		os.Exit(1)
	}
}

// errInterrupted is what a signal ends with.
var errInterrupted = errors.New("interrupted: run it again to go on")

// run is the whole program. Everything that it takes from its process is an argument, so that
// a test can run it.
func run(ctx context.Context, args []string, getenv func(string) string, stderr io.Writer) (err error) {
	o, err := parseFlags(args, getenv)
	if errors.Is(err, flag.ErrHelp) {
		printUsage(stderr)
		return nil
	}
	if err != nil {
		return err
	}
	if o.export {
		return runExport(ctx, o, stderr)
	}
	verifier, err := legacyhash.New(legacyhash.Config{Firebase: o.firebase})
	if err != nil {
		return err
	}
	export, err := openExport(o)
	if err != nil {
		return err
	}
	defer export.close()
	store, closeStore, err := openStore(ctx, o.store, false)
	if err != nil {
		return fmt.Errorf("-store: %w", err)
	}
	defer func() { err = errors.Join(err, closeStore()) }()
	svc, err := phoneauth.New(phoneauth.Config{
		Store: store, Sender: console.New(io.Discard),
		// Nothing of an account is made under the keys, so those of the server are not needed.
		Keys:     phoneauth.GenerateKeys(),
		Numbers:  phoneauth.NumberRules{DefaultRegion: o.region},
		Password: phoneauth.PasswordRules{Legacy: verifier.Verify, LegacyKnown: verifier.Known, LegacyDecoy: verifier.Decoy()},
		Logger:   slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	problems, err := openList(o.problems)
	if err != nil {
		return fmt.Errorf("-problems: %w", err)
	}
	ids, err := openList(o.ids)
	if err != nil {
		return fmt.Errorf("-ids: %w", err)
	}
	p := newProgress(stderr, o.every, export.part)
	report, err := svc.Import(ctx, p.counted(export.users, verifier.Kind), phoneauth.ImportOptions{
		DryRun: o.dryRun, Batch: o.batch, Rate: o.rate, Progress: p.show,
		Problem: func(problem phoneauth.ImportProblem) { problems.write(problemLine(problem)) },
		Done:    func(source string, u phoneauth.ImportedUser) { ids.write(idLine{source, u.User.ID, u.User.UUID}) },
	})
	err = errors.Join(err, problems.close(), ids.close())
	p.end(report, o.dryRun)
	if errors.Is(err, context.Canceled) {
		return errInterrupted
	}
	return err
}

// export is a file that is being read.
type export struct {
	users importer.Users
	part  func() float64 // how much of it was read, from 0 to 1; -1: nobody knows
	close func()
}

// openExport opens the file of the accounts, and that of the passwords if there is one.
func openExport(o options) (export, error) {
	file, err := openFile(o.file)
	if err != nil {
		return export{}, err
	}
	e := export{close: func() { file.Close() }}
	in := &meter{Reader: file}
	e.part = func() float64 { return -1 }
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() && info.Size() > 0 {
		e.part = func() float64 { return min(1, float64(in.read)/float64(info.Size())) }
	}
	if o.passwords == "" {
		e.users, err = importer.Read(o.from, in)
		return e, err
	}
	passwords, err := openFile(o.passwords)
	if err != nil {
		return export{}, fmt.Errorf("-passwords: %w", err)
	}
	e.users = importer.Auth0(in, passwords)
	e.close = func() { file.Close(); passwords.Close() }
	return e, nil
}

func openFile(name string) (*os.File, error) {
	if name == "-" {
		return os.Stdin, nil
	}
	return os.Open(name)
}

// meter counts what is read.
type meter struct {
	io.Reader
	read int64
}

// Read implements [io.Reader].
func (m *meter) Read(b []byte) (int, error) {
	n, err := m.Reader.Read(b)
	m.read += int64(n)
	return n, err
}
