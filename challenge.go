package phoneauth

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth/internal/fields"
	"github.com/phoneauth/phoneauth/internal/keyring"
	"github.com/phoneauth/phoneauth/internal/names"
	"github.com/phoneauth/phoneauth/internal/random"
)

// Purpose says what a code is for. A code, a challenge token or a verification token of
// one purpose is not accepted for another. A purpose of the host is 1 to 32 lower case
// letters, digits and underscores. [Service.Redeem] finishes it.
type Purpose string

// The purposes of the package.
const (
	// PurposeSignIn signs in to the account of the number, and creates it if there is
	// none. It is the default of requests that have a Purpose.
	PurposeSignIn Purpose = "sign_in"
	// PurposePasswordRegistration creates an account with a password. See
	// [Service.RegisterPassword].
	PurposePasswordRegistration Purpose = "password_registration"
	// PurposePasswordReset sets a new password. See [Service.RecoverPassword].
	PurposePasswordReset Purpose = "password_reset"
	// PurposePhoneChange gives an account another number. The code goes to the new
	// number. See [Service.ChangePhone].
	PurposePhoneChange Purpose = "phone_change"
	// PurposeAccountDeletion deletes an account. The code goes to the number of the account.
	// See [Service.DeleteUserByCode].
	PurposeAccountDeletion Purpose = "account_deletion"
	// PurposeDataExport gives somebody what is kept about them. The code goes to the number
	// of the account. See [Service.ExportByCode].
	PurposeDataExport Purpose = "data_export"
	// PurposeAccountUnlock opens an account that its owner has locked. The code goes to the
	// number that got the notice. See [Service.UnlockAccount].
	PurposeAccountUnlock Purpose = "account_unlock"
)

// Purposes of notices: texts without a code that tell the owner about a change. They are
// written in the first of TextRules.Locales. The language of the caller is not used,
// because the caller may be a thief.
const (
	// NoticePasswordChanged says that the password was set or changed.
	NoticePasswordChanged Purpose = "notice_password_changed"
	// NoticePhoneChanged goes to the old number and says that the account has left it.
	NoticePhoneChanged Purpose = "notice_phone_changed"
	// NoticeDataExported says that somebody was given what is kept about the account.
	NoticeDataExported Purpose = "notice_data_exported"
)

// ours reports whether p is a purpose of the package.
func (p Purpose) ours() bool {
	switch p {
	case PurposeSignIn, PurposePasswordRegistration, PurposePasswordReset, PurposePhoneChange:
		return true
	}
	return p.ofOwner() || p.notice()
}

// ofOwner reports whether codes of the purpose go to the number of an account, and nowhere else.
func (p Purpose) ofOwner() bool {
	return p == PurposeAccountDeletion || p == PurposeDataExport || p == PurposeAccountUnlock
}

// notice reports whether texts of the purpose have no code.
func (p Purpose) notice() bool {
	return p == NoticePasswordChanged || p == NoticePhoneChanged || p == NoticeDataExported
}

// checkPurpose returns ErrPurpose for what Register, Verify and Redeem do not serve.
func checkPurpose(p Purpose, boundTo string) error {
	switch p {
	case PurposeSignIn, PurposePasswordReset:
		if boundTo != "" {
			return ErrPurpose
		}
		return nil
	case PurposePhoneChange, PurposeAccountDeletion, PurposeDataExport, PurposeAccountUnlock:
		if boundTo == "" || len(boundTo) > maxBoundTo {
			return ErrPurpose
		}
		return nil
	}
	lower := strings.ToLower(string(p)) == string(p)
	if p.ours() || !lower || !names.Valid(string(p), 32, "_") || len(boundTo) > maxBoundTo {
		return ErrPurpose
	}
	return nil
}

// maxBoundTo is the greatest length of BoundTo, in bytes.
const maxBoundTo = 128

// secretKey returns the text under which the code of the challenge at key is digested and
// sealed. For a purpose of the host it contains the account of the phone and its epoch, so
// that a change of the account makes the code wrong. For the other purposes the change
// itself cancels the challenge.
func secretKey(key string, purpose Purpose, a account) string {
	if purpose.ours() {
		return key
	}
	return key + " of " + a.id + " at " + number64(a.epoch)
}

