package ui

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
)

// These are faults of a form that the person can mend.
var (
	errEmptyPhone    = errors.New("phoneauth/ui: no phone number")
	errEmptyCode     = errors.New("phoneauth/ui: the code has another number of digits")
	errEmptyPassword = errors.New("phoneauth/ui: no password")
	errPasswordShort = errors.New("phoneauth/ui: the password is too short")
	errPasswordLong  = errors.New("phoneauth/ui: the password is too long")
)

// The lengths of a password, in characters (PasswordRules).
const (
	minPassword = 8
	maxPassword = 128
)

// beforeStart asks for what must be known before a code is sent.
func (q *request) beforeStart() (*screen, error) {
	if q.body["device"] != "" {
		return q.useDevice()
	}
	if strings.TrimSpace(q.body["phone"]) == "" {
		return nil, errEmptyPhone
	}
	if again := q.body["channel"] != "" || q.flow.Token != ""; again {
		return nil, nil
	}
	if f := q.pending(q.r); f.Phone == q.phone() && f.Purpose == q.body["purpose"] && secondsUntil(f.ResendAt) > 0 {
		q.flow = f // a code is on its way, and another could not be sent
		return q.screen(f.screen()), nil
	}
	if regions := q.doubtful(); len(regions) > 0 {
		s := q.screen(screenConfirm)
		s.candidate, s.flow.Purpose = regions, q.body["purpose"]
		return s, nil
	}
	return nil, nil
}

// doubtful returns the countries that the number may be of, when it looks like one of another
// country than was chosen, the likely one first.
func (q *request) doubtful() []string {
	if q.body["confirmed"] != "" || !slices.Contains(q.regions, q.body["country"]) {
		return nil
	}
	if q.body["chosen"] == chosenByCode && isOf(readNumber(q.body["phone"], q.body["country"]), q.body["country"]) {
		return nil // it came with its calling code
	}
	region, ask := looksLike(q.body["phone"], q.body["country"], q.body["chosen"] == chosenByHand, q.signs())
	if !ask || !slices.Contains(q.regions, region) {
		return nil
	}
	return []string{region, q.body["country"]}
}

// beforeVerify tidies the code, and the new password with it.
func (q *request) beforeVerify() (*screen, error) {
	code := digitsOf(q.body["code"])
	q.body["code"] = code
	if wanted := q.flow.Length; code == "" || wanted > 0 && len(code) != wanted {
		return nil, errEmptyCode
	}
	if _, ok := q.body["password"]; ok {
		return nil, lengthOf(q.body["password"])
	}
	return nil, nil
}

// beforePassword looks whether number and password are there. The password of a registration whose code
// is sent again waits with the code.
func (q *request) beforePassword() (*screen, error) {
	if q.origin() == screenCode && q.flow.Token != "" {
		return nil, nil
	}
	if strings.TrimSpace(q.body["phone"]) == "" {
		return nil, errEmptyPhone
	}
	if q.body["password"] == "" {
		return nil, errEmptyPassword
	}
	if q.origin() == screenRegister {
		return nil, lengthOf(q.body["password"])
	}
	return nil, nil
}

// lengthOf returns what is wrong with the length of a new password, or nil.
func lengthOf(password string) error {
	switch n := utf8.RuneCountInString(password); {
	case n < minPassword:
		return errPasswordShort
	case n > maxPassword:
		return errPasswordLong
	}
	return nil
}

// knownScreen is where somebody types a code that another page has asked for.
func (q *request) knownScreen(any) *screen {
	q.flow = flow{Purpose: q.body["purpose"]}
	if number := q.phone(); valid(number) {
		q.flow.Phone = number
	}
	if q.flow.Phone == "" || q.flow.Purpose != purposeReset && q.flow.Purpose != purposeSignIn {
		return q.screen(screenPhone)
	}
	q.flow.ExpiresAt = unixIn(int(pendingLife.Seconds())) // at the latest
	q.keep(q.w, q.flow)
	return q.screen(q.flow.screen())
}

// registerAgain asks for the password once more, which is gone with its code.
func (q *request) registerAgain(any) *screen {
	s := q.screen(screenRegister)
	s.flow.Typed = displayOf(q.flow.Phone)
	return s
}

// recovered asks for the new password.
func (q *request) recovered(any) *screen {
	q.keep(q.w, flow{})
	s := q.screen(screenPassword)
	s.flow = flow{Typed: displayOf(q.phone())}
	s.Note = s.T("note.saved")
	return s
}

// ended is the screen after signing out.
func (q *request) ended(any) *screen {
	s := q.screen(screenPhone)
	s.Note = s.T("note.signed_out")
	if q.body["screen"] == "" { // a form of the host's
		s.redirect = addressOf(q.o.Path, signedOut, "1", "lang", s.Lang)
	}
	return s
}

// forgotten removes what the browser knows of its owner.
func (q *request) forgotten(any) *screen {
	q.setCookie(q.w, deviceCookie, "", 0)
	q.setCookie(q.w, countryCookie, "", 0)
	q.keep(q.w, flow{})
	s := q.screen(screenPhone)
	s.flow = flow{}
	s.Note = s.T("note.forgotten")
	return s
}
