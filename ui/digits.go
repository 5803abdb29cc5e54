package ui

import (
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
)

// maxNational is the largest number of digits after a calling code that a plan can have: E.164
// numbers have at most 15 digits, and a calling code has at least one (ITU-T E.164, 6.2.1).
const maxNational = 15

// digits is a pattern of libphonenumber as a state machine that reads one digit at a time. So a
// pattern can be asked what the numbers begin with that it matches.
type digits struct {
	prog  *syntax.Prog
	known map[digitStates]*[10]digitStates // what follows each state; one goroutine at a time
}

// digitStates are the states that a machine can be in after some digits, as a key for maps. The
// empty text means that no number begins with these digits.
type digitStates string

// compileDigits compiles a pattern of the metadata. All of them are tested to compile.
func compileDigits(pattern string) digits {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		panic("phoneauth/ui: metadata: " + err.Error())
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		panic("phoneauth/ui: metadata: " + err.Error())
	}
	return digits{prog, map[digitStates]*[10]digitStates{}}
}

// start is the state before the first digit.
func (d digits) start() digitStates { return d.closure([]uint32{uint32(d.prog.Start)}) }

// after is the state after one more digit.
func (d digits) after(s digitStates, digit byte) digitStates {
	all := d.known[s]
	if all == nil {
		all = new([10]digitStates)
		for i := range all {
			all[i] = d.step(s, rune('0'+i))
		}
		d.known[s] = all
	}
	return all[digit-'0']
}

func (d digits) step(s digitStates, digit rune) digitStates {
	var next []uint32
	for _, pc := range s {
		if i := &d.prog.Inst[pc]; i.MatchRune(digit) {
			next = append(next, i.Out)
		}
	}
	return d.closure(next)
}

// matches reports whether the digits so far are a match.
func (d digits) matches(s digitStates) bool {
	for _, pc := range s {
		if d.prog.Inst[pc].Op == syntax.InstMatch {
			return true
		}
	}
	return false
}

// closure follows what reads no digit.
func (d digits) closure(pcs []uint32) digitStates {
	seen := map[uint32]bool{}
	var found []rune
	for len(pcs) > 0 {
		pc := pcs[len(pcs)-1]
		pcs = pcs[:len(pcs)-1]
		if seen[pc] {
			continue
		}
		seen[pc] = true
		switch i := &d.prog.Inst[pc]; i.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			pcs = append(pcs, i.Out, i.Arg)
		case syntax.InstCapture, syntax.InstNop, syntax.InstEmptyWidth:
			pcs = append(pcs, i.Out)
		case syntax.InstFail:
		default:
			found = append(found, rune(pc))
		}
	}
	slices.Sort(found)
	return digitStates(found)
}

// lengths are the numbers of digits that can follow s up to a match.
func (d digits) lengths(s digitStates) []int {
	var all []int
	now := map[digitStates]bool{s: true}
	for n := 0; n <= maxNational && len(now) > 0; n++ {
		next := map[digitStates]bool{}
		matched := false
		for state := range now {
			matched = matched || d.matches(state)
			for digit := byte('0'); digit <= '9'; digit++ {
				if after := d.after(state, digit); after != "" {
					next[after] = true
				}
			}
		}
		if matched {
			all = append(all, n)
		}
		now = next
	}
	return all
}

// free reports whether any digits can follow s, so that only their number matters.
func (d digits) free(s digitStates) bool {
	now := map[digitStates]bool{s: true}
	for n := 0; n <= maxNational && len(now) > 0; n++ {
		next := map[digitStates]bool{}
		matched, followed := 0, 0
		for state := range now {
			if d.matches(state) {
				matched++
			}
			for digit := byte('0'); digit <= '9'; digit++ {
				if after := d.after(state, digit); after != "" {
					next[after] = true
					followed++
				}
			}
		}
		if matched != 0 && matched != len(now) || followed != 0 && followed != 10*len(now) {
			return false
		}
		now = next
	}
	return true
}

// coarse returns a shorter pattern, in the spelling of a plan. It is exact in the first depth
// digits, and in how many digits can follow each of them.
func (d digits) coarse(depth int) string { return d.coarseFrom(d.start(), depth) }

func (d digits) coarseFrom(s digitStates, depth int) string {
	if depth == 0 || d.free(s) {
		return anyDigits(d.lengths(s))
	}
	branches := map[string]string{} // what follows, and after which digits
	var order []string
	for digit := byte('0'); digit <= '9'; digit++ {
		after := d.after(s, digit)
		if after == "" {
			continue
		}
		rest := d.coarseFrom(after, depth-1)
		if branches[rest] == "" {
			order = append(order, rest)
		}
		branches[rest] += string(digit)
	}
	var all []string
	for _, rest := range order {
		all = append(all, digitClass(branches[rest])+rest)
	}
	if d.matches(s) {
		all = append(all, "")
	}
	return alternatives(all)
}

// digitClass matches one of these digits, which are in order.
func digitClass(of string) string {
	switch len(of) {
	case 1:
		return of
	case 10:
		return "d"
	}
	var b strings.Builder
	for i := 0; i < len(of); {
		j := i
		for j+1 < len(of) && of[j+1] == of[j]+1 {
			j++
		}
		switch b.WriteByte(of[i]); {
		case j > i+1:
			b.WriteByte('-')
			fallthrough
		case j == i+1:
			b.WriteByte(of[j])
		}
		i = j + 1
	}
	return "[" + b.String() + "]"
}

// alternatives matches what one of all does.
func alternatives(all []string) string {
	if len(all) == 1 {
		return all[0]
	}
	return "(" + strings.Join(all, "|") + ")"
}

// anyDigits matches digits of any of these lengths, which are in order.
func anyDigits(lengths []int) string {
	var all []string
	for i := 0; i < len(lengths); {
		j := i
		for j+1 < len(lengths) && lengths[j+1] == lengths[j]+1 {
			j++
		}
		from, to := lengths[i], lengths[j]
		switch {
		case to == 0:
			all = append(all, "")
		case to == 1 && from == 1:
			all = append(all, "d")
		case from == to:
			all = append(all, "d{"+strconv.Itoa(to)+"}")
		default:
			all = append(all, "d{"+strconv.Itoa(from)+","+strconv.Itoa(to)+"}")
		}
		i = j + 1
	}
	if len(all) == 0 {
		return ""
	}
	return alternatives(all)
}
