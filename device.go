package phoneauth

import (
	"context"
	"errors"
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
// its epoch, so that a change of number or password, a block or a deletion ends it.
func (s *Service) signDevice(u User, deviceID string, expires time.Time) (Secret, error) {
	claims := deviceClaims{s.phonePrint(u.Phone), device{deviceID, u.ID, u.Epoch}}
	return s.keys.signToken(deviceToken, claims.encode(), expires)
}

// knownDevice is the device that c's client names, if it is one of the account of c's
// phone and was not ended; anything else is none, and no error.
func (s *Service) knownDevice(ctx context.Context, c *call) (device, error) {
	if c.client.Device == "" {
		return device{}, nil
	}
	data, ok := s.keys.verifyToken(deviceToken, c.client.Device, c.now)
	if !ok {
		return device{}, nil
	}
	claims, ok := decodeDevice(data)
	if !ok || claims.phonePrint != c.print {
		return device{}, nil
	}
	d := claims.device
	user, err := s.store.UserByID(ctx, d.userID)
	if errors.Is(err, ErrNotFound) {
		return device{}, nil
	}
	if err != nil || user.Blocked || user.Locked || user.Epoch != d.epoch || user.Phone != c.phone {
		return device{}, err
	}
	err = s.store.TakeLimits(ctx, TakeParams{Asks: []Take{s.deviceEnded(c.print, d.id)}, Now: c.now})
	if limitOf(err) != "" {
		return device{}, nil
	}
	return d, err
}

// deviceEnded is taken when a device is ended, and refuses for as long as its token could
// be good.
func (s *Service) deviceEnded(phonePrint, deviceID string) Take {
	return Take{
		Key:   key(phonePrint, kindDeviceEnded) + deviceID,
		Limit: Limit{Burst: 1, Every: deviceLife},
		Cost:  1,
	}
}
