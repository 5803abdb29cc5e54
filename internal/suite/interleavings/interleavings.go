// Package interleavings plays the owner of a number against somebody who has the number, and
// not the phone: all interleavings of what the two can do leave the attacker with nothing.
package interleavings

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/race"
	"github.com/phoneauth/phoneauth/internal/suite"
)

const (
	attackersPassword phoneauth.Secret = "the attacker's"
	ownersPassword    phoneauth.Secret = "the owner's own"
)

// phones is a sender that keeps the codes of each number, newest last.
type phones map[string][]phoneauth.Message

func (p phones) Send(_ context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	p[m.To.E164()] = append(p[m.To.E164()], m)
	return phoneauth.Receipt{}, nil
}

// registration is a token of the attacker's, the code that would finish it, and whether
// a later token has replaced it.
type registration struct {
	token phoneauth.Secret
	code  string
	void  bool
}

// play is one sequence, with a number of its own.
type play struct {
	*suite.Service
	ctx    context.Context
	phones phones
	phone  string
	userID string // the account's, once there is one
	// The attacker's tokens: of signing in, and of registering with a password.
	aSignIn phoneauth.Secret
	aRegs   []registration
	// The owner's: asked for a code, a proof, a registration; finished one.
	asked    bool
	proof    phoneauth.Secret
	connects int
	oReg     phoneauth.Secret
	password bool
	live     bool // something was begun since the last expiry
	line     *line
	node     int
}

// move is what one of the two does, or time. It says what went wrong.
type move struct {
	name string
	// able: otherwise the move would change nothing, and the sequence is a shorter one.
	able func(*play) bool
	do   func(*play) (wrong string)
	// creates: the owner proves the phone, which may make the account.
	creates bool
}

func always(*play) bool { return true }

// newest is the last code that came, for purpose or for any.
func (p *play) newest(purpose phoneauth.Purpose) string {
	all := p.phones[p.phone]
	for i := len(all) - 1; i >= 0; i-- {
		if purpose == "" || all[i].Purpose == purpose {
			return string(all[i].Code)
		}
	}
	return ""
}

// typed are the codes that an owner tries who does not read what a text is for: the
// newest first, whatever it is, then the right one.
func (p *play) typed(purpose phoneauth.Purpose) []string {
	codes := []string{p.newest("")}
	if right := p.newest(purpose); right != "" && right != codes[0] {
		codes = append(codes, right)
	}
	return codes
}

func (p *play) registerPassword(token, password phoneauth.Secret) phoneauth.Secret {
	pending, err := p.RegisterPassword(p.ctx, phoneauth.PasswordRequest{Phone: p.phone, Password: password, ChallengeToken: token})
	if err != nil {
		return ""
	}
	return pending.ChallengeToken
}

func (p *play) lastReg() *registration {
	if len(p.aRegs) == 0 {
		return &registration{}
	}
	return &p.aRegs[len(p.aRegs)-1]
}

// complete gives a code to a registration.
func (p *play) complete(token phoneauth.Secret, code string) bool {
	_, err := p.Login(p.ctx, phoneauth.LoginRequest{Code: code, ChallengeToken: token, Purpose: phoneauth.PurposePasswordRegistration})
	return err == nil
}

