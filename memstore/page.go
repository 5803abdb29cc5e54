package memstore

import (
	"unsafe"

	"github.com/phoneauth/phoneauth"
)

// ref is where an entry lies: its page, and its index there. 0 is none.
type ref uint32

func refOf(page, index int) ref { return ref(page*pageMost + index) }
func (r ref) page() int         { return int(r / pageMost) }
func (r ref) index() int        { return int(r % pageMost) }

const (
	// pageMost is how many entries a page has at most, and pageLeast how many at least, unless
	// they are large.
	pageMost, pageLeast = 64, 16
	// pageBytes is how many bytes of texts a page has at most, unless one entry has more.
	pageBytes = 16 << 10
)

// page has entries that were appended one after the other. They stay where they are, and its
// memory is given back when all of them are gone: they mostly are at the same time.
type page struct {
	entries []entry
	body    []byte
	live    int // entries that are not gone
}

func (p *page) room() room { return room{cap(p.entries) - len(p.entries), cap(p.body) - len(p.body)} }

// room is for so many entries, with so many bytes of texts.
type room struct{ entries, bytes int }

func (r room) has(size int) bool { return r.entries > 0 && r.bytes >= size }

// memory returns that of a page with this much room.
func (r room) memory() int {
	const itself = int(unsafe.Sizeof(page{})) + 2*int(unsafe.Sizeof((*page)(nil)))
	n := r.entries*int(unsafe.Sizeof(entry{})) + r.bytes
	return itself + n + n/5 // size classes of this order are up to a sixth apart
}

// roomFor returns the room of the next page. sizes are those of what is to be appended.
func roomFor(sizes []int) (r room) {
	for i := range pageMost {
		size := sizes[i%len(sizes)] // later entries will be like these
		if i >= max(len(sizes), pageLeast) || i > 0 && r.bytes+size > pageBytes {
			break
		}
		r.entries++
		r.bytes += size
	}
	return r
}

// pages have all entries of the journal.
type pages struct {
	all   []*page // none has the index 0, and where there is none, there is nil
	free  []int   // the indexes of those
	open  int     // the one that is appended to, or 0
	bytes int     // of memory
}

// plan returns the pages that must be begun to append entries of these sizes.
func (ps *pages) plan(sizes []int) (begun []room) {
	var r room
	if ps.open > 0 {
		r = ps.all[ps.open].room()
	}
	for i, size := range sizes {
		if !r.has(size) {
			r = roomFor(sizes[i:])
			begun = append(begun, r)
		}
		r.entries--
		r.bytes -= size
	}
	return begun
}

// append stores an entry. It begins pages as they were planned for this entry and others, and
// returns those that are left. Where some of the others are not appended, the plan is long enough.
func (ps *pages) append(j *phoneauth.JournalEntry, kind uint32, plan []room) (ref, []room) {
	for size := textsOf(j); ps.open == 0 || !ps.all[ps.open].room().has(size); plan = plan[1:] {
		ps.begin(plan[0])
	}
	p := ps.all[ps.open]
	var e entry
	e, p.body = packEntry(j, p.body)
	e.kind = kind
	p.entries = append(p.entries, e)
	p.live++
	return refOf(ps.open, len(p.entries)-1), plan
}

// begin opens a page, in place of the one that was open.
func (ps *pages) begin(r room) {
	before := ps.open
	switch n := len(ps.free); {
	case n > 0:
		ps.open, ps.free = ps.free[n-1], ps.free[:n-1]
	case ps.all == nil:
		ps.all, ps.open = make([]*page, 2), 1
	default:
		ps.open, ps.all = len(ps.all), append(ps.all, nil)
	}
	ps.all[ps.open] = &page{entries: make([]entry, 0, r.entries), body: make([]byte, 0, r.bytes)}
	ps.bytes += r.memory()
	ps.release(before)
}

// get returns an entry and its texts. They are good until the entry is dropped.
func (ps *pages) get(r ref) (*entry, texts) {
	p := ps.all[r.page()]
	e := &p.entries[r.index()]
	return e, p.body[e.body : e.body+e.end]
}

// drop says that an entry is gone.
func (ps *pages) drop(r ref) {
	p := ps.all[r.page()]
	p.entries[r.index()].kind = 0
	p.live--
	ps.release(r.page())
}

// release gives the memory of a page back, if all of its entries are gone.
func (ps *pages) release(at int) {
	if at == 0 || ps.all[at].live > 0 {
		return
	}
	if at == ps.open {
		ps.open = 0
	}
	p := ps.all[at]
	ps.bytes -= room{cap(p.entries), cap(p.body)}.memory()
	ps.all[at] = nil
	ps.free = append(ps.free, at)
	if len(ps.free) == len(ps.all)-1 {
		ps.all, ps.free = nil, nil
	}
}

// each goes through the entries there are.
func (ps *pages) each(yield func(*entry) bool) {
	for _, p := range ps.all {
		if p == nil {
			continue
		}
		for i := range p.entries {
			if e := &p.entries[i]; e.kind != 0 && !yield(e) {
				return
			}
		}
	}
}
