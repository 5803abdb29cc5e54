package phoneauth

import (
	"context"
	"errors"
	"slices"
	"time"
)

// PhoneState is what a support desk asks first about a number: why does no code come, and
// why does nobody get in?
type PhoneState struct {
	// Phone is the number that was asked about.
	Phone Phone
	// Region is that of the number, ISO 3166-1 alpha-2.
	Region string
	// User is the account with the number. It is nil where there is none.
	User *User
	// NextSend is the first limit that would refuse the next code for signing in. It is nil
	// where none would. The limits of an address are not asked, because no client asks.
	NextSend *Refusal
	// Locks are the lockouts that hold now.
	Locks []Lock
	// Scores are those of the number's block, wide block and country. Where no score is
	// charged, it is empty.
	Scores []ScoreInfo
	// Codes are the live codes for signing in and for a new password. Codes of a host's own
	// purposes are in the timeline.
	Codes []CodeInfo
	// Channels say when [Service.Resend] may send the code for signing in again, by each channel
	// that is offered for it, in their order. Locks and Scores are not asked. It is empty where
	// the number is not served.
	Channels []ChannelState
}

// Refusal is a limit that refuses, and until when.
type Refusal struct {
	// Limit is one of the Limit… constants.
	Limit string
	// Until is when the limit admits again, if it is not used before.
	Until time.Time
}

// Lock is a lockout that holds.
type Lock struct {
	// Limit is LimitPhoneFailures or LimitPasswordFailures.
	Limit string
	// Devices is true when the lock is for known devices of the number. Otherwise it is for
	// all other clients.
	Devices bool
	// Failures is the count of failures in a row.
	Failures int
	// Since is when the last failure locked. It is zero when the rules have changed since.
	Since time.Time
	// Until is the end of the lock.
	Until time.Time
}

// ScoreInfo is a score of the number budgets.
type ScoreInfo struct {
	// Limit is LimitBlock, LimitWideBlock or LimitCountry.
	Limit string
	// Value is the score now.
	Value float64
	// Asks is the score past which clients that can answer a human check are asked. It is 0
	// without a human check.
	Asks float64
	// Max is the score past which everybody is refused.
	Max float64
}

// CodeInfo is a code that is out. It holds nothing of the code.
type CodeInfo struct {
	// Purpose of the code.
	Purpose Purpose
	// TriesLeft is how many more wrong codes are compared.
	TriesLeft int
	// Sends is how many times the code was requested. Each request tried to send it.
	Sends int
	// Channel is the Name of the channel that the newest request was for.
	Channel string
	// SentAt is when the code was last requested. It is zero with one channel.
	SentAt time.Time
	// ExpiresAt is the end of the code.
	ExpiresAt time.Time
}

// Inspect returns the state of a number now. It changes nothing. It reads the account first, then
// everything but the channels in one step, and then the channels.
//
// Errors: ErrInvalidPhone; ErrUnavailable.
func (s *Service) Inspect(ctx context.Context, phone string) (*PhoneState, error) {
	c, err := s.aboutPhone(phone)
	if err != nil {
		return nil, err
	}
	user, err := s.phoneAccount(ctx, c.phone)
	if err != nil {
		return nil, err
	}
	return s.inspect(ctx, c, user)
}

// InspectUser is Inspect for the phone of an account.
//
// Errors: ErrNotFound, there is no such user; ErrUnavailable.
func (s *Service) InspectUser(ctx context.Context, userID string) (*PhoneState, error) {
	user, err := s.store.UserByID(ctx, userID)
	if err != nil {
		return nil, err
	}
	c, err := s.aboutPhone(user.Phone.E164())
	if err != nil || c.phone != user.Phone { // the numbering plan has changed
		c = s.ofUser(user, PurposeSignIn, ClientInfo{})
	}
	return s.inspect(ctx, c, user)
}

// inspect is what holds for the phone of c, whose account is user, the zero User where
// there is none.
func (s *Service) inspect(ctx context.Context, c *call, user User) (*PhoneState, error) {
	state := &PhoneState{Phone: c.phone, Region: c.region}
	if user.ID != "" {
		state.User = &user
	}
	asked := s.stateOf(c)
	found, err := s.store.ReadState(ctx, asked)
	if err != nil {
		return nil, err
	}
	var asks []float64
	for _, score := range asked.Scores {
		m := s.marksOf(score.Name)
		if s.humans == nil {
			m.asks = 0
		}
		asks = append(asks, m.asks)
	}
	state.read(asked, found, asks)
	for i := range state.Codes {
		code := &state.Codes[i]
		last := s.lastSend(found.Challenges[slices.Index(inspectedPurposes, code.Purpose)])
		code.Channel, code.SentAt = last.channel, last.at
	}
	for i, l := range state.Locks {
		if since := l.Until.Add(-s.lockedFor(l)); since.Before(l.Until) && !since.After(c.now) {
			state.Locks[i].Since = since
		}
	}
	state.Channels, err = s.resendChannels(ctx, c)
	return state, err
}

