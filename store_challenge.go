package phoneauth

import (
	"context"
	"time"
)

// ChallengeStore keeps the records that live for a short time: challenges and proofs,
// limits, lockouts and scores.
type ChallengeStore interface {
	// BeginChallenge asks, takes and charges what p names, then stores p.Challenge or,
	// when a live challenge has its Key, touches that one and returns it. The order of
	// refusals: p.Lockout is locked, p.Renew is unmet, each of p.Asks, each of p.Takes,
	// each of p.Charges.
	//
	// Touching keeps ID, Digest, Sealed, TriesLeft and Until of the live challenge;
	// replaces Pending; adds the given Sends to its Sends; and moves ExpiresAt to the
	// given one or to Until, whichever is earlier. With p.Renew it also replaces ID.
	//
	// *LimitError: the first limit in that order that refuses. ErrNotFound:
	// p.Renew names no live challenge under this Key. Either way nothing is stored,
	// touched, taken or charged. Of concurrent callers with one new Key exactly one
	// stores, the others touch. A challenge has at least one try left while it lives.
	BeginChallenge(ctx context.Context, p BeginParams) (BeginResult, error)

	// AttemptChallenge counts one try and compares the digests of one candidate with the
	// challenge's Digest. The candidate is the first of p.Candidates whose challenge is
	// live. In order, all in one step:
	//
	//   - p.Lockout is locked, or one of p.Takes refuses: *LimitError, nothing is taken or
	//     counted.
	//   - No candidate is live: ErrNotFound. The takes stay taken, nothing else is counted.
	//   - No digest equals: ErrMismatch. The takes stay taken, TriesLeft of that challenge
	//     falls by one, a failure is counted, and the returned Challenge's TriesLeft says
	//     what remains; at 0 the challenge is removed. An empty digest equals nothing.
	//   - One digest equals: the challenge is removed and returned as it was, of any number
	//     of concurrent callers to exactly one. The failures of p.Lockout are cleared, and
	//     the candidate's OnMatch is done.
	AttemptChallenge(ctx context.Context, p AttemptParams) (Challenge, error)

	// CancelChallenges removes the challenges with these keys. Keys without a
	// challenge are no error. Lockouts, limits and scores stay.
	CancelChallenges(ctx context.Context, keys ...string) error

	// TakeLimits asks, takes and charges all that p names, or nothing: *LimitError names
	// the first that refused, in the order p.Asks, p.Takes, p.Charges.
	TakeLimits(ctx context.Context, p TakeParams) error

	// GiveBack gives back what p names. It is never refused.
	GiveBack(ctx context.Context, p GiveBackParams) error

	// CountFailure counts one failure of l, and locks l.Key when the count reaches a
	// step; with an empty Key it does nothing. *LimitError: it is locked at now, nothing
	// was counted. Concurrent callers are all counted; those after the one that locked
	// are refused.
	CountFailure(ctx context.Context, l Lockout, now time.Time) error

	// ClearFailures forgets the count and the lock of key. A key without either is no
	// error.
	ClearFailures(ctx context.Context, key string) error

	// ReadState returns what the store has of the rows that p names, at one moment, and
	// changes nothing.
	ReadState(ctx context.Context, p StateParams) (State, error)
}

// Challenge is one secret for one phone and one purpose: a code that was sent, or the secret
// of a proof.
type Challenge struct {
	// Key is the key of the challenge; each key has at most one live challenge. It begins
	// with the print of the phone in braces, so that all keys of a phone are in one Redis
	// slot.
	Key string
	// ID tells this challenge from earlier and later ones under its key.
	ID string
	// Digest is the keyed digest of the secret. It is never empty.
	Digest []byte
	// Sealed is the secret, encrypted, so that it can be sent again. At most 1 KiB.
	Sealed []byte
	// Pending is data of the newest request: the hash of a password that waits for the
	// proof, and when and by which channel the secret was last sent. Encrypted, at most 1
	// KiB.
	Pending []byte
	// TriesLeft is how many times the secret may still be compared. It is at least 1 when
	// stored.
	TriesLeft int
	// Sends is the number of codes that were sent for this challenge.
	Sends int
	// ExpiresAt is when the challenge is gone. Until is the latest time to which touching
	// moves ExpiresAt.
	ExpiresAt, Until time.Time
}

