package phoneauth

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/phoneauth/phoneauth/internal/fields"
	"github.com/phoneauth/phoneauth/internal/random"
	"github.com/phoneauth/phoneauth/internal/settled"
	"github.com/phoneauth/phoneauth/internal/texts"
)

// "This wasn't me": a notice of a changed number or password has a link. Its token locks the
// account, and later gives it back as it was before the change.

// noticeLife is how long the token of a notice can lock the account. Locking gives as long again
// to unlock it.
const noticeLife = 72 * time.Hour

// maxSealed is the greatest length of Challenge.Sealed.
const maxSealed = 1024

// Notice is what the page of a notice's link says.
type Notice struct {
	// Purpose is NoticePasswordChanged or NoticePhoneChanged.
	Purpose Purpose
	// Phone got the notice. A code of PurposeAccountUnlock goes there. Show it masked.
	Phone Phone
	// Locked is true when the account is locked.
	Locked bool
	// NeedsPassword is true when the account had a password before the change. UnlockAccount
	// then needs it.
	NeedsPassword bool
	// ExpiresAt is the end of the token.
	ExpiresAt time.Time
}

// notice is what the token of a notice stands for. It is sealed in the store, as a challenge whose
// key is made of the token.
type notice struct {
	Notice
	key    string
	userID string
	epoch  int64  // of the account after the change
	hash   Secret // of the password before it
}

// linkTo stores a token for the notice of a change, and returns the link with it. It returns ""
// where there is no page, and where the token cannot be stored: the owner must hear of the change
// all the same.
func (s *Service) linkTo(ctx context.Context, purpose Purpose, before User) Secret {
	if s.cfg.Texts.NotMeURL == "" || before.ID == "" {
		return ""
	}
	token, now := random.ID(), s.now()
	key := s.noticeKey(token)
	sealed := s.keys.Seal(key, string(fields.Append(nil,
		string(purpose), before.ID, number64(before.Epoch+1), before.Phone.e164, string(before.PasswordHash))))
	err := errors.New("the hash of the password is too long")
	if len(sealed) <= maxSealed {
		_, err = s.store.BeginChallenge(ctx, BeginParams{Now: now, Challenge: Challenge{
			Key: key, ID: "notice", Digest: s.keys.Digest(key, token), Sealed: sealed, TriesLeft: 1,
			ExpiresAt: now.Add(noticeLife), Until: now.Add(2 * noticeLife),
		}})
	}
	if err != nil {
		s.cfg.Logger.ErrorContext(ctx, "phoneauth: a notice has no link", "error", err, "cause", causes(err))
		return ""
	}
	return Secret(texts.Rules(s.cfg.Texts).LinkOf(token))
}

// openNotice reads the token of a notice and its account. ErrInvalidToken: there is no such token,
// it has expired or was used, the account is gone, or a later report has settled the change.
func (s *Service) openNotice(ctx context.Context, token Secret) (notice, User, error) {
	if len(token) != len(random.ID()) {
		return notice{}, User{}, ErrInvalidToken
	}
	n := notice{key: s.noticeKey(string(token))}
	now := s.now()
	found, err := s.store.ReadState(ctx, StateParams{Challenges: []string{n.key}, Now: now})
	if err != nil {
		return notice{}, User{}, err
	}
	data, ok := s.keys.Open(n.key, found.Challenges[0].Sealed)
	if found.Challenges[0].ID == "" || !ok {
		return notice{}, User{}, ErrInvalidToken
	}
	r := fields.NewReader(data)
	n.Purpose, n.userID, n.epoch, n.Phone, n.hash = Purpose(r.Text()), r.Text(), r.Int64(), Phone{r.Text()}, Secret(r.Text())
	n.NeedsPassword, n.ExpiresAt = n.hash != "", found.Challenges[0].ExpiresAt
	user, err := s.store.UserByID(ctx, n.userID)
	if errors.Is(err, ErrNotFound) || err == nil && user.Epoch < n.epoch { // a backup was restored
		return notice{}, User{}, ErrInvalidToken
	}
	if err != nil {
		return notice{}, User{}, err
	}
	n.Locked = user.Locked
	done, _, err := s.settled(ctx, user.ID, now)
	if err == nil && done.Has(n.epoch) {
		err = ErrInvalidToken
	}
	return n, user, err
}

