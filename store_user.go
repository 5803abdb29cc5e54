package phoneauth

import (
	"context"
	"time"
)

// AnyEpoch stands for every epoch, in SignIn.Epoch and UserUpdate.Epoch.
const AnyEpoch int64 = -1

// UserStore keeps accounts: one for each phone number. A host may implement it over its own
// table; see examples/ownusers.
//
// A verb that takes an epoch does its work only while the user is at that epoch, or
// at any for AnyEpoch, else it returns ErrStale. What changes a user raises User.Epoch by
// one and sets UpdatedAt to the time it was given in the same step. The Service then refuses
// every session and proof of an earlier epoch. Unless a verb says otherwise, ErrNotFound:
// there is no such user.
type UserStore interface {
	// SignInUser finds the user of s.Phone, or creates one: of any number of concurrent
	// callers with a new phone exactly one sees Created, and all get the same user. The
	// first sign-in of an account sets SignedInAt and UpdatedAt to s.Now; exactly one
	// caller in the life of an account sees First. Creating is a sign-in.
	//
	// It refuses in this order, and changes nothing then. SignIn.Run computes all of this.
	//
	//   - ErrBlocked: the user is blocked. The User is returned too.
	//   - ErrLocked: the user is locked. The User is returned too.
	//   - ErrPhoneTaken: s.PasswordHash is set and there is a user.
	//   - ErrNotFound: s.UserID is set and the phone's user is another or none.
	//   - ErrStale: the user's epoch is not s.Epoch, where no user counts as epoch 0.
	SignInUser(ctx context.Context, s SignIn) (SignedIn, error)

	// UserByID returns the user with this ID.
	UserByID(ctx context.Context, id string) (User, error)

	// UserByPhone returns the user who has proved p.
	UserByPhone(ctx context.Context, p Phone) (User, error)

	// UpdateUser changes the user u.UserID as UserUpdate.Apply says, and returns it as it
	// then is. ErrStale: the user is at another epoch. ErrPhoneTaken: another user has
	// u.Phone, and the epoch was right.
	UpdateUser(ctx context.Context, u UserUpdate) (User, error)

	// ImportUsers creates a user for each of users whose Phone has none, and changes no
	// user that exists. It returns one result for each of users, in their order: the user
	// who now has the phone, and whether this call created it. Where a Phone comes twice,
	// the first creates the user and the second finds it. All are created or, with an error,
	// it is unknown which; importing the same again is safe. UserImport.Apply computes the
	// user to create.
	ImportUsers(ctx context.Context, users []UserImport, now time.Time) ([]ImportedUser, error)

	// DeleteUser removes the user; the phone is free at once. An unknown id is no
	// error. Ids are not used again.
	DeleteUser(ctx context.Context, id string) error
}

// Admitter is implemented by stores that keep limits and users in one database. The Service finds
// it by a type assertion, and asks the limits of an attempt and reads the account by one call instead
// of two. A type that embeds such a store, and has a TakeLimits or UserByPhone of its own, needs an
// AdmitUser of its own too.
type Admitter interface {
	// AdmitUser does TakeLimits with p, and UserByPhone if that returns no error. The Service gives
	// a p that only asks. A store may do both at one moment, or one after the other.
	AdmitUser(ctx context.Context, p TakeParams, phone Phone) (User, error)
}

// User is an account.
type User struct {
	// ID is given by the store. When it is a decimal number, the Login API writes it as a
	// number.
	ID string
	// UUID is random, made by the Service. It is the subject of access tokens.
	UUID string
	// Phone is the number that was proved. Stores write Phone.E164 and read it back
	// with StoredPhone; they never parse it anew.
	Phone Phone
	// PasswordHash is a PHC string, empty for a user without a password.
	PasswordHash Secret
	// Epoch rises by one with each change that must end sessions and proofs. It is 0 for a
	// new account.
	Epoch int64
	// Blocked is set by the host or its support desk. Locked is set by the owner, who
	// said that somebody else had changed the account. Nobody can sign in while one of
	// them is true.
	Blocked, Locked bool
	// CreatedAt is when the account was created. UpdatedAt is when it was last changed.
	// SignedInAt is the first sign-in; it is zero before that.
	CreatedAt, UpdatedAt, SignedInAt time.Time
}

