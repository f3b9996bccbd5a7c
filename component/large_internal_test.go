package component

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
	"baton/lang"
	"baton/stanza"
	"baton/store"
)

const manyAgents = 3000

// crowd is an office of 3,000 agents, and as many queues with long greetings.
type crowd struct{}

func (crowd) Entries() (all []desk.Entry) {
	for i := range manyAgents {
		origin := desk.FromFile
		if i%2 == 0 {
			origin = desk.Changed
		}
		all = append(all, desk.Entry{Kind: desk.AgentEntry, Name: agentNo(i), Origin: origin, By: "sue@example.com",
			Settings: map[string][]string{"jid": {agentNo(i)}, "name": {fmt.Sprint("Agent ", i)}}})
	}
	for i := range manyAgents {
		name := fmt.Sprint("queue", i)
		all = append(all, desk.Entry{Kind: desk.QueueEntry, Name: name, Origin: desk.FromFile,
			Settings: map[string][]string{"name": {name}, "greeting": {strings.Repeat("ä", 4000)}}})
	}
	return all
}

func (crowd) Change(context.Context, desk.Edit) (desk.Entry, error) {
	return desk.Entry{}, desk.ErrUnfit
}

func agentNo(i int) string { return fmt.Sprintf("agent%d@department%d.example.com", i, i) }

