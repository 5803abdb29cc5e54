package phoneauth_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// racers are how many callers want the same thing at once.
const racers = 16

// count of errors: how many are nil, how many are one of answers, and the others.
func count(errs []error, answers ...error) (won, lost int, others []error) {
each:
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		for _, answer := range answers {
			if errors.Is(err, answer) {
				lost++
				continue each
			}
		}
		others = append(others, err)
	}
	return won, lost, others
}

// wins is how many of 16 callers win with the same code, by turns in Verify, in Login,
// and in both.
func wins(t testing.TB, tr *trial, round int) (won int, others []error) {
	phone, client := freshPhone(), freshClient()
	p, code := tr.register(t, phone)
	errs := atOnce(racers, func(i int) error {
		ctx := context.Background()
		var token phoneauth.Secret
		if i%4 < 2 {
			token = p.ChallengeToken
		}
		if round%3 == 0 || round%3 == 1 && i%2 == 0 {
			_, err := tr.Verify(ctx, phoneauth.VerifyRequest{Phone: phone, Code: code, ChallengeToken: token, Client: client})
			return err
		}
		_, err := tr.Login(ctx, phoneauth.LoginRequest{Phone: phone, Code: code, ChallengeToken: token, Client: client})
		return err
	})
	won, _, others = count(errs, phoneauth.ErrInvalidCode)
	return won, others
}

func promiseCodeOnce(t *testing.T, store newStore, rounds int) {
	tr := startTrial(t, store(t), noEvents)
	for round := range rounds {
		won, others := wins(t, tr, round)
		require.Equal(t, 1, won, "round %d", round)
		require.Empty(t, others, "round %d", round)
	}
}

func promiseProofOnce(t *testing.T, store newStore, rounds int) {
	tr := startTrial(t, store(t), noEvents)
	for round := range rounds {
		proof := tr.prove(t, freshPhone())
		errs := atOnce(racers, func(int) error {
			_, err := tr.Connect(context.Background(), phoneauth.ConnectRequest{Token: proof.Token, Client: freshClient()})
			return err
		})
		won, lost, others := count(errs, phoneauth.ErrInvalidToken)
		require.Equal(t, 1, won, "round %d", round)
		require.Equal(t, racers-1, lost, "round %d: %v", round, others)
	}
}

func promiseRedeemOnce(t *testing.T, store newStore, rounds int) {
	tr := startTrial(t, store(t), noEvents)
	const purpose, subject = "payment", "invoice 7"
	for round := range max(1, rounds/4) {
		phone := freshPhone()
		_, code := tr.registerAs(t, phoneauth.RegisterRequest{Phone: phone, Purpose: purpose, BoundTo: subject, Client: freshClient()})
		proof, err := tr.Verify(context.Background(), phoneauth.VerifyRequest{
			Phone: phone, Code: code, Purpose: purpose, BoundTo: subject, Client: freshClient(),
		})
		require.NoError(t, err)
		errs := atOnce(racers, func(int) error {
			_, err := tr.Redeem(context.Background(), phoneauth.RedeemRequest{Token: proof.Token, Purpose: purpose, BoundTo: subject})
			return err
		})
		won, lost, others := count(errs, phoneauth.ErrInvalidToken)
		require.Equal(t, 1, won, "round %d", round)
		require.Equal(t, racers-1, lost, "round %d: %v", round, others)
	}
}

// promiseOneSuccessor: inside the grace everybody who presents the token gets the one
// successor; once that was used, the old token ends the family.
func promiseOneSuccessor(t *testing.T, store newStore, rounds int) {
	tr := startTrial(t, store(t), noEvents)
	ctx := context.Background()
	session := tr.signIn(t, freshPhone())
	for round := range rounds {
		first := session.RefreshToken
		got := atOnce(racers, func(int) (r struct {
			phoneauth.Secret
			error
		}) {
			s, err := tr.Refresh(ctx, phoneauth.RefreshRequest{Token: first})
			if r.error = err; err == nil {
				r.Secret = s.RefreshToken
			}
			return r
		})
		for _, g := range got {
			require.NoError(t, g.error, "round %d", round)
			require.True(t, got[0].Secret == g.Secret, "round %d: two successors", round)
		}
		require.True(t, got[0].Secret != first, "round %d: not rotated", round)
		session.RefreshToken = got[0].Secret
		if round%8 != 7 {
			continue
		}
		next, err := tr.Refresh(ctx, phoneauth.RefreshRequest{Token: session.RefreshToken})
		require.NoError(t, err)
		_, err = tr.Refresh(ctx, phoneauth.RefreshRequest{Token: first})
		require.ErrorIs(t, err, phoneauth.ErrInvalidToken, "an older generation")
		_, err = tr.Refresh(ctx, phoneauth.RefreshRequest{Token: next.RefreshToken})
		require.ErrorIs(t, err, phoneauth.ErrInvalidToken, "its family has ended")
		session = tr.signIn(t, freshPhone())
	}
}

