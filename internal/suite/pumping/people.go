package pumping

import (
	"errors"
	"math"
	"math/rand/v2"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/humancheck/altcha"
)

// Class says which people a Count is about.
type Class struct {
	// Able: their client can answer a human check.
	Able bool
	// Known: they have a known device.
	Known bool
	// Attacked: their country is one that an attacker pumps.
	Attacked bool
	// Block: their block is one of a few that an attacker pumps.
	Block bool
	// Hour: they came in the minutes or hour that the scenario is about.
	Hour bool
}

// Count counts sign-ins of people. A sign-in is asked or kept out once, whatever is sent again.
type Count struct {
	// SignIns is how many began.
	SignIns int
	// Asked is how many were asked for a human check, and answered.
	Asked int
	// KeptOut is how many did not get a code.
	KeptOut int
	// ByAddress is how many of KeptOut a limit of their address refused.
	ByAddress int
	// Work is how many keys the embedded check would have had the clients derive.
	Work int
}

func (c *Count) add(d Count) {
	c.SignIns += d.SignIns
	c.Asked += d.Asked
	c.KeptOut += d.KeptOut
	c.ByAddress += d.ByAddress
	c.Work += d.Work
}

// signIn is what somebody will do, whatever the Service answers. It is drawn when it begins,
// so that all rules see the same people.
type signIn struct {
	phone    string
	client   phoneauth.ClientInfo
	class    Class
	resends  []time.Duration // the wait before each
	verifies time.Duration   // after the last send; 0 never

	pending *phoneauth.Pending
	code    phoneauth.Secret
	count   *Count
	was     Count // what this sign-in has been counted as
}

// member is somebody with a known device.
type member struct {
	phone   string
	country int
	client  phoneauth.ClientInfo
}

// lognormal draws a delay with this median.
func lognormal(r *rand.Rand, median time.Duration) time.Duration {
	return time.Duration(float64(median) * math.Exp(0.9*r.NormFloat64()))
}

// pick draws an index with these chances, or the next one.
func pick(r *rand.Rand, chances ...float64) int {
	x := r.Float64()
	for i, chance := range chances {
		if x -= chance; x < 0 {
			return i
		}
	}
	return len(chances)
}

// arrives begins a sign-in of somebody in a country, or anywhere if it is negative.
func (s *sim) arrives(country int) {
	known := s.people.Float64() < s.Known
	m := s.somebody(country)
	if known && country < 0 {
		m = s.member()
	}
	p, known := s.world.places[m.country], m.client.Device != ""
	in := &signIn{phone: m.phone, client: m.client}
	in.class = Class{
		Able: m.client.CanAnswer, Known: known, Attacked: s.attacked[m.country],
		Block: s.attackedBlocks[m.phone[:len(m.phone)-4]], Hour: s.inHour(),
	}
	converts := p.converts
	if known {
		converts = 1 - (1-converts)*0.8
	}
	broken := s.Broken && m.country == Home && s.inHour()
	verifies := s.people.Float64() < converts
	median, resends := 18*time.Second, 0
	switch {
	case broken:
		verifies, resends = false, pick(s.people, 0.3, 0.3, 0.25)
	case p.slow && verifies:
		median, resends = 40*time.Second, pick(s.people, 0.75, 0.15, 0.07)
	case p.slow:
		resends = pick(s.people, 0.5, 0.28, 0.15)
	case verifies:
		resends = pick(s.people, 0.87, 0.09, 0.03)
	default:
		resends = pick(s.people, 0.6, 0.25, 0.10)
	}
	for range resends {
		wait := time.Minute + time.Duration(s.people.ExpFloat64()*float64(30*time.Second))
		in.resends = append(in.resends, min(wait, 4*time.Minute))
	}
	if verifies {
		in.verifies = min(lognormal(s.people, median), 4*time.Minute)
	}
	in.count = s.result.count(in.class, s.measured())
	in.count.SignIns++
	s.send(in)
}

