package web

import (
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
	"baton/lang"
)

func TestNoticeWhileWaiting(t *testing.T) {
	n := handoff.Notice{Session: 2, Waiting: true, Says: []handoff.Phrase{
		{Name: desk.TextPlace, Args: map[string]string{"Place": "3"}}, {Name: desk.TextEstimate, Args: map[string]string{"Count": "1"}}, {Words: "Bye."}}}
	conv := desk.Conversation{Conversation: handoff.Conversation{Phase: handoff.Waiting, Session: 2}}
	name, e := noticeOf(desk.Item{ID: 7}, n, conv, lang.In("de"))
	require.Equal(t, "notice:7", name)
	require.Equal(t, "Sie sind Nummer 3 in der Warteschlange. Es dauert etwa eine Minute. Bye.", e.Text)

	conv.Phase = handoff.Active
	name, _ = noticeOf(desk.Item{ID: 7}, n, conv, lang.In("de"))
	require.Empty(t, name, "it is not true any more")
	n.Waiting = false
	name, _ = noticeOf(desk.Item{ID: 7}, n, conv, lang.In("de"))
	require.Equal(t, "notice:7", name)
}