// promiseOneAccount: 32 proofs of one new number, redeemed at once.
func promiseOneAccount(t *testing.T, store newStore, rounds int) {
	const callers = 32
	tr := startTrial(t, store(t), loose, noEvents)
	for round := range max(1, rounds/50) {
		phone := freshPhone()
		var proofs [callers]*phoneauth.Proof
		for i := range proofs {
			proofs[i] = tr.prove(t, phone)
		}
		type result struct {
			*phoneauth.Session
			error
		}
		results := atOnce(callers, func(i int) result {
			s, err := tr.Connect(context.Background(), phoneauth.ConnectRequest{Phone: phone, Token: proofs[i].Token, Client: freshClient()})
			return result{s, err}
		})
		made, first := 0, 0
		for _, r := range results {
			require.NoError(t, r.error, "round %d", round)
			require.Equal(t, results[0].User.ID, r.User.ID, "round %d: two accounts", round)
			if r.New {
				made++
			}
			if r.First {
				first++
			}
		}
		require.Equal(t, 1, made, "round %d: New", round)
		require.Equal(t, 1, first, "round %d: First", round)
	}
}

// promiseExactTries: 64 wrong codes at once against 5 tries.
func promiseExactTries(t *testing.T, store newStore, rounds int) {
	const callers, tries = 64, 5
	for round := range max(1, rounds/50) {
		var mu sync.Mutex
		compared := 0
		spy := &spied{Store: store(t), after: func(verb string, err error) {
			if errors.Is(err, phoneauth.ErrMismatch) {
				mu.Lock()
				compared++
				mu.Unlock()
			}
		}}
		tr := startTrial(t, spy, loose, noEvents)
		phone := freshPhone()
		p, code := tr.register(t, phone)
		errs := atOnce(callers, func(i int) error {
			_, err := tr.Verify(t.Context(), phoneauth.VerifyRequest{Phone: phone, Code: wrongCode(code), Client: freshClient()})
			return err
		})
		won, lost, others := count(errs, phoneauth.ErrInvalidCode)
		require.Equal(t, 0, won)
		require.Equal(t, callers, lost, "one and the same answer: %v", others)
		require.Equal(t, tries, compared, "round %d", round)

		for _, token := range []phoneauth.Secret{"", p.ChallengeToken} {
			_, err := tr.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: code, ChallengeToken: token, Client: freshClient()})
			require.ErrorIs(t, err, phoneauth.ErrInvalidCode, "the right code as the sixth")
		}
		// The phone's counter is at 5: five more failures lock it, no fewer.
		_, code = tr.register(t, phone)
		for i := range tries {
			_, err := tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: freshClient()})
			require.NoError(t, err, "locked after %d failures", tries+i)
			_, err = tr.Verify(t.Context(), phoneauth.VerifyRequest{Phone: phone, Code: wrongCode(code), Client: freshClient()})
			require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
		}
		_, err := tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: freshClient()})
		require.True(t, isLimit(err, phoneauth.LimitPhoneFailures), "not locked after %d failures: %v", 2*tries, err)
	}
}

// TestPromisesSeeTheBug: the races above catch a store whose compare and take are two
// steps.
func TestPromisesSeeTheBug(t *testing.T) {
	t.Parallel()
	tr := startTrial(t, readThenTake{inMemory(t)}, noEvents)
	for round := range 100 {
		if won, _ := wins(t, tr, round); won > 1 {
			return
		}
	}
	assert.Fail(t, "100 rounds, and nobody won twice")
}

// readThenTake gives a challenge that was taken back for a moment.
type readThenTake struct{ phoneauth.Store }

func (s readThenTake) AttemptChallenge(ctx context.Context, a phoneauth.AttemptParams) (phoneauth.Challenge, error) {
	c, err := s.Store.AttemptChallenge(ctx, a)
	if err == nil {
		_, _ = s.Store.BeginChallenge(ctx, phoneauth.BeginParams{Challenge: c, Now: a.Now})
		time.AfterFunc(time.Millisecond, func() { _ = s.Store.CancelChallenges(context.Background(), c.Key) })
	}
	return c, err
}
