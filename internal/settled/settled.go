// Package settled keeps account of the changes of a user account that no notice can undo any more.
package settled

import (
	"slices"
	"strconv"

	"github.com/phoneauth/phoneauth/internal/fields"
)

// Range are changes that somebody has settled at one time: those that led to the epochs From to To.
type Range struct {
	// From is the epoch after the first of the changes, To that after the last.
	From, To int64
}

// List are the ranges of an account, in their order. A change between two of them can still be
// undone: it may be that of a thief who came after the first. The zero List has none.
type List []Range

// Most is how many ranges a List has at most.
const Most = 8

// Has reports whether the change that led to epoch is settled.
func (l List) Has(epoch int64) bool {
	return slices.ContainsFunc(l, func(r Range) bool { return r.From <= epoch && epoch <= r.To })
}

// Undone reports whether the change that led to epoch is settled, or was undone: a range begins with
// the change that followed the one that was undone.
func (l List) Undone(epoch int64) bool { return l.Has(epoch) || l.Has(epoch+1) }

// With returns l and more, which ends with the newest change of the account. When there are too many
// ranges, the last two become one. A thief can add ranges only behind their own first change, so that
// one stays open to be undone.
func (l List) With(more Range) List {
	before := slices.DeleteFunc(slices.Clone(l), func(r Range) bool { return r.From >= more.From })
	if len(before) == Most {
		more.From = before[Most-1].From
		before = before[:Most-1]
	}
	return append(before, more)
}

// Append appends l to b for Read.
func (l List) Append(b []byte) []byte {
	for _, r := range l {
		b = fields.Append(b, strconv.FormatInt(r.From, 10), strconv.FormatInt(r.To, 10))
	}
	return b
}

// Read returns what Append has written. Of anything else it returns what it can read.
func Read(data string) (l List) {
	r := fields.NewReader(data)
	for range Most {
		if of := (Range{r.Int64(), r.Int64()}); of.To > 0 {
			l = append(l, of)
		}
	}
	return l
}