// lockedFor is how long l lasts by the rules of today, or 0 when they do not lock.
func (s *Service) lockedFor(l Lock) time.Duration {
	rule := Lockout{Steps: s.cfg.Limits.PhoneLockout}
	if l.Limit == LimitPasswordFailures {
		rule.Steps = s.cfg.Limits.PasswordLockout
	}
	wait, _ := rule.wait(l.Failures)
	return wait
}

// aboutPhone is a call about a number that somebody at the desk typed, also one of a region
// that is not served any more.
func (s *Service) aboutPhone(phone string) (*call, error) {
	n, err := parseNumber(phone, s.numbers.home)
	if err != nil {
		return nil, err
	}
	c := s.started(ClientInfo{})
	s.to(c, n, PurposeSignIn, "")
	return c, nil
}

// phoneLockouts are the lockouts of a number: the kind of each key, and what a Lock says of
// it.
var phoneLockouts = []struct {
	kind string
	lock Lock
}{
	{kindCodeFailures, Lock{Limit: LimitPhoneFailures}},
	{kindDeviceCodeFailures, Lock{Limit: LimitPhoneFailures, Devices: true}},
	{kindPasswordFailures, Lock{Limit: LimitPasswordFailures}},
	{kindDevicePasswordFailed, Lock{Limit: LimitPasswordFailures, Devices: true}},
}

// inspectedPurposes are those whose challenges have keys that can be computed.
var inspectedPurposes = []Purpose{PurposeSignIn, PurposePasswordReset}

func (s *Service) stateOf(c *call) StateParams {
	p := StateParams{Takes: append(s.phoneSendTakes(c.print, false, s.channelsOf(c.region)[0]), s.sharedTakes(c, s.channelsOf(c.region)[0])...), Now: c.now}
	for _, purpose := range inspectedPurposes {
		t := c.target
		t.purpose = purpose
		p.Challenges = append(p.Challenges, s.challengeKey(&t))
	}
	for _, l := range phoneLockouts {
		p.Lockouts = append(p.Lockouts, key(c.print, l.kind))
	}
	if s.budgeted(c) {
		for _, charge := range s.budgets(c) {
			charge.Max = s.marksOf(charge.Name).refuses
			p.Scores = append(p.Scores, charge.Score)
		}
	}
	return p
}

// read fills in what the store found for p, whose scores ask for a human check past asks.
func (s *PhoneState) read(p StateParams, found State, asks []float64) {
	for i, l := range found.Lockouts {
		if until := instant(l.LockedUntil); l.Failures > 0 && p.Now.Before(until) {
			lock := phoneLockouts[i].lock
			lock.Failures, lock.Until = l.Failures, until
			s.Locks = append(s.Locks, lock)
			if s.NextSend == nil && lock.Limit == LimitPhoneFailures && !lock.Devices {
				s.NextSend = &Refusal{lock.Limit, until}
			}
		}
	}
	for i, wait := range found.Waits {
		name, until := p.Takes[i].Name, p.Now.Add(waitOf(p.Takes[i].Name, wait, p.Now))
		if wait > 0 && (s.NextSend == nil || s.NextSend.Limit == name && until.After(s.NextSend.Until)) {
			s.NextSend = &Refusal{name, until}
		}
	}
	for i, value := range found.Scores {
		score := p.Scores[i]
		s.Scores = append(s.Scores, ScoreInfo{score.Name, value, asks[i], score.Max})
		charge := Charge{Score: score, Amount: 1}
		err := charge.refusal(value, p.Now.UnixMicro())
		if refused, ok := errors.AsType[*LimitError](err); ok && s.NextSend == nil {
			s.NextSend = &Refusal{score.Name, p.Now.Add(refused.RetryAfter)}
		}
	}
	for i, c := range found.Challenges {
		sent := inspectedPurposes[i] != PurposePasswordReset || s.User != nil && !s.User.Blocked && !s.User.Locked // others get none
		if c.ID != "" && sent {
			s.Codes = append(s.Codes, CodeInfo{
				Purpose: inspectedPurposes[i], TriesLeft: c.TriesLeft, Sends: c.Sends, ExpiresAt: c.ExpiresAt,
			})
		}
	}
}

