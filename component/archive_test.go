package component_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
)

// slow is an archive that does something before each page.
type slow struct {
	desk.Archive
	before func(context.Context)
}

func (s slow) ArchivePage(ctx context.Context, q desk.ArchiveQuery) ([]desk.Line, bool, error) {
	s.before(ctx)
	return s.Archive.ArchivePage(ctx, q)
}

// withSlowArchive plays the first steps, and returns what plays more of them.
func withSlowArchive(t *testing.T, w *world, before func(context.Context)) (play func(text string)) {
	w.archive = func(a desk.Archive) desk.Archive { return slow{a, before} }
	play = func(text string) {
		t.Helper()
		steps, err := readScenario("archive", text)
		require.NoError(t, err)
		for _, s := range steps {
			require.NoError(t, w.step(s), s.where())
		}
		synctest.Wait()
	}
	play("include offered")
	return play
}

const askArchive = `
in   <iq type='set' id='q1' from='alice@example.com/a' to='carol.$c@handoff.example.com'><query xmlns='urn:xmpp:mam:2'/></iq>`

// A session that moves while a page of its archive is being read: who asked
// holds it no more, and gets nothing of the page.
func TestArchiveMovesMeanwhile(t *testing.T) {
	inUTC(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t.TempDir())
		moved := false
		play := withSlowArchive(t, w, func(ctx context.Context) {
			if !moved {
				moved = true
				_, err := w.desk.Do(ctx, desk.Accept{Answer: desk.Answer{By: "bob@example.com"}})
				require.NoError(t, err)
			}
		})
		play(askArchive)
		require.True(t, moved)
		answers := sentTo(w, "alice@example.com/a")
		require.Len(t, answers, 1)
		require.Contains(t, answers[0], "<forbidden ")
		require.NoError(t, w.halt())
	})
}

// The same for !history; and what cannot be read ends some time.
func TestHistoryMovesMeanwhile(t *testing.T) {
	inUTC(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t.TempDir())
		moved := false
		play := withSlowArchive(t, w, func(ctx context.Context) {
			if moved {
				<-ctx.Done()
				return
			}
			moved = true
			_, err := w.desk.Do(ctx, desk.Accept{Answer: desk.Answer{By: "bob@example.com"}})
			require.NoError(t, err)
		})
		play("in   <message type='chat' id='a9' from='alice@example.com/a' to='carol.$c@handoff.example.com'><body>!history</body></message>")
		require.True(t, moved)
		answers := strings.Join(sentTo(w, "alice@example.com"), "\n")
		require.Contains(t, answers, "Meanwhile this chat has moved")
		require.NotContains(t, answers, "charged twice")

		const again = "in   <message type='chat' id='b9' from='bob@example.com/b' to='carol.$c@handoff.example.com'><body>!history</body></message>\n"
		w.server.forget()
		play(again)
		play(again)
		require.Contains(t, strings.Join(sentTo(w, "bob@example.com"), "\n"), "One moment: your last command is still being answered.")
		w.server.forget()
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Contains(t, strings.Join(sentTo(w, "bob@example.com"), "\n"), "A limit is reached")
		require.NoError(t, w.halt())
	})
}

// While a page of the archive cannot be read, what is said live goes on; a query
// ends with its link, and the next link's are answered.
func TestArchiveStalls(t *testing.T) {
	inUTC(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t.TempDir())
		stalls, ended := true, 0
		play := withSlowArchive(t, w, func(ctx context.Context) {
			if stalls {
				<-ctx.Done()
				ended++
			}
		})
		play(askArchive + `
in   <message type='chat' id='m2' from='carol@example.net/phone' to='support@handoff.example.com'><body>still here</body></message>
out  <message type='chat' from='carol.$c@handoff.example.com/chat' to='alice@example.com' id='$c-a2'>
       <body>still here</body>…</message>`)
		require.Zero(t, ended)
		require.Empty(t, sentTo(w, "alice@example.com/a"))
		play("drop\ntick 1s")
		require.Equal(t, 1, ended)
		require.Empty(t, sentTo(w, "alice@example.com/a"))
		stalls = false
		play(askArchive)
		answers := sentTo(w, "alice@example.com/a")
		require.Len(t, answers, 3, "two lines and the end")
		require.Contains(t, answers[2], "<fin ")
		require.NoError(t, w.halt())
	})
}

// forget takes everything that came for expected.
func (s *fakeServer) forget() { s.set(func() { s.got = nil }) }

// sentTo returns the stanzas to an address that no step has expected.
func sentTo(w *world, to string) (raw []string) {
	for _, r := range w.server.left() {
		if r.attr("to") == to {
			raw = append(raw, r.raw)
		}
	}
	return raw
}
