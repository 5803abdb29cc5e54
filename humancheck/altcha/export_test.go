package altcha

// Counter is the function that chooses counters.
var Counter = counter

// Occupy takes every place of the Asks that derive a key. free gives them back.
func Occupy(c *Check) (free func()) {
	for range cap(c.deriving) {
		c.deriving <- struct{}{}
	}
	return func() {
		for range cap(c.deriving) {
			<-c.deriving
		}
	}
}

// Canonical parses an answer, and returns the JSON of its parameters, its signature and its
// derived key.
func Canonical(b []byte) (parameters, signature, derivedKey []byte, ok bool) {
	a, ok := parse(b)
	if !ok {
		return nil, nil, nil, false
	}
	return a.canonical(), a.signature, a.derivedKey, true
}
