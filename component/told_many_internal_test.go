package component

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/lang"
)

// Of many queues those stand first in which most wait; of a few none is moved.
func TestFullestQueuesFirst(t *testing.T) {
	all := make([]desk.QueueFigures, historyMost+1)
	all[historyMost].Waiting, all[3].Waiting = 2, 1
	all[0].Name, all[3].Name, all[historyMost].Name = "a", "d", "z"
	first := fullest(all)
	require.Len(t, first, historyMost)
	require.Equal(t, []string{"z", "d", "a"}, []string{first[0].Name, first[1].Name, first[2].Name})
	require.Equal(t, all[1:], fullest(all[1:]))
}

// Lists of queues and canned replies end where people stop reading.
func TestLongListsAreCut(t *testing.T) {
	c := crowded(t, slog.New(slog.DiscardHandler))
	sue, _ := c.desk.Directory().Agent("sue@example.com")
	lines := strings.Split(toldQueues(c, lang.In("en"), sue), "\n")
	require.Len(t, lines, historyMost+2)
	require.Equal(t, "… and 2900 more", lines[historyMost])
	require.Contains(t, lines[historyMost+1], "You:")
	sue.Roles = nil
	require.Len(t, strings.Split(toldQueues(c, lang.In("en"), sue), "\n"), 2)

	for i := range 400 {
		c.cfg.Replies = append(c.cfg.Replies, Reply{fmt.Sprint("r", i), strings.Repeat("ä", 4000)})
	}
	text := toldReply(c, lang.In("en"), ask{}, input{}, desk.Result{})
	require.True(t, strings.HasSuffix(text, "\n… and 300 more"), text[len(text)-40:])
	require.Less(t, len(text), maxPost/2)
	require.Equal(t, historyMost+1, strings.Count(text, "\n"))
}
