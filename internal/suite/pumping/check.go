package pumping

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/internal/seam"
)

// free is a human check whose questions are their own answers. What solving them would cost
// is counted and not executed.
type free struct{ asked int }

// VerifiesLocally implements [humancheck.Local], as the embedded check does.
func (*free) VerifiesLocally() {}

// Kind implements [humancheck.Check].
func (*free) Kind() string { return "free" }

// Ask implements [humancheck.Check].
func (f *free) Ask(_ context.Context, p humancheck.Params) (humancheck.Question, error) {
	f.asked++
	until := p.Now.Add(humancheck.Life).UnixMicro()
	return humancheck.Question{Kind: "free", Challenge: fmt.Sprintf("%d|%d|%d|%s", f.asked, p.Level, until, p.Binding)}, nil
}

// Verify implements [humancheck.Check].
func (*free) Verify(_ context.Context, answer string, p humancheck.Params) (humancheck.Proof, error) {
	parts := strings.SplitN(answer, "|", 4)
	if len(parts) < 4 || parts[3] != p.Binding {
		return humancheck.Proof{}, humancheck.ErrWrong
	}
	level, _ := strconv.Atoi(parts[1])
	until, _ := strconv.ParseInt(parts[2], 10, 64)
	if p.Now.UnixMicro() >= until {
		return humancheck.Proof{}, humancheck.ErrWrong
	}
	return humancheck.Proof{ID: parts[0], Level: humancheck.Level(level)}, nil
}

// store is a store that brings a clock. It also decides by a seeded generator which changes
// of a busy country are written, so that a simulation can be repeated.
type store struct {
	phoneauth.Store
	seam   *seam.Seam
	random *rand.Rand
}

// Seam implements [seam.Holder].
func (s *store) Seam() *seam.Seam { return s.seam }

// sampled is of how many changes of a busy country one is written.
const sampled = 16

func (s *store) sample(charges []phoneauth.Charge) {
	for i := range charges {
		if c := &charges[i]; c.SampleBelow != 0 {
			c.SampleWeight = 0
			if s.random.IntN(sampled) == 0 {
				c.SampleWeight = sampled
			}
		}
	}
}

// BeginChallenge implements [phoneauth.ChallengeStore].
func (s *store) BeginChallenge(ctx context.Context, p phoneauth.BeginParams) (phoneauth.BeginResult, error) {
	s.sample(p.Charges)
	return s.Store.BeginChallenge(ctx, p)
}

// AttemptChallenge implements [phoneauth.ChallengeStore].
func (s *store) AttemptChallenge(ctx context.Context, p phoneauth.AttemptParams) (phoneauth.Challenge, error) {
	for i := range p.Candidates {
		s.sample(p.Candidates[i].OnMatch.Credits)
	}
	return s.Store.AttemptChallenge(ctx, p)
}

// texts is a sender that keeps the last code and counts.
type texts struct {
	code phoneauth.Secret
	sent int
}

// Send implements [phoneauth.SMSSender].
func (t *texts) Send(_ context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	t.code = m.Code
	t.sent++
	return phoneauth.Receipt{}, nil
}
