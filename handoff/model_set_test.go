package handoff

// set is a set of 64-bit hashes with open addressing: 8 bytes a place, at most
// three quarters of the places taken.
type set struct {
	places []uint64 // 0 is free
	n      int
}

// add puts k in and reports whether it was not there before.
func (s *set) add(k uint64) bool {
	k = max(k, 1) // 0 means free
	if s.n*4 >= len(s.places)*3 {
		s.grow()
	}
	i := s.find(k)
	if s.places[i] == k {
		return false
	}
	s.places[i] = k
	s.n++
	return true
}

// find returns the place k is at, or the free one it belongs to.
func (s *set) find(k uint64) uint64 {
	mask := uint64(len(s.places) - 1)
	i := k & mask
	for s.places[i] != 0 && s.places[i] != k {
		i = (i + 1) & mask
	}
	return i
}

func (s *set) grow() {
	old := s.places
	s.places = make([]uint64, max(1<<12, 2*len(old)))
	for _, k := range old {
		if k != 0 {
			s.places[s.find(k)] = k
		}
	}
}
