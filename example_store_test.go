package phoneauth_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/phoneauth/phoneauth"
)

// The time of these examples, and as the microseconds in which a store keeps instants.
var (
	exampleNow = time.Date(2030, 1, 2, 15, 0, 0, 0, time.UTC)
	exampleUS  = exampleNow.UnixMicro()
)

// clock is an instant of the examples as the time of its day.
func clock(us int64) string { return time.UnixMicro(us).UTC().Format(time.TimeOnly) }

// Two are admitted at once, then one a minute. All that is kept is one instant, the tat.
func ExampleTake_Taken() {
	take := phoneauth.Take{Name: "codes", Limit: phoneauth.Limit{Burst: 2, Every: time.Minute}, Cost: 1}
	tat := int64(phoneauth.NoTAT)
	for range 3 {
		next, err := take.Taken(tat, exampleUS)
		if refused, ok := errors.AsType[*phoneauth.LimitError](err); ok {
			fmt.Println(refused.Limit, "refuses for", refused.RetryAfter)
		}
		tat = next
		fmt.Println("tat", clock(tat))
	}
	// Output:
	// tat 15:01:00
	// tat 15:02:00
	// codes refuses for 1m0s
	// tat 15:02:00
}

// A store may forget the score at ForgetAt: four times the longer decay after its change.
func ExampleScoreState_Charged() {
	charge := phoneauth.Charge{
		Score:  phoneauth.Score{Name: "country", Max: 100, DebtDecay: time.Hour, CreditDecay: 2 * time.Hour},
		Amount: 60,
	}
	score, err := phoneauth.ScoreState{}.Charged(&charge, exampleUS)
	fmt.Println(score.Value, clock(score.ChangedAt), clock(score.ForgetAt), err)

	same, err := score.Charged(&charge, exampleUS)
	refused, _ := errors.AsType[*phoneauth.LimitError](err)
	fmt.Println(same.Value, refused.Limit, "refuses for", refused.RetryAfter.Round(time.Second))
	// Output:
	// 60 15:00:00 23:00:00 <nil>
	// 60 country refuses for 23m35s
}

// A positive score fades with DebtDecay, to about 37 % in that time.
func ExampleScoreState_Faded() {
	of := phoneauth.Score{DebtDecay: time.Hour, CreditDecay: 2 * time.Hour}
	score := phoneauth.ScoreState{}.Credited(&of, -60, exampleUS)
	for _, later := range []time.Duration{0, time.Hour, 2 * time.Hour, 8 * time.Hour} {
		fmt.Printf("%.2f\n", score.Faded(&of, exampleUS+later.Microseconds()))
	}
	// Output:
	// 60.00
	// 22.07
	// 8.12
	// 0.00
}

// The second failure locks for a minute, the third for an hour.
func ExampleLockoutState_Failed() {
	lockout := phoneauth.Lockout{
		Name: "wrong codes", Key: "k", TTL: 24 * time.Hour,
		Steps: []phoneauth.LockoutStep{{Failures: 2, Wait: time.Minute}, {Failures: 3, Wait: time.Hour}},
	}
	var state phoneauth.LockoutState
	now := exampleUS
	for range 3 {
		state = state.Failed(&lockout, now)
		fmt.Println("failure", state.Failures, state.Refusal(&lockout, now))
		now = max(now, state.LockedUntil)
	}
	// Output:
	// failure 1 <nil>
	// failure 2 phoneauth: limit wrong codes: retry after 1m0s
	// failure 3 phoneauth: limit wrong codes: retry after 1h0m0s
}

// A token is good once. The previous one is answered for as long as Grace, since the
// answer may have been lost. Later it says that a token was stolen, and ends the session.
func ExampleRotation_Apply() {
	session := phoneauth.SessionRecord{
		ID: "s", Digest: []byte("first"), CreatedAt: exampleNow,
		IdleUntil: exampleNow.Add(time.Hour), ExpiresAt: exampleNow.Add(24 * time.Hour),
	}
	rotate := func(digest string, after time.Duration) {
		now := exampleNow.Add(after)
		next, write, err := phoneauth.Rotation{
			ID: "s", Digest: []byte(digest), Next: []byte("second"),
			Grace: 10 * time.Second, IdleUntil: now.Add(time.Hour), Now: now,
		}.Apply(session)
		fmt.Printf("%s now, write %t, error %v\n", next.Digest, write, err)
		if write && err == nil {
			session = next
		}
	}
	rotate("first", time.Minute)
	rotate("first", time.Minute+time.Second)
	rotate("first", time.Minute+10*time.Second)
	// Output:
	// second now, write true, error <nil>
	// second now, write false, error <nil>
	// second now, write true, error phoneauth: refresh token reused
}

// The session that was unused longest ends. One by password ends only one by password.
func ExampleNewSession_Evict() {
	session := func(id string, byPassword bool, age time.Duration) phoneauth.SessionRecord {
		return phoneauth.SessionRecord{
			ID: id, UserID: "1", ByPassword: byPassword, CreatedAt: exampleNow.Add(-age),
			IdleUntil: exampleNow.Add(time.Hour), ExpiresAt: exampleNow.Add(24 * time.Hour),
		}
	}
	live := []phoneauth.SessionRecord{session("new", true, time.Minute), session("old", false, time.Hour)}
	for _, byPassword := range []bool{false, true} {
		n := phoneauth.NewSession{Session: session("s", byPassword, 0), Most: 2, Now: exampleNow}
		evicted, err := n.Evict(live)
		fmt.Println(evicted.ID, "ends", err)
	}
	evicted, err := phoneauth.NewSession{Session: session("s", false, 0), Most: 3, Now: exampleNow}.Evict(live)
	fmt.Println(evicted == nil, err)
	// Output:
	// old ends <nil>
	// new ends <nil>
	// true <nil>
}

// An update holds for one epoch of the user, and raises it.
func ExampleUserUpdate_Apply() {
	user := phoneauth.User{ID: "1", Phone: phoneauth.StoredPhone("+201061797840"), Epoch: 4}
	blocked := true
	update := phoneauth.UserUpdate{UserID: "1", Epoch: 4, Blocked: &blocked, Now: exampleNow}
	user, err := update.Apply(user)
	fmt.Println(user.Blocked, user.Epoch, user.UpdatedAt.Format(time.TimeOnly), err)

	_, err = update.Apply(user)
	fmt.Println(errors.Is(err, phoneauth.ErrStale))
	// Output:
	// true 5 15:00:00 <nil>
	// true
}
