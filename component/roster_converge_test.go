package component_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"baton/component"
	"baton/desk"
	"baton/handoff"
)

// TestRostersConverge lets callers come, agents hand sessions on, people change
// their rosters by hand, the server refuse, the link break and the program be killed;
// afterwards every roster holds the desk, the conversations its owner is in, and
// what is their own.
func TestRostersConverge(t *testing.T) {
	for _, strategy := range []string{component.RosterPrivilege, component.RosterEjabberd} {
		for seed := range uint64(5) {
			t.Run(fmt.Sprintf("%s/%d", strategy, seed), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					m := newMess(t, strategy, seed)
					for range 60 {
						m.happens()
					}
					m.settle()
					err := m.check()
					require.NoError(t, m.w.halt())
					if err != nil {
						t.Fatalf("%v\n%s\nthe log:\n%s", err, strings.Join(m.story, "\n"), m.w.log.String())
					}
				})
			})
		}
	}
}

// mess is a world in which anything may happen.
type mess struct {
	t     *testing.T
	w     *world
	r     *rand.Rand
	story []string
	ids   int
	own   map[string]rosterItem // what each agent has of their own
}

var messAgents = []string{"alice", "bob", "bert"}

func newMess(t *testing.T, strategy string, seed uint64) *mess {
	m := &mess{t: t, w: newWorld(t.TempDir()), r: rand.New(rand.NewPCG(seed, 1)),
		own: map[string]rosterItem{"mother@example.org": {"Mum", "both", "Family"}, "support@handoff.example.com": {"Support", "both", ""}}}
	require.NoError(t, m.w.office.read("queues: support auto agents: alice support; bob support; bert support tries: 3 roster: "+strategy))
	m.w.server.set(func() {
		m.w.server.auto = []string{"ping", "disco", "roster"}
		m.w.server.api = "ok"
		m.w.server.greets = "<message from='example.com' to='handoff.example.com'><privilege xmlns='urn:xmpp:privilege:2'>" +
			"<perm access='roster' type='both'/></privilege></message>"
		for _, a := range messAgents {
			for contact, i := range m.own {
				m.w.server.books.put(a+"@example.com", contact, i)
			}
		}
	})
	require.NoError(t, m.w.start())
	m.online()
	return m
}

func (m *mess) tell(format string, args ...any) {
	m.story = append(m.story, time.Now().Format("15:04:05 ")+fmt.Sprintf(format, args...))
}

// online has all agents there, as after every connection.
func (m *mess) online() {
	for _, a := range messAgents {
		m.w.server.send(fmt.Sprintf("<presence from='%s@example.com/x' to='desk@handoff.example.com'/>", a))
	}
}

func (m *mess) one(of []string) string { return of[m.r.IntN(len(of))] }

func (m *mess) says(from, to, text string) {
	m.ids++
	m.tell("%s to %s: %s", from, to, text)
	m.w.server.send(fmt.Sprintf("<message type='chat' id='m%d' from='%s/x' to='%s@handoff.example.com'><body>%s</body></message>", m.ids, from, to, text))
}

// open lists the conversations with an open session.
func (m *mess) open() []desk.Conversation {
	var out []desk.Conversation
	for _, a := range messAgents {
		res, err := m.w.desk.Do(context.Background(), desk.Find{By: handoff.Party(a + "@example.com")})
		require.NoError(m.t, err)
		for _, c := range res.Found {
			if !slices.ContainsFunc(out, func(o desk.Conversation) bool { return o.Local == c.Local }) {
				out = append(out, c)
			}
		}
	}
	return out
}

// happens lets one thing happen.
func (m *mess) happens() {
	synctest.Wait()
	m.w.server.set(func() { m.w.server.got = nil })
	switch m.r.IntN(12) {
	case 0, 1:
		m.says(m.one([]string{"carol", "dan", "eve"})+"@example.net", "support", "hello")
	case 2, 3, 4:
		if open := m.open(); len(open) > 0 {
			c := open[m.r.IntN(len(open))]
			to := m.one(messAgents)
			m.says(string(c.Holder), c.Local, m.one([]string{"!transfer ", "!join "})+to)
			synctest.Wait()
			m.says(to+"@example.com", "desk", "y")
		}
	case 5:
		if open := m.open(); len(open) > 0 {
			c := open[m.r.IntN(len(open))]
			m.says(string(c.Holder), c.Local, "!done")
		}
	case 6, 7:
		m.byHand(m.one(messAgents) + "@example.com")
	case 8:
		n := m.r.IntN(4)
		m.tell("the server refuses %d changes", n)
		m.w.server.set(func() { m.w.server.refuses = n })
	case 9:
		m.tell("the link breaks")
		m.w.server.drop()
		time.Sleep(time.Second)
		m.online()
	case 10:
		m.tell("killed")
		require.NoError(m.t, m.w.kill(time.Duration(m.r.IntN(5))*time.Second))
		m.online()
	case 11:
		time.Sleep(time.Duration(m.r.IntN(90)) * time.Second)
	}
}

// byHand changes a roster as its owner, or an administrator, can.
func (m *mess) byHand(owner string) {
	open := m.open()
	m.w.server.set(func() {
		book := m.w.server.books[owner]
		contacts := slices.DeleteFunc(slices.Sorted(maps.Keys(book)), func(c string) bool { return m.own[c] != rosterItem{} })
		if len(contacts) == 0 || m.r.IntN(4) == 0 {
			contact := m.one([]string{"gone.zzzzzzzz@handoff.example.com", "desk@handoff.example.com"})
			if len(open) > 0 {
				contact = open[m.r.IntN(len(open))].Local + "@handoff.example.com"
			}
			m.tell("%s gets %s by hand", owner, contact)
			m.w.server.books.put(owner, contact, rosterItem{"Anything", "to", "Anywhere"})
			return
		}
		contact := m.one(contacts)
		m.tell("%s changes or deletes %s", owner, contact)
		was := book[contact]
		if delete(book, contact); m.r.IntN(2) == 0 {
			m.w.server.books.put(owner, contact, rosterItem{m.one([]string{was.name, "X"}), m.one([]string{was.sub, "to"}), m.one([]string{was.group, "Y"})})
		}
	})
}

// settle lets it all calm down, for as long as it takes until rosters are checked.
func (m *mess) settle() {
	synctest.Wait()
	m.w.server.set(func() { m.w.server.refuses = 0 })
	time.Sleep(checkedBy)
	synctest.Wait()
}

// checkedBy is how long it takes at most until every roster was looked at.
const checkedBy = 35 * time.Minute

func (m *mess) check() error {
	want := map[string]map[string]rosterItem{}
	for _, a := range messAgents {
		want[a] = maps.Clone(m.own)
	}
	for _, c := range m.open() {
		for _, a := range messAgents {
			if c.Has(handoff.Party(a + "@example.com")) {
				want[a][c.Local+"@handoff.example.com"] = rosterItem{fmt.Sprintf("%s · #%d", c.Name, c.Number), "both", "Handoff: " + title(c.Queue)}
			}
		}
	}
	for _, a := range messAgents {
		got := maps.Clone(m.w.server.books[a+"@example.com"])
		desk := got["desk@handoff.example.com"]
		if desk.sub != "both" {
			return fmt.Errorf("%s has the desk as %+v", a, desk)
		}
		delete(got, "desk@handoff.example.com")
		if !maps.Equal(want[a], got) {
			return fmt.Errorf("%s has %v, want %v", a, got, want[a])
		}
	}
	return nil
}
