package store

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

// traces are texts that only one caller's records have; in the body some are
// long, so that they spread over pages.
type traces struct {
	caller handoff.Party
	texts  []string
}

func tracesOf(n int) traces {
	tr := traces{caller: handoff.Party(fmt.Sprintf("carol%d@secret.example", n))}
	for _, what := range []string{"name", "renamed", "local", "reach", "body", "payload", "origin", "stanza", "reason", "declined",
		"order", "buried", "label", "value", "author"} {
		tr.texts = append(tr.texts, fmt.Sprintf("%s-of-%d-qx", what, n))
	}
	return tr
}

func (tr traces) text(what string) string {
	for _, t := range tr.texts {
		if strings.HasPrefix(t, what+"-of-") {
			return t
		}
	}
	panic(what)
}

// live fills a store with everything there can be of a caller: written, changed,
// confirmed, buried.
func (tr traces) live(t *testing.T, s *SQLite, n int64) *desk.Conversation {
	c := waiting(n)
	c.Caller, c.Local, c.Name, c.Reach = tr.caller, tr.text("local"), tr.text("name"), string(tr.caller)+"/"+tr.text("reach")
	c.Info = []desk.Field{{Var: tr.text("order"), Label: tr.text("label"), Value: strings.Repeat(tr.text("value"), 300)}}
	b := ledger(c)
	b.Transfers[0].ID, b.Outcomes[0].Transfer = "x-"+tr.text("local"), "x-"+tr.text("local")
	b.Outcomes[0].Outcome.Transfer = b.Outcomes[0].Transfer
	b.Transfers[0].Reason, b.Transfers[0].ByName = tr.text("reason"), tr.text("author")
	b.Transfers[0].Info = c.Info
	b.Outcomes[0].Reason = tr.text("declined")
	mustCommit(t, s, b)
	for i := range 12 {
		c.Name = fmt.Sprint(tr.text("renamed"), i)
		b := &desk.Batch{Conversations: []*desk.Conversation{c}}
		said(b, c, 3)
		for j := range b.Lines {
			l := &b.Lines[j]
			l.Body = tr.text("body")
			l.Payload = []byte(strings.Repeat(tr.text("payload"), 1+200*j))
			l.OriginID, l.StanzaID = fmt.Sprint(tr.text("origin"), l.Seq), tr.text("stanza")
		}
		b.Items = append(b.Items, &desk.Item{Domain: domain, Conversation: c.Local, Kind: desk.KindOutcome, To: c.Caller,
			Effect: handoff.Outcome{Transfer: b.Lines[0].OriginID, Reason: tr.text("declined"), To: c.Caller}})
		mustCommit(t, s, b)
		mustCommit(t, s, &desk.Batch{Done: []int64{b.Items[0].ID, b.Items[1].ID},
			Buried: []desk.Dead{{Item: *b.Items[2], Reason: tr.text("buried")}}})
	}
	return c
}

// ends closes the conversation's session.
func ends(t *testing.T, s *SQLite, c *desk.Conversation) {
	c.Phase = handoff.Idle
	mustCommit(t, s, &desk.Batch{Conversations: []*desk.Conversation{c}})
}

// grep returns which of a caller's texts are in any file of a folder.
func (tr traces) grep(t *testing.T, dir string) (found []string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		require.NoError(t, err)
		for _, text := range append(tr.texts, string(tr.caller)) {
			if bytes.Contains(data, []byte(text)) {
				found = append(found, f.Name()+": "+text)
			}
		}
	}
	return found
}

func TestEraseLeavesNothing(t *testing.T) {
	for _, crashed := range []bool{false, true} {
		t.Run(fmt.Sprintf("crashed %v", crashed), func(t *testing.T) {
			gone, stays := tracesOf(1), tracesOf(2)
			src := tempSource(t)
			s, err := Open(t.Context(), src, Options{})
			require.NoError(t, err)
			other := stays.live(t, s, 1)
			c := gone.live(t, s, 2)
			ends(t, s, c)
			before, err := s.Lines(t.Context(), domain, other.Local, 0, ^uint64(0), 0)
			require.NoError(t, err)
			image := src
			if crashed { // with all of it in a log that nobody copied yet
				image = crashImage(t, src)
			}
			require.NoError(t, s.Close())
			dir := filepath.Dir(image.Path)
			require.Len(t, unique(gone.grep(t, dir)), len(gone.texts)+1, "all of it was there")

			found, err := Erase(t.Context(), image, gone.caller, EraseOptions{})
			require.NoError(t, err)
			require.Equal(t, Found{Conversations: 1, Lines: 37, Transfers: 1, Undelivered: 1 + 12 + 12}, found)
			require.Empty(t, gone.grep(t, dir))
			require.Len(t, unique(stays.grep(t, dir)), len(stays.texts)+1, "the other caller's is not touched")

			s = mustOpen(t, image)
			after, err := s.Lines(t.Context(), domain, other.Local, 0, ^uint64(0), 0)
			require.NoError(t, err)
			require.Equal(t, before, after)
			_, err = stateOf(s)
			require.NoError(t, err)
		})
	}
}

func unique(found []string) map[string]bool {
	texts := map[string]bool{}
	for _, f := range found {
		_, text, _ := strings.Cut(f, ": ")
		texts[text] = true
	}
	return texts
}