func crowded(t *testing.T, log *slog.Logger) *Component {
	dir := &desk.Directory{Agents: []desk.Agent{{JID: "sue@example.com", Name: "Sue", Roles: []string{"supervisor", "admin"}, Queues: []string{"queue0"}}}}
	for i := range manyAgents {
		dir.Agents = append(dir.Agents, desk.Agent{JID: handoff.Party(agentNo(i)), Name: fmt.Sprint("Agent ", i), Queues: []string{"queue0"}})
		dir.Queues = append(dir.Queues, desk.Queue{Name: fmt.Sprint("queue", i), Title: fmt.Sprint("Queue ", i)})
	}
	file, err := store.Open(t.Context(), store.Source{Path: filepath.Join(t.TempDir(), "baton.db")}, store.Options{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	d := desk.New(desk.Config{Domain: "handoff.example.com", Directory: dir, Store: file, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, d.Restore(t.Context()))
	t.Cleanup(func() { require.NoError(t, file.Close()) })
	require.Len(t, d.Figures().Agents, manyAgents+1)
	c := New(Config{Domain: "handoff.example.com", Desk: d, Admin: crowd{},
		Log: log, Prefix: "!", Mark: "⚙ ", Dial: func(context.Context) (net.Conn, error) { return nil, net.ErrClosed }})
	c.owed.close() // it keeps what no link takes
	return c
}

// sent takes what is answered while there is no link.
func sent(c *Component) string { return string(c.owed.take()) }

// In an office of 3,000 agents the forms still fit, and what is written into them
// is taken as what was chosen would be.
func TestFormsOfACrowd(t *testing.T) {
	c := crowded(t, slog.New(slog.DiscardHandler))
	h := stanza.Header{Kind: "iq", Type: "set", ID: "i1", From: "sue@example.com/s", To: "handoff.example.com"}
	for name, tt := range map[string]struct {
		field string
		typ   stanza.FieldType
		a     ask
	}{
		"transfer":     {"target", stanza.TextSingle, ask{by: "sue@example.com", local: "carol.1"}},
		"force":        {"agent", stanza.TextSingle, ask{by: "sue@example.com", local: "carol.1"}},
		"edit-agent":   {"which_agent", stanza.TextSingle, ask{by: "sue@example.com"}},
		"remove-agent": {"which_agent", stanza.TextSingle, ask{by: "sue@example.com"}},
		"add-agent":    {"queues", stanza.TextMulti, ask{by: "sue@example.com"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := operationNamed(name, false)
			f := c.form(o, tt.a, desk.Conversation{})
			b, err := h.Result(stanza.Command{Node: nodeOf(name), Session: "s", Status: stanza.CommandExecuting, Form: f})
			require.NoError(t, err)
			require.Less(t, len(b), 8<<10)
			var back stanza.Form
			for _, field := range f.Fields {
				if field.Var == tt.field {
					require.Equal(t, tt.typ, field.Type)
					require.Contains(t, field.Label, "too many for a list")
				}
				switch field.Var {
				case "target", "agent", "which_agent", "jid":
					field.Values = []string{agentNo(2999)}
				case "queues":
					field.Values = []string{"queue0", "", "queue2999", ""}
				}
				back.Fields = append(back.Fields, stanza.FormField{Var: field.Var, Values: field.Values})
			}
			x, _, err := c.filled(o, tt.a, &back)
			require.NoError(t, err)
			switch tt.field {
			case "target", "agent":
				require.Equal(t, desk.Target{Agent: handoff.Party(agentNo(2999))}, x.target)
			case "which_agent":
				require.Equal(t, agentNo(2999), x.entry)
			case "queues":
				require.Equal(t, []string{"queue0", "queue2999"}, x.settings["queues"])
			}
		})
	}
}

// A list of up to 200 is one, and the number of a session may be written too.
func TestFewChoices(t *testing.T) {
	for n, typ := range map[int]stanza.FieldType{mostChoices: stanza.ListSingle, mostChoices + 1: stanza.TextSingle} {
		f := stanza.FormField{Type: stanza.ListSingle, Label: "Which", Options: make([]stanza.Option, n)}
		few(&f, which, lang.Voice{})
		require.Equal(t, typ, f.Type)
		require.Equal(t, typ == stanza.TextSingle, strings.Contains(f.Label, "#42"), f.Label)
	}
	number, picked, err := chosen(" #42 ")
	require.NoError(t, err)
	require.Equal(t, "#42", number)
	require.Nil(t, picked)
	number, picked, err = chosen("42:7:3")
	require.NoError(t, err)
	require.Equal(t, "42", number)
	require.Equal(t, &asOf{session: 7, epoch: 3}, picked)
	_, _, err = chosen("42:7")
	require.Error(t, err)
}

func TestListsOfACrowd(t *testing.T) {
	c := crowded(t, slog.New(slog.DiscardHandler))
	v := lang.In("en")
	sue, _ := c.agent("sue@example.com")
	agents := toldAgents(c, v, sue)
	require.Equal(t, 1+historyMost+1, len(strings.Split(agents, "\n")))
	require.True(t, strings.HasPrefix(agents, "Agents:\nSue "), agents[:100])
	require.True(t, strings.HasSuffix(agents, "\n… and 2901 more"), agents[len(agents)-100:])

	directory := c.toldDirectory(v)
	require.Less(t, len(directory), directoryMax+4<<10)
	require.Regexp(t, `\n… and \d+ more$`, directory)
	require.Contains(t, directory, "changed by sue@example.com")
	require.Contains(t, directory, "\nAgent "+agentNo(1)+": name: Agent 1\n")
	require.Contains(t, directory, "\nQueue queue0: greeting: "+strings.Repeat("ä", settingMost/2)+"…\n")
}

// What is long is not said three times.
func TestLongAnswerHasATitle(t *testing.T) {
	require.Equal(t, "Agents:\nBob", titleOf("Agents:\nBob"))
	require.Equal(t, "Agents:", titleOf("Agents:\n"+strings.Repeat("x", longTold)))
}

// An answer that no client takes is answered all the same, and the log says whose
// it was.
func TestTooLargeIsAnswered(t *testing.T) {
	var log bytes.Buffer
	c := crowded(t, slog.New(slog.NewTextHandler(&log, nil)))
	h := stanza.Header{Kind: "iq", Type: "set", ID: "i1", From: "sue@example.com/s", To: "handoff.example.com"}
	c.result(h, stanza.Command{Node: nodeOf("agents"), Session: "s", Status: stanza.CommandCompleted, Note: strings.Repeat("x", maxPost), Kind: stanza.NoteInfo})
	answer, err := stanza.Parse([]byte(sent(c)))
	require.NoError(t, err)
	require.Equal(t, stanza.Header{Kind: "iq", Type: "error", ID: "i1", From: h.To, To: h.From}, answer.Header)
	theirs, ok := answer.Failure()
	require.True(t, ok)
	require.EqualValues(t, stanza.ResourceConstraint, theirs.Condition)
	require.Equal(t, "The answer is too large. Name the agent or queue directly.", theirs.Text["en"]+theirs.Text[""])
	require.Contains(t, log.String(), "from=sue@example.com/s")
}

func TestTooLargeLine(t *testing.T) {
	var log bytes.Buffer
	c := crowded(t, slog.New(slog.NewTextHandler(&log, nil)))
	line := string(c.lineOf("desk@handoff.example.com", "sue@example.com", strings.Repeat("<", maxPost/4)))
	require.Contains(t, line, "<body>⚙ The answer is too large. Name the agent or queue directly.</body></message>")
	require.Contains(t, line, "to='sue@example.com'")
	require.Contains(t, log.String(), "from=sue@example.com")
	require.Contains(t, string(c.lineOf("desk@handoff.example.com", "sue@example.com", "Hi")), "<body>⚙ Hi</body></message>")
}

// What cannot be answered at all, as the id alone is too large, is in the log with
// whose it was.
func TestDroppedIsLogged(t *testing.T) {
	var log bytes.Buffer
	c := crowded(t, slog.New(slog.NewTextHandler(&log, nil)))
	h := stanza.Header{Kind: "iq", Type: "get", ID: strings.Repeat("'", 60<<10), From: "sue@example.com/s", To: "handoff.example.com"}
	c.fail(h, stanza.BadRequest, "")
	require.Empty(t, sent(c))
	require.Contains(t, log.String(), "from=sue@example.com/s")
	require.Equal(t, "sue@example.com", recipient([]byte("<message type='chat' from='desk@x' to='sue@example.com' id='a'>")))
	require.Empty(t, recipient([]byte("<message id='a'><x to='b'/>")))
}