// BeginParams are the arguments of [ChallengeStore].BeginChallenge.
type BeginParams struct {
	// Challenge is stored when its Key has no live challenge. Otherwise the live one is
	// touched with its ExpiresAt, Pending and Sends.
	Challenge Challenge
	// Renew, unless empty, is the ID of the live challenge to be touched and renamed to
	// Challenge.ID. Without it a touched challenge keeps its ID.
	Renew string
	// Lockout is asked, never counted. An empty Key asks nothing.
	Lockout Lockout
	// Asks must all be admitted, and take nothing. Takes are taken and Charges charged, in
	// this order, all or none.
	Asks, Takes []Take
	// Charges are charged after Takes are taken.
	Charges []Charge
	// Now is the time of the step.
	Now time.Time
}

// BeginResult is the outcome of [ChallengeStore].BeginChallenge.
type BeginResult struct {
	// Challenge is the live challenge, as stored or as touched.
	Challenge Challenge
	// ResendAt is the earliest time at which Takes, asked again, would all be admitted
	// if nobody else took; BeginParams.Now when that is at once. [ResendAt] says which
	// takes count.
	ResendAt time.Time
}

// AttemptParams are the arguments of [ChallengeStore].AttemptChallenge.
type AttemptParams struct {
	// Candidates are the challenges that the secret may be for, at least one. At most one
	// of them is compared and loses a try.
	Candidates []Candidate
	// Lockout is asked first, counted on a mismatch, cleared on a match. An empty Key
	// does none of it.
	Lockout Lockout
	// Takes are taken before anything is compared.
	Takes []Take
	// Now is the time of the step.
	Now time.Time
}

// Candidate is a challenge that a secret may be for.
type Candidate struct {
	// Key is the key of the challenge.
	Key string
	// ID, unless empty, is the ID that the challenge must have; another one is not live.
	ID string
	// Digests of the presented secret, one for each live key of [Keys]. They are compared
	// in constant time.
	Digests [][]byte
	// OnMatch is done in the step that removes the challenge.
	OnMatch OnMatch
}

// OnMatch says what a match does in addition to removing the challenge. Where two fields name
// one key, the upper one is done first; Reward is part of Credits. The zero OnMatch does
// nothing.
type OnMatch struct {
	// Store, unless nil, is stored in place of whatever has its Key.
	Store *Challenge
	// Refunds are given back once.
	Refunds []Take
	// SendRefunds are given back once for each of the challenge's Sends.
	SendRefunds []Take
	// Credits lower their scores, each by one change: by Amount for each of the challenge's
	// Sends, and by Reward.Amount more if Reward.Take is admitted. Their Max does not
	// matter, and a sum of zero changes nothing.
	Credits []Charge
	// Reward is taken when Credits is not empty. When it is refused, the match stands.
	Reward Reward
	// ClearScores are the keys of scores to be forgotten.
	ClearScores []string
}

// Reward is a credit beyond what was charged, as often as Take is admitted. A Reward whose
// Take has no Key is never given.
type Reward struct {
	// Take limits how often the reward is given.
	Take Take
	// Amount is by how much more each of OnMatch.Credits lowers its score.
	Amount float64
}

// TakeParams are the arguments of [ChallengeStore].TakeLimits.
type TakeParams struct {
	// Asks must all be admitted, and take nothing. Takes are taken and Charges charged, in
	// this order, all or none.
	Asks, Takes []Take
	// Charges are charged after Takes are taken.
	Charges []Charge
	// Now is the time of the step.
	Now time.Time
}

// GiveBackParams are the arguments of [ChallengeStore].GiveBack.
type GiveBackParams struct {
	// Takes are given back.
	Takes []Take
	// Credits lower their scores by Amount; their Max does not matter.
	Credits []Charge
	// Now is the time of the step.
	Now time.Time
}

// StateParams are the arguments of [ChallengeStore].ReadState.
type StateParams struct {
	// Challenges and Lockouts are keys.
	Challenges, Lockouts []string
	// Takes are the limits to ask.
	Takes []Take
	// Scores are the scores to read. Their Max does not matter.
	Scores []Score
	// Now is the time of the step.
	Now time.Time
}

// State is the result of [ChallengeStore].ReadState. Each list has the length and the
// order of the one that asked.
type State struct {
	// Challenges are those that are live at Now, and the zero Challenge where none is.
	Challenges []Challenge
	// Lockouts are the failures and locks of each key, and the zero LockoutState where all of
	// it is forgotten.
	Lockouts []LockoutState
	// Waits says how long until each of Takes would be admitted by itself: 0 for at once.
	Waits []time.Duration
	// Scores are the scores, faded to Now, and 0 where there is none.
	Scores []float64
}
