package integration_test

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/phoneauth/phoneauth"
)

// neverReached is an epoch that no user comes to.
const neverReached = 1 << 40

// playedOpening is one OpenSession.
type playedOpening struct {
	phoneauth.Opening
	table  *openTable
	number int // of the session
	given  sessionState
	// What was answered: nothing if the outcome is unknown.
	known                        bool
	said, attempt, owned, signed string
	stored                       bool
}

func (p *openTable) open(n int, r *rand.Rand, now instant) call {
	o := &playedOpening{table: p, number: n, given: p.sessions.given(n, r, now)}
	o.given.byPassword = false // a store may leave those by password, which end only such
	var proof string
	o.Attempt, proof = p.phone.attempting(r, now)
	o.SignIn = phoneauth.SignIn{Phone: p.users.phones[0], UUID: p.users.fresh(), Epoch: phoneauth.AnyEpoch, Now: now.time()}
	if r.IntN(8) == 0 {
		o.SignIn.Epoch = neverReached
	}
	o.Session = phoneauth.NewSession{Session: o.given.record(p.sessions.id(n), "nobody"), Most: mostCounted, Now: now.time()}
	text := fmt.Sprintf("Open %d %v at %d, new %s, by %s", n, o.given, o.SignIn.Epoch, o.SignIn.UUID, described(&o.Attempt))
	return call{text: text, parts: []int{openedRecord, userRecord, ownedRecord}[:2+min(1, p.owned)], now: now, step: o.step,
		do: func(ctx context.Context) (string, error) {
			got, err := p.opener.OpenSession(ctx, o.Opening)
			if err == nil && proof != "" {
				p.phone.learn(aProof, proof)
			}
			return o.learn(got, err)
		}}
}

// learn keeps what was answered.
func (o *playedOpening) learn(got phoneauth.Opened, err error) (string, error) {
	refusal, known := answered(err)
	if !known {
		return "", err
	}
	o.known, o.stored, o.attempt = true, got.Stored, answeredBy(got.Challenge, err)
	answer, refused := attempted(got.Challenge, err)
	if refused == nil {
		o.owned, o.signed = "left", "nobody"
		if got.User.ID != "" {
			o.signed = o.table.learn(got.User)
		}
		if got.Stored {
			o.table.openings.stored.Add(1)
			o.table.sessions.learn(o.number, o.given.digest)
			o.owned = storedAs(got.User.UUID, got.Created, o.table.sessions.number(got.Evicted))
			o.signed += fmt.Sprintf(", created %t, first %t", got.Created, got.First)
		}
		answer = fmt.Sprintf("%s, %s, %s", answer, o.owned, o.signed)
	}
	o.said = whole(refusal, answer)
	return answer, err
}

func storedAs(uuid string, created bool, ends int) string {
	return fmt.Sprintf("stored for %s, created %t, ends %d", uuid, created, ends)
}

// says is the whole answer, if right. That of an unknown outcome does not matter.
func (o *playedOpening) says(right bool) string {
	if right {
		return o.said
	}
	return "another answer"
}

// step is the model, of each record.
func (o *playedOpening) step(state any) ([]any, string) {
	switch s := state.(type) {
	case phoneState:
		next, answer, _ := o.attempts(s)
		return next, o.says(answer == o.attempt)
	case ownedState:
		next, answer := o.opens(s)
		switch {
		case !o.known:
			return []any{s, next}, ""
		case !o.stored:
			return []any{s}, o.said
		}
		return []any{next}, o.says(answer == o.owned)
	case accountsState:
		return o.signsIn(s)
	}
	s := state.(openedState)
	next, answer, err := o.attempts(s.phone)
	owned, owns := s.owned, ""
	if err == nil {
		owns = "left"
		if o.table.together(&o.Attempt) {
			owned, owns = o.opens(s.owned)
		}
	}
	return openedState{owned: owned}.with(next), o.says(answer == o.attempt && owns == o.owned)
}

// attempts is AttemptChallenge.
func (o *playedOpening) attempts(s phoneState) (next []any, answer string, err error) {
	rows := &phoneRows{tag: o.table.phone.tag, now: at(o.Attempt.Now), phoneState: s}
	got, err := o.Attempt.Run(rows)
	return rows.after(), answeredBy(got, err), err
}

// opens is what comes after a match, if nothing refuses: a user, if there is none, and a session.
func (o *playedOpening) opens(s ownedState) (ownedState, string) {
	ends, err := o.Session.Evict(o.table.sessions.live(&s.sessions))
	if err != nil || o.SignIn.Epoch == neverReached {
		return s, "left"
	}
	ended, created := -1, s.uuid == ""
	if ends != nil {
		ended = o.table.sessions.number(ends.ID)
		s.sessions[ended] = sessionState{}
	}
	if created {
		s.uuid = o.SignIn.UUID
	}
	s.sessions[o.number] = o.given
	return s, storedAs(s.uuid, created, ended)
}

// signsIn is SignInUser, or a look at the user who is not signed in.
func (o *playedOpening) signsIn(s accountsState) ([]any, string) {
	next, answer := s.signIn(0, o.SignIn)
	switch {
	case !o.known:
		return []any{s, next}, ""
	case o.stored:
		return []any{next}, o.says(answer == o.signed)
	}
	found := "nobody"
	if s[0].uuid != "" {
		found = s.answer(0)
	}
	return []any{s}, o.says(o.owned == "" || found == o.signed)
}
