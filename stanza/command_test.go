package stanza

import (
	"encoding/xml"
	"testing"

	"github.com/stretchr/testify/require"
)

// A form behind which comes another is sent on by next, the last one completed
// (XEP-0050 §3.4).
func TestCommandMore(t *testing.T) {
	for more, want := range map[bool]string{
		true:  `<actions execute="next"><next></next></actions>`,
		false: `<actions execute="complete"><complete></complete></actions>`,
	} {
		c := Command{Node: "n", Session: "s", Action: ActionExecute, Status: CommandExecuting, More: more}
		raw, err := xml.Marshal(c)
		require.NoError(t, err)
		require.Contains(t, string(raw), want)
		var read Command
		require.NoError(t, xml.Unmarshal(raw, &read))
		require.Equal(t, c, read)
	}
}