// Remove deletes an account in the name of an operator, with its sessions and open
// challenges. The phone is free at once. Entries of the journal about the account and its
// phone stay; what [JournalStore].BlankEntries names is taken from them.
//
// Errors: ErrNotFound, there is no such user; ErrUnavailable, it may not have been done: do
// it again.
func (s *Service) Remove(ctx context.Context, userID string, a Actor) error {
	user, err := s.store.UserByID(ctx, userID)
	if err != nil {
		return err
	}
	return s.delete(WithActor(ctx, a), user)
}

// delete removes an account.
func (s *Service) delete(ctx context.Context, user User) error {
	ctx, done, err := s.uninterrupted(ctx)
	if err != nil {
		return err
	}
	defer done()
	return s.deleteNow(ctx, user)
}

// deleteNow is delete for an operation that no longer depends on its client.
func (s *Service) deleteNow(ctx context.Context, user User) error {
	meant := s.aboutUser(user, EventDeleted)
	meant.Time = s.now().Add(time.Microsecond) // blanking ends before this time, so this entry is kept
	if err := s.intends(ctx, meant); err != nil {
		return err
	}
	if err := s.blank(ctx, user, meant.Time); err != nil { // while the account exists, a failed call can be repeated
		return err
	}
	_, err := s.change(ctx, change{
		user: user,
		do:   func(ctx context.Context) (User, error) { return user, s.store.DeleteUser(ctx, user.ID) },
		done: func() {
			e := meant
			e.Time = s.now().Add(2 * time.Microsecond)
			s.stamp(ctx, &e)
			s.tell(ctx, &e)
			before := e.Time
			if s.journal != nil && s.journal.write(ctx, &e) != nil {
				s.journal.add(&e)
				before = meant.Time // keep the entry of the intent: no entry says yet that it was done
			}
			if err := s.blank(ctx, user, before); err != nil { // entries that were written meanwhile
				s.cfg.Logger.ErrorContext(ctx, "phoneauth: entries of the journal are not blanked", "error", err)
			}
		},
	})
	return err
}

// blank calls BlankEntries for the journal's entries about u.
func (s *Service) blank(ctx context.Context, u User, before time.Time) error {
	if s.journal == nil {
		return nil
	}
	s.journal.flush(ctx)
	ctx, cancel := context.WithTimeout(ctx, storeDeadline)
	defer cancel()
	err := s.journal.store.BlankEntries(ctx, u.ID, s.phonePrint(u.Phone), before)
	if err != nil {
		return &unavailable{"BlankEntries", err}
	}
	return nil
}

// MovePhone gives an account the phone of a proof, in the name of an operator, for somebody
// who has lost the old number. The proof is one for PurposePhoneChange that is bound to the
// user. Every session ends, and the old number is told by SMS.
//
// Errors: ErrNotFound, there is no such user; ErrInvalidToken; ErrPhoneTaken, the number is
// another account's and the proof is used up; *LimitError; ErrUnavailable.
func (s *Service) MovePhone(ctx context.Context, userID string, proof Secret, a Actor) (*User, error) {
	user, err := s.store.UserByID(ctx, userID)
	if err != nil {
		return nil, err
	}
	ctx, done, err := s.uninterrupted(WithActor(ctx, a))
	if err != nil {
		return nil, err
	}
	defer done()
	if err := s.intends(ctx, s.aboutUser(user, EventPhoneChanged)); err != nil {
		return nil, err
	}
	moved, _, err := s.movePhone(ctx, user, presented{token: proof, purpose: PurposePhoneChange, boundTo: atEpoch(user)})
	if errors.Is(err, ErrStale) {
		err = ErrInvalidToken // the account has changed since the proof was given
	}
	if err != nil {
		return nil, err
	}
	return &moved, nil
}

// Reveal returns the whole number of state, in E.164, so that an operator may see it. It
// stands in the journal, if there is one, before it is returned: who saw it, and why.
//
// Errors: ErrUnavailable.
func (s *Service) Reveal(ctx context.Context, state *PhoneState, a Actor) (string, error) {
	ctx = WithActor(ctx, a)
	e := Event{Type: EventPhoneShown, Phone: state.Phone.String(), Region: state.Region, Print: s.phonePrint(state.Phone)}
	if state.User != nil {
		e.UserID = state.User.ID
	}
	if err := s.intends(ctx, e); err != nil {
		return "", err
	}
	s.event(ctx, e)
	return state.Phone.E164(), nil
}

