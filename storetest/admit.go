package storetest

import (
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// admitting returns the store. It skips the case for stores that are no Admitter or have no limits.
func (u *users) admitting() (phoneauth.Admitter, phoneauth.ChallengeStore) {
	u.Helper()
	store, ok := u.store.(phoneauth.Admitter)
	limits, has := u.store.(phoneauth.ChallengeStore)
	if !ok || !has {
		u.Skip("the store is no Admitter")
	}
	err := limits.TakeLimits(u.Context(), phoneauth.TakeParams{Asks: oncePerHour(unique()), Now: start})
	if err != nil && !phoneauth.IsAnswer(err) {
		u.Skip("the store has no limits")
	}
	return store, limits
}

// oncePerHour admits one use an hour of key, and any number of another.
func oncePerHour(key string) []phoneauth.Take {
	take := func(key string, burst int) phoneauth.Take {
		return phoneauth.Take{Name: key, Key: key, Limit: phoneauth.Limit{Burst: burst, Every: time.Hour}, Cost: 1}
	}
	return []phoneauth.Take{take(key+" often", 1_000_000), take(key, 1)}
}

var admitCases = []testCase[*users]{
	{"Admit", "AdmitUser does TakeLimits with p, and UserByPhone if that returns no error", func(u *users) {
		store, limits := u.admitting()
		user, nobody := u.create(), u.phone()
		asks := phoneauth.TakeParams{Asks: oncePerHour(unique()), Now: start}
		admitted := func() {
			u.Helper()
			found, err := store.AdmitUser(u.Context(), asks, user.Phone)
			require.NoError(u, err, "AdmitUser")
			u.same(user, found, "UserByPhone")
			_, err = store.AdmitUser(u.Context(), asks, nobody)
			require.ErrorIs(u, err, phoneauth.ErrNotFound, "UserByPhone")
		}
		admitted()
		takes := phoneauth.TakeParams{Takes: asks.Asks, Now: start}
		_, err := store.AdmitUser(u.Context(), takes, user.Phone)
		require.NoError(u, err, "nothing was taken by asking")
		refused := &phoneauth.LimitError{}
		require.ErrorAs(u, limits.TakeLimits(u.Context(), asks), &refused, "TakeLimits")
		for _, phone := range []phoneauth.Phone{user.Phone, nobody} {
			_, err := store.AdmitUser(u.Context(), asks, phone)
			assert.Equal(u, refused, err, "as TakeLimits")
		}
		asks.Now = start.Add(refused.RetryAfter)
		admitted()
	}},
}