// digests returns the digests that the challenge at key may have for code, when the phone has
// the account now.
func (s *Service) digests(t *target, key, code string, now account) [][]byte {
	all := s.keys.Digests(secretKey(key, t.purpose, now), code)
	if before := (account{}); !t.purpose.ours() && now != before && before.still(now) {
		all = append(all, s.keys.Digests(secretKey(key, t.purpose, before), code)...)
	}
	return all
}

// binding says what a code is bound to.
type binding struct {
	// to is what the code is bound to beyond the phone. For an account it is the user and the
	// epoch, so that another change of the account makes the code and its proof invalid.
	to string
	// owner is the only number that the code goes to. It is zero where the client names it.
	owner Phone
}

// boundTo returns what a code for purpose is bound to, when a request has that BoundTo.
// ErrNotFound: there is no such user. ErrInvalidToken, ErrPhoneTaken: those of an account that
// its owner has locked. *LimitError: the account cannot be deleted yet.
func (s *Service) boundTo(ctx context.Context, purpose Purpose, boundTo string) (binding, error) {
	switch {
	case purpose == PurposeAccountUnlock:
		return s.unlocking(ctx, Secret(boundTo))
	case purpose != PurposePhoneChange && !purpose.ofOwner():
		return binding{to: boundTo}, nil
	}
	user, err := s.store.UserByID(ctx, boundTo)
	if err != nil {
		return binding{}, err
	}
	if !purpose.ofOwner() {
		return binding{to: atEpoch(user)}, nil
	}
	if user.Blocked || user.Locked {
		return binding{}, ErrNotFound
	}
	if purpose == PurposeAccountDeletion {
		if err := s.mayDelete(ctx, user); err != nil {
			return binding{}, err
		}
	}
	return binding{atEpoch(user), user.Phone}, nil
}

// atEpoch names the account u at its epoch.
func atEpoch(u User) string { return u.ID + " at " + number64(u.Epoch) }

// wellFormed returns the code without ASCII spaces around it. It returns false if the code
// has the wrong length or other characters than digits.
func (s *Service) wellFormed(code string) (string, bool) {
	code = strings.Trim(code, " \t\r\n")
	if len(code) != s.cfg.Code.Digits {
		return "", false
	}
	for i := range len(code) {
		if code[i] < '0' || code[i] > '9' {
			return "", false
		}
	}
	return code, true
}

