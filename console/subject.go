package console

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
)

// subject is what a screen is about: a number in E.164, or an account.
type subject struct {
	Phone  string `json:"p,omitempty"`
	UserID string `json:"u,omitempty"`
	// Done is the action that was just done, and DoneAt when, in seconds since 1970. Only a
	// redirect has them.
	Done   string `json:"d,omitempty"`
	DoneAt int64  `json:"t,omitempty"`
}

// noticeLife is how long an address says that something was done.
const noticeLife = time.Minute

// done is s right after an action.
func (s subject) done(action string) subject {
	s.Done, s.DoneAt = action, time.Now().Unix()
	return s
}

// takeNotice removes what was done from s, and returns its notice. No link can say that
// something was done that was not, because s was sealed.
func (s *subject) takeNotice() string {
	notice := notices[s.Done]
	if time.Since(time.Unix(s.DoneAt, 0)) > noticeLife {
		notice = ""
	}
	s.Done, s.DoneAt = "", 0
	return notice
}

// state is what holds for the number, and for that of the account.
func (d *desk) state(ctx context.Context, s subject) (*phoneauth.PhoneState, error) {
	if s.UserID != "" {
		return d.svc.InspectUser(ctx, s.UserID)
	}
	return d.svc.Inspect(ctx, s.Phone)
}

// userPrefix before what is typed makes it the id of an account, also where it could be a
// number.
const userPrefix = "user:"

// find is the subject that an operator typed: a number in any spelling, else the id of an
// account. ErrNotFound: it is neither.
func (d *desk) find(ctx context.Context, typed string) (subject, error) {
	typed = strings.TrimSpace(typed)
	id, named := strings.CutPrefix(typed, userPrefix)
	id = strings.TrimSpace(id)
	if !named {
		state, err := d.svc.Inspect(ctx, typed)
		if err == nil {
			return subject{Phone: state.Phone.E164()}, nil
		}
		if !errors.Is(err, phoneauth.ErrInvalidPhone) {
			return subject{}, err
		}
	}
	if id == "" || len(id) > 256 {
		return subject{}, phoneauth.ErrNotFound
	}
	_, err := d.svc.InspectUser(ctx, id)
	return subject{UserID: id}, err
}

// sealer makes ids for addresses that only the desk can read.
type sealer struct{ aead cipher.AEAD }

// sealLabel separates these ids from anything else that is sealed under the same key.
const sealLabel = "phoneauth console subject"

func newSealer(key []byte) sealer {
	sum := sha256.Sum256(append([]byte(sealLabel+"\x00"), key...))
	block, err := aes.NewCipher(sum[:])
	if err != nil {
		panic(err) // the key has 32 bytes
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // it is AES
	}
	return sealer{aead}
}

func (s sealer) id(of subject) string {
	data, _ := json.Marshal(of) // of texts alone
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nil, nil, data, []byte(sealLabel)))
}

func (s sealer) open(id string) (of subject, ok bool) {
	sealed, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil {
		return subject{}, false
	}
	data, err := s.aead.Open(nil, nil, sealed, []byte(sealLabel))
	if err != nil {
		return subject{}, false
	}
	return of, json.Unmarshal(data, &of) == nil
}