var (
	attackerRegisters = move{"attacker registers", always, func(p *play) string {
		if pending, err := p.Register(p.ctx, phoneauth.RegisterRequest{Phone: p.phone}); err == nil {
			p.aSignIn = pending.ChallengeToken
		}
		return ""
	}, false}

	attackerRegistersPassword = move{"attacker registers with a password", always, func(p *play) string {
		token := p.registerPassword(p.lastReg().token, attackersPassword)
		if token != "" {
			p.lastReg().void = true
			p.aRegs = append(p.aRegs, registration{token: token, code: p.newest(phoneauth.PurposePasswordRegistration)})
		}
		return ""
	}, false}

	attackerVerifies = move{"attacker verifies", func(p *play) bool { return len(p.phones[p.phone]) > 0 }, func(p *play) string {
		const guess = "0123456789" // of ten digits: no chance
		if _, err := p.Verify(p.ctx, phoneauth.VerifyRequest{Phone: p.phone, Code: guess, ChallengeToken: p.aSignIn}); err == nil {
			return "the attacker has a proof"
		}
		if _, err := p.Connect(p.ctx, phoneauth.ConnectRequest{Phone: p.phone, Token: p.aSignIn}); err == nil {
			return "the attacker has a session for a session token"
		}
		if reg := p.lastReg(); reg.token != "" && p.complete(reg.token, guess) {
			return "the attacker has a session for a guess"
		}
		return ""
	}, false}

	// Sent once more it is the resend.
	ownerRegisters = move{"owner registers", always, func(p *play) string {
		_, err := p.Register(p.ctx, phoneauth.RegisterRequest{Phone: p.phone})
		p.asked = p.asked || err == nil
		return ""
	}, false}

	ownerVerifies = move{"owner verifies", func(p *play) bool { return p.asked }, func(p *play) string {
		for _, code := range p.typed(phoneauth.PurposeSignIn) {
			proof, err := p.Verify(p.ctx, phoneauth.VerifyRequest{Phone: p.phone, Code: code})
			if err == nil {
				p.proof, p.connects = proof.Token, 0
				break
			}
		}
		return ""
	}, false}

	// Twice at most: the third time is the second.
	ownerConnects = move{"owner connects", func(p *play) bool { return p.proof != "" && p.connects < 2 }, func(p *play) string {
		p.connects++
		p.Connect(p.ctx, phoneauth.ConnectRequest{Phone: p.phone, Token: p.proof})
		return ""
	}, true}

	ownerLogsIn = move{"owner logs in", func(p *play) bool { return p.asked }, func(p *play) string {
		for _, code := range p.typed(phoneauth.PurposeSignIn) {
			if _, err := p.Login(p.ctx, phoneauth.LoginRequest{Phone: p.phone, Code: code}); err == nil {
				break
			}
		}
		return ""
	}, true}

	ownerRegistersPassword = move{"owner registers with a password", always, func(p *play) string {
		if token := p.registerPassword(p.oReg, ownersPassword); token != "" {
			p.oReg = token
		}
		return ""
	}, false}

	// The attacker's token was planted in the owner's browser.
	ownerRegistersPlanted = move{"owner registers with a password, planted token",
		func(p *play) bool { return len(p.aRegs) > 0 }, func(p *play) string {
			if token := p.registerPassword(p.lastReg().token, ownersPassword); token != "" {
				p.lastReg().void = true
				p.oReg = token
			}
			return ""
		}, false}

	ownerFinishes = move{"owner finishes the registration", func(p *play) bool { return p.oReg != "" }, func(p *play) string {
		for _, code := range p.typed(phoneauth.PurposePasswordRegistration) {
			if p.complete(p.oReg, code) {
				p.password = true
				break
			}
		}
		return ""
	}, true}

	ownerSignsIn = move{"owner signs in", always, func(p *play) string {
		p.Register(p.ctx, phoneauth.RegisterRequest{Phone: p.phone})
		p.Login(p.ctx, phoneauth.LoginRequest{Phone: p.phone, Code: p.newest(phoneauth.PurposeSignIn)})
		return ""
	}, true}

	expiry = move{"5 minutes pass", func(p *play) bool { return p.live }, func(p *play) string {
		p.Elapse(5 * time.Minute)
		return ""
	}, false}
)

// hangingUp is m by a client that hangs up in the middle of it, at a verb of the store that
// differs from play to play: what the client would have learned is lost.
func hangingUp(m move) move {
	return move{m.name + " and hangs up", m.able, func(p *play) string {
		before := *p
		ctx, hangUp := context.WithCancel(p.ctx)
		defer hangUp()
		p.line.cut(1+p.node%5, hangUp)
		p.ctx = ctx
		m.do(p)
		p.line.cut(0, nil)
		asked := p.asked || p.newest(phoneauth.PurposeSignIn) != "" && !before.asked
		*p = before
		p.asked = asked
		p.live = true
		return ""
	}, m.creates}
}

// line is the connection of the client whose move it is.
type line struct {
	verbs  int
	hangUp func()
}

// cut makes the client hang up before the n-th verb from now on.
func (l *line) cut(n int, hangUp func()) { l.verbs, l.hangUp = n, hangUp }

func (l *line) verb(string) {
	if l.verbs--; l.verbs == 0 && l.hangUp != nil {
		l.hangUp()
	}
}

// game is what is interleaved.
type game struct {
	depth int
	moves []move
}

// games are what is interleaved, and how far: signing in by code, and registering with a
// password.
var games = map[string]game{
	"codes": {6, []move{attackerRegisters, attackerRegistersPassword, attackerVerifies,
		ownerRegisters, ownerVerifies, ownerConnects, ownerLogsIn, expiry}},
	"hang-ups": {6, []move{hangingUp(attackerRegisters), ownerRegisters, hangingUp(ownerRegisters), ownerVerifies,
		hangingUp(ownerVerifies), ownerConnects, hangingUp(ownerConnects), hangingUp(ownerLogsIn), expiry}},
	"passwords": {5, []move{attackerRegistersPassword, attackerVerifies,
		ownerRegistersPassword, ownerRegistersPlanted, ownerFinishes, ownerSignsIn, expiry}},
}