// ReadNotice returns what the page of a notice's link says. It changes nothing: programs that
// preview links follow it too.
//
// Errors: ErrInvalidToken, the token is unknown, used or expired; ErrUnavailable.
func (s *Service) ReadNotice(ctx context.Context, token Secret) (*Notice, error) {
	n, _, err := s.openNotice(ctx, token)
	if err != nil {
		return nil, err
	}
	return &n.Notice, nil
}

// LockAccount locks the account that a notice is about, with the token of its link: the owner
// says that the change was not theirs. Its sessions end, and nobody can sign in. Call it for a
// POST only. It may be called again.
//
// Errors: ErrInvalidToken, the token is unknown, used or expired; ErrUnavailable, it may not have
// been done, call it again.
func (s *Service) LockAccount(ctx context.Context, token Secret) error {
	ctx, done, err := s.uninterrupted(ctx)
	if err != nil {
		return err
	}
	defer done()
	for tries := 0; ; tries++ {
		n, user, err := s.openNotice(ctx, token)
		if err != nil {
			return err
		}
		if !user.Locked {
			err = s.lockNow(ctx, n, user)
		}
		if errors.Is(err, ErrStale) && tries < 3 { // somebody changes the account meanwhile
			continue
		}
		if err != nil {
			return err
		}
		now := s.now()
		_, err = s.store.BeginChallenge(ctx, BeginParams{Now: now, Renew: "notice", Challenge: Challenge{
			Key: n.key, ID: "notice", Digest: s.keys.Digest(n.key, string(token)), TriesLeft: 1,
			ExpiresAt: now.Add(noticeLife), Until: now.Add(noticeLife),
		}})
		if errors.Is(err, ErrNotFound) { // the account was unlocked meanwhile
			return ErrInvalidToken
		}
		return err
	}
}

func (s *Service) lockNow(ctx context.Context, n notice, user User) error {
	locked := true
	_, err := s.change(ctx, change{
		user: user,
		do: func(ctx context.Context) (User, error) {
			return s.store.UpdateUser(ctx, UserUpdate{UserID: user.ID, Locked: &locked, Epoch: user.Epoch, Now: s.now()})
		},
		done: func() { s.event(ctx, s.aboutNotice(n, EventAccountLocked)) },
	})
	if errors.Is(err, ErrNotFound) {
		return ErrInvalidToken
	}
	return err
}

// aboutNotice returns an event about the account of a notice and the number that got it: that is
// the number that its owner names at the desk.
func (s *Service) aboutNotice(n notice, what EventType) Event {
	e := s.aboutUser(User{ID: n.userID, Phone: n.Phone}, what)
	e.Purpose = n.Purpose
	return e
}

// UnlockAccountRequest opens an account again that LockAccount has locked.
type UnlockAccountRequest struct {
	// Token is that of the notice's link. Required.
	Token Secret
	// Code is the code of PurposeAccountUnlock as the person typed it. ASCII spaces around it are
	// ignored.
	Code string
	// ChallengeToken is that of the Pending. It may be empty.
	ChallengeToken Secret
	// Password is the password before the change. It is ignored if the account had none.
	Password Secret
	// Client describes the client that asks.
	Client ClientInfo
}

