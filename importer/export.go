package importer

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/phoneauth/phoneauth"
)

// WriteNDJSON writes an [Account] for each of users, one a line, as [NDJSON] reads it. It returns
// how many it has written, and keeps one at a time. users come from AllUsers of package sqlstore,
// or from a table of your own. An error of users or of w ends it.
//
// Every number is written as verified, because an account has only a number that was proved. An
// account that is blocked, or locked by its owner, is written as blocked.
//
// What is written holds whole numbers and hashes of passwords.
func WriteNDJSON(w io.Writer, users iter.Seq2[phoneauth.User, error]) (written int, err error) {
	out := bufio.NewWriter(w)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for u, err := range users {
		if err == nil {
			err = encoder.Encode(accountOf(u))
		}
		if err != nil {
			return written, errors.Join(fmt.Errorf("importer: export: %w", err), out.Flush())
		}
		written++
	}
	if err := out.Flush(); err != nil {
		return written, fmt.Errorf("importer: export: %w", err)
	}
	return written, nil
}

func accountOf(u phoneauth.User) Account {
	return Account{
		ID: u.ID, UUID: u.UUID, Phone: u.Phone.E164(), Verified: true, PasswordHash: string(u.PasswordHash),
		CreatedAt: u.CreatedAt, Blocked: u.Blocked || u.Locked,
	}
}
