package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"baton/desk"
	"baton/handoff"
)

// twins are two stores that are given the same: one writes each batch into the
// tables, the other keeps in its journal what it can.
type twins struct {
	t             *testing.T
	rt            *rapid.T
	plain, brief  *SQLite
	at            Source // of brief
	domain, other string // one desk each
	convs         []*desk.Conversation
	items         []desk.Item
	n             int
}

// Whether batches go through the journal or not, whatever is in them, with crashes
// in between: the same are refused, and every way of reading finds the same.
func TestJournalIsNotNoticed(t *testing.T) {
	empty := tempSource(t)
	require.NoError(t, mustOpen(t, empty).Close())
	made, err := os.ReadFile(empty.Path)
	require.NoError(t, err)
	played, failed := 0, false
	rapid.Check(t, func(rt *rapid.T) {
		if played++; played > *powerCuts/5 && !failed {
			return // more of them with the long run
		}
		defer func() { failed = failed || rt.Failed() }()
		w := &twins{t: t, rt: rt, at: tempSource(t), domain: domain, other: "other.example"}
		plain := tempSource(t)
		write(t, plain.Path, string(made), 0o600)
		write(t, w.at.Path, string(made), 0o600)
		w.plain, w.brief = mustOpen(t, plain), mustOpen(t, w.at)
		defer func() { require.NoError(rt, errors.Join(w.plain.Close(), w.brief.Close())) }()
		w.limit()
		for i := range 4 {
			c := waiting(int64(i + 1))
			c.Domain = []string{w.domain, w.other}[i%2]
			c.Route = desk.Routing{Since: odd(rt), Heard: odd(rt), PlacedAt: odd(rt), Closed: odd(rt), Place: i,
				Skill: rapid.SampledFrom([]string{"", "<gold> \\ \u2028\x01é"}).Draw(rt, "skill"), Last: "bob@example.com"}
			c.Info = fields().Draw(rt, "info")
			w.commit(&desk.Batch{Conversations: []*desk.Conversation{c}})
			w.convs = append(w.convs, c)
		}
		for range rapid.IntRange(0, 9).Draw(rt, "steps") {
			switch rapid.IntRange(0, 9).Draw(rt, "step") {
			case 0:
				w.arrive(rt)
			case 1:
				w.retry(rt)
			case 2:
				w.crash(rt)
			case 3:
				w.same(rt)
			case 4, 5:
				w.say(rt, true)
			default:
				w.say(rt, false)
			}
		}
		w.say(rt, false)
		w.same(rt)
		require.Equal(rt, exportOf(t, Source{w.plain.path}, Filter{}), exportOf(t, w.at, Filter{}))
		require.NoError(rt, w.brief.settle(context.Background()))
		w.same(rt)
		require.Equal(rt, dump(rt, w.plain), dump(rt, w.brief))
	})
}

// odd returns a moment that a clock may show: before 1970, none, of nanoseconds.
func odd(t *rapid.T) time.Time {
	if rapid.IntRange(0, 4).Draw(t, "usual") > 0 {
		return at(int(rapid.Int16().Draw(t, "at")))
	}
	return rapid.OneOf(rapid.Just(time.Time{}), rapid.Just(time.Unix(0, 0)), rapid.Just(time.Unix(0, 1)), moment(),
		rapid.Map(rapid.Int64Range(-1<<60, 1<<60), func(ns int64) time.Time { return time.Unix(0, ns) })).Draw(t, "at")
}

// oddText returns what people write, and worse.
func oddText(t *rapid.T) string {
	if rapid.IntRange(0, 9).Draw(t, "usual") > 0 { // or no batch would be brief
		return rapid.StringOfN(rapid.SampledFrom([]rune("\"\\<>&\x01\x1f\x7f\u2028é\U0001F600u0")), 0, 9, -1).Draw(t, "text")
	}
	return rapid.OneOf(rapid.Just(""), rapid.String(), rapid.Just("\xed\xa0\x80"), rapid.Just("\xef\xbf\xbe"), rapid.Just("\ufeff"),
		rapid.StringOfN(rapid.SampledFrom([]rune("\"\\<>&\x00\x01\x1f\x7f\u2028\u2029é\U0001F600u0")), 0, 9, -1)).Draw(t, "text")
}

// limit makes one write into the tables, and the other's journal small perhaps.
func (w *twins) limit() {
	w.plain.journal.most = 0
	w.brief.journal.most = rapid.SampledFrom([]int{7, 40, mostJournal}).Draw(w.rt, "most")
}

