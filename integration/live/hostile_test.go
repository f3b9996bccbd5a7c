package live

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/integration/client"
	"baton/integration/hostile"
	"baton/integration/server"
)

// What the corpus of hostile input holds is sent by raw clients through real
// servers, which refuse some of it themselves. All the while two others talk,
// and the program neither breaks its link nor logs what was said.
func TestHostile(t *testing.T) {
	cases, err := hostile.Load("../../testdata/hostile")
	require.NoError(t, err)
	require.NotEmpty(t, cases)
	onEach(t, func(t *testing.T, on string) {
		accounts := []server.Account{{User: "carol", Password: "pw"}, {User: "mallory", Password: "pw"}}
		w := &world{t: t, server: startServer(t, on, server.Options{Accounts: accounts}), dir: dataDir(t)}
		w.config = standard(w.server.Addr().ComponentAddr, w.dir).with("limits.rate", "1000/s").with("roster.strategy", "none")
		w.start()
		w.baton.Says(t, "msg=connected")
		alice, bob, ann := w.dial("alice", "a", nil), w.dial("bob", "b", nil), w.dial("ann", "c", nil)
		for _, agent := range []*client.Client{alice, bob} { // no roster tells the desk of them
			require.NoError(t, agent.SendXML("<presence to='"+desk+"'/>"))
			for range 2 { // as known has it
				require.NoError(t, agent.Ping(t.Context(), desk))
			}
		}
		conv := bare(w.open(ann, alice, "Hello").From)
		s := &siege{world: w, clients: map[string]*client.Client{}, values: map[string]string{"queue": billing, "desk": desk, "service": service,
			"empty": "empty@" + service, "absent": "carol.aaaaaaaa@" + service, "server": domain, "name": "Mallory"}}
		s.say(s.client("carol"), billing, "Hi")
		s.expect(bob, "the offer", client.Message(desk, "Take it?"))
		s.say(bob, desk, "y")
		s.values["conversation"] = bare(s.expect(bob, "the handover message", client.Message("", "New session")).From)

		start := w.baton.Here()
		for i, c := range cases {
			s.play(c, i)
			if i%20 != 0 && i != len(cases)-1 {
				continue
			}
			word := fmt.Sprintf("canary %d.", i)
			s.say(ann, support, word)
			require.Contains(t, s.expect(alice, "the canary after "+c.String(), client.Message(conv, word)).Body, word)
			s.say(alice, conv, word)
			s.expect(ann, "the canary after "+c.String(), client.Message(support, word))
		}
		said := w.baton.Output()[start:]
		require.NotContains(t, said, "nightjar")
		require.NotContains(t, said, "panic")
		require.NotContains(t, said, "msg=connected", "the link broke")
	})
}

// siege sends what is hostile.
type siege struct {
	*world
	clients map[string]*client.Client
	values  map[string]string
}

// client returns a hostile client, logged in anew where the server has had enough.
func (s *siege) client(user string) *client.Client {
	if c := s.clients[user]; c != nil {
		select {
		case <-c.Done():
		default:
			return c
		}
	}
	s.clients[user] = s.dial(user, "h", nil)
	return s.clients[user]
}

var placeholder = regexp.MustCompile(`from='\{([a-z]+)\}'`)

// play sends a case: as Carol, whom Bob talks with, or as a stranger. Servers
// stamp who it is from.
func (s *siege) play(c hostile.Case, n int) {
	for i := range min(c.Times, 50) {
		for _, in := range c.Input {
			user := "mallory"
			if m := placeholder.FindStringSubmatch(in); m != nil && m[1] == "carol" {
				user = "carol"
			}
			from := s.client(user)
			s.values["n"] = fmt.Sprintf("%d-%d", n, i)
			s.values["mallory"], s.values["carol"] = from.JID(), from.JID()
			in = placeholder.ReplaceAllString(in, "from='"+from.JID()+"'")
			raw := strings.ReplaceAll(hostile.Expand(in, s.values), "jabber:component:accept", "jabber:client")
			if from.SendXML(raw) != nil {
				continue
			}
			if c.Want.Verb == hostile.Dropped { // the server hangs up, or waits for the rest
				from.Kill()
				<-from.Done()
			}
		}
	}
}
