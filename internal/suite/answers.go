package suite

import (
	"errors"

	"github.com/phoneauth/phoneauth"
)

// Answer is what a table of docs/states.md calls an error.
func Answer(err error) string {
	if err == nil {
		return "ok"
	}
	if e, ok := errors.AsType[*phoneauth.LimitError](err); ok {
		return "LimitError " + e.Limit
	}
	if _, ok := errors.AsType[*phoneauth.PasswordError](err); ok {
		return "PasswordError"
	}
	for name, sentinel := range map[string]error{
		"ErrInvalidPhone": phoneauth.ErrInvalidPhone, "ErrInvalidCode": phoneauth.ErrInvalidCode,
		"ErrInvalidToken": phoneauth.ErrInvalidToken, "ErrInvalidPassword": phoneauth.ErrInvalidPassword,
		"ErrUnauthenticated": phoneauth.ErrUnauthenticated, "ErrReauthenticate": phoneauth.ErrReauthenticate,
		"ErrPhoneTaken": phoneauth.ErrPhoneTaken, "ErrBlocked": phoneauth.ErrBlocked, "ErrLocked": phoneauth.ErrLocked, "ErrPurpose": phoneauth.ErrPurpose, "ErrNotFound": phoneauth.ErrNotFound,
	} {
		if spent, ok := errors.AsType[*phoneauth.SpentTokenError](err); ok && spent.SignedUp {
			return "SpentTokenError"
		}
		if errors.Is(err, sentinel) {
			return name
		}
	}
	return "an error that no table knows: " + err.Error()
}