// commit has both commit a batch, each a copy of it, and returns what they did alike.
func (w *twins) commit(b *desk.Batch) error {
	other := *b
	other.Conversations, other.Items = nil, nil
	for _, c := range b.Conversations {
		twin := *c
		other.Conversations = append(other.Conversations, &twin)
	}
	for _, it := range b.Items {
		twin := *it
		other.Items = append(other.Items, &twin)
	}
	err1, err2 := w.plain.Commit(context.Background(), &other), w.brief.Commit(context.Background(), b)
	for _, is := range []error{nil, desk.ErrStale, desk.ErrConflict, desk.ErrNotFound} {
		require.Equal(w.rt, errors.Is(err1, is), errors.Is(err2, is), "%v, %v", err1, err2)
	}
	require.Equal(w.rt, err1 == nil, err2 == nil, "%v, %v", err1, err2)
	for i, c := range b.Conversations {
		require.Equal(w.rt, other.Conversations[i], c)
	}
	for i, it := range b.Items {
		require.Equal(w.rt, other.Items[i].ID, it.ID)
	}
	return err2
}

// say commits a batch of what people said; broken, with something wrong in it, or
// something else besides.
func (w *twins) say(rt *rapid.T, broken bool) {
	of := []string{w.domain, w.other}[rapid.IntRange(0, 1).Draw(rt, "domain")]
	b := &desk.Batch{}
	var was []*desk.Conversation
	for _, c := range w.convs {
		if c.Domain == of && rapid.Bool().Draw(rt, "says") {
			now := *c
			was, b.Conversations = append(was, c), append(b.Conversations, &now)
			w.lines(rt, b, &now)
		}
	}
	for _, it := range w.items {
		if it.Domain == of && rapid.IntRange(0, 3).Draw(rt, "arrived") == 0 {
			b.Done = append(b.Done, it.ID)
		}
	}
	if broken {
		w.spoil(rt, b)
	}
	if w.commit(b) == nil {
		for i, c := range was {
			*c = *b.Conversations[i]
		}
		for _, it := range b.Items {
			w.items = append(w.items, *it)
		}
	}
}

func (w *twins) lines(rt *rapid.T, b *desk.Batch, c *desk.Conversation) {
	c.Route.Heard = odd(rt)
	for range rapid.IntRange(0, 3).Draw(rt, "lines") {
		c.Seq++
		w.n++
		l := desk.Line{
			Conversation: c.Local, Session: c.Session, Seq: c.Seq, Epoch: c.Epoch, At: odd(rt),
			By: rapid.SampledFrom([]handoff.Party{c.Caller, "alice@example.com", ""}).Draw(rt, "by"), Role: desk.RoleCaller,
			To: rapid.SampledFrom([]handoff.Party{"bob@example.com", ""}).Draw(rt, "to"), Name: oddText(rt),
			StanzaID: oddText(rt), Body: oddText(rt), Private: rapid.Bool().Draw(rt, "private"),
		}
		if p := oddText(rt); p != "" {
			l.Payload = []byte(p)
		}
		if rapid.Bool().Draw(rt, "has origin") {
			l.OriginID = fmt.Sprint(oddText(rt), w.n)
		}
		b.Lines = append(b.Lines, l)
		for range rapid.IntRange(0, 2).Draw(rt, "copies") {
			it := item(c, l)
			it.At = odd(rt)
			b.Items = append(b.Items, it)
		}
	}
}

// spoil puts into a batch what the journal does not take, or nobody.
func (w *twins) spoil(rt *rapid.T, b *desk.Batch) {
	anyID := rapid.Int64Range(-1, int64(len(w.items)+9)).Draw(rt, "id")
	b.Done = append(b.Done, anyID)
	if len(b.Conversations) == 0 {
		return
	}
	c := b.Conversations[0]
	switch rapid.IntRange(0, 11).Draw(rt, "what") {
	case 0:
		c.Version--
	case 1:
		c.Seq++
	case 2:
		c.Name = oddText(rt)
	case 3:
		c.Phase, c.Holder = handoff.Active, "bob@example.com"
	case 4:
		c.Phase, c.Holder = handoff.Idle, ""
	case 5:
		b.Items = append(b.Items, &desk.Item{Domain: c.Domain, Conversation: c.Local, Kind: desk.KindOpened, To: c.Caller,
			Effect: handoff.Opened{Session: 1}})
	case 6:
		b.Items = append(b.Items, item(c, desk.Line{Seq: rapid.Uint64Range(0, c.Seq+1).Draw(rt, "seq"), To: "bob@example.com"}))
	case 7:
		c.Guests = append(c.Guests, "carol@example.com")
	default:
		if len(b.Lines) > 0 {
			spoilLine(rt, &b.Lines[len(b.Lines)-1])
		}
	}
}