// SignIn is the argument of [UserStore].SignInUser.
type SignIn struct {
	// Phone is the number that was proved.
	Phone Phone
	// UserID, unless empty, is the ID that the user must have; then no account is created.
	UserID string
	// Epoch is the epoch that the account must be at, or AnyEpoch. It is 0 when there is
	// no account yet.
	Epoch int64
	// UUID is that of the account, if one is created.
	UUID string
	// PasswordHash, unless empty, is the password of the account that is created; with
	// it an account that exists is an error.
	PasswordHash Secret
	// Now is the time of the step.
	Now time.Time
}

// Refusal returns the error with which [UserStore].SignInUser refuses s, or nil. found is the
// user of s.Phone, or the zero User if there is none.
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

// Run returns what [UserStore].SignInUser must return. found is the user of s.Phone, or the
// zero User if there is none. The store must write the user when First is true. When Created
// is true it must give the user an ID too.
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

// Apply returns the result of a sign-in that s.Refusal does not refuse. found is the user of
// s.Phone, or the zero User if there is none. When Created is true the user is new, and the
// store must give it an ID. When First is false nothing must be written.
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

// changesNothing reports whether SignInUser would return found as it is: s is not refused, and nothing is written.
func (s SignIn) changesNothing(found User) bool {
	return s.Refusal(found) == nil && !s.Apply(found).First
}

// SignedIn is the outcome of [UserStore].SignInUser.
type SignedIn struct {
	// User is the account.
	User User
	// Created is true when this call created the account. First is true when this is the
	// first sign-in of the account.
	Created, First bool
}

// UserUpdate is the argument of [UserStore].UpdateUser. A nil field keeps what is
// there. An update raises the epoch also where every field stays as it is.
type UserUpdate struct {
	// UserID is the ID of the user.
	UserID string
	// Epoch is the epoch that the user must be at, or AnyEpoch.
	Epoch int64
	// Phone is the new number.
	Phone *Phone
	// PasswordHash is the new hash. An empty one removes the password.
	PasswordHash *Secret
	// Blocked is the new User.Blocked.
	Blocked *bool
	// Locked is the new User.Locked.
	Locked *bool
	// KeepEpoch leaves Epoch and UpdatedAt as they are. It is for the same password that
	// was hashed anew.
	KeepEpoch bool
	// Now is the time of the step.
	Now time.Time
}

// Apply returns user after u. ErrStale: the user is at another epoch. The store itself must
// check that no other user has the phone.
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

// UserImport is an account of another system. Its number was proved there.
type UserImport struct {
	// Phone is the number of the account.
	Phone Phone
	// UUID is that of the account: random, like those of the Service.
	UUID string
	// PasswordHash may be of any kind that PasswordRules.Legacy knows; empty for none.
	PasswordHash Secret
	// CreatedAt is when the other system created the account; the time of the import when
	// zero.
	CreatedAt time.Time
}

// Apply returns the user that [UserStore].ImportUsers creates of u at now. The store must
// give it an ID. UpdatedAt is now, and SignedInAt is zero.
func (u UserImport) Apply(now time.Time) User {
	created := u.CreatedAt.UTC()
	if created.IsZero() {
		created = now.UTC()
	}
	return User{UUID: u.UUID, Phone: u.Phone, PasswordHash: u.PasswordHash, CreatedAt: created, UpdatedAt: now.UTC()}
}

// ImportedUser is the result of a [UserImport].
type ImportedUser struct {
	// User is the user who has the phone now.
	User User
	// Created is true when the import created this user. An imported user has not signed
	// in yet.
	Created bool
}
