package phoneauth

import (
	"context"
	"time"
)

// AnyEpoch in place of an epoch: whatever the user's epoch is.
const AnyEpoch int64 = -1

// UserStore keeps accounts: one a phone number. A host may implement it over its own
// table; see examples/ownusers.
//
// A verb that takes an epoch does its work only while the user is at that epoch, or
// at any for AnyEpoch, else it returns ErrStale. What changes a user raises User.Epoch by
// one and sets UpdatedAt to the time it was given in the same step, so that every session
// and proof of the epoch before is worth nothing from then on. Unless a verb says
// otherwise, ErrNotFound: there is no such user.
type UserStore interface {
	// SignInUser finds the user of s.Phone, or creates one: of any number of concurrent
	// callers with a new phone exactly one sees Created, and all get the same user. The
	// first sign-in of an account sets SignedInAt and UpdatedAt to s.Now; exactly one
	// caller in the life of an account sees First. Creating is a sign-in.
	//
	// In this order, and changing nothing: ErrBlocked, the user is blocked (the User is
	// returned all the same); ErrLocked, the user is locked (likewise); ErrPhoneTaken,
	// s.PasswordHash is set and there is a user; ErrNotFound, s.UserID is set and the
	// phone's user is another or none; ErrStale, the user's epoch is not s.Epoch, where no
	// user counts as epoch 0. All of it is SignIn.Run.
	SignInUser(ctx context.Context, s SignIn) (SignedIn, error)

	// UserByID returns the user with the store's id.
	UserByID(ctx context.Context, id string) (User, error)

	// UserByPhone returns the user who has proved p.
	UserByPhone(ctx context.Context, p Phone) (User, error)

	// UpdateUser changes the user u.UserID as UserUpdate.Apply says, and returns it as it
	// then is. ErrStale: the user is at another epoch. ErrPhoneTaken: another user has
	// u.Phone, and the epoch was right.
	UpdateUser(ctx context.Context, u UserUpdate) (User, error)

	// ImportUsers creates a user for each of users whose Phone has none, and changes no
	// user that exists. It returns, in the order of users, what each came to: the user who
	// now has the phone, and whether this call created it. Where a Phone comes twice, the
	// first creates the user and the second finds it. All are created or, with an error,
	// it is unknown which; importing the same again is safe. The user that is created is
	// UserImport.Apply.
	ImportUsers(ctx context.Context, users []UserImport, now time.Time) ([]ImportedUser, error)

	// DeleteUser removes the user; the phone is free at once. An unknown id is no
	// error. Ids are not used again.
	DeleteUser(ctx context.Context, id string) error
}

// User is an account.
type User struct {
	// ID is the store's. When it is a decimal number, the Login API writes it as one.
	ID string
	// UUID is random, made by the Service, and the subject of access tokens.
	UUID string
	// Phone is the number that was proved. Stores write Phone.E164 and read it back
	// with StoredPhone; they never parse it anew.
	Phone Phone
	// PasswordHash is a PHC string, empty for a user without a password.
	PasswordHash Secret
	// Epoch counts the changes that end what was open before: 0 for a new account.
	Epoch int64
	// Blocked is set by the host or its support desk. Locked is set by the owner, who
	// said that a change of the account was not theirs. Nobody signs in to either.
	Blocked, Locked bool
	// CreatedAt is when the account was made, UpdatedAt when it was last changed, and
	// SignedInAt the first sign-in: zero before it.
	CreatedAt, UpdatedAt, SignedInAt time.Time
}

// SignIn is what [UserStore].SignInUser is asked to do.
type SignIn struct {
	Phone Phone
	// UserID, unless empty, is the user it must be: no account is created.
	UserID string
	// Epoch the account must be at; 0 where there is none yet.
	Epoch int64
	// UUID of the account, if one is created.
	UUID string
	// PasswordHash, unless empty, is the password of the account that is created; with
	// it an account that exists is an error.
	PasswordHash Secret
	Now          time.Time
}