func spoilLine(rt *rapid.T, l *desk.Line) {
	switch rapid.IntRange(0, 4).Draw(rt, "what of the line") {
	case 0:
		l.Seq += rapid.SampledFrom([]uint64{1, ^uint64(0), 1 << 63}).Draw(rt, "by")
	case 1:
		l.Session = rapid.SampledFrom([]uint64{0, 1 << 53, 1<<63 - 1, 1 << 63}).Draw(rt, "session")
	case 2:
		l.Epoch = rapid.SampledFrom([]uint64{0, 1<<53 + 1, 1<<63 - 1, 1 << 63}).Draw(rt, "epoch")
	case 3:
		l.OriginID = "again"
	case 4:
		l.At = time.Date(rapid.IntRange(-290000, 290000).Draw(rt, "year"), 1, 1, 0, 0, 0, 0, time.UTC)
	}
}

func (w *twins) arrive(rt *rapid.T) {
	b := &desk.Batch{}
	for _, it := range w.items {
		switch rapid.IntRange(0, 5).Draw(rt, "arrives") {
		case 0, 1:
			b.Done = append(b.Done, it.ID)
		case 2:
			b.Buried = append(b.Buried, desk.Dead{Item: it, Reason: "too big", At: at(1)})
		}
	}
	if rapid.Bool().Draw(rt, "only arrived") {
		b.Buried = nil
	}
	require.NoError(rt, w.commit(b))
}

func (w *twins) retry(rt *rapid.T) {
	id := rapid.Int64Range(0, int64(len(w.items)+9)).Draw(rt, "id")
	for _, s := range []*SQLite{w.plain, w.brief} {
		require.NoError(rt, s.Retry(context.Background(), id, w.n))
	}
}

// crash goes on with what the files hold now.
func (w *twins) crash(rt *rapid.T) {
	to := tempSource(w.t)
	copyOf(w.t, w.at, to)
	require.NoError(rt, w.brief.Close())
	most := w.brief.journal.most
	w.at, w.brief = to, mustOpen(w.t, to)
	w.brief.journal.most = most
}

// same compares what the two show.
func (w *twins) same(rt *rapid.T) {
	require.Equal(rt, w.shown(rt, w.plain), w.shown(rt, w.brief))
}

func (w *twins) shown(rt *rapid.T, s *SQLite) (all []any) {
	ctx := context.Background()
	add := func(v any, err error) {
		if errors.Is(err, desk.ErrNotFound) {
			v, err = "not found", nil
		}
		require.NoError(rt, err)
		all = append(all, v)
	}
	for _, d := range []string{w.domain, w.other} {
		all = append(all, restore(rt, s, d))
	}
	all = append(all, mustStats(rt, s))
	for id := range int64(len(w.items) + 9) {
		add(s.Pending(ctx, id))
	}
	for _, c := range w.convs {
		add(s.ByLocal(ctx, c.Domain, c.Local))
		add(s.ByNumber(ctx, c.Domain, c.Number))
		add(s.ByCaller(ctx, c.Domain, c.Entry, c.Caller))
		ls, err := s.Lines(ctx, c.Domain, c.Local, 0, ^uint64(0), 0)
		add(ls, err)
		add(s.LineBySeq(ctx, c.Domain, c.Local, c.Seq+1))
		for i, l := range ls {
			if i%3 == len(ls)%3 { // some, the last one among them
				continue
			}
			add(s.Lines(ctx, c.Domain, c.Local, l.Seq, c.Seq-uint64(i%2), i%4))
			add(s.LineBySeq(ctx, c.Domain, c.Local, l.Seq))
			add(s.LineByOrigin(ctx, c.Domain, c.Local, l.By, l.OriginID))
			add(s.LineByStanza(ctx, c.Domain, c.Local, l.By, l.StanzaID, i%4))
		}
	}
	for _, view := range []string{"dialog", "outbox", "standing"} {
		add(rowsOf(ctx, s, "SELECT * FROM "+view+" ORDER BY id"))
	}
	return all
}
