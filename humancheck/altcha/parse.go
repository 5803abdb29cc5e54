package altcha

import (
	"encoding/hex"
	"math"
	"slices"
	"strconv"
)

// answer is what a client sends.
type answer struct {
	parameters
	signature  []byte
	derivedKey []byte
}

// The fields of the objects of an answer. All are required, but time.
var (
	answerFields     = []string{"challenge", "solution"}
	challengeFields  = []string{"parameters", "signature"}
	parametersFields = []string{"algorithm", "cost", "data", "expiresAt", "keyLength", "keyPrefix", "keySignature", "nonce", "salt"}
	dataFields       = []string{"binding", "level"}
	solutionFields   = []string{"counter", "derivedKey", "time"}
)

// required returns the bits of all fields.
func required(fields []string) uint { return 1<<len(fields) - 1 }

// parse reads the JSON of an answer. A field that is unknown, missing, there twice or of
// another type is an error. encoding/json accepts some of these, and would take longer than
// all the rest of Verify. The result may share the memory of b.
func parse(b []byte) (answer, bool) {
	r := reader{b: b}
	var a answer
	seen := r.object(answerFields, func(field int) {
		if field == 0 {
			r.challenge(&a)
		} else {
			r.solution(&a)
		}
	})
	r.space()
	return a, !r.bad && seen == required(answerFields) && r.i == len(r.b)
}

func (r *reader) challenge(a *answer) {
	seen := r.object(challengeFields, func(field int) {
		if field == 0 {
			r.parameters(&a.parameters)
		} else {
			a.signature = r.text()
		}
	})
	r.demand(seen == required(challengeFields))
}

func (r *reader) parameters(p *parameters) {
	seen := r.object(parametersFields, func(field int) {
		switch field {
		case 0:
			p.algorithm = r.text()
		case 1:
			p.cost = r.integer()
		case 2:
			r.data(p)
		case 3:
			p.expiresAt = r.integer()
		case 4:
			p.keyLength = r.integer()
		case 5:
			p.keyPrefix = r.text()
		case 6:
			p.keySignature = r.text()
		case 7:
			p.nonce = r.text()
		case 8:
			p.salt = r.text()
		}
	})
	r.demand(seen == required(parametersFields))
}

func (r *reader) data(p *parameters) {
	seen := r.object(dataFields, func(field int) {
		if field == 0 {
			p.binding = r.text()
		} else {
			p.level = r.integer()
		}
	})
	r.demand(seen == required(dataFields))
}

func (r *reader) solution(a *answer) {
	seen := r.object(solutionFields, func(field int) {
		switch field {
		case 0:
			r.demand(r.integer() <= math.MaxUint32)
		case 1:
			digits := r.text()
			r.demand(len(digits) == 2*keyLength && lowerHex(digits))
			if !r.bad {
				a.derivedKey, _ = hex.AppendDecode(make([]byte, 0, keyLength), digits)
			}
		case 2:
			r.number()
		}
	})
	r.demand(seen|1<<2 == required(solutionFields))
}

func lowerHex(b []byte) bool {
	return !slices.ContainsFunc(b, func(c byte) bool { return (c < '0' || c > '9') && (c < 'a' || c > 'f') })
}

// reader reads JSON. After the first fault bad stays true, and nothing more is read.
type reader struct {
	b   []byte
	i   int
	bad bool
}

func (r *reader) demand(ok bool) { r.bad = r.bad || !ok }

// peek returns the next byte, or 0 at the end and after a fault.
func (r *reader) peek() byte {
	if r.bad || r.i == len(r.b) {
		return 0
	}
	return r.b[r.i]
}

// take skips the next byte if it is c, and reports whether it was.
func (r *reader) take(c byte) bool {
	if r.peek() != c {
		return false
	}
	r.i++
	return true
}

// space skips white space.
func (r *reader) space() {
	for c := r.peek(); c == ' ' || c == '\n' || c == '\t' || c == '\r'; c = r.peek() {
		r.i++
	}
}

// object reads an object. It calls value, which must read the value, with the place of each
// field in fields. It returns a bit for each of these places.
func (r *reader) object(fields []string, value func(field int)) (seen uint) {
	r.space()
	r.demand(r.take('{'))
	for more := true; more && !r.bad; more = r.take(',') {
		r.space()
		name := r.text()
		field := slices.IndexFunc(fields, func(f string) bool { return f == string(name) })
		if r.bad || field < 0 || seen&(1<<field) != 0 {
			r.bad = true
			return 0
		}
		seen |= 1 << field
		r.space()
		r.demand(r.take(':'))
		r.space()
		value(field)
		r.space()
	}
	r.demand(r.take('}'))
	return seen
}

// text reads a string of printable ASCII.
func (r *reader) text() []byte {
	r.demand(r.take('"'))
	start := r.i
	for c := r.peek(); printable(c) && c != '\\'; c = r.peek() {
		r.i++
		if c == '"' {
			return r.b[start : r.i-1]
		}
	}
	return r.escapedText(slices.Clone(r.b[start:r.i]))
}

// escapedText reads the rest of a string that has escapes. before is what was read of it. Some
// clients write "\/", and Go's write "\u003c".
func (r *reader) escapedText(before []byte) []byte {
	for text := before; ; {
		c := r.peek()
		r.demand(printable(c))
		if r.bad {
			return nil
		}
		r.i++
		switch c {
		case '"':
			return text
		case '\\':
			text = append(text, r.escape())
		default:
			text = append(text, c)
		}
	}
}

// escape reads what follows a backslash, and returns the printable character that it means.
func (r *reader) escape() byte {
	c := r.peek()
	switch {
	case c == '"' || c == '\\' || c == '/':
		r.i++
		return c
	case c == 'u' && len(r.b)-r.i > 4:
		n, err := strconv.ParseUint(string(r.b[r.i+1:r.i+5]), 16, 16)
		r.demand(err == nil && n <= 0x7e && printable(byte(n)))
		r.i += 5
		return byte(n)
	}
	r.bad = true
	return 0
}

// integer reads a number from 0 to 2^53-1 that has neither fraction nor exponent.
func (r *reader) integer() int64 {
	start := r.i
	r.digits()
	if r.bad || r.i-start > 16 || (r.b[start] == '0' && r.i-start > 1) {
		r.bad = true
		return 0
	}
	var n int64
	for _, c := range r.b[start:r.i] {
		n = 10*n + int64(c-'0')
	}
	r.demand(n < 1<<53)
	return n
}

// number skips any number.
func (r *reader) number() {
	r.take('-')
	if !r.take('0') {
		r.digits()
	}
	if r.take('.') {
		r.digits()
	}
	if r.take('e') || r.take('E') {
		if !r.take('+') {
			r.take('-')
		}
		r.digits()
	}
}

// digits skips one digit or more.
func (r *reader) digits() {
	start := r.i
	for c := r.peek(); c >= '0' && c <= '9'; c = r.peek() {
		r.i++
	}
	r.demand(r.i > start)
}
