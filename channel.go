package phoneauth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/phoneauth/phoneauth/internal/names"
	"github.com/phoneauth/phoneauth/internal/numbers"
)

// Channel is a way by which codes travel. All channels send the same code, with the same tries.
type Channel struct {
	// Name is what clients ask for and what events say, such as "sms", "whatsapp" or "voice": 1
	// to 16 lower case letters, digits, "-" and "_". Each channel has another. Required.
	Name string
	// Sender sends by this channel. Required. A channel is offered only for messages that its
	// Sender supports, if that is a [Supporter].
	Sender SMSSender
	// Wait is how long after the newest code to the number, by any other channel, this one may be
	// asked for. It is at most the shortest Every of Limits.PhoneSends, which each channel keeps
	// for itself. 0 means 30 s, or that if it is shorter. The first channel of a number does not
	// wait. Limits.InsecureOff drops waits too.
	Wait time.Duration
}

// ChannelState says when a channel may be asked for.
type ChannelState struct {
	// Name is Channel.Name.
	Name string
	// AvailableAt is the earliest time at which the channel may be asked for. It is in the past
	// or now if that is at once. Other requests for the number can move it.
	AvailableAt time.Time
}

// defaultWait is Channel.Wait where the host sets none.
const defaultWait = 30 * time.Second

// channel is a Channel of a Service.
type channel struct {
	Channel
	hold string // at the end of the key of its hold
}

// withDefaultChannels returns the channels with their waits.
func (c Config) withDefaultChannels() []Channel {
	all := slices.Clone(c.Channels)
	for i := range all {
		all[i].Wait = cmp.Or(all[i].Wait, min(defaultWait, c.Limits.PhoneSends[c.Limits.holdOf()].Every))
	}
	return all
}

// compiledChannels returns the channels of a Service, and those of each region that has an order
// of its own. The first channel has the key that the hold had before there were channels.
func (c Config) compiledChannels() (all []*channel, orders map[string][]*channel) {
	if len(c.Channels) == 0 {
		return []*channel{{Channel: Channel{Name: "sms", Sender: c.Sender}}}, nil
	}
	byName := map[string]*channel{}
	for i, ch := range c.Channels {
		compiled := &channel{Channel: ch}
		if i > 0 {
			compiled.hold = "." + ch.Name
		}
		byName[ch.Name] = compiled
		all = append(all, compiled)
	}
	orders = map[string][]*channel{}
	for region, names := range c.ChannelOrder {
		for _, name := range names {
			orders[region] = append(orders[region], byName[name])
		}
	}
	return all, orders
}

// channelsOf returns the channels of a region, in its order. There is at least one.
func (s *Service) channelsOf(region string) []*channel {
	if order := s.orders[region]; order != nil {
		return order
	}
	return s.channels
}

func (c Config) validateChannels(fault func(field, format string, args ...any)) {
	hold := c.Limits.PhoneSends[c.Limits.holdOf()]
	if len(c.Channels) > 1 && hold.Burst != 1 && !c.Limits.InsecureOff {
		fault("Limits.PhoneSends", "the one with the shortest Every must have a Burst of 1, because there are several Channels")
	}
	known := map[string]bool{}
	for i, ch := range c.Channels {
		field := fmt.Sprintf("Channels[%d].", i)
		switch {
		case !names.Valid(ch.Name, 16, "-_") || strings.ToLower(ch.Name) != ch.Name:
			fault(field+"Name", "must be 1 to 16 lower case letters, digits, '-' or '_', is %q", ch.Name)
		case known[ch.Name]:
			fault(field+"Name", "%q is taken by another channel", ch.Name)
		}
		known[ch.Name] = true
		if ch.Sender == nil {
			fault(field+"Sender", "is required")
		}
		if ch.Wait < 0 || ch.Wait > hold.Every {
			fault(field+"Wait", "must be from 0 to %s, the shortest Every of Limits.PhoneSends, is %s", hold.Every, ch.Wait)
		}
	}
	for _, region := range slices.Sorted(maps.Keys(c.ChannelOrder)) {
		c.validateOrder(fmt.Sprintf("ChannelOrder[%q]", region), region, fault)
	}
}

