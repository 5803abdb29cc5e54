package redisstore

import (
	"context"
	"math"
	"strconv"
	"strings"

	"github.com/phoneauth/phoneauth"
)

// ReadState implements [phoneauth.ChallengeStore]. On a cluster, what is in one slot is
// read at one moment.
func (s *Store) ReadState(ctx context.Context, p phoneauth.StateParams) (phoneauth.State, error) {
	k := p.Keys()
	var keys []string
	for kind, of := range map[string][]string{challengeKind: k.Challenges, lockoutKind: k.Lockouts, limitKind: k.Limits, scoreKind: k.Scores} {
		for _, key := range of {
			keys = append(keys, s.key(kind, key))
		}
	}
	held, err := s.read(ctx, keys)
	if err != nil {
		return phoneauth.State{}, failed("read state", err)
	}
	rows := readRows{store: s, held: make(map[string]string, len(keys))}
	for i, key := range keys {
		rows.held[key] = held[i]
	}
	state := p.Run(&rows)
	if rows.err != nil {
		return phoneauth.State{}, failed("read state", rows.err)
	}
	return state, nil
}

// read is what keys hold, an empty string where there is nothing.
func (s *Store) read(ctx context.Context, keys []string) ([]string, error) {
	sp := s.spread(keys, func(int) *call { return &call{script: readScript} }, func(c *call, i int) { c.key(keys[i]) })
	replies, err := s.eachAgain(ctx, sp.calls)
	if err != nil {
		return nil, err
	}
	held, err := sp.gather(replies)
	return held.allTexts(), err
}

// readRows are the rows that were read. They cannot be written: a Run that only reads
// does not.
type readRows struct {
	phoneauth.Rows
	store *Store
	held  map[string]string
	err   error
}

func (r *readRows) Challenge(key string) (phoneauth.Challenge, bool) {
	packed := r.held[r.store.key(challengeKind, key)]
	if packed == "" {
		return phoneauth.Challenge{}, false
	}
	c, err := unpackChallenge(key, packed)
	if err != nil {
		r.err = err
	}
	return c, err == nil
}

func (r *readRows) TAT(key string) int64 {
	if held := r.held[r.store.key(limitKind, key)]; held != "" {
		return instant(held)
	}
	return phoneauth.NoTAT
}

func (r *readRows) LockoutState(key string) phoneauth.LockoutState {
	fields := r.fields(lockoutKind, key)
	if len(fields) != 3 {
		return phoneauth.LockoutState{}
	}
	return phoneauth.LockoutState{Failures: int(instant(fields[0])), LockedUntil: instant(fields[1]), ForgetAt: instant(fields[2])}
}

// ScoreState reads the former layout too: such a score is forgotten with its key.
func (r *readRows) ScoreState(key string) phoneauth.ScoreState {
	fields := r.fields(scoreKind, key)
	if len(fields) < 2 {
		return phoneauth.ScoreState{}
	}
	value, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		r.err = errAnswer
	}
	state := phoneauth.ScoreState{Value: value, ChangedAt: instant(fields[1]), ForgetAt: math.MaxInt64}
	if len(fields) > 2 {
		state.ForgetAt = instant(fields[2])
	}
	return state
}

func (r *readRows) fields(kind, key string) []string {
	return strings.Fields(r.held[r.store.key(kind, key)])
}