// somebody draws a person without a known device.
func (s *sim) somebody(country int) member {
	if country < 0 {
		country = s.world.country(s.people)
	}
	p := &s.world.places[country]
	m := member{phone: number(s.people, p.block(s.people)), country: country}
	m.client.CanAnswer = s.people.Float64() < s.Able
	s.homes++
	m.client.Addr = address(addrHome, 0, s.homes)
	if s.people.Float64() < behindNAT {
		m.client.Addr = address(addrNAT, country, s.people.IntN(p.nats))
	}
	return m
}

// member draws one of the people with a known device. Who comes for the first time gets the
// device by a sign-in that no limit knows of.
func (s *sim) member() member {
	n := s.people.IntN(len(s.members))
	if s.members[n].phone == "" {
		m := s.somebody(-1)
		m.client.Device = s.signedIn(m)
		s.members[n] = m
	}
	return s.members[n]
}

// send asks for a code, and answers where that is asked for.
func (s *sim) send(in *signIn) {
	pending, err := s.register(in.phone, &in.client, in.client.CanAnswer, func(level humancheck.Level) {
		in.tell(Count{Asked: 1})
		in.count.Work += altcha.Work(level)
	})
	if err != nil {
		in.refused(err)
		return
	}
	in.pending, in.code = pending, s.sender.code
	if len(in.resends) > 0 {
		wait := in.resends[0]
		in.resends = in.resends[1:]
		s.after(wait, func() { s.send(in) })
	} else if in.verifies > 0 {
		s.after(in.verifies, func() { s.verify(in) })
	}
}

// refused counts a refusal. That of the number itself, which has just got a code, is none.
func (in *signIn) refused(err error) {
	lost := Count{KeptOut: 1}
	if refused, ok := errors.AsType[*phoneauth.LimitError](err); ok {
		switch refused.Limit {
		case phoneauth.LimitPhoneSends:
			return
		case phoneauth.LimitAddressSends, phoneauth.LimitHumanChecks:
			lost.ByAddress = 1
		}
	}
	in.tell(lost)
}

// tell counts what happened to a sign-in, once.
func (in *signIn) tell(c Count) {
	c.Asked = max(0, c.Asked-in.was.Asked)
	c.KeptOut = max(0, c.KeptOut-in.was.KeptOut)
	c.ByAddress = min(c.ByAddress, c.KeptOut)
	in.count.add(c)
	in.was.add(c)
}

func (s *sim) verify(in *signIn) {
	_, err := s.service.Verify(s.ctx, phoneauth.VerifyRequest{
		Code: string(in.code), ChallengeToken: in.pending.ChallengeToken, Client: in.client,
	})
	// Two sign-ins of one number at a time share a challenge, which one of them uses up.
	if err != nil && !errors.Is(err, phoneauth.ErrInvalidCode) {
		s.fail("verify", err)
	}
}

// signedIn signs somebody in at a Service without limits, and returns the device token.
func (s *sim) signedIn(m member) phoneauth.Secret {
	if _, err := s.setup.Register(s.ctx, phoneauth.RegisterRequest{Phone: m.phone, Client: m.client}); err != nil {
		s.fail("register a member", err)
		return ""
	}
	session, err := s.setup.Login(s.ctx, phoneauth.LoginRequest{Phone: m.phone, Code: string(s.sender.code), Client: m.client})
	if err != nil {
		s.fail("sign a member in", err)
		return ""
	}
	return session.DeviceToken
}

// register asks for a code, up to four times if it is asked for a human check and answers. It
// calls asked before each answer.
func (s *sim) register(phone string, client *phoneauth.ClientInfo, answers bool, asked func(humancheck.Level)) (*phoneauth.Pending, error) {
	client.HumanCheck = ""
	for tries := 0; ; tries++ {
		pending, err := s.service.Register(s.ctx, phoneauth.RegisterRequest{Phone: phone, Client: *client})
		q, isAsked := errors.AsType[*phoneauth.HumanCheckError](err)
		if !isAsked || !answers || tries == 3 {
			if refused, _ := errors.AsType[*phoneauth.LimitError](err); err != nil && refused == nil && !isAsked {
				s.fail("register", err)
			}
			return pending, err
		}
		asked(q.Level)
		client.HumanCheck = phoneauth.Secret(q.Question.Challenge.(string))
	}
}