// UnlockAccount opens an account that LockAccount has locked, for somebody who has the token of
// the notice, the number that got it, and the password of before if there was one. The account then
// has the number and the password of before the change. Nobody is signed in. Notices of later
// changes are good for nothing any more.
//
// Send the code by [Service.Register], with PurposeAccountUnlock and BoundTo the token. It goes to
// the number that got the notice. [Service.ReopenAccount] is for those who have lost something of
// it.
//
// Errors:
//   - ErrInvalidToken: the token is unknown, used or expired, or the account is not locked.
//   - ErrInvalidPassword: the password is not that of before. The code is not used up.
//   - ErrInvalidCode: the code or the challenge token is wrong, expired or used.
//   - ErrPhoneTaken: another account has the number by now. Only the desk can help.
//   - *LimitError: nothing was compared.
//   - ErrInvalidPhone: the number is not served any more.
//   - ErrUnavailable: the code may be used up, and the account may have been unlocked.
func (s *Service) UnlockAccount(ctx context.Context, r UnlockAccountRequest) error {
	ctx, done, err := s.uninterrupted(ctx)
	if err != nil {
		return err
	}
	defer done()
	n, user, err := s.openNotice(ctx, r.Token)
	if err == nil && !user.Locked {
		err = ErrInvalidToken
	}
	if err != nil {
		return err
	}
	r.Client.Device = "" // every device has ended
	c, challengeID, err := s.received(ctx, answer{n.Phone.E164(), r.ChallengeToken, PurposeAccountUnlock, atEpoch(user), r.Client})
	if err != nil {
		return err
	}
	if _, ok := s.wellFormed(r.Code); !ok {
		return ErrInvalidCode
	}
	if n.hash != "" {
		err := s.provePassword(ctx, c, passwordProof{r.Password, true, func() (User, error) {
			return User{PasswordHash: n.hash}, nil
		}})
		if err != nil {
			return err
		}
	}
	if _, err := s.attemptFor(ctx, c, challengeID, r.Code, nil); err != nil {
		return err
	}
	// Before the change: then no notice of a thief's own locks the account again.
	if err := s.settle(ctx, user.ID, settled.Range{From: n.epoch + 1, To: user.Epoch + 1}); err != nil {
		return err
	}
	if err := s.unlockNow(ctx, n, user); err != nil {
		return err
	}
	return s.store.CancelChallenges(ctx, n.key)
}

func (s *Service) unlockNow(ctx context.Context, n notice, user User) error {
	locked := false
	_, err := s.change(ctx, change{
		user: user,
		do: func(ctx context.Context) (User, error) {
			return s.store.UpdateUser(ctx, UserUpdate{
				UserID: user.ID, Phone: &n.Phone, PasswordHash: &n.hash, Locked: &locked, Epoch: user.Epoch, Now: s.now(),
			})
		},
		done: func() { s.event(ctx, s.aboutNotice(n, EventAccountUnlocked)) },
	})
	if errors.Is(err, ErrStale) || errors.Is(err, ErrNotFound) {
		return ErrInvalidToken
	}
	return err
}

// unlocking returns what a code of PurposeAccountUnlock is bound to. ErrInvalidToken: the token is
// unknown, used or expired, or the account is not locked. ErrPhoneTaken: the number that got the
// notice is another account's by now.
func (s *Service) unlocking(ctx context.Context, token Secret) (binding, error) {
	n, user, err := s.openNotice(ctx, token)
	if err != nil {
		return binding{}, err
	}
	if !user.Locked {
		return binding{}, ErrInvalidToken
	}
	owner, err := s.phoneAccount(ctx, n.Phone)
	if err != nil {
		return binding{}, err
	}
	if owner.ID != "" && owner.ID != user.ID {
		return binding{}, ErrPhoneTaken
	}
	return binding{atEpoch(user), n.Phone}, nil
}

