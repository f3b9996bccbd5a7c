package component_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"baton/component/wire"
	"baton/integration/hostile"
)

// besieged runs a test in an office, and looks whether that goes on.
func besieged(t *testing.T, test func(s *siege)) {
	synctest.Test(t, func(t *testing.T) {
		s := besiege(t)
		defer s.shut()
		s.t = t
		test(s)
		require.NoError(t, s.server.complaint())
		require.NoError(t, s.end())
	})
}

// FuzzReceive: whatever stanza comes, from whomever, the component answers
// afterwards, and who talks with somebody else hears nothing of it.
func FuzzReceive(f *testing.F) {
	all, err := hostile.Load(hostileDir)
	require.NoError(f, err)
	values := map[string]string{"service": ourDomain, "queue": "support@" + ourDomain, "desk": "desk@" + ourDomain, "absent": "x.aaaaaaaa@" + ourDomain,
		"conversation": "carol.id000001@" + ourDomain, "short": "id000001", "session": "carol.id000001.1", "carol": "carol@example.net/phone",
		"alice": "alice@example.com/a", "adam": "adam@example.com/a", "mallory": "mallory@example.org/m", "n": "1"}
	for i, c := range all {
		if i%40 == 0 && len(c.Input[0]) < 2000 {
			f.Add([]byte(hostile.Expand(c.Input[0], values)))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		split := wire.New(strings.NewReader(string(data)), wire.Limits{})
		st, err := split.Next()
		if err != nil || len(st.Raw) != len(data) {
			return // no stanza, or not one: wire's own tests
		}
		if strings.HasPrefix(string(st.From), "bob@") || strings.HasPrefix(string(st.From), "dave@") || st.Is(wire.NSStream, "error") {
			return // those who look whether anything comes
		}
		besieged(t, func(s *siege) {
			require.NoError(t, s.server.send(string(data)))
			synctest.Wait()
			for _, r := range s.take() {
				require.NotContains(t, []string{"bob@example.com", "dave@example.net", "erin@example.net"}, bareOf(r.attr("to")), r.raw)
			}
			time.Sleep(6 * time.Second)
			synctest.Wait()
			s.take()
			s.canary()
		})
	})
}

// FuzzCommand: what an agent types is either a command, and then the caller
// hears nothing of it, or said, and then nothing happens but that.
func FuzzCommand(f *testing.F) {
	for _, text := range []string{"!help", "!transfer nobody x", "!say hello", "!!done", "! done", "hello", "!accept 99999999999999999999", "!cancel",
		"!decline #1 x", "!\u202edone", "!DONE\u00a0x", "!", "!⚙", "!return ⚙\u2028x", "!transfer ♥@@/x",
		"!note x", "!info a=b\nc=d", "!info =", "!history 99999999999999", "!who x", "!r hours", "!take #1", "!pause", "!resume", "!force #1 alice", "!end",
		"!whisper #1 x", "!barge", "!sessions", "!queue", "!agents", "!help !say", "!help \u202e"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 2000 {
			return
		}
		besieged(t, func(s *siege) {
			raw := wire.AppendEscapedText([]byte("<message type='chat' id='f1' from='alice@example.com/a' to='"+s.values["conversation"]+"'><body>"), text)
			require.NoError(t, s.server.send(string(raw)+"</body></message>"))
			synctest.Wait()
			got := s.take()
			toCaller := slices.ContainsFunc(got, func(r *received) bool { return bareOf(r.attr("to")) == "carol@example.net" })
			command := strings.HasPrefix(text, "!") && len(text) > 1 && text[1] != '!' && text[1] != ' '
			word, _, _ := strings.Cut(strings.TrimPrefix(strings.ToLower(text), "!"), " ")
			switch {
			case !command && strings.ContainsAny(text, "!！"): // maybe one all the same: the scenario near-commands
			case !command:
				require.Len(t, got, 1, "%s", show(got))
				require.True(t, toCaller, "%s", show(got))
			case !strings.HasPrefix(word, "say") && !strings.HasPrefix(word, "done"):
				require.False(t, toCaller, "%s", show(got))
			}
			s.canary()
		})
	})
}
