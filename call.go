package phoneauth

import (
	"context"
	"errors"
	"time"
)

// call holds the facts of one operation. It is made when the operation begins and handed on,
// so that no fact is looked up twice.
type call struct {
	now     time.Time
	client  ClientInfo
	address string // print of the client's address, once addressOf was called
	place   string // what Hooks.Place said, once it was asked
	placed  bool   // it was asked
	human   human
	channel string // that the code is sent by
	// challenge is the print of the ID of the challenge whose code is sent.
	challenge string
	// operator is true when an operator of the host's asks, who has no address and is no machine.
	operator bool
	// stranger is true when the client is a known device that has used up the score of
	// known devices.
	stranger bool
	// failures are those of addressFailureTakes, once it was called.
	failures []Take
	// owner is the user of the phone, as read before the code was compared. It is zero if
	// there is none.
	owner User
	target
}

// target says what a code is for: one phone, one purpose, one binding, and one known device
// or none.
type target struct {
	number
	print   string // of the phone
	purpose Purpose
	boundTo string
	device  device
	account account     // of the phone, where a code is bound to it: see secretKey
	test    *TestNumber // the entry of the phone, if it is a test number now
}

// started returns a call by the client c that begins now.
func (s *Service) started(c ClientInfo) *call {
	return &call{now: s.now(), client: c}
}

// to sets the target of c.
func (s *Service) to(c *call, n number, purpose Purpose, boundTo string) {
	c.target = target{number: n, print: s.phonePrint(n.phone), purpose: purpose, boundTo: boundTo}
	c.test = s.testNumber(n.phone, c.now)
}

// parsed returns a call about the number that a person typed. It finds out whether the
// client is a known device of that number.
func (s *Service) parsed(ctx context.Context, phone string, purpose Purpose, boundTo string, client ClientInfo) (*call, error) {
	n, err := s.numbers.parse(phone)
	if err != nil {
		return nil, err
	}
	c := s.started(client)
	s.to(c, n, purpose, boundTo)
	c.device, err = s.knownDevice(ctx, c)
	return c, err
}

// ofUser returns a call about the phone of u. It has no region, because a stored number is
// not parsed.
func (s *Service) ofUser(u User, purpose Purpose, client ClientInfo) *call {
	c := s.started(client)
	s.to(c, number{phone: u.Phone}, purpose, "")
	return c
}

// testNumber returns the entry of p, or nil if it has none or the entry has ended.
func (s *Service) testNumber(p Phone, now time.Time) *TestNumber {
	if n := s.tests[p]; n != nil && now.Before(n.Until) {
		return n
	}
	return nil
}

// uninterruptedAtOnce is how many operations may run at once after their first take.
const uninterruptedAtOnce = 1024

// uninterrupted returns a context for the rest of an operation, which no longer ends when
// the client disconnects. Call it before the operation takes or changes something. Every
// call of the store and the sender has a deadline of its own. done must be called at the
// end. ErrUnavailable: too many operations are running, and nothing was taken.
func (s *Service) uninterrupted(ctx context.Context) (_ context.Context, done func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, &unavailable{"begin", err}
	}
	select {
	case s.running <- struct{}{}:
		return context.WithoutCancel(ctx), func() { <-s.running }, nil
	default:
		return nil, nil, &unavailable{"begin", errors.New("too many operations at once")}
	}
}