// make does one move, and looks after it who made an account.
func (p *play) make(m move) string {
	if wrong := m.do(p); wrong != "" {
		return wrong
	}
	p.live = m.name != expiry.name
	user, err := p.Store.UserByPhone(p.ctx, phoneauth.StoredPhone(p.phone))
	switch {
	case err == nil && p.userID == "" && !m.creates:
		return "an account without a step of the owner's"
	case err == nil && p.userID != "" && p.userID != user.ID, err != nil && p.userID != "":
		return "the owner's account is another"
	}
	p.userID = user.ID
	return ""
}

// check tries everything that must not work. It spoils the play.
func (p *play) check() string {
	user, err := p.Store.UserByPhone(p.ctx, phoneauth.StoredPhone(p.phone))
	if (err == nil && user.PasswordHash != "") != p.password {
		return "the account's password is not the owner's doing"
	}
	if p.password {
		if _, err := p.LoginPassword(p.ctx, phoneauth.PasswordLoginRequest{Phone: p.phone, Password: attackersPassword}); err == nil {
			return "the attacker's password signs in"
		}
	}
	unlocked := false
	for _, reg := range p.aRegs {
		if p.userID == "" && !reg.void {
			continue // whoever reads the owner's texts is the owner
		}
		if !unlocked {
			p.Unlock(p.ctx, p.phone) // so that no lock stands in for a rule
			unlocked = true
		}
		if p.complete(reg.token, reg.code) {
			return "a token of the attacker's completes that is void, or whose number has an account"
		}
	}
	return ""
}

// later is what sleeps in the play: the owner gets in, whatever was done, and what must
// not work does not then either.
func (p *play) later() string {
	p.Unlock(p.ctx, p.phone)
	if wrong := p.make(ownerSignsIn); wrong != "" {
		return wrong
	}
	if p.userID == "" {
		return "the owner does not get in"
	}
	if _, err := p.LoginPassword(p.ctx, phoneauth.PasswordLoginRequest{Phone: p.phone, Password: ownersPassword}); (err == nil) != p.password {
		return "the owner's password is lost, or came from nowhere"
	}
	if _, err := p.LoginPassword(p.ctx, phoneauth.PasswordLoginRequest{Phone: p.phone, Password: attackersPassword}); err == nil {
		return "the attacker's password signs in"
	}
	return p.check()
}

// search goes through the tree of interleavings below path, each node a new number.
type search struct {
	t     testing.TB
	svc   *suite.Service
	moves []move
	depth int
	nodes int
	wrong string
	line  *line
}

func (s *search) visit(path []move) {
	s.nodes++
	p := &play{Service: s.svc, ctx: s.t.Context(), phones: s.svc.Config.Sender.(phones), phone: fmt.Sprintf("+3361%07d", s.nodes),
		line: s.line, node: s.nodes}
	defer delete(p.phones, p.phone)
	for i, m := range path {
		if wrong := p.make(m); wrong != "" {
			s.report(path[:i+1], wrong)
			return
		}
	}
	able := make([]bool, len(s.moves))
	for i, m := range s.moves {
		able[i] = m.able(p)
	}
	wrong := p.check()
	if wrong == "" && len(path) < s.depth {
		wrong = p.later() // one step more, and two
	}
	if wrong != "" {
		s.report(path, wrong)
		return
	}
	if len(path) == s.depth {
		return
	}
	for i, m := range s.moves {
		if able[i] && s.wrong == "" {
			s.visit(append(path[:len(path):len(path)], m))
		}
	}
}

func (s *search) report(path []move, wrong string) {
	var names []string
	for _, m := range path {
		names = append(names, m.name)
	}
	s.wrong = fmt.Sprintf("%s, after: %s", wrong, strings.Join(names, "; "))
}

// explore searches below the path of some first moves, on a store that wrap has wrapped.
func explore(t testing.TB, o suite.Options, g game, wrap func(phoneauth.Store) phoneauth.Store, first ...move) *search {
	line := new(line)
	svc := suite.On(t, suite.Obedient(wrap(o.Store(t)), line.verb), suite.LimitsOff, suite.LongCodes, func(c *phoneauth.Config) {
		c.Sender = phones{}
		c.Code.Tries = 2 // so that tries and locks end within six steps
		c.Limits.PhoneLockout = []phoneauth.LockoutStep{{Failures: 4, Wait: 15 * time.Minute}}
	})
	s := &search{t: t, svc: svc, moves: g.moves, depth: g.depth, line: line}
	s.visit(first)
	return s
}

// Run plays all games, on a server to a small depth only.
func Run(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	for name, g := range games {
		switch {
		case o.Real:
			g.depth = 2
		case race.Enabled || testing.Short():
			g.depth = 4
		}
		for _, first := range g.moves {
			if !first.able(&play{}) {
				continue
			}
			t.Run(name+", "+first.name, func(t *testing.T) {
				o.Parallel(t)
				s := explore(t, o, g, func(s phoneauth.Store) phoneauth.Store { return s }, first)
				assert.Empty(t, s.wrong)
				t.Logf("%d sequences", s.nodes)
			})
		}
	}
}
