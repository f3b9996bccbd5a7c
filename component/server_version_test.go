package component_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What the agents' servers are is logged after each login, if they tell, and
// held up by none that does not.
func TestServerIsNamed(t *testing.T) {
	for answer, want := range map[string]string{
		"<iq type='result' from='example.com' to='%s' id='%s'><query xmlns='jabber:iq:version'><name>Prosody</name><version>0.12.3</version></query></iq>": `msg=server host=example.com software=Prosody version=0.12.3`,
		"<iq type='error' from='example.com' to='%s' id='%s'><error type='cancel'/></iq>":                                                                  "",
		"<iq type='result' from='example.com' to='%s' id='%s'/>":                                                                                           "",
	} {
		trouble(t, func(t *testing.T, w *troubled) {
			w.config.AskVersion = true
			w.answerVersion = answer
			w.start()
			require.True(t, w.up())
			if want == "" {
				require.NotContains(t, w.log.String(), "msg=server ")
				return
			}
			require.Contains(t, w.log.String(), want)
		})
	}
}
