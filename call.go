package phoneauth

import (
	"context"
	"errors"
	"time"
)

// call is what one operation knows. It is made at the door of the operation and handed
// on, so that no fact is looked up twice.
type call struct {
	now     time.Time
	client  ClientInfo
	address string // print of the client's address
	place   string // what Hooks.Place said, once it was asked
	target
}

// target is who a code is for: one phone, for one purpose, bound to one thing, on one known
// device or on none.
type target struct {
	number
	print   string // of the phone
	purpose Purpose
	boundTo string
	device  device
	account account     // the phone's, where a code is bound to it: see secretKey
	test    *TestNumber // the entry of the phone, if it is a test number now
}

// started is a call of c that begins now.
func (s *Service) started(c ClientInfo) *call {
	return &call{now: s.now(), client: c, address: s.addressPrint(c)}
}

// to makes c a call about the phone n.
func (s *Service) to(c *call, n number, purpose Purpose, boundTo string) {
	c.target = target{number: n, print: s.phonePrint(n.phone), purpose: purpose, boundTo: boundTo}
	c.test = s.testNumber(n.phone, c.now)
}

// parsed is a call about the phone that somebody typed. It finds out whether the client is
// a known device of it.
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

// ofUser is a call about the stored phone of u. It has no region: a stored number is not
// parsed.
func (s *Service) ofUser(u User, purpose Purpose, client ClientInfo) *call {
	c := s.started(client)
	s.to(c, number{phone: u.Phone}, purpose, "")
	return c
}

// testNumber is the entry of p, if it has one that has not ended.
func (s *Service) testNumber(p Phone, now time.Time) *TestNumber {
	if n, ok := s.tests[p]; ok && now.Before(n.Until) {
		return &n
	}
	return nil
}

// uninterruptedAtOnce is how many operations may go on at once that have begun to take
// something.
const uninterruptedAtOnce = 1024

// uninterrupted is ctx for the rest of an operation that is about to take something. From
// then on the operation runs to its end, whether or not its client is still there; every
// call of the store and of the sender has a deadline of its own. done must be called at
// the end. ErrUnavailable: too many are running, and nothing was taken.
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
