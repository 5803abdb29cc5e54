package failover

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
)

// Config is the configuration of a [Sender]. Senders is required. The zero value of every other
// field means its default.
type Config struct {
	// Senders are the senders in the order to try them. At least one is required.
	Senders []Entry
	// Failures is how many failures in a row open a breaker. 0 means 3.
	Failures int
	// Cooldown is how long a breaker stays open. 0 means 10 s.
	Cooldown time.Duration
	// Demotion is how long a sender that does not deliver is tried after all others. 0
	// means 5 min.
	Demotion time.Duration
	// Logger gets a line when the next sender is tried, when a breaker opens or closes, and
	// when a sender is demoted. Nil means slog.Default().
	Logger *slog.Logger
}

// Entry is one sender.
type Entry struct {
	// Name becomes Receipt.Sender. Required, and different for each. For [Sender.Report]
	// it must be the Delivery.Sender of its callbacks, such as "kannel"; with two of a
	// kind, set Delivery.Sender in the functions that their callbacks report to.
	Name string
	// Sender sends the messages. Required.
	Sender phoneauth.SMSSender
	// Regions are the regions of the numbers that it serves: ISO 3166-1 alpha-2, such as
	// "EG", or "001" for numbers of no region. Prefixes are the beginnings of more numbers
	// that it serves, in E.164, such as "+1242". If both are empty it serves all numbers.
	// The first entry that serves a number is tried first, not the one with the longest
	// prefix.
	Regions, Prefixes []string
}

// Sender is a phoneauth.SMSSender of several. It is safe for concurrent use.
type Sender struct {
	routes   []*route
	byRegion bool // some of them
	log      *slog.Logger
}

// route is an entry and how it does.
type route struct {
	Entry
	mu       sync.Mutex // of the two below
	breaker  breaker
	delivery delivery
}

var (
	_ phoneauth.SMSSender = (*Sender)(nil)
	_ phoneauth.Supporter = (*Sender)(nil)
	_ phoneauth.Verifier  = (*Sender)(nil)
)

// New returns a Sender, or every fault of c at once.
func New(c Config) (*Sender, error) {
	c.Failures = cmp.Or(c.Failures, 3)
	c.Cooldown = cmp.Or(c.Cooldown, 10*time.Second)
	c.Demotion = cmp.Or(c.Demotion, 5*time.Minute)
	if err := c.validate(); err != nil {
		return nil, err
	}
	s := &Sender{log: cmp.Or(c.Logger, slog.Default())}
	for _, e := range c.Senders {
		e.Regions, e.Prefixes = slices.Clone(e.Regions), slices.Clone(e.Prefixes)
		s.byRegion = s.byRegion || len(e.Regions) > 0
		s.routes = append(s.routes, &route{
			Entry:    e,
			breaker:  breaker{failures: c.Failures, cooldown: c.Cooldown},
			delivery: delivery{demotion: c.Demotion},
		})
	}
	return s, nil
}

func (c Config) validate() error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("failover: config: "+format, args...))
	}
	if len(c.Senders) == 0 {
		fault("Senders needs at least one")
	}
	names := map[string]bool{}
	for i, e := range c.Senders {
		switch {
		case e.Name == "":
			fault("Senders[%d].Name is required", i)
		case names[e.Name]:
			fault("Senders[%d].Name %q is taken", i, e.Name)
		}
		names[e.Name] = true
		if e.Sender == nil {
			fault("Senders[%d].Sender is required", i)
		}
		for _, r := range e.Regions {
			if r != "001" && (len(r) != 2 || strings.Trim(r, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
				fault(`Senders[%d].Regions: %q is not ISO 3166-1 alpha-2, as "EG"`, i, r)
			}
		}
		for _, p := range e.Prefixes {
			if len(p) < 2 || p[0] != '+' || strings.Trim(p[1:], "0123456789") != "" {
				fault(`Senders[%d].Prefixes: %q is not E.164, as "+20"`, i, p)
			}
		}
	}
	if c.Failures < 0 || c.Cooldown < 0 || c.Demotion < 0 {
		fault("Failures, Cooldown and Demotion must not be negative")
	}
	return errors.Join(faults...)
}

// Send tries one sender after the other, as the package documentation says. Its errors are
// *phoneauth.SendError, with the Class and Code of the last sender that was tried. Their Fault
// is FaultDestination if one of the senders reported that; else it is that of the last one. The
// Receipt of a failed send has the name of the last sender, if one was tried.
func (s *Sender) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	ctx, cancel := httpsend.Deadline(ctx)
	defer cancel()
	var last phoneauth.Receipt
	var failed *phoneauth.SendError
	var refused bool // by the fault of the destination
	candidates, reopens := s.candidates(m, time.Now())
	for i, r := range candidates {
		pass, ok := r.admit(time.Now())
		if !ok {
			continue
		}
		receipt, err := s.try(ctx, r, pass, m, len(candidates)-i)
		if err == nil {
			return receipt, nil
		}
		last, failed = receipt, err
		refused = refused || ofDestination(err)
		if err.Class != phoneauth.Temporary || ctx.Err() != nil {
			break
		}
		s.log.WarnContext(ctx, "failover: passed on", "sender", r.Name, "code", err.Code, "fault", err.Fault, "error", err.Err)
	}
	switch {
	case failed == nil && len(candidates) == 0 && reopens == 0 && s.serves(m):
		return phoneauth.Receipt{}, &phoneauth.SendError{Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Err: errNobodySupports}
	case failed == nil && len(candidates) == 0 && reopens == 0:
		return phoneauth.Receipt{}, &phoneauth.SendError{Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Err: errNobodyServes}
	case failed == nil:
		return phoneauth.Receipt{}, &phoneauth.SendError{Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, RetryAfter: reopens, Err: errNobodyOpen}
	case refused && failed.Fault != phoneauth.FaultDestination:
		about := *failed // the sender's own stays as it is
		about.Fault = phoneauth.FaultDestination
		failed = &about
	}
	return last, failed
}

