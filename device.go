package phoneauth

import (
	"context"
	"errors"
	"time"

	"github.com/phoneauth/phoneauth/internal/keyring"
	"github.com/phoneauth/phoneauth/internal/random"
)

// deviceLife is how long a device stays known after a sign-in.
const deviceLife = 180 * 24 * time.Hour

// device is a known device. The zero device stands for a client that is not one.
type device struct {
	id, userID string
	epoch      int64
}

func (d device) known() bool { return d.id != "" }

// signDevice makes the device token for a sign-in at that time. The token contains the
// print of the phone, the user and the epoch. So a change of number or password, a block or
// a deletion ends it.
func (s *Service) signDevice(u User, deviceID string, at time.Time) (Secret, error) {
	claims := deviceClaims{s.phonePrint(u.Phone), device{deviceID, u.ID, u.Epoch}, at}
	return signedToken(s.keys.SignToken(keyring.Device, claims.encode(), at.Add(deviceLife)))
}

// knownDevice returns the known device that the client of c names, if it belongs to the
// account of c's phone and was not ended. Otherwise it returns the zero device and no error.
func (s *Service) knownDevice(ctx context.Context, c *call) (device, error) {
	if c.client.Device == "" {
		return device{}, nil
	}
	data, ok := s.keys.VerifyToken(keyring.Device, string(c.client.Device), c.now)
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
	ended, err := s.deviceHasEnded(ctx, claims, c.now)
	if err != nil || ended {
		return device{}, err
	}
	return d, nil
}

// deviceHasEnded reports whether the device was ended, by itself or with all others.
func (s *Service) deviceHasEnded(ctx context.Context, d deviceClaims, now time.Time) (bool, error) {
	state, err := s.store.ReadState(ctx, StateParams{
		Takes:      []Take{deviceEnded(d.phonePrint, d.device.id)},
		Challenges: []string{key(d.phonePrint, kindDevicesEnded)},
		Now:        now,
	})
	if err != nil {
		return false, err
	}
	all := state.Challenges[0]
	before := all.ID != "" && all.ID != d.device.id && !d.at.After(all.ExpiresAt.Add(-deviceLife))
	return state.Waits[0] > 0 || before, nil
}

// endDevice makes the device unknown. It may be called again for the same device.
func (s *Service) endDevice(ctx context.Context, u User, deviceID string) error {
	err := s.store.TakeLimits(ctx, TakeParams{Takes: []Take{deviceEnded(s.phonePrint(u.Phone), deviceID)}, Now: s.now()})
	if limitOf(err) != "" {
		return nil
	}
	return err
}

// deviceEnded returns the take that records the end of a device. It is taken when the device
// is ended, and refuses as long as the device token could be good.
func deviceEnded(phonePrint, deviceID string) Take {
	return Take{
		Key:   key(phonePrint, kindDeviceEnded) + deviceID,
		Limit: Limit{Burst: 1, Every: deviceLife},
		Cost:  1,
	}
}

// endDevicesBut makes all known devices of the user unknown except one. The store keeps this
// as a challenge whose secret nobody has: its ID is the device that stays known, and its
// ExpiresAt minus deviceLife is the time of this call.
func (s *Service) endDevicesBut(ctx context.Context, u User, deviceID string) error {
	now := s.now()
	all := Challenge{
		Key:       key(s.phonePrint(u.Phone), kindDevicesEnded),
		ID:        deviceID,
		Digest:    refreshDigest(random.Secret()),
		TriesLeft: 1,
		ExpiresAt: now.Add(deviceLife),
		Until:     now.Add(deviceLife),
	}
	if err := s.store.CancelChallenges(ctx, all.Key); err != nil {
		return err
	}
	_, err := s.store.BeginChallenge(ctx, BeginParams{Challenge: all, Now: now})
	return err
}
