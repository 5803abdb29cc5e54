package memstore

// Used is what the store reckons against its caps.
func (s *Store) Used() (records, bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.used()
	return u.records, u.bytes
}