// OverviewQuery is the period of an [Overview].
type OverviewQuery struct {
	// From is the beginning of the period. Zero means one day before To. To is its end, and
	// is left out. Zero means now.
	From, To time.Time
}

// Traffic counts what happened to codes. A notice is no code.
type Traffic struct {
	// Sent is how many codes a sender accepted, Failed how many it did not.
	Sent, Failed int
	// Verified is how many right codes were entered.
	Verified int
	// Delivered and Undelivered are what the delivery reports said. Senders without reports
	// have neither. Reports about notices are counted with those about codes.
	Delivered, Undelivered int
	// Refused is how often a limit or the host's BeforeSend refused something.
	Refused int
	// Cost is what the codes that were sent cost, in millionths, by the prices of today; see
	// [SpendRules].
	Cost int64
}

// Conversion is how many of the codes that were sent were given back: Verified over Sent.
// It is 0 where none was sent.
func (t Traffic) Conversion() float64 {
	if t.Sent == 0 {
		return 0
	}
	return float64(t.Verified) / float64(t.Sent)
}

// add counts n events of type what, of which each has cost so much.
func (t *Traffic) add(what EventType, n int, cost int64) {
	switch what {
	case EventCodeSent:
		t.Sent += n
		t.Cost += int64(n) * cost
	case EventSendFailed:
		t.Failed += n
	case EventVerified:
		t.Verified += n
	case EventDelivered:
		t.Delivered += n
	case EventUndelivered:
		t.Undelivered += n
	case EventLimited, EventSendRefused:
		t.Refused += n
	}
}

// Overview is how much the service is used, and where codes do not arrive.
type Overview struct {
	// From is the beginning of the time that was counted, To its end.
	From, To time.Time
	// Traffic is the sum over all countries and senders.
	Traffic
	// Countries has the traffic of each ISO 3166-1 alpha-2 region, Senders that of each
	// Receipt.Sender. Those without any are left out. Right codes and refusals have no
	// sender.
	Countries, Senders map[string]Traffic
	// Channels has the traffic of each Channel.Name. A right code counts for the channel that it
	// was last sent by, and a refusal for the channel that was asked for. Wrong passwords and
	// what else has no channel are left out.
	Channels map[string]Traffic
	// Limits is how often each limit refused, by the Limit… constants. Entries of versions
	// before this one are left out.
	Limits map[string]int
	// Hours has the traffic of each hour, by its beginning in UTC. Hours without any are left
	// out.
	Hours map[time.Time]Traffic
}

// Overview counts the entries of a period. Those of the last second may be missing.
//
// Errors: ErrNoJournal; ErrUnavailable.
func (s *Service) Overview(ctx context.Context, q OverviewQuery) (Overview, error) {
	if s.journal == nil {
		return Overview{}, ErrNoJournal
	}
	if q.To.IsZero() {
		q.To = s.now()
	}
	if q.From.IsZero() {
		q.From = q.To.Add(-24 * time.Hour)
	}
	ctx, cancel := context.WithTimeout(ctx, storeDeadline)
	defer cancel()
	counts, err := s.journal.store.CountEntries(ctx, JournalCountQuery(q))
	if err != nil {
		return Overview{}, &unavailable{"CountEntries", err}
	}
	all := Overview{
		From: q.From, To: q.To,
		Countries: map[string]Traffic{}, Senders: map[string]Traffic{}, Channels: map[string]Traffic{}, Limits: map[string]int{}, Hours: map[time.Time]Traffic{},
	}
	for _, c := range counts {
		cost := s.cfg.Spend.price(c.Region, c.Channel)
		var t Traffic
		t.add(c.Type, c.Count, cost)
		if t == (Traffic{}) || c.Type == EventSendFailed && Purpose(c.Purpose).notice() {
			continue
		}
		all.add(c.Type, c.Count, cost)
		addTo(all.Countries, c.Region, c, cost)
		addTo(all.Channels, c.Channel, c, cost)
		if c.Type != EventLimited {
			addTo(all.Senders, c.Sender, c, cost)
		} else if c.Sender != "" { // the limit: see [journal.entry]
			all.Limits[c.Sender] += c.Count
		}
		addTo(all.Hours, c.Hour.UTC(), c, cost)
	}
	return all, nil
}

// addTo adds c, of which each has cost so much, to the Traffic of key, unless key is zero.
func addTo[K comparable](m map[K]Traffic, key K, c JournalCount, cost int64) {
	var zero K
	if key == zero {
		return
	}
	t := m[key]
	t.add(c.Type, c.Count, cost)
	m[key] = t
}
