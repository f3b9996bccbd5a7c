package desk

import (
	"hash/maphash"
	"iter"
	"math/bits"
)

// mostWarm is how many conversations are kept unpacked: those spoken in lately.
const mostWarm = 4096

// shelf keeps the open conversations, packed but for those spoken in lately, and
// finds them by localpart, by caller, or by their place on it. The desk's
// goroutine alone changes it, under the desk's lock; a conversation it gave out
// never changes.
type shelf struct {
	seed   maphash.Seed
	blocks [][]slot
	free   uint32 // first of the places that are free, linked by next[byLocal]
	heads  [2][]uint32
	open   int
	words  words
	buf    []byte

	warm []warm // a clock: the hand passes those used since it came by
	most int    // of them
	hand int
}

// The ways to find a conversation.
const (
	byLocal = iota
	byCaller
)

// slot is a place on the shelf. Place 0 is none.
type slot struct {
	packed string    // "" while it is warm, and where it is free
	heard  int64     // when the alarm for its silence rings, in µs since 1970; 0: none is set
	next   [2]uint32 // of the same buckets
	times  uint32    // how often the place was given back
	warm   uint32    // place in shelf.warm, from 1; 0: packed
}

type warm struct {
	conv *Conversation // nil: nobody's
	id   uint32
	used bool
}

const blockSize = 1024 // slots that are allocated at a time

func newShelf() *shelf { return &shelf{seed: maphash.MakeSeed(), words: newWords(), most: mostWarm} }

func (s *shelf) at(id uint32) *slot { return &s.blocks[id/blockSize][id%blockSize] }

// find returns the place of an open conversation, 0 when there is none. It stays
// its place until the session ends.
func (s *shelf) find(local string) uint32 {
	for id := s.first(byLocal, maphash.String(s.seed, local)); id != 0; id = s.at(id).next[byLocal] {
		if s.local(id) == local {
			return id
		}
	}
	return 0
}

// findCaller returns the place of the caller's open conversation at a queue, 0
// when there is none.
func (s *shelf) findCaller(key callerKey) uint32 {
	for id := s.first(byCaller, maphash.String(s.seed, string(key.caller))); id != 0; id = s.at(id).next[byCaller] {
		if s.caller(id) == key {
			return id
		}
	}
	return 0
}

// get returns the conversation at a place, nil at place 0.
func (s *shelf) get(id uint32) *Conversation {
	if id == 0 {
		return nil
	}
	sl := s.at(id)
	if sl.warm != 0 {
		return s.warm[sl.warm-1].conv
	}
	return s.words.unpack(sl.packed)
}

// byLocal returns the open conversation with that localpart, nil if there is none.
func (s *shelf) byLocal(local string) *Conversation { return s.get(s.find(local)) }

// byCaller returns the caller's open conversation at a queue, nil if there is none.
func (s *shelf) byCaller(key callerKey) *Conversation { return s.get(s.findCaller(key)) }

// local returns the localpart of the conversation at a place.
func (s *shelf) local(id uint32) string {
	sl := s.at(id)
	if sl.warm != 0 {
		return s.warm[sl.warm-1].conv.Local
	}
	return unpackLocal(sl.packed)
}

func (s *shelf) caller(id uint32) callerKey {
	sl := s.at(id)
	if sl.warm != 0 {
		c := s.warm[sl.warm-1].conv
		return callerKey{c.Entry, c.Caller}
	}
	return s.words.unpackCaller(sl.packed)
}

// put makes c what is open at a place, spoken in just now, and returns the place:
// another one where it was place 0.
func (s *shelf) put(id uint32, c *Conversation) uint32 {
	if id == 0 {
		id = s.take()
		s.warmUp(id, c)
		s.enter(id)
		return id
	}
	if w := s.at(id).warm; w != 0 {
		s.warm[w-1].conv, s.warm[w-1].used = c, true
	} else {
		s.warmUp(id, c)
	}
	return id
}

// store puts a conversation that is not on the shelf there, packed. It keeps
// nothing of *c. It is found when all that are stored have been entered.
func (s *shelf) store(c *Conversation) uint32 {
	id := s.take()
	s.at(id).packed = s.pack(c)
	return id
}

// enterAll makes all that were stored be found, on a shelf that had nothing else.
func (s *shelf) enterAll() {
	for way := range s.heads {
		s.heads[way] = make([]uint32, s.open)
	}
	for b, block := range s.blocks {
		for i := range block {
			if block[i].packed != "" {
				s.push(byLocal, uint32(b*blockSize+i))
				s.push(byCaller, uint32(b*blockSize+i))
			}
		}
	}
}

// remove takes away what is at a place.
func (s *shelf) remove(id uint32) {
	s.leave(id, byLocal)
	s.leave(id, byCaller)
	sl := s.at(id)
	if sl.warm != 0 {
		s.warm[sl.warm-1] = warm{}
	}
	*sl = slot{times: sl.times + 1, next: [2]uint32{s.free}}
	s.free = id
	s.open--
}

