package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/importer"
)

// runExport writes the accounts of the store into the file, or to the standard output. The file
// appears once it is whole, and is its owner's alone.
func runExport(ctx context.Context, o options, stderr io.Writer) (err error) {
	store, closeStore, err := openStore(ctx, o.store, true)
	if err != nil {
		return fmt.Errorf("-store: %w", err)
	}
	defer func() { err = errors.Join(err, closeStore()) }()
	p := newProgress(stderr, o.every, func() float64 { return -1 })
	users := p.exported(store.AllUsers(ctx))
	var n int
	if o.file == "-" {
		n, err = importer.WriteNDJSON(os.Stdout, users)
	} else {
		n, err = writeFile(o.file, users)
	}
	p.drawExport(n)
	if p.terminal {
		fmt.Fprintln(stderr)
	}
	if errors.Is(err, context.Canceled) {
		return errors.New("interrupted: nothing was kept")
	}
	return err
}

// writeFile writes beside the file, and puts that into its place.
func writeFile(name string, users iter.Seq2[phoneauth.User, error]) (n int, err error) {
	file, err := os.CreateTemp(filepath.Dir(name), ".migrate-*") // with mode 0600
	if err != nil {
		return 0, err
	}
	defer os.Remove(file.Name())
	n, err = importer.WriteNDJSON(file, users)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return n, err
	}
	return n, os.Rename(file.Name(), name)
}
