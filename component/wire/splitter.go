package wire

import (
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
)

const (
	firstBuffer = 32 << 10
	minRead     = 4 << 10 // read only with at least this much room
	cdataStart  = "<![CDATA["
)

// A Splitter splits stanzas off a stream. It is for one goroutine.
type Splitter struct {
	r    io.Reader
	rerr error // came together with bytes, due when these are used up
	lim  Limits
	err  error // ended for good

	buf   []byte
	start int   // of the stanza in buf
	pos   int   // everything before is done with
	n     int   // buf[:n] is filled
	read  int64 // bytes read so far

	seen  int  // bytes after pos already searched for the end of a tag …
	quote byte // … and the quote they left open
	cdata bool // pos is within a CDATA section
	depth int  // open elements
	cur   int32
	done  bool // buf[start:pos] is a whole stanza, handed out
	d     document
	tag   tag
	skip  skip
}

// New returns a splitter that reads, from r, what follows the stream header.
func New(r io.Reader, limits Limits) *Splitter {
	s := &Splitter{r: r, lim: limits.withDefaults(), buf: make([]byte, firstBuffer), cur: -1}
	s.skip.seed = maphash.MakeSeed()
	return s
}

// Buffered is the number of bytes read but not yet returned. At 0 the input
// is drained and Next will read.
func (s *Splitter) Buffered() int { return s.n - s.pos }

// Next returns the next stanza, valid until the next call. With a *LimitError
// the stanza has been skipped: what is known of its root element is returned
// (without Raw and children) and Next may be called again.
func (s *Splitter) Next() (Stanza, error) {
	if s.err != nil {
		return Stanza{}, s.err
	}
	if s.done {
		s.begin()
	}
	for !s.done {
		ok, err := s.step()
		if err == nil && s.skip.which != "" && s.offset()-s.skip.from > int64(s.lim.Skip) {
			err = ErrTooLarge
		}
		if err != nil {
			s.err = err
			return Stanza{}, err
		}
		if !ok {
			if err := s.more(); err != nil {
				return Stanza{}, err
			}
		}
	}
	if s.skip.which != "" {
		return s.skipped()
	}
	s.d.raw = s.buf[s.start:s.pos]
	return s.d.stanza(), nil
}

func (s *Splitter) begin() {
	s.start, s.done, s.cur = s.pos, false, -1
	s.d.reset()
	s.skip.reset()
}

// offset of pos in the stream.
func (s *Splitter) offset() int64 { return s.read - int64(s.n-s.pos) }

func (s *Splitter) malformed(problem string) error {
	return fmt.Errorf("%w: %s, near byte %d after the stream header", ErrNotWellFormed, problem, s.offset())
}

// step takes one token; false: it needs more bytes.
func (s *Splitter) step() (bool, error) {
	switch {
	case s.skip.tag:
		return s.skipTag()
	case s.cdata:
		return s.text()
	case s.depth == 0:
		s.pos = skipSpace(s.buf[:s.n], s.pos)
		s.start = s.pos
	}
	b := s.buf[s.pos:s.n]
	switch {
	case len(b) == 0:
		return false, nil
	case b[0] != '<' && s.depth == 0:
		return false, s.malformed(badOutside)
	case b[0] != '<':
		return s.text()
	case len(b) == 1:
		return false, nil
	case b[1] == '!' || b[1] == '?':
		return s.declaration(b)
	}
	return s.whole()
}

// text takes character data up to a '<', or the content of a CDATA section up
// to its end, as far as it is there.
func (s *Splitter) text() (bool, error) {
	n, ended, problem := checkText(s.buf[s.pos:s.n], s.cdata)
	s.pos += n
	if problem != "" {
		return false, s.malformed(problem)
	}
	s.checkSize(s.pos)
	s.cdata = s.cdata && !ended
	return ended, nil
}

// declaration takes what begins with "<!" or "<?": only CDATA is allowed.
func (s *Splitter) declaration(b []byte) (bool, error) {
	n := min(len(b), len(cdataStart))
	switch {
	case b[1] == '!' && len(b) == 2:
		return false, nil
	case b[1] == '?' || b[2] != '[':
		return false, ErrRestrictedXML
	case string(b[:n]) != cdataStart[:n]:
		return false, s.malformed(badCDStart)
	case n < len(cdataStart):
		return false, nil
	case s.depth == 0:
		return false, s.malformed(badOutside)
	}
	s.pos += n
	s.cdata = true
	return true, nil
}

// whole takes a tag once it is all there.
func (s *Splitter) whole() (bool, error) {
	end := s.tagEnd()
	if end < 0 {
		if s.n-s.pos <= s.lim.Stanza {
			return false, nil
		}
		return true, s.beginSkipTag()
	}
	s.checkSize(end)
	if end-s.pos > s.lim.Stanza {
		return true, s.beginSkipTag()
	}
	b := s.buf[s.pos:end]
	at := s.pos
	s.pos, s.seen = end, 0
	if b[1] == '/' {
		return true, s.closeTag(b, at)
	}
	return true, s.openTag(b, at)
}