func (c Config) validateOrder(field, region string, fault func(field, format string, args ...any)) {
	if region != numbers.NonGeographic && !numbers.Regions()[region] {
		fault(field, "there is no such region")
	}
	order := c.ChannelOrder[region]
	if len(order) == 0 {
		fault(field, "needs a channel; leave out regions that are not served in Numbers.Regions")
	}
	for i, name := range order {
		switch {
		case !slices.ContainsFunc(c.Channels, func(ch Channel) bool { return ch.Name == name }):
			fault(field, "there is no channel %q", name)
		case slices.Contains(order[:i], name):
			fault(field, "has %q twice", name)
		}
	}
}

// supports reports whether a sender can send m.
func supports(by SMSSender, m Message) bool {
	s, ok := by.(Supporter)
	return !ok || s.Supports(m)
}

// errNoChannel is the cause when no channel of the number supports a message.
var errNoChannel = errors.New("no channel supports this message")

// sendingBy returns how a code for c is sent by the channel that the client asked for, or by the
// first one that is offered if it asked for none. ErrChannel: the channel is not offered.
func (s *Service) sendingBy(c *call, asked, details string) (sending, error) {
	o := sending{offered: s.channelsOf(c.region), details: details}
	supported := func(ch *channel) bool {
		by, ok := ch.Sender.(Supporter)
		return !ok || by.Supports(s.codeText(c, ch, details))
	}
	if slices.ContainsFunc(o.offered, func(ch *channel) bool { return !supported(ch) }) {
		o.offered = slices.DeleteFunc(slices.Clone(o.offered), func(ch *channel) bool { return !supported(ch) })
	}
	switch i := slices.IndexFunc(o.offered, func(ch *channel) bool { return ch.Name == asked }); {
	case i >= 0:
		o.channel = o.offered[i]
	case asked != "":
		return sending{}, ErrChannel
	case len(o.offered) == 0:
		return sending{}, &unavailable{"choose a channel", errNoChannel}
	default:
		o.channel = o.offered[0]
	}
	if err := s.checkDetails(c, o.channel, details); err != nil {
		return sending{}, err
	}
	c.channel = o.channel.Name
	o.asks, o.takes = s.waits(c, o, o.channel), s.sendTakes(c, o.channel)
	o.once = s.sendOnce(c, o, "")
	return o, nil
}

// maxDetails is the greatest length of Details, in characters.
const maxDetails = 64

// checkDetails returns ErrDetails for details that a text for c by ch cannot name.
func (s *Service) checkDetails(c *call, ch *channel, details string) error {
	if details == "" {
		return nil
	}
	hidden := func(r rune) bool { return unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) }
	switch {
	case c.purpose.ours(), !utf8.ValidString(details), utf8.RuneCountInString(details) > maxDetails,
		strings.TrimSpace(details) != details, strings.ContainsFunc(details, hidden):
		return ErrDetails
	case s.cfg.Hooks.Text == nil && !s.cfg.Texts.fits(s.codeText(c, ch, details)):
		return ErrDetails
	}
	return nil
}

// channelStates says when each of the offered channels may be asked for. resendAt is when that
// of o may be, where there is no other.
func (s *Service) channelStates(ctx context.Context, c *call, o sending, resendAt time.Time) ([]ChannelState, error) {
	if len(o.offered) == 1 {
		return []ChannelState{{o.channel.Name, resendAt}}, nil
	}
	hold := s.hold(c.print, c.device.known(), o.channel)
	shared := slices.DeleteFunc(slices.Clone(s.shownTakes(c, o.takes)), func(t Take) bool {
		return len(hold) > 0 && t.Key == hold[0].Key
	})
	p := StateParams{Takes: shared, Now: c.now}
	var ends []int // of the takes of each channel, in p.Takes
	for _, ch := range o.offered {
		p.Takes = append(p.Takes, s.hold(c.print, c.device.known(), ch)...)
		p.Takes = append(p.Takes, s.waits(c, o, ch)...)
		ends = append(ends, len(p.Takes))
	}
	found, err := s.store.ReadState(ctx, p)
	if err != nil {
		return nil, err
	}
	forAll := slices.Max(append(found.Waits[:len(shared):len(shared)], 0))
	states := make([]ChannelState, len(o.offered))
	begins := len(shared)
	for i, ch := range o.offered {
		wait := slices.Max(append(found.Waits[begins:ends[i]:ends[i]], forAll))
		states[i] = ChannelState{ch.Name, c.now.Add(wait)}
		begins = ends[i]
	}
	return states, nil
}

