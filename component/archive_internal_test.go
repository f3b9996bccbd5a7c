package component

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"baton/desk"
	"baton/handoff"
	"baton/stanza"
)

// keyed is an archive of which only the key is asked.
type keyed struct {
	desk.Archive
	key string
}

func (k keyed) ArchiveKey(context.Context) ([]byte, error) {
	if k.key == "" {
		return nil, errors.New("no key")
	}
	return []byte(k.key), nil
}

func idsOf(t require.TestingT, key, domain, local string) lineIDs {
	var codec lineCodec
	ids, err := codec.of(context.Background(), keyed{key: key}, domain, local)
	require.NoError(t, err)
	return ids
}

// An identifier names one line of one conversation, in one spelling, and only
// the service can make one.
func TestLineIDs(t *testing.T) {
	const key, other = "0123456789abcdef", "0123456789abcdeg"
	ids := idsOf(t, key, "handoff.example.com", "carol.k3v7tq2m")
	rapid.Check(t, func(t *rapid.T) {
		seq := rapid.Uint64().Draw(t, "seq")
		id := ids.of(seq)
		require.Regexp(t, `^[a-z2-7]{26}$`, id)
		got, ok := ids.seq(id)
		require.True(t, ok)
		require.Equal(t, seq, got)
		for _, others := range []lineIDs{
			idsOf(t, key, "handoff.example.com", "dave.aaaaaaaa"),
			idsOf(t, key, "handoff.example.org", "carol.k3v7tq2m"),
			idsOf(t, other, "handoff.example.com", "carol.k3v7tq2m"),
		} {
			_, ok = others.seq(id)
			require.False(t, ok)
			require.NotEqual(t, id, others.of(seq))
		}
		i := rapid.IntRange(0, 25).Draw(t, "i")
		changed := id[:i] + string(rapid.RuneFrom([]rune("abcdefghijklmnopqrstuvwxyz234567")).Draw(t, "letter")) + id[i+1:]
		if _, ok = ids.seq(changed); changed != id {
			require.False(t, ok, changed)
		}
	})
	for _, s := range []string{"", "a", strings.Repeat("a", 26), strings.ToUpper(ids.of(1)), ids.of(1) + "a", "♥", ids.of(1) + "="} {
		_, ok := ids.seq(s)
		require.False(t, ok, s)
	}
	_, err := (&lineCodec{}).of(t.Context(), keyed{}, "d", "l")
	require.Error(t, err)
}

// One agent may have four queries waiting and always comes to the same reader,
// so that their answers keep their order; others have room beside them.
func TestArchiveFront(t *testing.T) {
	f := newFront(nil)
	for range archiveEach {
		require.True(t, f.take(archiveQuery{by: "alice"}))
	}
	require.False(t, f.take(archiveQuery{by: "alice"}))
	require.True(t, f.take(archiveQuery{by: "bob"}))
	used := 0
	for _, lane := range f.lanes {
		for range len(lane) {
			if q := <-lane; q.by == "alice" {
				used++
				f.answered("alice")
			} else {
				f.answered(q.by)
			}
		}
		require.Contains(t, []int{0, archiveEach}, used)
	}
	require.Empty(t, f.pending)
	require.True(t, f.take(archiveQuery{by: "alice"}))
	n := 0 // nor do many together take more than there is room for
	for ; f.take(archiveQuery{by: handoff.Party(strings.Repeat("x", n+1))}); n++ {
	}
	require.LessOrEqual(t, n, archiveReaders*archiveQueue)
}

// A page waits until the server has taken most of what was written before, or
// the link is gone.
func TestCalm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, servers := net.Pipe()
		go io.Copy(io.Discard, servers)
		l := &link{conn: ours, gone: make(chan struct{})}
		l.wrote = sync.NewCond(&l.mu)
		l.write(make([]byte, 11))
		require.True(t, l.calm(11))
		calm := make(chan bool, 1)
		go func() { calm <- l.calm(10) }()
		synctest.Wait()
		require.Empty(t, calm)
		written := make(chan struct{})
		go func() { defer close(written); l.writer() }()
		require.True(t, <-calm)

		l.close()
		<-written
		require.False(t, l.calm(10))
		ours.Close()
	})
}

