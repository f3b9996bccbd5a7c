package desk

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"baton/handoff"
)

// anything fills every field there is, also those that are added one day.
func anything(rt *rapid.T, v reflect.Value) {
	switch v.Interface().(type) {
	case time.Time:
		if rapid.Bool().Draw(rt, "when") {
			v.Set(reflect.ValueOf(time.Unix(rapid.Int64Range(-1<<40, 1<<40).Draw(rt, "s"), rapid.Int64Range(0, 999_999_999).Draw(rt, "ns")).UTC()))
		}
		return
	case handoff.Phase:
		v.SetUint(rapid.Uint64Range(0, 2).Draw(rt, "phase"))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			anything(rt, v.Field(i))
		}
	case reflect.Slice:
		if n := rapid.IntRange(0, 3).Draw(rt, "n"); n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				anything(rt, v.Index(i))
			}
		}
	case reflect.String:
		v.SetString(rapid.OneOf(rapid.SampledFrom([]string{"", "alice@example.com"}), rapid.String()).Draw(rt, "text"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(rt, "bool"))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.OneOf(rapid.Int64(), rapid.Int64Range(0, 1)).Draw(rt, "int"))
	case reflect.Uint64, reflect.Uint8:
		v.SetUint(rapid.Uint64Range(0, 1<<min(62, v.Type().Bits()-1)).Draw(rt, "uint"))
	default:
		rt.Fatalf("nothing known of %s", v.Type())
	}
}

func someConversation(rt *rapid.T) *Conversation {
	c := new(Conversation)
	anything(rt, reflect.ValueOf(c).Elem())
	if rapid.Bool().Draw(rt, "mostly") {
		c.Reach = string(c.Caller) + "/phone"
		c.Route.Last = c.Holder
	}
	return c
}

// Whatever a conversation holds is there again when it is unpacked.
func TestPack(t *testing.T) {
	ws := newWords()
	rapid.Check(t, func(rt *rapid.T) {
		c := someConversation(rt)
		packed := string(ws.pack(nil, c))
		require.Equal(rt, c, ws.unpack(packed))
		require.Equal(rt, c.Local, unpackLocal(packed))
		require.Equal(rt, callerKey{c.Entry, c.Caller}, ws.unpackCaller(packed))
	})
}

// What strangers make up does not make the list of words grow for ever.
func TestWords(t *testing.T) {
	ws := newWords()
	for i := range 2 * mostWords {
		c := &Conversation{Queue: fmt.Sprint("queue", i)}
		require.Equal(t, c, ws.unpack(string(ws.pack(nil, c))))
	}
	require.Len(t, ws.list, mostWords)
	require.Len(t, ws.numbers, mostWords)
}

// The shelf does what two maps would.
func TestShelf(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newShelf()
		s.most = rapid.IntRange(1, 4).Draw(rt, "warm")
		want := map[string]*Conversation{}
		places := map[string]uint32{}
		for range rapid.IntRange(0, 60).Draw(rt, "steps") {
			n := rapid.IntRange(0, 30).Draw(rt, "who")
			local := fmt.Sprint("c", n)
			c := &Conversation{Local: local, Entry: fmt.Sprint("q", n%2)}
			c.Seq = uint64(rapid.IntRange(0, 9).Draw(rt, "seq"))
			c.Caller = handoff.Party(fmt.Sprint("caller", n/2))
			id := s.find(local)
			require.Equal(rt, places[local], id)
			switch rapid.IntRange(0, 3).Draw(rt, "what") {
			case 0:
				if id != 0 {
					s.remove(id)
					delete(want, local)
					delete(places, local)
				}
			case 1:
				if id == 0 {
					want[local], places[local] = c, s.store(c)
					s.enter(places[local])
				}
			default:
				want[local], places[local] = c, s.put(id, c)
			}
			shelved(rt, s, want)
		}
	})
}

func shelved(rt *rapid.T, s *shelf, want map[string]*Conversation) {
	require.Equal(rt, len(want), s.open)
	for n := range 31 {
		local, key := fmt.Sprint("c", n), callerKey{fmt.Sprint("q", n%2), handoff.Party(fmt.Sprint("caller", n/2))}
		require.Equal(rt, want[local], s.byLocal(local))
		require.Equal(rt, want[local], s.byCaller(key))
	}
	all := map[string]*Conversation{}
	for id, c := range s.all() {
		kept := *c
		all[c.Local] = &kept
		require.Equal(rt, id, s.find(c.Local))
	}
	require.Equal(rt, want, all)
	require.LessOrEqual(rt, len(s.warm), s.most)
}

// Nothing is lost when buckets hold several: each shelf has another seed, and of so
// many many share one.
func TestShelfGrows(t *testing.T) {
	const many = 3 * blockSize
	s := newShelf()
	for i := range many {
		c := &Conversation{Local: fmt.Sprint("c", i), Entry: "support"}
		c.Caller = handoff.Party(fmt.Sprint("caller", i))
		require.NotZero(t, s.store(c))
	}
	s.enterAll()
	for i := 0; i < many; i += 2 {
		s.remove(s.find(fmt.Sprint("c", i)))
	}
	for i := range many {
		id, key := s.find(fmt.Sprint("c", i)), callerKey{"support", handoff.Party(fmt.Sprint("caller", i))}
		require.Equal(t, i%2 != 0, id != 0)
		require.Equal(t, id, s.findCaller(key))
	}
	blocks := len(s.blocks)
	for i := 0; i < many; i += 2 {
		s.enter(s.store(&Conversation{Local: fmt.Sprint("c", i)}))
	}
	require.Len(t, s.blocks, blocks, "places that were given back are used again")
}

// The order of those who wait is what counting would say.
func TestRanks(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := ranks{}
		type who struct{ queue, order int }
		waits := map[who]time.Time{}
		for range 40 {
			w := who{rapid.IntRange(0, 1).Draw(rt, "queue"), rapid.IntRange(1, 12).Draw(rt, "order")}
			since := time.Unix(rapid.Int64Range(1, 9).Draw(rt, "since"), 0)
			if _, ok := waits[w]; ok && rapid.Bool().Draw(rt, "goes") {
				r.remove(fmt.Sprint(w.queue), uint64(w.order))
				delete(waits, w)
			} else {
				r.put(fmt.Sprint(w.queue), uint64(w.order), since)
				waits[w] = since
			}
			ahead, longest := 0, time.Time{}
			for o, since := range waits {
				if o.queue != w.queue {
					continue
				}
				if o.order < w.order {
					ahead++
				}
				if longest.IsZero() || since.Before(longest) {
					longest = since
				}
			}
			require.Equal(rt, ahead, r.ahead(fmt.Sprint(w.queue), uint64(w.order)))
			require.Equal(rt, longest, r.longest(fmt.Sprint(w.queue)))
		}
	})
}