var (
	errNobodyServes = errors.New("no sender serves this number")
	errNobodyOpen   = errors.New("no sender is open for this number")

	errNobodySupports = errors.New("no sender for this number supports this message")
)

// ofDestination reports whether e says nothing of its sender. Permanent never does.
func ofDestination(e *phoneauth.SendError) bool {
	return e.Fault == phoneauth.FaultDestination || e.Class == phoneauth.Permanent
}

// region returns the region of a number, if any entry has regions.
func (s *Sender) region(to phoneauth.Phone) string {
	if !s.byRegion {
		return ""
	}
	return to.Region()
}

// serves reports whether an entry serves the number of m, whatever it supports.
func (s *Sender) serves(m phoneauth.Message) bool {
	e164, region := m.To.E164(), s.region(m.To)
	return slices.ContainsFunc(s.routes, func(r *route) bool { return r.serves(e164, region) })
}

// Supports reports whether one of the senders for the number of m supports m. Senders that are no
// phoneauth.Supporter support every message.
func (s *Sender) Supports(m phoneauth.Message) bool {
	e164, region := m.To.E164(), s.region(m.To)
	return slices.ContainsFunc(s.routes, func(r *route) bool { return r.serves(e164, region) && r.supports(m) })
}

// Verified tells the sender of r about the verified code, if it is a phoneauth.Verifier.
func (s *Sender) Verified(ctx context.Context, r phoneauth.Receipt) error {
	for _, of := range s.routes {
		if v, ok := of.Sender.(phoneauth.Verifier); ok && of.Name == r.Sender {
			return v.Verified(ctx, r)
		}
	}
	return nil
}

func (r *route) supports(m phoneauth.Message) bool {
	s, ok := r.Sender.(phoneauth.Supporter)
	return !ok || s.Supports(m)
}

// candidates returns the routes for m, in order, without those whose breaker is open, and after
// how long the first of the latter may be probed.
func (s *Sender) candidates(m phoneauth.Message, now time.Time) (in []*route, reopens time.Duration) {
	region := s.region(m.To)
	var behind []*route
	for _, r := range s.routes {
		if !r.serves(m.To.E164(), region) || !r.supports(m) {
			continue
		}
		wait, demoted := r.state(now)
		switch {
		case wait > 0:
			if reopens == 0 || wait < reopens {
				reopens = wait
			}
		case demoted:
			behind = append(behind, r)
		default:
			in = append(in, r)
		}
	}
	return append(in, behind...), reopens
}

func (r *route) serves(e164, region string) bool {
	return len(r.Regions) == 0 && len(r.Prefixes) == 0 || slices.Contains(r.Regions, region) ||
		slices.ContainsFunc(r.Prefixes, func(p string) bool { return strings.HasPrefix(e164, p) })
}

// try sends through r, which has one share of the time that is left.
func (s *Sender) try(ctx context.Context, r *route, pass pass, m phoneauth.Message, shares int) (phoneauth.Receipt, *phoneauth.SendError) {
	outcome, retryAfter := nothing, time.Duration(0)
	defer func() { s.settle(ctx, r, pass, outcome, retryAfter) }() // a panic of the sender too
	deadline, _ := ctx.Deadline()
	share, cancel := context.WithTimeout(ctx, time.Until(deadline)/time.Duration(shares))
	defer cancel()
	receipt, err := r.Sender.Send(share, m)
	receipt.Sender = r.Name
	if err == nil {
		outcome = success
		return receipt, nil
	}
	failed, ok := errors.AsType[*phoneauth.SendError](err)
	if !ok {
		failed = &phoneauth.SendError{Class: phoneauth.Ambiguous, Err: err}
	}
	switch {
	case ofDestination(failed):
	case errors.Is(ctx.Err(), context.Canceled): // the caller went away
	case failed.Fault == phoneauth.FaultSender || share.Err() != nil:
		outcome, retryAfter = failure, failed.RetryAfter
	}
	return phoneauth.Receipt{Sender: r.Name}, failed
}

// Report learns from a delivery report; hand it everything that is handed to
// Service.ReportDelivery. It counts Delivered, and Undelivered of FaultSender, of names
// that are among the entries, once for each ID. All others change nothing, and so do
// those without an ID.
func (s *Sender) Report(ctx context.Context, d phoneauth.Delivery) {
	delivered := d.Status == phoneauth.Delivered
	if !delivered && (d.Status != phoneauth.Undelivered || d.Fault != phoneauth.FaultSender) || d.ID == "" {
		return
	}
	for _, r := range s.routes {
		if r.Name == d.Sender && r.report(d.ID, delivered, time.Now()) {
			s.log.WarnContext(ctx, "failover: does not deliver, demoted", "sender", r.Name, "for", r.delivery.demotion)
		}
	}
}