// waits returns the limits that a code for c by ch must pass because of codes by other channels.
// A hold has one code at a time, so the instant that it keeps is Every after that code. Asked
// with one code more and a shorter Every, it refuses until Wait after that code.
func (s *Service) waits(c *call, o sending, ch *channel) []Take {
	if ch == o.offered[0] {
		return nil
	}
	var asks []Take
	for _, other := range s.channels {
		if other == ch {
			continue
		}
		for _, t := range s.hold(c.print, c.device.known(), other) {
			if t.Name = LimitChannelWait; t.Every > ch.Wait {
				t.Limit = Limit{Burst: 2, Every: t.Every - ch.Wait}
			}
			asks = append(asks, t)
		}
	}
	return asks
}

// noticeSender returns the first sender that supports the notice m, and sets m.Channel to its
// channel.
func (s *Service) noticeSender(c *call, m *Message) (SMSSender, error) {
	if len(s.cfg.Channels) > 0 && s.cfg.Sender != nil && supports(s.cfg.Sender, *m) {
		return s.cfg.Sender, nil
	}
	for _, ch := range s.channelsOf(c.phone.Region()) {
		if m.Channel = ch.Name; supports(ch.Sender, *m) {
			return ch.Sender, nil
		}
	}
	return nil, &unavailable{"send a notice", errNoChannel}
}

// Resend sends the code for signing in that is out for a number again, in the name of an operator,
// by a channel that is offered for the number. It is the same code with the same tries. It takes
// the limits of the number, its scores and the ceilings, as the request of a client without a known
// device does. No address is counted, and nobody is asked for a human check: the scores admit an
// operator as they admit whoever has passed the hardest one. The text has the language in which the
// code was asked for, where there are several channels. With a journal it is written there before
// it is done, as an intent to EventCodeSent, and afterwards as what came of it. An empty channel is
// the first one that is offered.
//
// Errors:
//   - ErrInvalidPhone: the number is invalid or not served.
//   - ErrNotFound: no code for signing in is out. Nothing was sent, and none was made.
//   - ErrChannel: the channel is not offered for this number.
//   - *LimitError: nothing was sent.
//   - ErrRefused: Hooks.BeforeSend refused. Nothing was sent.
//   - ErrUnavailable: the code may have been sent. A *SendError is wrapped when the sender is the
//     cause. It is a *ChannelError when several channels are offered.
func (s *Service) Resend(ctx context.Context, phone, channel string, a Actor) error {
	n, err := s.numbers.parse(phone)
	if err != nil {
		return err
	}
	c := s.byOperator(n)
	key := s.challengeKey(&c.target)
	found, err := s.store.ReadState(ctx, StateParams{Challenges: []string{key}, Now: c.now})
	if err != nil {
		return err
	}
	live := found.Challenges[0]
	if _, ok := s.keys.Open(secretKey(key, c.purpose, c.account), live.Sealed); live.ID == "" || !ok {
		return ErrNotFound
	}
	c.client.Locale = s.lastSend(live).locale
	o, err := s.sendingBy(c, channel, "")
	if err != nil {
		return err
	}
	o.renew = live.ID // so that no other code is made when this one is used up meanwhile
	ctx = WithActor(ctx, a)
	if err := s.intends(ctx, c.event(EventCodeSent)); err != nil {
		return err
	}
	_, err = s.registerAnew(ctx, c, o)
	return err
}

