package phoneauth

import (
	"context"
	"errors"
	"strconv"
	"time"
)

// deviceLife is how long a device is known.
const deviceLife = 180 * 24 * time.Hour

// device is a known device: one that a user signed in on before. The zero device is
// none.
type device struct {
	id, userID string
	epoch      int64
}

func (d device) known() bool { return d.id != "" }

// signDevice makes the token of a known device. It names the phone's print, the user and
// its epoch, so that a change of number, a block or a deletion ends it.
func (s *Service) signDevice(u User, d device, expires time.Time) (Secret, error) {
	data := appendFields(nil, s.phonePrint(u.Phone), d.id, d.userID, strconv.FormatInt(d.epoch, 10))
	return s.keys.signToken(deviceToken, data, expires)
}

// knownDevice is the device that token names, if it is one of t's account; anything else
// is none, and no error.
func (s *Service) knownDevice(ctx context.Context, t target, token Secret) (device, error) {
	if token == "" {
		return device{}, nil
	}
	data, ok := s.keys.verifyToken(deviceToken, token, s.now())
	if !ok {
		return device{}, nil
	}
	f, ok := splitFields(data, 4)
	if !ok || f[0] != t.print {
		return device{}, nil
	}
	epoch, err := strconv.ParseInt(f[3], 10, 64)
	if err != nil {
		return device{}, nil
	}
	d := device{id: f[1], userID: f[2], epoch: epoch}
	user, err := s.store.UserByID(ctx, d.userID)
	if errors.Is(err, ErrNotFound) || err == nil && (user.Blocked || user.Epoch != d.epoch || user.Phone != t.phone) {
		return device{}, nil
	}
	return d, err
}
