package suite

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/phoneauth/phoneauth/humancheck"
)

// Puzzle is a human check whose questions are their own answers. Fails is the error of Ask and
// Verify; nil for none.
type Puzzle struct {
	// Fails is what Ask and Verify return as error.
	Fails error
	// Asked and Verified are how often they were called.
	Asked, Verified atomic.Int64

	mu     sync.Mutex
	issued map[string]bool
}

// LocalPuzzle is a Puzzle whose answers are verified at once.
type LocalPuzzle struct{ *Puzzle }

// VerifiesLocally implements [humancheck.Local].
func (LocalPuzzle) VerifiesLocally() {}

// NewPuzzle makes a Puzzle.
func NewPuzzle() *Puzzle { return &Puzzle{issued: map[string]bool{}} }

// Kind implements [humancheck.Check].
func (p *Puzzle) Kind() string { return "puzzle" }

// Ask implements [humancheck.Check].
func (p *Puzzle) Ask(_ context.Context, q humancheck.Params) (humancheck.Question, error) {
	n := p.Asked.Add(1)
	if p.Fails != nil {
		return humancheck.Question{}, p.Fails
	}
	text := fmt.Sprintf("%d|%d|%d|%s", n, q.Level, q.Now.Add(humancheck.Life).UnixMicro(), q.Binding)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.issued[text] = true
	return humancheck.Question{Kind: "puzzle", Challenge: text}, nil
}

// Verify implements [humancheck.Check].
func (p *Puzzle) Verify(_ context.Context, answer string, q humancheck.Params) (humancheck.Proof, error) {
	p.Verified.Add(1)
	if p.Fails != nil {
		return humancheck.Proof{}, p.Fails
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	parts := strings.SplitN(answer, "|", 4)
	if !p.issued[answer] || parts[3] != q.Binding {
		return humancheck.Proof{}, humancheck.ErrWrong
	}
	ends, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil || !q.Now.Before(time.UnixMicro(ends)) {
		return humancheck.Proof{}, humancheck.ErrWrong
	}
	level, err := strconv.Atoi(parts[1])
	return humancheck.Proof{ID: answer, Level: humancheck.Level(level)}, err
}
