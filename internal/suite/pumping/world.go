package pumping

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
)

// The places of countries in a world.
const (
	// Home has the most people.
	Home = 0
	// Middling has about one and a half in a hundred.
	Middling = 11
)

// A country has prefixes, in E.164 without the plus, that are followed by free digits. All
// such numbers are mobile numbers for libphonenumber. A test tries some of each. The order is
// that of the traffic, and is invented.
type country struct {
	prefixes []string
	free     int // digits after a prefix
}

// The 30 countries were chosen because whole prefixes of theirs are mobile numbers, so that
// any block can be drawn without a table. EG is home.
var countries = []country{
	{[]string{"2010", "2011", "2012", "2015"}, 8},                   // EG
	{[]string{"62812", "62813", "62852"}, 8},                        // ID
	{[]string{"9196", "9197", "9198", "9199"}, 8},                   // IN
	{[]string{"234703", "234803", "234806", "234810", "234813"}, 7}, // NG
	{[]string{"55119"}, 8},                                          // BR
	{[]string{"5255", "5281"}, 8},                                   // MX
	{[]string{"92300", "92301", "92321", "92333", "92345"}, 7},      // PK
	{[]string{"88017", "88018", "88019"}, 8},                        // BD
	{[]string{"90505", "90532", "90533", "90535", "90542"}, 7},      // TR
	{[]string{"44740", "44742", "44773", "44787", "44790"}, 7},      // GB
	{[]string{"8490", "8491", "8496", "8497", "8498"}, 7},           // VN
	{[]string{"49151", "49152"}, 8},                                 // DE
	{[]string{"63917", "63918", "63920", "63927"}, 7},               // PH
	{[]string{"346"}, 8},                                            // ES
	{[]string{"2136"}, 8},                                           // DZ
	{[]string{"39320", "39328", "39333", "39338", "39347"}, 7},      // IT
	{[]string{"25470", "25471", "25472"}, 7},                        // KE
	{[]string{"4850", "4851", "4860", "4866"}, 7},                   // PL
	{[]string{"96650", "96653", "96654", "96655"}, 7},               // SA
	{[]string{"38050", "38063", "38067", "38097"}, 7},               // UA
	{[]string{"6681", "6689", "6695", "6698"}, 7},                   // TH
	{[]string{"97150", "97152", "97155"}, 7},                        // AE
	{[]string{"6012", "6019"}, 7},                                   // MY
	{[]string{"5731"}, 8},                                           // CO
	{[]string{"519"}, 8},                                            // PE
	{[]string{"2772", "2782", "2783", "2784"}, 7},                   // ZA
	{[]string{"23324", "23354"}, 7},                                 // GH
	{[]string{"9471", "9477"}, 7},                                   // LK
	{[]string{"35191", "35196"}, 7},                                 // PT
	{[]string{"96477", "96478"}, 8},                                 // IQ
}

// blocks is how many blocks of 10,000 numbers the prefixes hold.
func (c country) blocks() int { return len(c.prefixes) * c.each() }

// each is how many blocks one prefix holds.
func (c country) each() int { return int(math.Pow10(c.free - 4)) }

// block is the number of the i-th block without its last four digits.
func (c country) block(i int) string {
	return fmt.Sprintf("+%s%0*d", c.prefixes[i/c.each()], c.free-4, i%c.each())
}

// number is a random number of a block.
func number(r *rand.Rand, block string) string { return fmt.Sprintf("%s%04d", block, r.IntN(10_000)) }

// What the model takes for granted about people.
const (
	homeShare  = 0.4  // of all sign-ins
	signInsOf  = 0.2  // sign-ins of one user a day
	behindNAT  = 0.5  // of the people, behind the address of a carrier
	natPeople  = 1000 // users of the service behind one such address
	busyBlocks = 2    // flattens the top of the blocks: the first one has about 650 sign-ins a day of 40,000
	convertsAt = 0.88 // at home: the share of challenges that are verified
)

// place is a country with its people.
type place struct {
	country
	share    float64 // of the sign-ins of the service
	converts float64 // the share of challenges that people verify
	slow     bool    // texts arrive late, and fewer are verified
	nats     int     // addresses of carriers
}

// world says where the people are.
type world struct {
	places []place
	upTo   []float64 // the sum of the shares so far
}

// newWorld makes a world for a service with so many sign-ins a day. The shares of countries
// other than home fall with their rank. Each seventh is slow.
func newWorld(perDay float64, oneCountry bool, seed uint64) *world {
	r := rand.New(rand.NewPCG(seed, 'w'))
	list, harmonic := countries, 0.0
	if oneCountry {
		list = countries[:1]
	}
	for i := range list[1:] {
		harmonic += 1 / float64(i+1)
	}
	w := &world{}
	sum := 0.0
	for i, c := range list {
		p := place{country: c, share: 1, converts: 0.75 + 0.22*r.Float64(), slow: i%7 == 3}
		switch {
		case i == Home:
			p.converts = convertsAt
			if !oneCountry {
				p.share = homeShare
			}
		default:
			p.share = (1 - homeShare) / float64(i) / harmonic
		}
		if p.slow {
			p.converts = 0.48 + 0.17*r.Float64()
		}
		p.nats = max(1, int(math.Round(perDay*p.share/signInsOf*behindNAT/natPeople)))
		sum += p.share
		w.places = append(w.places, p)
		w.upTo = append(w.upTo, sum)
	}
	return w
}

// country draws the country of a sign-in.
func (w *world) country(r *rand.Rand) int {
	at := r.Float64() * w.upTo[len(w.upTo)-1]
	for i, sum := range w.upTo {
		if at < sum {
			return i
		}
	}
	return len(w.upTo) - 1
}

// block draws the block of a person. The traffic of a block falls with its rank r as
// (r+busyBlocks)^-0.8. Busy blocks are spread over the country.
func (p *place) block(r *rand.Rand) string {
	n := p.blocks()
	low, high := math.Pow(busyBlocks, 0.2), math.Pow(float64(n+busyBlocks), 0.2)
	rank := int(math.Pow(low+r.Float64()*(high-low), 5)) - busyBlocks
	return p.country.block(p.ranked(min(max(rank, 0), n-1)))
}

// ranked is the place of the block with this rank. The step is a prime that divides no number
// of blocks.
func (p *place) ranked(rank int) int { return rank * 7919 % p.blocks() }

// The kinds of addresses, which have nothing in common.
const (
	addrNAT = iota + 1
	addrHome
	addrAttacker
)

// address is the n-th address of a kind: an IPv6 /64 of its own.
func address(kind, of, n int) netip.Addr {
	return netip.AddrFrom16([16]byte{0x20, 0x01, byte(kind), byte(of), byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n), 15: 1})
}