// ReopenAccount opens an account that its owner has locked, in the name of an operator. The account
// keeps the number and the password that it has now; see [Service.MovePhone]. Every notice of
// before is good for nothing any more. It does nothing if the account is not locked.
//
// Errors: ErrNotFound, there is no such user; ErrUnavailable, it may not have been done, do it
// again.
func (s *Service) ReopenAccount(ctx context.Context, userID string, a Actor) error {
	ctx, done, err := s.uninterrupted(WithActor(ctx, a))
	if err != nil {
		return err
	}
	defer done()
	user, err := s.store.UserByID(ctx, userID)
	if err != nil || !user.Locked {
		return err
	}
	e := s.aboutUser(user, EventAccountUnlocked)
	if err := s.intends(ctx, e); err != nil {
		return err
	}
	if err := s.settle(ctx, user.ID, settled.Range{From: 0, To: user.Epoch + 1}); err != nil {
		return err
	}
	locked := false
	_, err = s.change(ctx, change{
		user: user,
		do: func(ctx context.Context) (User, error) {
			return s.store.UpdateUser(ctx, UserUpdate{UserID: userID, Locked: &locked, Epoch: AnyEpoch, Now: s.now()})
		},
		done: func() { s.event(ctx, e) },
	})
	return err
}

// settled returns the changes of an account that no notice can undo any more. Without them a thief,
// who gets the notice of their own second change, could lock the account again that its owner has
// taken back.
func (s *Service) settled(ctx context.Context, userID string, now time.Time) (settled.List, Challenge, error) {
	key := s.settledKey(userID)
	found, err := s.store.ReadState(ctx, StateParams{Challenges: []string{key}, Now: now})
	if err != nil {
		return nil, Challenge{}, err
	}
	return s.settledOf(key, found.Challenges[0]), found.Challenges[0], nil
}

func (s *Service) settledOf(key string, kept Challenge) settled.List {
	data, ok := s.keys.Open(key, kept.Pending)
	if kept.ID == "" || !ok {
		return nil
	}
	return settled.Read(data)
}

// settle adds changes to those that settled returns, for as long as a notice can live. No report is lost that
// comes at the same time.
func (s *Service) settle(ctx context.Context, userID string, more settled.Range) error {
	for range mostReplaced {
		all, kept, err := s.settled(ctx, userID, s.now())
		if err != nil {
			return err
		}
		_, err = s.replace(ctx, s.settledKey(userID), kept.ID, all.With(more).Append(nil), 2*noticeLife)
		if !errors.Is(err, ErrStale) {
			return err
		}
	}
	return &unavailable{"settle changes", errors.New("too many at once")}
}

// mostReplaced is how often a record is read and replaced when others replace it meanwhile.
const mostReplaced = 4

// replace stores data in place of the record at key that has the ID was, or as the first one if was is empty.
// It returns the ID of the new record. ErrStale: another record is there by now. A record is a challenge whose
// secret nobody has. Each has another ID, and a limit of one admits only one as the first. All records of a
// key have the same life.
func (s *Service) replace(ctx context.Context, key, was string, data []byte, life time.Duration) (id string, err error) {
	now := s.now()
	p := BeginParams{Now: now, Renew: was, Challenge: Challenge{
		Key: key, ID: random.ID(), Digest: refreshDigest(random.Secret()), TriesLeft: 1,
		Pending:   s.keys.Seal(key, string(data)),
		ExpiresAt: now.Add(life), Until: now.AddDate(100, 0, 0), // later calls move ExpiresAt
	}}
	if was == "" {
		p.Takes = []Take{{Key: key, Limit: Limit{Burst: 1, Every: life}, Cost: 1}}
	}
	_, err = s.store.BeginChallenge(ctx, p)
	if _, second := errors.AsType[*LimitError](err); second || errors.Is(err, ErrNotFound) {
		err = ErrStale
	}
	return p.Challenge.ID, err
}

// move is a change of the number of an account that its owner can undo. Until it is over, whoever
// has the number now may be a thief, and cannot delete the account.
type move struct {
	epoch int64 // of the account after the change
	until time.Time
}

