package integration_test

import (
	"fmt"
	"strings"

	"github.com/phoneauth/phoneauth"
)

// phoneState is all that a store of challenges keeps about one phone: a code and a
// proof, two limits, a lockout and a score. It can be compared.
type phoneState struct {
	held    [2]heldChallenge
	tats    [2]instant // 0 where there is none
	lockout phoneauth.LockoutState
	score   phoneauth.ScoreState
}

const (
	aCode = iota
	aProof
)

type heldChallenge struct {
	id, digest, pending string
	tries, sends        int
	expires, until      instant
}

func (c heldChallenge) String() string {
	if c == (heldChallenge{}) {
		return "none"
	}
	return fmt.Sprintf("{%s %s %s, %d tries, %d sends, %v of %v}", c.id, c.digest, c.pending, c.tries, c.sends, c.expires, c.until)
}

func heldOf(c phoneauth.Challenge) heldChallenge {
	if c.ID == "" {
		return heldChallenge{}
	}
	return heldChallenge{c.ID, string(c.Digest), string(c.Pending), c.TriesLeft, c.Sends, at(c.ExpiresAt), at(c.Until)}
}

func (c heldChallenge) at(key string) phoneauth.Challenge {
	return phoneauth.Challenge{Key: key, ID: c.id, Digest: []byte(c.digest), Pending: []byte(c.pending),
		TriesLeft: c.tries, Sends: c.sends, ExpiresAt: c.expires.time(), Until: c.until.time()}
}

func (s phoneState) perhaps(now, latest instant) []any {
	all := []phoneState{s}
	ends := func(end instant, drop func(*phoneState)) {
		if now < end && end <= latest {
			for _, p := range all {
				drop(&p)
				all = append(all, p)
			}
		}
	}
	for i := range s.held {
		ends(s.held[i].expires, func(p *phoneState) { p.held[i] = heldChallenge{} })
	}
	for i := range s.tats {
		ends(s.tats[i], func(p *phoneState) { p.tats[i] = 0 })
	}
	ends(instant(s.lockout.End()), func(p *phoneState) { p.lockout = phoneauth.LockoutState{} })
	ends(instant(s.score.ForgetAt), func(p *phoneState) { p.score = phoneauth.ScoreState{} })
	return statesOf(all)
}

func statesOf[S any](all []S) []any {
	states := make([]any, len(all))
	for i := range all {
		states[i] = all[i]
	}
	return states
}

// The keys of a phone come after its tag.
const (
	codeKey    = "code"
	proofKey   = "proof"
	limitKey   = "limit"
	lockoutKey = "failures"
	scoreKey   = "score"
)

// phoneRows are a phoneState as the steps of package phoneauth read and write it.
type phoneRows struct {
	tag string
	now instant
	phoneState
	// passed are the tats that were replaced although now had reached them, where it had
	// reached the new one too: a store may as well leave them.
	passed map[int]instant
}

// after are the states that a store may be in.
func (r *phoneRows) after() []any {
	all := []phoneState{r.phoneState}
	for i, was := range r.passed {
		for _, s := range all {
			s.tats[i] = was
			all = append(all, s)
		}
	}
	return statesOf(all)
}

func (r *phoneRows) which(key string) int {
	if key == r.tag+codeKey {
		return aCode
	}
	return aProof
}

func (r *phoneRows) limit(key string) int {
	if strings.HasSuffix(key, "0") {
		return 0
	}
	return 1
}

// Challenge implements [phoneauth.Rows].
func (r *phoneRows) Challenge(key string) (phoneauth.Challenge, bool) {
	held := r.held[r.which(key)]
	return held.at(key), held != heldChallenge{}
}

// SetChallenge implements [phoneauth.Rows].
func (r *phoneRows) SetChallenge(c phoneauth.Challenge) { r.held[r.which(c.Key)] = heldOf(c) }

// DeleteChallenge implements [phoneauth.Rows].
func (r *phoneRows) DeleteChallenge(key string) { r.held[r.which(key)] = heldChallenge{} }

// TAT implements [phoneauth.Rows].
func (r *phoneRows) TAT(key string) int64 {
	if tat := r.tats[r.limit(key)]; tat != 0 {
		return int64(tat)
	}
	return phoneauth.NoTAT
}

// SetTAT implements [phoneauth.Rows].
func (r *phoneRows) SetTAT(key string, tat int64) {
	i := r.limit(key)
	if was := r.tats[i]; max(was, instant(tat)) <= r.now {
		if r.passed == nil {
			r.passed = map[int]instant{}
		}
		r.passed[i] = was
	}
	r.tats[i] = instant(tat)
}

// LockoutState implements [phoneauth.Rows].
func (r *phoneRows) LockoutState(string) phoneauth.LockoutState { return r.lockout }

// SetLockoutState implements [phoneauth.Rows].
func (r *phoneRows) SetLockoutState(_ string, s phoneauth.LockoutState) { r.lockout = s }

// ScoreState implements [phoneauth.Rows].
func (r *phoneRows) ScoreState(string) phoneauth.ScoreState { return r.score }

// SetScoreState implements [phoneauth.Rows].
func (r *phoneRows) SetScoreState(_ string, s phoneauth.ScoreState) { r.score = s }
