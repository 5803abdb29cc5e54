package altcha

import "strconv"

// parameters are those of a challenge. Texts are printable ASCII.
type parameters struct {
	algorithm    []byte
	cost         int64
	binding      []byte // data.binding
	level        int64  // data.level
	expiresAt    int64  // Unix seconds
	keyLength    int64
	keyPrefix    []byte
	keySignature []byte
	nonce        []byte
	salt         []byte
}

// canonical returns the JSON that is signed: the names in order, and no white space, as
// JSON.stringify writes it.
func (p parameters) canonical() []byte {
	b := make([]byte, 0, 512)
	b = appendText(append(b, `{"algorithm":`...), p.algorithm)
	b = strconv.AppendInt(append(b, `,"cost":`...), p.cost, 10)
	b = appendText(append(b, `,"data":{"binding":`...), p.binding)
	b = strconv.AppendInt(append(b, `,"level":`...), p.level, 10)
	b = strconv.AppendInt(append(b, `},"expiresAt":`...), p.expiresAt, 10)
	b = strconv.AppendInt(append(b, `,"keyLength":`...), p.keyLength, 10)
	b = appendText(append(b, `,"keyPrefix":`...), p.keyPrefix)
	b = appendText(append(b, `,"keySignature":`...), p.keySignature)
	b = appendText(append(b, `,"nonce":`...), p.nonce)
	b = appendText(append(b, `,"salt":`...), p.salt)
	return append(b, '}')
}

// appendText appends a JSON string. text is printable ASCII.
func appendText(b, text []byte) []byte {
	b = append(b, '"')
	for _, c := range text {
		if c == '"' || c == '\\' {
			b = append(b, '\\')
		}
		b = append(b, c)
	}
	return append(b, '"')
}

func validBinding(s string) bool {
	for i := range len(s) {
		if !printable(s[i]) {
			return false
		}
	}
	return s != "" && len(s) <= maxBinding
}

func printable(c byte) bool { return c >= 0x20 && c <= 0x7e }