// mostMoves is how many moves of an account are kept. The oldest ones stay, because a thief can undo
// moves that followed.
const mostMoves = 8

// moves returns the moves of an account that are kept and that no notice has undone, the oldest first, and the
// ID of their record. Those of an epoch that is to come may be on their way.
func (s *Service) moves(ctx context.Context, userID string, now time.Time) (all []move, id string, err error) {
	keys := []string{s.movedKey(userID), s.settledKey(userID)}
	found, err := s.store.ReadState(ctx, StateParams{Challenges: keys, Now: now})
	if err != nil {
		return nil, "", err
	}
	kept := found.Challenges[0]
	data, ok := s.keys.Open(keys[0], kept.Pending)
	if kept.ID == "" || !ok {
		return nil, kept.ID, nil
	}
	done := s.settledOf(keys[1], found.Challenges[1])
	r := fields.NewReader(data)
	for range mostMoves {
		m := move{r.Int64(), time.UnixMicro(r.Int64())}
		if m.until.After(now) && !done.Undone(m.epoch) {
			all = append(all, m)
		}
	}
	return all, kept.ID, nil
}

// beginMove keeps that the number of user is about to change, where the owner will be able to undo it.
// Call undo if the number was certainly not changed. Another change that is on its way stays kept.
func (s *Service) beginMove(ctx context.Context, user User) (undo func() error, err error) {
	if s.cfg.Texts.NotMeURL == "" {
		return func() error { return nil }, nil
	}
	for range mostReplaced {
		now, key := s.now(), s.movedKey(user.ID)
		before, was, err := s.moves(ctx, user.ID, now)
		if err != nil {
			return nil, err
		}
		this := move{user.Epoch + 1, now.Add(noticeLife)}
		after := slices.DeleteFunc(slices.Clone(before), func(m move) bool { return m.epoch == this.epoch })
		after = append(after[:min(len(after), mostMoves-1)], this)
		id, err := s.replace(ctx, key, was, moved(after), noticeLife)
		if errors.Is(err, ErrStale) {
			continue
		}
		return func() error {
			_, err := s.replace(ctx, key, id, moved(before), noticeLife)
			if errors.Is(err, ErrStale) { // another change is on its way, which may be made
				return nil
			}
			return err
		}, err
	}
	return nil, &unavailable{"keep a change of the number", errors.New("too many at once")}
}

// moved writes moves as they are stored.
func moved(all []move) (data []byte) {
	for _, m := range all {
		data = fields.Append(data, number64(m.epoch), number64(m.until.UnixMicro()))
	}
	return data
}

// mayDelete returns a *LimitError while a change of the number of user can be undone.
func (s *Service) mayDelete(ctx context.Context, user User) error {
	if s.cfg.Texts.NotMeURL == "" {
		return nil
	}
	now := s.now()
	all, _, err := s.moves(ctx, user.ID, now)
	if err != nil {
		return err
	}
	var wait time.Duration
	for _, m := range all {
		if m.epoch <= user.Epoch { // it was made
			wait = max(wait, m.until.Sub(now))
		}
	}
	if wait == 0 {
		return nil
	}
	e := s.aboutUser(user, EventLimited)
	e.Purpose, e.Limit, e.Until = PurposeAccountDeletion, LimitPhoneChange, now.Add(wait)
	s.event(ctx, e)
	return &LimitError{Limit: LimitPhoneChange, RetryAfter: wait}
}

// noticeKey returns the key of a notice's token. It is alone in its slot, because the token does
// not name a phone.
func (s *Service) noticeKey(token string) string {
	return key(s.keys.Print("notice", token), kindNotice)
}

func (s *Service) settledKey(userID string) string {
	return key(s.keys.Print("settled", userID), kindSettled)
}

// movedKey returns the key of the moves of an account, which is in the slot of settledKey.
func (s *Service) movedKey(userID string) string {
	return key(s.keys.Print("settled", userID), kindMoved)
}
