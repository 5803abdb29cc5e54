package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/phoneauth/phoneauth"
)

// keyFile is what -key names, as JSON; []byte is base64 there. To rotate, put a new
// secret first, restart, and drop the old one when the sessions under it have ended
// (30 days). The index stays what it is.
type keyFile struct {
	Index   []byte      `json:"index"`
	Secrets []keySecret `json:"secrets"`
}

type keySecret struct {
	ID     string `json:"id"`
	Secret []byte `json:"secret"`
}

// loadKeys reads the file at path, and makes it first if there is none. Of several
// servers that start at once, one makes it and all read the same.
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
	var k keyFile
	if err := json.Unmarshal(data, &k); err != nil {
		return phoneauth.Keys{}, fmt.Errorf("%s: %w", path, err)
	}
	keys := phoneauth.Keys{Index: k.Index}
	for _, s := range k.Secrets {
		keys.Secrets = append(keys.Secrets, phoneauth.Key(s))
	}
	return keys, nil
}

// makeKeys writes new keys to path, unless there is a file by now. They are written
// elsewhere first and then linked: unlike a rename, a link never replaces what is there,
// and nobody ever sees half a file.
func makeKeys(path string) error {
	k := keyFile{Index: randomKey(), Secrets: []keySecret{{ID: "1", Secret: randomKey()}}}
	data, err := json.MarshalIndent(k, "", "\t")
	if err != nil {
		return err
	}
	draft, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // of mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	_, err = draft.Write(append(data, '\n'))
	// Lost keys lose every session: they are on the disk before anybody uses them.
	if err := errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	if err := os.Link(draft.Name(), path); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil // another server was faster
}

func randomKey() []byte {
	key := make([]byte, 32)
	rand.Read(key) // never fails
	return key
}
