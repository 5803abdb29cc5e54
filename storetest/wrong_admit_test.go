package storetest

import (
	"context"

	"github.com/phoneauth/phoneauth"
)

// AdmitUser implements [phoneauth.Admitter].
func (w *broken) AdmitUser(ctx context.Context, p phoneauth.TakeParams, phone phoneauth.Phone) (phoneauth.User, error) {
	if w.admit != nil {
		return w.admit(p, phone)
	}
	if err := w.TakeLimits(ctx, p); err != nil {
		return phoneauth.User{}, err
	}
	return w.UserByPhone(ctx, phone)
}

var wrongAdmissions = []wrongStore{
	{"Admit without the limits", "Admit", func(w *broken, s *byHand) {
		w.admit = func(_ phoneauth.TakeParams, phone phoneauth.Phone) (phoneauth.User, error) {
			return s.UserByPhone(ctx, phone)
		}
	}},
	{"Admit takes what is only asked", "Admit", func(w *broken, s *byHand) {
		w.admit = func(p phoneauth.TakeParams, phone phoneauth.Phone) (phoneauth.User, error) {
			p.Takes = append(p.Takes, p.Asks...)
			if err := s.TakeLimits(ctx, p); err != nil {
				return phoneauth.User{}, err
			}
			return s.UserByPhone(ctx, phone)
		}
	}},
	{"Admit asks what is to be taken", "Admit", func(w *broken, s *byHand) {
		w.admit = func(p phoneauth.TakeParams, phone phoneauth.Phone) (phoneauth.User, error) {
			p.Asks, p.Takes = append(p.Asks, p.Takes...), nil
			if err := s.TakeLimits(ctx, p); err != nil {
				return phoneauth.User{}, err
			}
			return s.UserByPhone(ctx, phone)
		}
	}},
	{"Admit looks for the account first", "Admit", func(w *broken, s *byHand) {
		w.admit = func(p phoneauth.TakeParams, phone phoneauth.Phone) (phoneauth.User, error) {
			u, err := s.UserByPhone(ctx, phone)
			if err == nil {
				err = s.TakeLimits(ctx, p)
			}
			return u, err
		}
	}},
}