// all returns what is open, packed conversations in the same place each time.
func (s *shelf) all() iter.Seq2[uint32, *Conversation] {
	return func(yield func(uint32, *Conversation) bool) {
		var into Conversation
		for b := range s.blocks {
			for id, c := range s.block(b, &into) {
				if !yield(id, c) {
					return
				}
			}
		}
	}
}

// block returns what is open in a part of the shelf. What is packed is unpacked
// into *c.
func (s *shelf) block(b int, c *Conversation) iter.Seq2[uint32, *Conversation] {
	return func(yield func(uint32, *Conversation) bool) {
		for i := range s.blocks[b] {
			id, sl, at := uint32(b*blockSize+i), &s.blocks[b][i], c
			switch {
			case sl.warm != 0:
				at = s.warm[sl.warm-1].conv
			case sl.packed != "":
				s.words.unpackInto(at, sl.packed)
			default:
				continue
			}
			if !yield(id, at) {
				return
			}
		}
	}
}

// take returns a place that is free.
func (s *shelf) take() uint32 {
	if s.free == 0 {
		first := uint32(len(s.blocks) * blockSize)
		s.blocks = append(s.blocks, make([]slot, blockSize))
		for i := uint32(blockSize - 1); i > 0; i-- {
			s.at(first + i).next[byLocal] = s.free
			s.free = first + i
		}
		if first > 0 { // place 0 is none
			s.at(first).next[byLocal] = s.free
			s.free = first
		}
	}
	id := s.free
	sl := s.at(id)
	s.free, sl.next[byLocal] = sl.next[byLocal], 0
	s.open++
	return id
}

// warmUp keeps c, which is at a place, unpacked. What was not spoken in for
// longest, or nearly so, is packed for it once there are too many.
func (s *shelf) warmUp(id uint32, c *Conversation) {
	if len(s.warm) < s.most {
		s.warm = append(s.warm, warm{})
		s.hand = len(s.warm) - 1
	}
	for s.warm[s.hand].used {
		s.warm[s.hand].used = false
		s.hand = (s.hand + 1) % len(s.warm)
	}
	w := &s.warm[s.hand]
	if w.conv != nil {
		out := s.at(w.id)
		out.packed, out.warm = s.pack(w.conv), 0
	}
	*w = warm{conv: c, id: id, used: true}
	sl := s.at(id)
	sl.packed, sl.warm = "", uint32(s.hand+1)
	s.hand = (s.hand + 1) % len(s.warm)
}

// pack returns c in as few bytes as is simple.
func (s *shelf) pack(c *Conversation) string {
	s.buf = s.words.pack(s.buf[:0], c)
	return string(s.buf)
}

// hash is of the localpart, or of the caller alone: hardly one is at many queues.
func (s *shelf) hash(way int, id uint32) uint64 {
	if way == byLocal {
		return maphash.String(s.seed, s.local(id))
	}
	return maphash.String(s.seed, string(s.caller(id).caller))
}

// The two ways are hash tables that grow by one bucket at a time (linear hashing):
// there is none to be made anew while people wait, and no room kept for more.

// bucket returns where in heads something of that hash is.
func bucket(heads []uint32, hash uint64) int {
	n := uint64(len(heads))
	high := uint64(1) << (bits.Len64(n) - 1) // the highest power of two that is not above n
	if b := hash & (2*high - 1); b < n {
		return int(b)
	}
	return int(hash & (high - 1))
}

// first returns the first place of a hash's bucket.
func (s *shelf) first(way int, hash uint64) uint32 {
	heads := s.heads[way]
	if len(heads) == 0 {
		return 0
	}
	return heads[bucket(heads, hash)]
}

// enter makes what is at a place be found.
func (s *shelf) enter(id uint32) {
	for way := range s.heads {
		if len(s.heads[way]) < s.open {
			s.split(way)
		}
		s.push(way, id)
	}
}

func (s *shelf) push(way int, id uint32) {
	head := &s.heads[way][bucket(s.heads[way], s.hash(way, id))]
	s.at(id).next[way], *head = *head, id
}

// split adds a bucket and moves there what belongs there.
func (s *shelf) split(way int) {
	n := len(s.heads[way])
	s.heads[way] = append(s.heads[way], 0)
	if n == 0 {
		return
	}
	from := &s.heads[way][n-1<<(bits.Len(uint(n))-1)]
	id := *from
	for *from = 0; id != 0; {
		next := s.at(id).next[way]
		s.push(way, id)
		id = next
	}
}

// leave makes what is at a place no longer be found.
func (s *shelf) leave(id uint32, way int) {
	link := &s.heads[way][bucket(s.heads[way], s.hash(way, id))]
	for *link != id {
		link = &s.at(*link).next[way]
	}
	*link = s.at(id).next[way]
}