// TestErasedStaysErased: neither the number nor the address is given out again,
// nor an outbox id, and a caller who comes back is a new one.
func TestErasedStaysErased(t *testing.T) {
	src := tempSource(t)
	s, err := Open(t.Context(), src, Options{})
	require.NoError(t, err)
	mustCommit(t, s, ledger(waiting(1)))
	tr := tracesOf(1)
	c := tr.live(t, s, 7)
	low := waiting(3)
	low.Phase = handoff.Idle
	mustCommit(t, s, &desk.Batch{Conversations: []*desk.Conversation{low}})
	last := restore(t, s, domain).Items
	ends(t, s, c)
	require.NoError(t, s.Close())
	// A second time there is nothing, and nothing is wrong with that.
	for _, caller := range []handoff.Party{tr.caller, tr.caller, low.Caller} {
		_, err = Erase(t.Context(), src, caller, EraseOptions{})
		require.NoError(t, err)
	}

	s = mustOpen(t, src)
	require.Equal(t, int64(8), restore(t, s, domain).NextNumber)
	again := waiting(8)
	again.Local = tr.text("local")
	requireRefused(t, s, &desk.Batch{Conversations: []*desk.Conversation{again}}, desk.ErrStale)
	again.Local, again.Caller = "new.address", tr.caller
	b := &desk.Batch{Conversations: []*desk.Conversation{again}}
	said(b, again, 1)
	mustCommit(t, s, b)
	require.Greater(t, b.Items[0].ID, last[len(last)-1].ID)
	require.Equal(t, int64(9), restore(t, s, domain).NextNumber)
	_, err = s.ByLocal(t.Context(), domain, tr.text("local"))
	require.ErrorIs(t, err, desk.ErrNotFound)
}

func TestEraseRefuses(t *testing.T) {
	tr := tracesOf(1)
	src := tempSource(t)
	_, err := Erase(t.Context(), src, tr.caller, EraseOptions{})
	require.ErrorContains(t, err, "there is no database "+src.Path)
	require.NoFileExists(t, src.Path)

	s, err := Open(t.Context(), src, Options{})
	require.NoError(t, err)
	c := tr.live(t, s, 1)
	_, err = Erase(t.Context(), src, tr.caller, EraseOptions{})
	require.ErrorIs(t, err, ErrInUse)
	require.NoError(t, s.Close())

	found, err := Erase(t.Context(), src, tr.caller, EraseOptions{})
	require.ErrorIs(t, err, ErrOpen)
	require.Equal(t, 1, found.Open)
	_, err = Erase(t.Context(), src, tr.caller, EraseOptions{Force: true, Confirm: func(f Found) (bool, error) {
		require.Equal(t, found, f)
		return false, nil
	}})
	require.ErrorIs(t, err, ErrUnconfirmed)
	s, err = Open(t.Context(), src, Options{})
	require.NoError(t, err)
	got, err := s.ByLocal(t.Context(), domain, c.Local)
	require.NoError(t, err)
	require.Equal(t, *c, got, "nothing was changed")
	require.NoError(t, s.Close())

	_, err = Erase(t.Context(), src, tr.caller, EraseOptions{Force: true})
	require.NoError(t, err)
	require.Empty(t, tr.grep(t, filepath.Dir(src.Path)))
}

// TestEraseOfAnAgent keeps what an agent who is a caller too said to others.
func TestEraseOfAnAgent(t *testing.T) {
	src := tempSource(t)
	s, err := Open(t.Context(), src, Options{})
	require.NoError(t, err)
	b := ledger(waiting(1)) // its line is for alice
	mustCommit(t, s, b)
	own := waiting(2)
	own.Caller, own.Phase = "alice@example.com", handoff.Idle
	mustCommit(t, s, &desk.Batch{Conversations: []*desk.Conversation{own}})
	require.NoError(t, s.Close())
	found, err := Erase(t.Context(), src, own.Caller, EraseOptions{})
	require.NoError(t, err)
	require.Equal(t, Found{Conversations: 1, Elsewhere: 1}, found)
	require.Equal(t, b.Conversations[0].Local, restore(t, mustOpen(t, src), domain).Open[0].Local)
}

// TestEraseWhileSomebodyReads says that the log could not be emptied.
func TestEraseWhileSomebodyReads(t *testing.T) {
	tr := tracesOf(1)
	src := tempSource(t)
	s, err := Open(t.Context(), src, Options{})
	require.NoError(t, err)
	ends(t, s, tr.live(t, s, 1))
	_, err = s.conn.ExecContext(t.Context(), "PRAGMA busy_timeout = 20") // not to wait for long here
	require.NoError(t, err)

	db, err := sql.Open("sqlite", readerDSN(src.Path))
	require.NoError(t, err)
	tx, err := db.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	require.NoError(t, err)
	var n int
	require.NoError(t, tx.QueryRowContext(t.Context(), "SELECT count(*) FROM lines").Scan(&n))
	_, err = s.erase(t.Context(), tr.caller, EraseOptions{})
	require.ErrorContains(t, err, "another program is reading "+src.Path)
	require.ErrorContains(t, err, "traces may be left in the file: repeat the command")
	require.NoError(t, tx.Rollback())
	require.NoError(t, db.Close())
	_, err = s.erase(t.Context(), tr.caller, EraseOptions{})
	require.NoError(t, err)
	require.Empty(t, tr.grep(t, filepath.Dir(src.Path)))
	require.NoError(t, s.Close())
}
