package wire

import "hash/maphash"

// skip is the state of a stanza being skipped. Its memory is bounded by
// Limits: nothing of the stanza is kept but the root's start tag, and for each
// open element down to Limits.Depth a hash of its name.
type skip struct {
	which string // "": not skipping
	limit int
	from  int64 // offset of the stanza in the stream
	keep  int   // buf[start:keep] is kept: the root's start tag or the beginning of it
	names []uint64
	seed  maphash.Seed

	tag   bool // pos is within a tag longer than Limits.Stanza …
	end   bool // … which is an end tag
	slash bool // … and the byte before pos is a slash
}

func (k *skip) reset() { k.which, k.names = "", k.names[:0] }

// hash of as much of a name as is there even if its tag is too long.
func (s *Splitter) hash(name []byte) uint64 {
	return maphash.Bytes(s.skip.seed, name[:min(len(name), s.lim.Stanza-len("</"))])
}

// beginSkip gives up on the stanza at start: from here on it is only matched
// up to its end.
func (s *Splitter) beginSkip(which string, limit int) {
	s.skip.which, s.skip.limit = which, limit
	s.skip.from = s.offset() - int64(s.pos-s.start)
	if len(s.d.els) == 0 {
		return // the root's start tag is itself too long; see beginSkipTag
	}
	s.skip.keep = s.start + int(s.d.els[0].tagHi)
	s.skip.names = append(s.skip.names, make([]uint64, min(s.depth, s.lim.Depth))...)
	for i, depth := s.cur, s.depth; i >= 0; i, depth = s.d.els[i].parent, depth-1 {
		if e := &s.d.els[i]; depth <= s.lim.Depth {
			s.skip.names[depth-1] = s.hash(s.buf[s.start+int(e.off)+1 : s.start+int(e.nameHi)])
		}
	}
	s.d.els = s.d.els[:1]
	s.d.els[0].closeLo, s.d.els[0].end = s.d.els[0].tagHi, s.d.els[0].tagHi
}

func (s *Splitter) pushName(name []byte) {
	if s.depth <= s.lim.Depth {
		s.skip.names = append(s.skip.names, s.hash(name))
	}
}

func (s *Splitter) popName() {
	s.skip.names = s.skip.names[:min(s.depth, len(s.skip.names))]
}

// nameMatches says whether the innermost element may end with that name; too
// deep down any may.
func (s *Splitter) nameMatches(name []byte) bool {
	return s.depth > len(s.skip.names) || s.skip.names[s.depth-1] == s.hash(name)
}

// beginSkipTag begins to skip a tag longer than Limits.Stanza, and with it the
// stanza. Only its name and its end are looked at.
func (s *Splitter) beginSkipTag() error {
	if s.skip.which == "" {
		s.beginSkip(LimitStanza, s.lim.Stanza)
	}
	b := s.buf[s.pos : s.pos+s.lim.Stanza]
	s.skip.tag, s.skip.slash, s.skip.end = true, false, b[1] == '/'
	name := b[1:]
	if s.skip.end {
		name = b[2:]
	}
	for i, c := range name {
		if class[c]&isSpace != 0 || c == '/' || c == '>' {
			name = name[:i]
			break
		}
	}
	switch {
	case s.skip.end && s.depth == 0:
		return ErrTooLarge
	case s.skip.end && !s.nameMatches(name):
		return s.malformed(badMatch)
	case !s.skip.end:
		if s.depth == 0 {
			s.tag.parse(b, s.lim.Attrs) // the beginning of it, cut after the last whole attribute
			if s.tag.nameHi == 0 {
				return s.malformed(badName)
			}
			s.skip.keep = s.pos + int(s.tag.good)
			s.d.open(b[:s.tag.good], &s.tag, 0, -1)
		}
		s.depth++
		s.pushName(name)
	}
	return nil
}

// skipTag goes on to the end of the tag begun by beginSkipTag.
func (s *Splitter) skipTag() (bool, error) {
	end := s.tagEnd()
	s.seen = 0
	if end < 0 {
		if s.n > s.pos {
			s.skip.slash = s.buf[s.n-1] == '/'
		}
		s.pos = s.n
		return false, nil
	}
	if end-2 >= s.pos {
		s.skip.slash = s.buf[end-2] == '/'
	}
	s.pos, s.skip.tag = end, false
	if s.skip.slash || s.skip.end {
		s.pop(end)
	}
	return true, nil
}

// skipped returns what is known of the stanza skipped.
func (s *Splitter) skipped() (Stanza, error) {
	s.d.raw = s.buf[s.start:s.skip.keep]
	st := s.d.stanza()
	st.Raw = nil
	return st, &LimitError{Which: s.skip.which, Limit: s.skip.limit}
}
