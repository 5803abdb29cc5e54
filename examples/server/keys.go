package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/phoneauth/phoneauth"
)

// loadKeys reads the file at path, and makes it first if there is none. When
// several servers start at once, one makes the file and all read it. The file itself says how
// to rotate the keys in it.
func loadKeys(path string) (phoneauth.Keys, error) {
	keys, err := readKeys(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeKeys(path); err != nil {
			return phoneauth.Keys{}, err
		}
		return readKeys(path)
	}
	return keys, err
}

func readKeys(path string) (phoneauth.Keys, error) {
	file, err := os.Open(path)
	if err != nil {
		return phoneauth.Keys{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return phoneauth.Keys{}, err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" { // which has no such bits
		return phoneauth.Keys{}, fmt.Errorf("%s can be read by others (mode %04o): chmod 600 it, and make new keys if somebody may have read them", path, mode)
	}
	data, err := io.ReadAll(file)
	if err != nil {
		return phoneauth.Keys{}, err
	}
	keys, err := phoneauth.ParseKeys(data)
	if err != nil {
		return phoneauth.Keys{}, fmt.Errorf("%s: %w", path, err)
	}
	return keys, nil
}

// makeKeys writes new keys to path, unless there is a file by now. They are written
// elsewhere first and then linked: unlike a rename, a link never replaces what is there,
// and nobody ever sees half a file.
func makeKeys(path string) error {
	draft, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // of mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	_, err = draft.Write(phoneauth.GenerateKeys().Encode())
	// Lost keys lose every session: they are on the disk before anybody uses them.
	if err := errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	if err := os.Link(draft.Name(), path); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil // another server was faster
}
