package promises

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
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
func wins(t testing.TB, svc *suite.Service, round int) (won int, others []error) {
	phone, client := suite.FreshPhone(), suite.FreshClient()
	p, code := svc.SendCode(phone)
	errs := suite.AtOnce(racers, func(i int) error {
		ctx := context.Background()
		var token phoneauth.Secret
		if i%4 < 2 {
			token = p.ChallengeToken
		}
		if round%3 == 0 || round%3 == 1 && i%2 == 0 {
			_, err := svc.Verify(ctx, phoneauth.VerifyRequest{Phone: phone, Code: code, ChallengeToken: token, Client: client})
			return err
		}
		_, err := svc.Login(ctx, phoneauth.LoginRequest{Phone: phone, Code: code, ChallengeToken: token, Client: client})
		return err
	})
	won, _, others = count(errs, phoneauth.ErrInvalidCode)
	return won, others
}

func testCodeWinsOnce(t *testing.T, o suite.Options) {
	svc := o.Service(t, suite.NoEvents)
	for round := range o.Rounds {
		won, others := wins(t, svc, round)
		require.Equal(t, 1, won, "round %d", round)
		require.Empty(t, others, "round %d", round)
	}
}

func testProofWinsOnce(t *testing.T, o suite.Options) {
	svc := o.Service(t, suite.NoEvents)
	for round := range o.Rounds {
		proof := svc.Prove(suite.FreshPhone())
		errs := suite.AtOnce(racers, func(int) error {
			_, err := svc.Connect(context.Background(), phoneauth.ConnectRequest{Token: proof.Token, Client: suite.FreshClient()})
			return err
		})
		won, lost, others := count(errs, phoneauth.ErrInvalidToken)
		require.Equal(t, 1, won, "round %d", round)
		require.Equal(t, racers-1, lost, "round %d: %v", round, others)
	}
}

func testHostsProofWinsOnce(t *testing.T, o suite.Options) {
	svc := o.Service(t, suite.NoEvents)
	const purpose, subject = "payment", "invoice 7"
	for round := range max(1, o.Rounds/4) {
		phone := suite.FreshPhone()
		_, code := svc.SendCodeFor(phoneauth.RegisterRequest{Phone: phone, Purpose: purpose, BoundTo: subject, Client: suite.FreshClient()})
		proof, err := svc.Verify(context.Background(), phoneauth.VerifyRequest{
			Phone: phone, Code: code, Purpose: purpose, BoundTo: subject, Client: suite.FreshClient(),
		})
		require.NoError(t, err)
		errs := suite.AtOnce(racers, func(int) error {
			_, err := svc.Redeem(context.Background(), phoneauth.RedeemRequest{Token: proof.Token, Purpose: purpose, BoundTo: subject})
			return err
		})
		won, lost, others := count(errs, phoneauth.ErrInvalidToken)
		require.Equal(t, 1, won, "round %d", round)
		require.Equal(t, racers-1, lost, "round %d: %v", round, others)
	}
}

// testRefreshTokenHasOneSuccessor: inside the grace everybody who presents the token gets the one
// successor; once that was used, the old token ends the family.
func testRefreshTokenHasOneSuccessor(t *testing.T, o suite.Options) {
	svc := o.Service(t, suite.NoEvents)
	ctx := context.Background()
	session := svc.SignIn(suite.FreshPhone())
	for round := range o.Rounds {
		first := session.RefreshToken
		got := suite.AtOnce(racers, func(int) (r struct {
			phoneauth.Secret
			error
		}) {
			s, err := svc.Refresh(ctx, phoneauth.RefreshRequest{Token: first})
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
		next, err := svc.Refresh(ctx, phoneauth.RefreshRequest{Token: session.RefreshToken})
		require.NoError(t, err)
		_, err = svc.Refresh(ctx, phoneauth.RefreshRequest{Token: first})
		require.ErrorIs(t, err, phoneauth.ErrInvalidToken, "an older generation")
		_, err = svc.Refresh(ctx, phoneauth.RefreshRequest{Token: next.RefreshToken})
		require.ErrorIs(t, err, phoneauth.ErrInvalidToken, "its family has ended")
		session = svc.SignIn(suite.FreshPhone())
	}
}

// testOneAccountPerNumber: 32 proofs of one new number, redeemed at once.
func testOneAccountPerNumber(t *testing.T, o suite.Options) {
	const callers = 32
	svc := o.Service(t, suite.Loose, suite.NoEvents)
	for round := range max(1, o.Rounds/50) {
		phone := suite.FreshPhone()
		var proofs [callers]*phoneauth.Proof
		for i := range proofs {
			proofs[i] = svc.Prove(phone)
		}
		type result struct {
			*phoneauth.Session
			error
		}
		results := suite.AtOnce(callers, func(i int) result {
			s, err := svc.Connect(context.Background(), phoneauth.ConnectRequest{Phone: phone, Token: proofs[i].Token, Client: suite.FreshClient()})
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

// testTriesAreExact: 64 wrong codes at once against 5 tries.
func testTriesAreExact(t *testing.T, o suite.Options) {
	const callers, tries = 64, 5
	for round := range max(1, o.Rounds/50) {
		var mu sync.Mutex
		compared := 0
		spy := &suite.Spied{Store: o.Store(t), After: func(verb string, err error) {
			if errors.Is(err, phoneauth.ErrMismatch) {
				mu.Lock()
				compared++
				mu.Unlock()
			}
		}}
		svc := suite.On(t, spy, suite.Loose, suite.NoEvents)
		phone := suite.FreshPhone()
		p, code := svc.SendCode(phone)
		errs := suite.AtOnce(callers, func(i int) error {
			_, err := svc.Verify(t.Context(), phoneauth.VerifyRequest{Phone: phone, Code: suite.WrongCode(code), Client: suite.FreshClient()})
			return err
		})
		won, lost, others := count(errs, phoneauth.ErrInvalidCode)
		require.Equal(t, 0, won)
		require.Equal(t, callers, lost, "one and the same answer: %v", others)
		require.Equal(t, tries, compared, "round %d", round)

		for _, token := range []phoneauth.Secret{"", p.ChallengeToken} {
			_, err := svc.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: code, ChallengeToken: token, Client: suite.FreshClient()})
			require.ErrorIs(t, err, phoneauth.ErrInvalidCode, "the right code as the sixth")
		}
		// The phone's counter is at 5: five more failures lock it, no fewer.
		_, code = svc.SendCode(phone)
		for i := range tries {
			_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: suite.FreshClient()})
			require.NoError(t, err, "locked after %d failures", tries+i)
			_, err = svc.Verify(t.Context(), phoneauth.VerifyRequest{Phone: phone, Code: suite.WrongCode(code), Client: suite.FreshClient()})
			require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
		}
		_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: suite.FreshClient()})
		require.True(t, suite.IsLimit(err, phoneauth.LimitPhoneFailures), "not locked after %d failures: %v", 2*tries, err)
	}
}

// testPromisesSeeTheBug: the races above catch a store whose compare and take are two
// steps.
func testPromisesSeeTheBug(t *testing.T, o suite.Options) {
	svc := suite.On(t, readThenTake{o.Store(t)}, suite.NoEvents)
	for round := range 100 {
		if won, _ := wins(t, svc, round); won > 1 {
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