// Refusal is how [UserStore].SignInUser refuses s where the user of s.Phone is found, the
// zero User if there is none; nil when it does not.
func (s SignIn) Refusal(found User) error {
	switch {
	case found.Blocked:
		return ErrBlocked
	case found.Locked:
		return ErrLocked
	case found.ID != "" && s.PasswordHash != "":
		return ErrPhoneTaken
	case s.UserID != "" && s.UserID != found.ID:
		return ErrNotFound
	case s.Epoch != found.Epoch && s.Epoch != AnyEpoch:
		return ErrStale
	}
	return nil
}

// Run is what [UserStore].SignInUser returns where the user of s.Phone is found, the zero
// User if there is none: what stands beside s.Refusal, else s.Apply. A store writes the
// user where First is true, and gives it an ID where Created is.
func (s SignIn) Run(found User) (SignedIn, error) {
	switch err := s.Refusal(found); err {
	case nil:
		return s.Apply(found), nil
	case ErrBlocked, ErrLocked:
		return SignedIn{User: found}, err
	default:
		return SignedIn{}, err
	}
}

// Apply is what [UserStore].SignInUser makes of found, the user of s.Phone or the zero
// User where there is none, when s.Refusal has nothing against it. Where Created is
// true the user is new and still lacks the ID, which the store gives. Where First is
// false nothing is to be written.
func (s SignIn) Apply(found User) SignedIn {
	if found.ID == "" {
		now := s.Now.UTC()
		return SignedIn{
			User: User{
				UUID: s.UUID, Phone: s.Phone, PasswordHash: s.PasswordHash,
				CreatedAt: now, UpdatedAt: now, SignedInAt: now,
			},
			Created: true, First: true,
		}
	}
	first := found.SignedInAt.IsZero()
	if first {
		found.SignedInAt, found.UpdatedAt = s.Now.UTC(), s.Now.UTC()
	}
	return SignedIn{User: found, First: first}
}

// SignedIn is the outcome of [UserStore].SignInUser.
type SignedIn struct {
	User User
	// Created: this call made the account. First: it is the account's first sign-in.
	Created, First bool
}

// UserUpdate is what [UserStore].UpdateUser is asked to do. A nil field keeps what is
// there. An update raises the epoch also where every field stays as it is.
type UserUpdate struct {
	UserID string
	// Epoch the user must be at, or AnyEpoch.
	Epoch        int64
	Phone        *Phone
	PasswordHash *Secret
	Blocked      *bool
	Locked       *bool
	// KeepEpoch leaves Epoch and UpdatedAt as they are: for the same password, hashed anew.
	KeepEpoch bool
	Now       time.Time
}

// Apply is what u makes of user. ErrStale: the user is at another epoch. That the phone is
// nobody else's is for the store to see to.
func (u UserUpdate) Apply(user User) (User, error) {
	if u.Epoch != AnyEpoch && u.Epoch != user.Epoch {
		return User{}, ErrStale
	}
	set(&user.Phone, u.Phone)
	set(&user.PasswordHash, u.PasswordHash)
	set(&user.Blocked, u.Blocked)
	set(&user.Locked, u.Locked)
	if !u.KeepEpoch {
		user.Epoch++
		user.UpdatedAt = u.Now.UTC()
	}
	return user, nil
}

func set[T any](field *T, to *T) {
	if to != nil {
		*field = *to
	}
}

// UserImport is an account that comes from elsewhere. Its number was proved there.
type UserImport struct {
	Phone Phone
	// UUID of the account, random like those of the Service.
	UUID string
	// PasswordHash may be of any kind that PasswordRules.Legacy knows; empty for none.
	PasswordHash Secret
	// CreatedAt is when the account was made elsewhere; the time of the import when zero.
	CreatedAt time.Time
}

// Apply is the user that [UserStore].ImportUsers creates of u at now. It still lacks the
// ID, which the store gives. UpdatedAt is now, and SignedInAt zero.
func (u UserImport) Apply(now time.Time) User {
	created := u.CreatedAt.UTC()
	if created.IsZero() {
		created = now.UTC()
	}
	return User{UUID: u.UUID, Phone: u.Phone, PasswordHash: u.PasswordHash, CreatedAt: created, UpdatedAt: now.UTC()}
}

// ImportedUser is what became of a [UserImport].
type ImportedUser struct {
	// User who has the phone now.
	User User
	// Created: the import made this user. An imported user has not signed in yet.
	Created bool
}
