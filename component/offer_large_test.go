package component_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// A form grows on its way out: an apostrophe takes five bytes there. One that
// clients' streams would end at is not offered natively; the agent is asked in
// words, whose labels are cut short.
func TestOfferLargerThanAClientTakes(t *testing.T) {
	inUTC(t)
	quotes := strings.Repeat("'", 490)
	const request = "<transfer xmlns='urn:xmpp:handoff:0'><target jid='bob@example.com'/><x xmlns='jabber:x:data' type='submit'>"
	for name, tt := range map[string]struct {
		value string
		out   string
	}{
		"too large": {quotes,
			"out <message from='desk@handoff.example.com/chat' to='bob@example.com' id='x-$t' type='chat'><body>$*</body>…</message>"},
		"large": {strings.Repeat("a", 490),
			"out <iq type='set' from='carol.$c@handoff.example.com/chat' to='bob@example.com/b' id='$o'><offer xmlns='urn:xmpp:handoff:0' id='x-$t' session='carol.$c.1' from='alice@example.com' queue='support' expires='$*'>…</offer></iq>"},
	} {
		t.Run(name, func(t *testing.T) {
			var form strings.Builder
			for i := range 32 { // all that are kept
				fmt.Fprintf(&form, `<field var="%d%s" label="%s"><value>%s</value></field>`, i, quotes, quotes, tt.value)
			}
			steps, err := readScenario("large.txt", `native bob@example.com/b
include talking
in <iq type='set' id='a2' from='alice@example.com/a' to='carol.$c@handoff.example.com'>`+request+form.String()+`</x></transfer></iq>
out <iq from='carol.$c@handoff.example.com' to='alice@example.com/a' id='a2' type='result'>…</iq>
`+tt.out+"\n")
			require.NoError(t, err)
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t.TempDir())
				require.NoError(t, w.play(steps))
			})
		})
	}
}