// newChallenge returns a challenge for c, ready to be stored, and its code.
func (s *Service) newChallenge(c *call) (Challenge, string, error) {
	code := random.Digits(s.cfg.Code.Digits)
	expires, until := c.now.Add(s.cfg.Code.TTL), c.now.Add(min(2*s.cfg.Code.TTL, maxCodeLife))
	if c.test != nil {
		code = string(c.test.Code)
		expires, until = earlier(expires, c.test.Until), earlier(until, c.test.Until)
	}
	key := s.challengeKey(&c.target)
	use := secretKey(key, c.purpose, c.account)
	return Challenge{
		Key:       key,
		ID:        random.ID(),
		Digest:    s.keys.Digest(use, code),
		Sealed:    s.keys.Seal(use, code),
		TriesLeft: s.cfg.Code.Tries,
		Sends:     1,
		ExpiresAt: expires,
		Until:     until,
	}, code, nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// attemptIDLength is the greatest length that every provider takes: client_ref of Vonage Verify.
const attemptIDLength = 16

// attemptID returns Message.AttemptID of the code of c. It comes from the digest, which stays the
// same as long as the code does.
func (s *Service) attemptID(c Challenge) string {
	return s.keys.Print("attempt", string(c.Digest))[:attemptIDLength]
}

// What Challenge.Pending is sealed for. A Service with one channel keeps the hash of a password
// alone where the client has no IdempotencyKey and nothing was charged to a known device, so that a challenge
// takes no more room than it must.
const (
	hashAlone = "/password"
	lastSent  = "/sent"
)

// maxLocale is the greatest length of a language that is kept, that of RFC 5646, section 4.4.1.
const maxLocale = 35

// lastSend is what Challenge.Pending holds: by which channel the code was last sent and when, the
// hash of the password that waits for it, and the language in which it was asked for.
type lastSend struct {
	channel string
	at      time.Time // zero if there is one channel
	hash    Secret
	once    string // of sendOnce
	locale  string // empty if it is not known
	charged charged
}

// charged is how many codes of a challenge were charged to the number budgets, though a known device asked
// for them. It is written in the step that charges the newest one.
type charged struct {
	of    string // ID of the challenge of which the codes before that one were read
	codes int64  // with the newest one; 0 if that was not charged
}

// in returns how many codes of the challenge id were charged. It may be too few, where two codes were asked
// for at the same time or where the last one was not charged. It is never too many: a count is of one
// challenge, and rises only with a charge of it.
func (n charged) in(id string) int64 {
	if n.of != id { // another challenge has come meanwhile, which has the newest code alone
		return min(n.codes, 1)
	}
	return n.codes
}

// charging returns the charged of a code for c that is about to be charged.
func (s *Service) charging(ctx context.Context, c *call) (charged, error) {
	found, err := s.store.ReadState(ctx, StateParams{Challenges: []string{s.challengeKey(&c.target)}, Now: c.now})
	if err != nil {
		return charged{}, err
	}
	live := found.Challenges[0]
	return charged{live.ID, s.lastSend(live).charged.in(live.ID) + 1}, nil
}

// sealPending returns the Challenge.Pending of a code that is sent now.
func (s *Service) sealPending(c *call, o sending) []byte {
	if len(s.channels) > 1 || o.once != "" || o.charged.codes > 0 {
		data := fields.Append(nil, o.channel.Name, number64(c.now.UnixMicro()), string(o.hash), o.once, kept(c.client.Locale))
		if o.charged.codes > 0 {
			data = fields.Append(data, o.charged.of, number64(o.charged.codes))
		}
		return s.keys.Seal(s.challengeKey(&c.target)+lastSent, string(data))
	}
	if o.hash == "" {
		return nil
	}
	return s.keys.Seal(s.challengeKey(&c.target)+hashAlone, string(o.hash))
}

// kept is the locale, unless it is too long for one.
func kept(locale string) string {
	if len(locale) > maxLocale {
		return ""
	}
	return locale
}

// lastSend reads what sealPending returned, also when the number of channels has changed since.
// What cannot be read is zero.
func (s *Service) lastSend(c Challenge) (l lastSend) {
	if len(s.channels) == 1 {
		l.channel = s.channels[0].Name
	}
	if len(c.Pending) == 0 {
		return l
	}
	if hash, ok := s.keys.Open(c.Key+hashAlone, c.Pending); ok {
		l.hash = Secret(hash)
		return l
	}
	if data, ok := s.keys.Open(c.Key+lastSent, c.Pending); ok {
		r := fields.NewReader(data)
		return lastSend{r.Text(), instant(r.Int64()), Secret(r.Text()), r.Text(), r.Text(), charged{r.Text(), r.Int64()}}
	}
	return l
}

// renewed returns a call about the registration that r continues, and the ID of its challenge. It
// returns c itself and "" if r begins a new one.
func (s *Service) renewed(c *call, r PasswordRequest) (again *call, renew string) {
	live, ok := s.openChallengeToken(r.ChallengeToken, c.now)
	if !ok || live.about.purpose != c.purpose || live.about.phone != c.phone {
		return c, ""
	}
	about := *c
	about.target = live.about
	about.number, about.test = c.number, c.test
	return &about, live.challengeID
}

// waitingHash returns the hash of the password that waits with the live registration id. The token that
// names it can also verify its code, so that whoever sends the code again gains nothing.
func (s *Service) waitingHash(ctx context.Context, c *call, id string) (Secret, error) {
	found, err := s.store.ReadState(ctx, StateParams{Challenges: []string{s.challengeKey(&c.target)}, Now: c.now})
	if err != nil {
		return "", err
	}
	live := found.Challenges[0]
	if hash := s.lastSend(live).hash; live.ID == id && hash != "" {
		return hash, nil
	}
	return "", ErrInvalidCode
}

// begun is a challenge, the code to send, and whether that is the code of a challenge that was live.
type begun struct {
	BeginResult
	code  string
	again bool
}

// begin creates the challenge of p, or finds the live one. If the code of the live one cannot be
// opened, because its key was dropped or the account has changed, begin replaces the challenge.
func (s *Service) begin(ctx context.Context, c *call, o sending, p BeginParams) (begun, error) {
	fresh, code, err := s.newChallenge(c)
	if err != nil {
		return begun{}, err
	}
	fresh.Pending, fresh.Sends = p.Challenge.Pending, p.Challenge.Sends
	if c.operator { // the person's challenge token stays good
		fresh.ID = o.renew
	}
	p.Challenge = fresh
	first, err := s.take(ctx, c, o, p)
	if err != nil {
		return begun{}, err
	}
	if string(first.Challenge.Sealed) == string(fresh.Sealed) {
		return begun{first, code, false}, nil
	}
	use := secretKey(fresh.Key, c.purpose, c.account)
	if live, ok := s.keys.Open(use, first.Challenge.Sealed); ok {
		return begun{first, live, true}, nil
	}
	if err := s.store.CancelChallenges(ctx, fresh.Key); err != nil {
		return begun{}, err
	}
	second, err := s.store.BeginChallenge(ctx, BeginParams{Challenge: fresh, Now: c.now})
	if err != nil {
		return begun{}, err
	}
	if string(second.Challenge.Sealed) != string(fresh.Sealed) { // a concurrent caller was first
		var ok bool
		if code, ok = s.keys.Open(use, second.Challenge.Sealed); !ok {
			return begun{}, &unavailable{"begin challenge", errors.New("sealed under a key that is not among Keys.Secrets")}
		}
	}
	first.Challenge = second.Challenge
	return begun{first, code, false}, nil
}

// take calls BeginChallenge with what a code for c takes and is charged. When that is refused
// but a person may have it, take asks for a human check.
func (s *Service) take(ctx context.Context, c *call, o sending, p BeginParams) (BeginResult, error) {
	for tries := 0; ; tries++ {
		p.Takes = s.humanTakes(c, o.takes)
		if p.Challenge.Sends > 0 {
			p.Charges = s.charges(c)
		}
		begun, err := s.store.BeginChallenge(ctx, p)
		limit := limitOf(err)
		switch {
		case limit == LimitDeviceSends: // the known device is like a stranger from now on
			c.stranger = true
			if o.charged, err = s.charging(ctx, c); err != nil {
				return BeginResult{}, err
			}
			p.Challenge.Pending = s.sealPending(c, o)
			if !s.asksFirst(c) {
				continue
			}
		case limit == LimitHumanCheckUsed:
			s.refuseAnswer(ctx, c)
		case !liftable(limit) || !s.mayAsk(c) || tries == 3:
			return begun, s.limited(ctx, c, err)
		}
		if err := s.checkHuman(ctx, c, o); err != nil {
			return BeginResult{}, err
		}
	}
}

// limitOf returns the name of the limit that refused with err, or "" for other errors.
func limitOf(err error) string {
	if refused, ok := errors.AsType[*LimitError](err); ok {
		return refused.Limit
	}
	return ""
}

// challengeTokenFor returns the challenge token of c. It does not contain the code.
func (s *Service) challengeTokenFor(c *call, challenge Challenge) (Secret, error) {
	claims := challengeClaims{challengeID: challenge.ID, about: c.target}
	return sealedToken(s.keys.SealToken(keyring.Challenge, claims.encode(), challenge.Until))
}

// openChallengeToken reads what challengeTokenFor returned. It returns false for a token that
// is forged or expired.
func (s *Service) openChallengeToken(token Secret, now time.Time) (challengeClaims, bool) {
	data, ok := s.keys.OpenToken(keyring.Challenge, string(token), now)
	if !ok {
		return challengeClaims{}, false
	}
	return s.decodeChallenge(data)
}