// byOperator returns a call by an operator about a code for signing in.
func (s *Service) byOperator(n number) *call {
	c := s.started(ClientInfo{})
	s.to(c, n, PurposeSignIn, "")
	c.operator = true
	return c
}

// resendChannels returns PhoneState.Channels for the phone of about.
func (s *Service) resendChannels(ctx context.Context, about *call) ([]ChannelState, error) {
	n, err := s.numbers.parse(about.phone.E164())
	if err != nil || n.phone != about.phone { // it is not served, or the numbering plan has changed
		return nil, nil
	}
	c := s.byOperator(n)
	o, err := s.sendingBy(c, "", "")
	if errors.Is(err, errNoChannel) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if len(o.offered) > 1 {
		return s.channelStates(ctx, c, o, time.Time{})
	}
	found, err := s.store.ReadState(ctx, StateParams{Takes: o.takes, Now: c.now})
	if err != nil {
		return nil, err
	}
	return s.channelStates(ctx, c, o, c.now.Add(slices.Max(append(found.Waits, 0))))
}

// Arrival says what is known of the newest text with a code of one challenge. The zero Arrival
// says that nothing is known.
type Arrival struct {
	// Status is OnItsWay, Delivered or Undelivered. It is empty if nothing is known.
	Status DeliveryStatus
	// At is when the provider accepted the text, or when its report came.
	At time.Time
}

// arrivalEntries is how many of the newest entries of a number Arrival reads. A code lives 10
// minutes at most, in which the limits admit fewer.
const arrivalEntries = 100

// Arrival returns what the journal knows of the newest text of a challenge for signing in. Only
// the challenge token tells, of the texts of its own challenge, and nothing of what the provider
// said. Without a journal, and for senders that have not reported anything so far, it is zero.
// What happened within the last second may be missing. A forged token costs no call of the store.
//
// Errors:
//   - ErrInvalidToken: the token is forged or expired.
//   - ErrPurpose: the token is for another purpose. Texts for those are sent to some numbers only.
//   - ErrUnavailable.
func (s *Service) Arrival(ctx context.Context, challengeToken Secret) (Arrival, error) {
	now := s.now()
	claims, ok := s.openChallengeToken(challengeToken, now)
	switch {
	case !ok:
		return Arrival{}, ErrInvalidToken
	case claims.about.purpose != PurposeSignIn:
		return Arrival{}, ErrPurpose
	case s.journal == nil:
		return Arrival{}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, storeDeadline)
	defer cancel()
	newest, err := s.journal.store.Entries(ctx, JournalQuery{Print: claims.about.print, Limit: arrivalEntries, Now: now})
	if err != nil {
		return Arrival{}, &unavailable{"Entries", err}
	}
	return s.arrival(newest, s.challengePrint(claims.challengeID)), nil
}

// arrival finds the newest text of a challenge, by the print of its ID, among the newest entries of
// a number, and the report about it.
func (s *Service) arrival(newest []JournalEntry, challenge string) Arrival {
	reports := map[string]Arrival{} // by message
	for _, e := range newest {
		switch _, known := reports[e.MessageID]; {
		case e.Type == EventDelivered: // also where a later report says otherwise
			reports[e.MessageID] = Arrival{Delivered, e.Time}
		case e.Type == EventUndelivered && !known:
			reports[e.MessageID] = Arrival{Undelivered, e.Time}
		case e.Type != EventUndelivered:
			continue
		}
		s.reporting.Store(e.Sender, true)
	}
	for _, e := range newest {
		if e.Type != EventCodeSent && e.Type != EventSendFailed || e.entry().challenge != challenge {
			continue
		}
		if e.Type == EventSendFailed || e.MessageID == "" {
			return Arrival{}
		}
		if report, ok := reports[e.MessageID]; ok {
			return report
		}
		if _, reports := s.reporting.Load(e.Sender); !reports {
			return Arrival{}
		}
		return Arrival{OnItsWay, e.Time}
	}
	return Arrival{}
}

// challengePrint names a challenge in the journal.
func (s *Service) challengePrint(id string) string {
	return s.keys.Print("challenge id", id)[:attemptIDLength]
}