// tagEnd looks for the '>' outside quotes that ends the tag at pos, going on
// where it stopped the last time; -1: not there yet.
func (s *Splitter) tagEnd() int {
	b, quote := s.buf[:s.n], s.quote
	for i := s.pos + s.seen; i < len(b); i++ {
		switch c := b[i]; {
		case quote != 0:
			j := bytes.IndexByte(b[i:], quote)
			if j < 0 {
				i = len(b)
				continue
			}
			i += j
			quote = 0
		case c > '>':
		case c == '>':
			s.seen, s.quote = i-s.pos, 0
			return i + 1
		case c == '\'', c == '"':
			quote = c
		}
	}
	s.seen, s.quote = len(b)-s.pos, quote
	return -1
}

func (s *Splitter) openTag(b []byte, at int) error {
	t := &s.tag
	if problem := t.parse(b, s.lim.Attrs); problem != "" {
		return s.malformed(problem)
	}
	s.depth++
	if s.skip.which != "" {
		s.pushName(b[1:t.nameHi])
	} else {
		s.cur = s.d.open(b, t, int32(at-s.start), s.cur)
		switch {
		case s.depth > s.lim.Depth:
			s.beginSkip(LimitDepth, s.lim.Depth)
		case t.count > s.lim.Attrs:
			s.beginSkip(LimitAttrs, s.lim.Attrs)
		case len(s.d.els) > s.lim.Elements:
			s.beginSkip(LimitElements, s.lim.Elements)
		}
	}
	if t.flags&selfClosed != 0 {
		s.pop(s.pos)
	}
	return nil
}

func (s *Splitter) closeTag(b []byte, at int) error {
	name := b[2 : len(b)-1]
	for len(name) > 0 && class[name[len(name)-1]]&isSpace != 0 {
		name = name[:len(name)-1]
	}
	if s.depth == 0 || s.skip.which != "" {
		if end, _, problem := s.tag.name(name, 0); problem != "" || end != len(name) {
			return s.malformed(badName)
		}
	}
	switch {
	case s.depth == 0:
		return ErrClosed
	case s.skip.which != "":
		if !s.nameMatches(name) {
			return s.malformed(badMatch)
		}
	default:
		e := &s.d.els[s.cur]
		if !bytes.Equal(name, s.buf[s.start+int(e.off)+1:s.start+int(e.nameHi)]) {
			return s.malformed(badMatch)
		}
	}
	s.pop(at)
	return nil
}

// pop closes the innermost element, whose end tag starts at buf[at] and ends at pos.
func (s *Splitter) pop(at int) {
	s.depth--
	s.done = s.depth == 0
	if s.skip.which != "" {
		s.popName()
		return
	}
	e := &s.d.els[s.cur]
	e.closeLo, e.end = int32(at-s.start), int32(s.pos-s.start)
	s.cur = e.parent
}

// checkSize begins to skip the stanza if it goes on to buf[end] at least and
// that is beyond the limit.
func (s *Splitter) checkSize(end int) {
	if s.skip.which == "" && s.depth > 0 && end-s.start > s.lim.Stanza {
		s.beginSkip(LimitStanza, s.lim.Stanza)
	}
}

// more reads at least one byte.
func (s *Splitter) more() error {
	s.makeRoom()
	for range 100 {
		if s.rerr != nil {
			err := s.rerr
			s.rerr = nil
			return s.readError(err)
		}
		n, err := s.r.Read(s.buf[s.n:])
		s.n += n
		s.read += int64(n)
		s.rerr = err
		if n > 0 {
			return nil
		}
	}
	return io.ErrNoProgress
}

func (s *Splitter) readError(err error) error {
	if !errors.Is(err, io.EOF) {
		return err
	}
	s.err = io.EOF
	if s.depth > 0 || s.pos < s.n {
		s.err = io.ErrUnexpectedEOF
	}
	return s.err
}

// makeRoom moves what is still needed to the front, and grows the buffer if
// that is not enough. It stays below about four times Limits.Stanza.
func (s *Splitter) makeRoom() {
	switch {
	case s.skip.which != "":
		s.toFront()
		if s.pos > s.skip.keep {
			s.n = s.skip.keep + copy(s.buf[s.skip.keep:], s.buf[s.pos:s.n])
			s.pos = s.skip.keep
		}
	case s.start == s.n || len(s.buf)-s.n < minRead:
		s.toFront()
	}
	if len(s.buf)-s.n < minRead {
		grown := make([]byte, 2*len(s.buf))
		copy(grown, s.buf[:s.n])
		s.buf = grown
	}
}

func (s *Splitter) toFront() {
	s.n = copy(s.buf, s.buf[s.start:s.n])
	s.pos -= s.start
	s.skip.keep -= s.start
	s.start = 0
}
