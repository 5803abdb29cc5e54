package redisstore

import (
	"strings"

	"github.com/phoneauth/phoneauth"
)

// slot is where Redis Cluster keeps a key: the CRC-16 (XMODEM) of what stands in its
// first braces, or of all of it. One node is one slot.
func (s *Store) slot(key string) int {
	if !s.cluster {
		return 0
	}
	if _, after, ok := strings.Cut(key, "{"); ok {
		if tag, _, ok := strings.Cut(after, "}"); ok && tag != "" {
			key = tag
		}
	}
	var crc uint16
	for i := range len(key) {
		crc ^= uint16(key[i]) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return int(crc % 16384)
}

// bySlot says which of keys are in each slot, as their indexes.
func (s *Store) bySlot(keys []string) map[int][]int {
	slots := map[int][]int{}
	for i, key := range keys {
		slot := s.slot(key)
		slots[slot] = append(slots[slot], i)
	}
	return slots
}

// uses are the asks, takes and charges of a call, or those of them that one script does.
type uses struct {
	slot        int
	asks, takes []phoneauth.Take
	charges     []phoneauth.Charge
}

// names are the names of the lockout and of the uses, in the order in which a script
// counts them.
func (u *uses) names(lockout string) []string {
	names := make([]string, 0, 1+len(u.asks)+len(u.takes)+len(u.charges))
	names = append(names, lockout)
	for i := range u.asks {
		names = append(names, u.asks[i].Name)
	}
	for i := range u.takes {
		names = append(names, u.takes[i].Name)
	}
	for i := range u.charges {
		names = append(names, u.charges[i].Name)
	}
	return names
}

// runs splits u where the slot changes, and keeps the order. A slot that comes twice costs
// one more round trip; the Service's are in order.
func (s *Store) runs(u uses) []uses {
	if !s.cluster {
		if len(u.asks)+len(u.takes)+len(u.charges) == 0 {
			return nil
		}
		return []uses{u}
	}
	var all []uses
	at := func(key string) *uses {
		slot := s.slot(key)
		if len(all) == 0 || all[len(all)-1].slot != slot {
			all = append(all, uses{slot: slot})
		}
		return &all[len(all)-1]
	}
	for _, t := range u.asks {
		run := at(s.key(limitKind, t.Key))
		run.asks = append(run.asks, t)
	}
	for _, t := range u.takes {
		run := at(s.key(limitKind, t.Key))
		run.takes = append(run.takes, t)
	}
	for _, c := range u.charges {
		run := at(s.key(scoreKind, c.Key))
		run.charges = append(run.charges, c)
	}
	return all
}
