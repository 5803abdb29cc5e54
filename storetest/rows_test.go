package storetest

import (
	"context"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// watched are the rows of a reference, and what a step does with them.
type watched struct {
	rows
	t     *testing.T
	keys  phoneauth.RowKeys
	wrote bool
}

// read notes that a row is read: it must be named, and before anything is written.
func (w *watched) read(named []string, key string) {
	assert.Contains(w.t, named, key, "a step reads a row that its Keys do not name")
	assert.False(w.t, w.wrote, "a step reads %s after it has written", key)
}

// write notes that a row is written, which must be named.
func (w *watched) write(named []string, key string) {
	assert.Contains(w.t, named, key, "a step writes a row that its Keys do not name")
	w.wrote = true
}

func (w *watched) Challenge(key string) (phoneauth.Challenge, bool) {
	w.read(w.keys.Challenges, key)
	return w.rows.Challenge(key)
}

func (w *watched) SetChallenge(c phoneauth.Challenge) {
	w.write(w.keys.Challenges, c.Key)
	w.rows.SetChallenge(c)
}

func (w *watched) DeleteChallenge(key string) {
	w.write(w.keys.Challenges, key)
	w.rows.DeleteChallenge(key)
}

func (w *watched) TAT(key string) int64 {
	w.read(w.keys.Limits, key)
	return w.rows.TAT(key)
}

func (w *watched) SetTAT(key string, tat int64) {
	w.write(w.keys.Limits, key)
	w.rows.SetTAT(key, tat)
}

func (w *watched) LockoutState(key string) phoneauth.LockoutState {
	w.read(w.keys.Lockouts, key)
	return w.rows.LockoutState(key)
}

func (w *watched) SetLockoutState(key string, s phoneauth.LockoutState) {
	w.write(w.keys.Lockouts, key)
	w.rows.SetLockoutState(key, s)
}

func (w *watched) ScoreState(key string) phoneauth.ScoreState {
	w.read(w.keys.Scores, key)
	return w.rows.ScoreState(key)
}

func (w *watched) SetScoreState(key string, s phoneauth.ScoreState) {
	w.write(w.keys.Scores, key)
	w.rows.SetScoreState(key, s)
}

// watching is a reference whose rows are watched.
type watching struct {
	*reference
	t *testing.T
}

func (s watching) rows(keys phoneauth.RowKeys) *watched {
	return &watched{rows: rows{s.reference}, t: s.t, keys: keys}
}

// refused checks that a step that must not be committed has written nothing.
func (w *watched) refused(err error) {
	if !phoneauth.Commits(err) {
		assert.False(w.t, w.wrote, "a step has written, and ends with %v", err)
	}
}

func (s watching) BeginChallenge(_ context.Context, p phoneauth.BeginParams) (phoneauth.BeginResult, error) {
	w := s.rows(p.Keys())
	begun, err := p.Run(w)
	if w.refused(err); err != nil {
		assert.False(s.t, w.wrote, "a begin that is refused has written")
	}
	return begun, err
}

func (s watching) AttemptChallenge(_ context.Context, p phoneauth.AttemptParams) (phoneauth.Challenge, error) {
	w := s.rows(p.Keys())
	ch, err := p.Run(w)
	w.refused(err)
	return ch, err
}

func (s watching) TakeLimits(_ context.Context, p phoneauth.TakeParams) error {
	w := s.rows(p.Keys())
	err := p.Run(w)
	w.refused(err)
	return err
}

func (s watching) GiveBack(_ context.Context, p phoneauth.GiveBackParams) error {
	p.Run(s.rows(p.Keys()))
	return nil
}

func (s watching) CountFailure(_ context.Context, l phoneauth.Lockout, now time.Time) error {
	w := s.rows(phoneauth.RowKeys{Lockouts: []string{l.Key}})
	err := l.Run(w, now)
	w.refused(err)
	return err
}

func (s watching) ReadState(_ context.Context, p phoneauth.StateParams) (phoneauth.State, error) {
	w := s.rows(p.Keys())
	state := p.Run(w)
	assert.False(s.t, w.wrote, "ReadState writes")
	return state, nil
}

// TestRows holds the steps of package phoneauth to what Rows says of them: Keys name what
// is read and written, all is read before anything is written, and a step that is not to
// be committed has written nothing.
func TestRows(t *testing.T) {
	for range 20 {
		h := newHistory(rand.New(rand.NewPCG(rand.Uint64(), 0)))
		for range chapter {
			require.Empty(t, h.play(t, watching{h.reference.copy(), t}))
		}
	}
}

// copy is a reference of its own with all that r has.
func (r *reference) copy() *reference {
	c := newReference()
	for key, ch := range r.challenges {
		c.challenges[key] = spared(ch)
	}
	maps.Copy(c.tats, r.tats)
	maps.Copy(c.lockouts, r.lockouts)
	maps.Copy(c.scores, r.scores)
	return c
}
