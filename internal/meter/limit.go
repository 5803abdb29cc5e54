package meter

import "github.com/phoneauth/phoneauth"

// Take is what t makes of the tat of its limit at now, or its refusal: the tat is as it
// was then. [Never] is the tat of a limit without a record.
func Take(t *phoneauth.Take, tat, now int64) (int64, error) {
	every := Micros(t.Every)
	if t.Cost < 0 {
		return Add(tat, mul(t.Cost, every)), nil
	}
	next := Add(max(tat, now), mul(max(t.Cost, 1), every))
	if wait := Add(Add(next, -now), -mul(t.Burst, every)); wait > 0 {
		return tat, refused(t.Name, wait)
	}
	if t.Cost == 0 {
		return tat, nil
	}
	return next, nil
}

// ResendAt is when takes, which were just taken, would all be admitted again; tat is
// that of the i-th by now. A take of cost c is, when those before it on its key have
// cost a, at x with max(tat, x) + (a+c)·Every − x ≤ Burst·Every. Where tat ≤ x that is
// so, since it was so the first time; else it is so from x = tat + (a+c−Burst)·Every on.
func ResendAt(takes []phoneauth.Take, now int64, tat func(i int) int64) int64 {
	at := now
	for i := range takes {
		t := &takes[i]
		if t.Cost < 0 {
			continue
		}
		every := Micros(t.Every)
		asked := mul(max(t.Cost, 1), every)
		for j := range takes[:i] {
			if takes[j].Key == t.Key {
				asked = Add(asked, mul(takes[j].Cost, Micros(takes[j].Every)))
			}
		}
		at = max(at, Add(Add(tat(i), asked), -mul(t.Burst, every)))
	}
	return at
}
