package desk_test

import (
	"context"
	"strings"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

// chat is one caller's conversation at one queue.
type chat struct {
	*scene
	who   handoff.Party
	entry string
}

func (s *scene) chat(who handoff.Party, entry string) *chat { return &chat{s, who, entry} }

func name(p handoff.Party) string {
	local, _, _ := strings.Cut(string(p), "@")
	return local
}

func (c *chat) caller() desk.Caller {
	return desk.Caller{Entry: c.entry, Party: c.who, Name: name(c.who), Reach: string(c.who) + "/phone"}
}

// now returns the conversation as committed.
func (c *chat) now() desk.Conversation {
	c.t.Helper()
	got, err := c.desk.Store().ByCaller(context.Background(), domain, c.entry, c.who)
	require.NoError(c.t, err)
	if open, err := c.desk.OpenOf(c.entry, c.who); err == nil {
		require.Equal(c.t, got.Version, open.Version, "the desk's view is the store's")
	}
	return got
}

func (c *chat) local() string { c.t.Helper(); return c.now().Local }

// offer returns the open offer's id.
func (c *chat) offer() string {
	c.t.Helper()
	o := c.now().Offer
	require.True(c.t, o.Open(), "an offer is open")
	return o.ID
}

// lines returns the whole dialog.
func (c *chat) lines() []desk.Line {
	c.t.Helper()
	ls, err := c.file.Lines(context.Background(), domain, c.local(), 1, 1<<40, 0)
	require.NoError(c.t, err)
	return ls
}

// outcomes returns how a transfer ended, as "party state".
func (c *chat) outcomes(transfer string) []string {
	c.t.Helper()
	os, err := c.file.Outcomes(context.Background(), domain, transfer)
	require.NoError(c.t, err)
	got := []string{}
	for _, o := range os {
		got = append(got, name(o.To)+" "+string(o.State))
	}
	return got
}

// What people ask of the desk.

func (c *chat) saying(body string) desk.CallerSays {
	return desk.CallerSays{Caller: c.caller(), Text: desk.Text{Body: body}}
}

func (c *chat) replying(by handoff.Party, body string) desk.AgentSays {
	return desk.AgentSays{Local: c.local(), By: by, Text: desk.Text{Body: body}}
}

func (c *chat) accepting(by handoff.Party, id string) desk.Accept {
	return desk.Accept{Answer: desk.Answer{Local: c.local(), ID: id, By: by}}
}

func (c *chat) declining(by handoff.Party, id string) desk.Decline {
	return desk.Decline{Answer: desk.Answer{Local: c.local(), ID: id, By: by}}
}

func (c *chat) handing(by handoff.Party, to desk.Target) desk.Handoff {
	return desk.Handoff{Local: c.local(), By: by, Target: to}
}

func (c *chat) cancelling(by handoff.Party) desk.Cancel {
	return desk.Cancel{Local: c.local(), By: by}
}

func (c *chat) ending(by handoff.Party) desk.Disconnect {
	return desk.Disconnect{Local: c.local(), By: by, Reason: "done"}
}

func (c *chat) hangingUp() desk.Disconnect {
	return desk.Disconnect{Entry: c.entry, By: c.who, Reason: "done"}
}

// What people do, and it works.

func (c *chat) says(body string) desk.Result {
	c.t.Helper()
	return c.must(c.saying(body))
}

func (c *chat) replies(by handoff.Party, body string) desk.Result {
	c.t.Helper()
	return c.must(c.replying(by, body))
}

func (c *chat) accepts(by handoff.Party) desk.Result {
	c.t.Helper()
	return c.must(c.accepting(by, c.offer()))
}

func (c *chat) declines(by handoff.Party) {
	c.t.Helper()
	c.must(c.declining(by, c.offer()))
}

func (c *chat) hands(by handoff.Party, to desk.Target) desk.Transfer {
	c.t.Helper()
	return c.must(c.handing(by, to)).Transfer
}

func (c *chat) hangsUp() {
	c.t.Helper()
	c.must(c.hangingUp())
}

// taken returns a chat whose first message was said and that by holds.
func (s *scene) taken(who handoff.Party, entry string, by handoff.Party) *chat {
	s.t.Helper()
	c := s.chat(who, entry)
	s.arrive(by)
	c.says("hello")
	c.accepts(by)
	s.flush()
	s.ignore()
	return c
}
