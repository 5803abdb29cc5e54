package phoneauth

import (
	"context"
	"errors"
	"time"
)

// Actor is an operator of the host's, at a support desk, and why they act.
type Actor struct {
	// Name tells the operator from others. At most 64 bytes are kept.
	Name string
	// Reason is what the operator says of it. At most 256 bytes are kept.
	Reason string
}

type actorKey struct{}

// WithActor says that what is done under the context is done by an operator. SetBlocked,
// Unlock, EndSession, LogoutAll and Export then stand in the journal with the operator's name and
// reason: as meant before they are done, and as done afterwards. They are not done where the
// journal does not take the first.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

func actorOf(ctx context.Context) (Actor, bool) {
	a, ok := ctx.Value(actorKey{}).(Actor)
	return a, ok
}

// intends writes that an operator is about to do what e says. It does nothing where nobody
// said that this is an operator.
func (s *Service) intends(ctx context.Context, e Event) error {
	if _, ok := actorOf(ctx); !ok {
		return nil
	}
	e.Intent, e.Type = e.Type, EventOperator
	e = s.stamped(ctx, e)
	s.tell(ctx, e)
	if s.journal == nil {
		return nil
	}
	return s.journal.now(context.WithoutCancel(ctx), e)
}

// Remove deletes an account in the name of an operator, with its sessions and open
// challenges. The phone is free at once. Entries of the journal about the account and its
// phone keep their print, type and time; the rest is blanked.
//
// Errors: ErrNotFound, there is no such user; ErrUnavailable, it may not have been done: do
// it again.
func (s *Service) Remove(ctx context.Context, userID string, a Actor) error {
	user, err := s.store.UserByID(ctx, userID)
	if err != nil {
		return err
	}
	return s.delete(WithActor(ctx, a), user)
}

// delete removes an account.
func (s *Service) delete(ctx context.Context, user User) error {
	ctx, done, err := s.uninterrupted(ctx)
	if err != nil {
		return err
	}
	defer done()
	if err := s.intends(ctx, s.aboutUser(user, EventDeleted)); err != nil {
		return err
	}
	if err := s.blank(ctx, user); err != nil { // before: as long as there is the account, this can be done again
		return err
	}
	_, err = s.change(ctx, change{
		user: user,
		do:   func(ctx context.Context) (User, error) { return user, s.store.DeleteUser(ctx, user.ID) },
		done: func() {
			if err := s.blank(ctx, user); err != nil { // what happened meanwhile
				s.cfg.Logger.ErrorContext(ctx, "phoneauth: entries of the journal are not blanked", "error", err)
			}
			s.event(ctx, s.aboutUser(user, EventDeleted))
		},
	})
	return err
}

// blank takes everything but print, type and times from the journal's entries about u.
func (s *Service) blank(ctx context.Context, u User) error {
	if s.journal == nil {
		return nil
	}
	s.journal.flush(ctx)
	ctx, cancel := context.WithTimeout(ctx, storeDeadline)
	defer cancel()
	err := s.journal.store.BlankEntries(ctx, u.ID, s.phonePrint(u.Phone), s.now().Add(time.Microsecond))
	if err != nil {
		return &unavailable{"BlankEntries", err}
	}
	return nil
}

// MovePhone gives an account the phone of a proof, in the name of an operator, for somebody
// who has lost the old number. The proof is one for PurposePhoneChange that is bound to the
// user. Every session ends, and the old number is told by SMS.
//
// Errors: ErrNotFound, there is no such user; ErrInvalidToken; ErrPhoneTaken, the number is
// another account's and the proof is used up; *LimitError; ErrUnavailable.
func (s *Service) MovePhone(ctx context.Context, userID string, proof Secret, a Actor) (*User, error) {
	user, err := s.store.UserByID(ctx, userID)
	if err != nil {
		return nil, err
	}
	ctx, done, err := s.uninterrupted(WithActor(ctx, a))
	if err != nil {
		return nil, err
	}
	defer done()
	if err := s.intends(ctx, s.aboutUser(user, EventPhoneChanged)); err != nil {
		return nil, err
	}
	moved, _, err := s.movePhone(ctx, user, presented{token: proof, purpose: PurposePhoneChange, boundTo: phoneChangeOf(user)})
	if errors.Is(err, ErrStale) {
		err = ErrInvalidToken // the account has changed since the proof was given
	}
	if err != nil {
		return nil, err
	}
	return &moved, nil
}

// Export is what is kept about somebody, for that person. It marshals as JSON. It holds the
// whole number, and no secret.
type Export struct {
	ID          string    `json:"id"`
	UUID        string    `json:"uuid"`
	Phone       string    `json:"phone"` // E.164
	HasPassword bool      `json:"has_password"`
	Blocked     bool      `json:"blocked"`
	Locked      bool      `json:"locked"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
	SignedInAt  time.Time `json:"signed_in_at,omitzero"`
	// Sessions that are live.
	Sessions []SessionInfo `json:"sessions"`
	// Activity is the journal's, of the account: what happened about the number alone may
	// have been about another owner of it.
	Activity []Entry `json:"activity"`
}

// mostExported is how many entries of the journal an export has at most.
const mostExported = 10_000

// Export returns what is kept about a user, and tells an EventExported.
//
// Errors: ErrNotFound, there is no such user; ErrUnavailable.
func (s *Service) Export(ctx context.Context, userID string) (Export, error) {
	u, err := s.store.UserByID(ctx, userID)
	if err != nil {
		return Export{}, err
	}
	if err := s.intends(ctx, s.aboutUser(u, EventExported)); err != nil {
		return Export{}, err
	}
	e := Export{
		ID: u.ID, UUID: u.UUID, Phone: u.Phone.E164(), HasPassword: u.PasswordHash != "",
		Blocked: u.Blocked, Locked: u.Locked,
		CreatedAt: u.CreatedAt, UpdatedAt: u.UpdatedAt, SignedInAt: u.SignedInAt,
	}
	if e.Sessions, err = s.Sessions(ctx, userID); err != nil {
		return Export{}, err
	}
	e.Activity, err = s.Timeline(ctx, TimelineQuery{UserID: userID, Limit: mostExported})
	if err != nil && !errors.Is(err, ErrNoJournal) {
		return Export{}, err
	}
	s.event(ctx, s.aboutUser(u, EventExported))
	return e, nil
}

// Reveal returns the whole number of state, in E.164, so that an operator may see it. It
// stands in the journal before it is returned: who saw it, and why.
//
// Errors: ErrUnavailable.
func (s *Service) Reveal(ctx context.Context, state *PhoneState, a Actor) (string, error) {
	ctx = WithActor(ctx, a)
	e := Event{Type: EventPhoneShown, Phone: state.Phone.String(), Region: state.Region, Print: s.phonePrint(state.Phone)}
	if state.User != nil {
		e.UserID = state.User.ID
	}
	if err := s.intends(ctx, e); err != nil {
		return "", err
	}
	s.event(ctx, e)
	return state.Phone.E164(), nil
}
