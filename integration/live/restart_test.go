package live

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/integration/client"
)

// until waits for a point in time that a stanza named.
func until(t *testing.T, stamp string) {
	t.Helper()
	at, err := time.Parse(time.RFC3339, stamp)
	require.NoError(t, err)
	select {
	case <-time.After(time.Until(at)):
	case <-t.Context().Done():
	}
}

// serveBehind is serve with a tap between the program and the server.
func serveBehind(t *testing.T, on string, change func(settings) settings) (*world, *tap) {
	t.Helper()
	w := &world{t: t, dir: dataDir(t), server: lendServer(t, on)}
	link := newTap(t, w.server.Addr().ComponentAddr)
	w.configure(link.addr, change)
	w.start()
	w.baton.Says(t, "msg=connected")
	return w, link
}

// The server crashes with messages under way and comes back. The program
// connects by itself, and what nobody had confirmed is delivered.
func TestServerRestart(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w, link := serveBehind(t, on, auto)
		line := newTap(t, w.server.Addr().C2S)
		alice := w.agent("alice", "a", func(o *client.Options) { o.Addr = line.addr })
		ann := w.dial("ann", "c", nil)
		conv := w.held(ann, alice)
		w.settled(alice, ann)

		line.hold()
		texts := numbers("caller", 1, 20)
		for _, text := range texts {
			w.say(ann, support, text)
		}
		w.eventually("all journalled", func() bool { return w.count("SELECT count(*) FROM dialog") == 1+len(texts) })
		require.Equal(t, len(texts), w.count("SELECT count(*) FROM outbox WHERE kind = 'line'"))
		from := w.baton.Here()
		require.NoError(t, w.server.Kill())
		w.baton.SaysSince(t, from, "the connection to the server broke")
		line.release()
		// She is back before the program is: ejabberd forgets until the next login
		// a message that it stores for somebody who logs in just then.
		link.hold()
		require.NoError(t, w.server.Restart(t.Context()))
		again := w.dial("alice", "a", nil)
		link.release()
		w.baton.SaysSince(t, from, "msg=connected")
		w.known(again)
		ann2 := w.dial("ann", "c", nil)
		w.stillHeld(ann2, again, conv)
		w.settled(again, ann2)
		require.Equal(t, texts, firstCopies(t, all(again, client.Message(conv, "caller "))))
		require.Equal(t, []string{conv, desk}, contacts(w, again))
		require.NotEmpty(t, all(again, client.Presence(conv, "available")))
	})
}

// SIGTERM in the middle of traffic: what the server has handed over is
// journalled, the rest bounces to its sender; the stream is closed in order.
func TestStop(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := serve(t, on, auto)
		alice, ann := w.agent("alice", "a", nil), w.dial("ann", "c", nil)
		conv := w.held(ann, alice)
		sent := map[string]string{}
		for _, text := range numbers("caller", 1, volume) {
			sent[w.say(ann, support, text)] = text
		}
		w.expect(alice, "some of them", client.Message(conv, "caller 0"))
		w.baton.Term(t)
		require.Zero(t, w.baton.Exits(t))
		require.NoError(t, ann.Ping(t.Context(), ""))

		var kept []string
		for _, l := range w.journal()[1:] {
			kept = append(kept, l.body)
		}
		require.Equal(t, numbers("caller", 1, len(kept)), kept, "in order, from the first")
		returned := map[string]bool{}
		for _, e := range all(ann, client.ErrorOf("")) {
			returned[sent[e.ID]] = true
		}
		lost := len(sent) - len(kept) - len(returned)
		require.Equal(t, numbers("caller", len(kept)+lost+1, volume), slices.Sorted(maps.Keys(returned)), "the rest came back")
		if !w.server.Facts().LosesAtClose {
			require.Zero(t, lost, "each of the rest")
		}
		require.Less(t, lost, 50)
		t.Logf("%d journalled, %d came back, %d were in the server when the stream was closed", len(kept), len(returned), lost)
		w.restart()
		w.settled(alice)
		require.Equal(t, kept, firstCopies(t, all(alice, client.Message(conv, "caller "))))
	})
}

// SIGTERM, and the server goes on handing over until it reads our end of the
// stream: what is journalled of that is kept, what is refused is answered all the
// same, over another link.
func TestStopAnswersTheLast(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w, link := serveBehind(t, on, auto)
		alice, bob, ann := w.agent("alice", "a", nil), w.agent("bob", "b", nil), w.dial("ann", "c", nil)
		conv := w.held(ann, alice)
		w.settled(alice, bob, ann)
		link.hold()
		w.baton.Term(t)
		w.eventually("our end of the stream", func() bool {
			up, _ := link.flowed()
			return strings.HasSuffix(up, "</stream:stream>")
		})
		refused := w.say(bob, conv, "he does not hold it")
		require.NoError(t, bob.Ping(t.Context(), ""), "his server has dealt with it")
		w.say(ann, support, "in time")
		w.eventually("what comes behind it", func() bool {
			_, down := link.flowed()
			return strings.Contains(down, "he does not hold it") && strings.Contains(down, "in time")
		})
		link.release()
		require.Zero(t, w.baton.Exits(t))
		w.expect(bob, "the refusal", func(e client.Event) bool { return client.ErrorOf("")(e) && e.ID == refused })
		lines := w.journal()
		require.Equal(t, "in time", lines[len(lines)-1].body)
		w.restart()
		w.settled(alice)
		require.Equal(t, []string{"in time"}, firstCopies(t, all(alice, client.Message(conv, "in time"))))
	})
}

// SIGTERM at rest: nothing is left to do on disk, and the server sees an orderly
// end of the stream.
func TestStopAtRest(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w, line := serveBehind(t, on, auto)
		alice, ann := w.agent("alice", "a", nil), w.dial("ann", "c", nil)
		conv := w.held(ann, alice)
		w.stillHeld(ann, alice, conv)
		w.baton.Term(t)
		require.Zero(t, w.baton.Exits(t))
		require.NoFileExists(t, w.dir+"/baton.db-wal", "the log is copied into the database")
		up, down := line.flowed()
		require.Regexp(t, `</stream:stream>$`, up)
		require.Regexp(t, `</stream:stream>$`, down)
		require.Zero(t, w.count("SELECT count(*) FROM outbox"))
		require.Zero(t, w.count("SELECT count(*) FROM dead_letters"))
	})
}