func somePager(by handoff.Party) *pager {
	c := &Component{cfg: Config{Domain: "handoff.example.com"}, mark: "⚙",
		desk: desk.New(desk.Config{Domain: "handoff.example.com", Directory: &desk.Directory{}})}
	conv := desk.Conversation{Local: "carol.k3v7tq2m", Conversation: handoff.Conversation{Caller: "carol@example.net"}}
	return &pager{c: c, q: archiveQuery{h: stanza.Header{From: string(by) + "/r", To: "carol.k3v7tq2m@handoff.example.com"}, by: by, conv: conv}}
}

// What refers to another line names it as the reader's client knows it.
func TestArchiveReferences(t *testing.T) {
	lines := []desk.Line{
		{Seq: 1, Role: desk.RoleCaller, By: "carol@example.net", StanzaID: "m1", Payload: []byte("<body>Hi</body>")},
		{Seq: 2, Role: desk.RoleAgent, By: "alice@example.com", StanzaID: "it's", Body: "twice?", Payload: []byte("<body>twice?</body>")},
		{Seq: 3, Role: desk.RoleCaller, By: "carol@example.net", StanzaID: "m3",
			Payload: []byte("<body>yes</body><reply xmlns='urn:xmpp:reply:0' id='it&#39;s' to='x'/>")},
		{Seq: 4, Role: desk.RoleAgent, By: "alice@example.com", StanzaID: "a4", Body: "thrice?",
			Payload: []byte("<body>thrice?</body><replace xmlns='urn:xmpp:message-correct:0' id='k3v7tq2m-c2'/>")},
		{Seq: 5, Role: desk.RoleCaller, By: "carol@example.net", StanzaID: "m5",
			Payload: []byte("<reactions xmlns='urn:xmpp:reactions:0' id='elsewhere'><reaction>x</reaction></reactions><x xmlns='jabber:x:oob' id='k3v7tq2m-c2'/>")},
	}
	for by, want := range map[handoff.Party][]string{
		"alice@example.com": {"<reply xmlns='urn:xmpp:reply:0' id='it&#39;s' to='x'/>", "<replace xmlns='urn:xmpp:message-correct:0' id='it&#39;s'/>"},
		"bob@example.com":   {"<reply xmlns='urn:xmpp:reply:0' id='k3v7tq2m-a2' to='x'/>", "<replace xmlns='urn:xmpp:message-correct:0' id='k3v7tq2m-a2'/>"},
	} {
		p := somePager(by)
		known := knownAs{p: p, sent: map[string]uint64{}, own: map[uint64]string{}}
		for i := range lines {
			lines[i].Conversation = "carol.k3v7tq2m"
			known.note(lines[i])
		}
		require.Equal(t, "<body>Hi</body>", string(known.in(lines[0], p.voiced(lines[0]))))
		require.Equal(t, "<body>yes</body>"+want[0], string(known.in(lines[2], p.voiced(lines[2]))), by)
		require.True(t, strings.HasSuffix(string(known.in(lines[3], p.voiced(lines[3]))), want[1]), by)
		require.Equal(t, string(lines[4].Payload), string(known.in(lines[4], p.voiced(lines[4]))))
	}
}

// A line too large for a client's stream is shown cut short, not left out; the
// lines beside it are whole.
func TestArchiveLargeLine(t *testing.T) {
	p := somePager("alice@example.com")
	p.ids = idsOf(t, "0123456789abcdef", "handoff.example.com", "carol.k3v7tq2m")
	large := strings.Repeat("'", maxPost)
	lines := []desk.Line{
		{Seq: 1, Role: desk.RoleAgent, By: "bob@example.com", Name: "Bob", Body: large, Payload: appendElement(nil, "body", large)},
		{Seq: 2, Role: desk.RoleCaller, By: "carol@example.net", Body: "Hi", Payload: []byte("<body>Hi</body>")},
	}
	out := string(p.results(&stanza.ArchiveQuery{}, lines))
	first, second, ok := strings.Cut(out, "</forwarded></result></message>")
	require.True(t, ok)
	require.Less(t, len(first), maxPost)
	require.Contains(t, first, "<body>[Bob] "+strings.Repeat("'", maxResult)+"</body>")
	require.Contains(t, second, "<body>Hi</body>")
}
