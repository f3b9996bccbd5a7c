//go:build linux

package crash

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/integration/program"
)

const (
	patience = 30 * time.Second       // how long anything may take before a test calls it broken
	pause    = 250 * time.Millisecond // after a crash: before people do again what had no effect
	rest     = 500 * time.Millisecond // after a crash: the longest they wait for what is under way
)

// play is one run of a story.
type play struct {
	t     *testing.T
	s     *server
	dir   string
	conf  string
	env   []string // of the first life, and those after it until it died
	p     *program.Process
	conv  string // the conversation's address
	lines []said

	died   bool
	shaken bool // it died, or the link broke: people do again what had no effect
	window int  // lines that had been sent, came to nothing, and of which nobody was told
	again  int  // times that people did something again
	ids    int

	bounced bool // a message has been made to come back
	logins  int  // before the link was broken
}

// said is a line as somebody said it, and who is to see it live.
type said struct {
	by, at, text string
	to           []string
	private      bool
	id           string
	sent         bool // the server took it
}

// step is a part of a story: what people do, and what they see when it is done.
type step struct {
	name string
	do   func(p *play)
	done func(p *play) bool
}

func people() []*user {
	agent := func(name string) *user { return &user{full: name + "@example.com/x", agent: true} }
	eve := agent("eve")
	eve.away = true
	return []*user{{full: "carol@example.net/phone"}, agent("alice"), agent("bob"), agent("bert"), eve}
}

func newPlay(t *testing.T, offer string, env ...string) *play {
	t.Helper()
	p := &play{t: t, dir: t.TempDir()}
	p.env = append(env, "BATON_FAULT_LOG="+filepath.Join(p.dir, "points.log"))
	p.s = newServer(t, people()...)
	member := func(name, queue string) any {
		return map[string]any{"jid": strings.ToLower(name) + "@example.com", "name": name, "queues": []string{queue}}
	}
	text, err := json.Marshal(map[string]any{
		"component": map[string]any{"domain": domain, "address": p.s.ln.Addr().String(), "secret": secret},
		"data_dir":  p.dir,
		"agents": map[string]any{"domains": []string{"example.com"}, "list": []any{member("Alice", "support"),
			member("Eve", "support"), member("Bob", "billing"), member("Bert", "billing")}},
		"queues": []any{map[string]any{"name": "support", "title": "Support", "greeting": "Hello."},
			map[string]any{"name": "billing", "title": "Billing"}},
		"offer":  map[string]any{"timeout": offer},
		"roster": map[string]any{"strategy": "privilege"},
		"chat":   map[string]any{"settle": "0s"},
		"limits": map[string]any{"stanza": "1MiB", "body": "512KiB"},
		"http":   map[string]any{"listen": ""},
	})
	require.NoError(t, err)
	p.conf = filepath.Join(p.dir, "baton.json")
	require.NoError(t, os.WriteFile(p.conf, text, 0o600))
	return p
}

// tell plays the story to its end, with whatever crash there is in it.
func (p *play) tell(story []step) {
	p.launch()
	for _, s := range slices.Concat([]step{up}, story, []step{stop}) {
		p.step(s)
	}
}

// up waits for the program to be connected.
var up = step{"up", func(*play) {}, func(p *play) bool { return p.s.conn != nil }}

func (p *play) step(s step) {
	p.t.Helper()
	s.do(p)
	began := time.Now()
	for !p.wait(s) {
		require.Less(p.t, time.Since(began), patience, "%s: in vain\n%s", s.name, p)
		if !p.shaken {
			continue
		}
		p.again++
		s.do(p)
	}
}

// wait waits until the step is done. When the program died it is started again,
// and when the step is not done after a pause, it has to be tried again.
func (p *play) wait(s step) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	tick := time.NewTicker(20 * time.Millisecond) // for what is not told: the database, a process
	defer tick.Stop()
	for {
		done, changed := p.s.look(func() bool { return s.done(p) })
		if done {
			return true
		}
		if p.p.Ended() {
			if done, _ := p.s.look(func() bool { return s.done(p) }); done { // it has just ended as it should
				return true
			}
			p.crashed(s)
			p.settle()
		}
		select {
		case <-changed:
		case <-p.p.Done():
		case <-tick.C:
		case <-timer.C:
			return false
		}
	}
}

// crashed notes what a crash left and starts the program again.
func (p *play) crashed(s step) {
	p.t.Helper()
	require.True(p.t, p.p.Killed() && !p.died, "%s: the program ended by itself:\n%s", s.name, p.p.Output())
	p.died, p.shaken = true, true
	for { // what it wrote at last is still being read
		gone, changed := p.s.look(func() bool { return p.s.conn == nil })
		if gone {
			break
		}
		<-changed
	}
	db := p.copied()
	defer db.Close()
	p.checkCommitted(db)
	p.launch()
}

// launch starts the program; it goes on counting, and dies once at most.
func (p *play) launch() { p.p = launch(p.t, p.conf, p.env...) }

// settle waits until what was under way has arrived, so that people see what
// had an effect, but not for ever: not all of it does without them.
func (p *play) settle() {
	for began := time.Now(); time.Since(began) < rest && !p.p.Ended(); {
		up, changed := p.s.look(func() bool { return p.s.conn != nil })
		if up && p.count("SELECT count(*) FROM outbox") == 0 {
			return
		}
		select {
		case <-changed:
		case <-p.p.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stop ends the program in order, when it is up.
var stop = step{"stop",
	func(p *play) {
		if is, _ := p.s.look(func() bool { return up.done(p) }); is {
			p.p.Term(p.t)
		}
	},
	func(p *play) bool { return p.p.Ended() && p.p.Status() == 0 }}

// restart ends it in order and starts it again.
var restart = step{"restart", stop.do, func(p *play) bool {
	if !stop.done(p) {
		return false
	}
	p.launch()
	return true
}}

func (p *play) user(name string) *user {
	if name == "carol" {
		return p.s.users["carol@example.net"]
	}
	return p.s.users[name+"@example.com"]
}

// write has somebody send a message; it returns whether the server took it.
func (p *play) write(by, to, id, text string) bool {
	return p.s.send(fmt.Sprintf("<message type='chat' from='%s' to='%s' id='%s'><body>%s</body><origin-id xmlns='urn:xmpp:sid:0' id='%s'/></message>",
		p.user(by).full, to, id, text, id))
}

// ask has somebody say a word of command, once more with another id.
func (p *play) ask(by, to, text string) {
	p.ids++
	p.write(by, to, fmt.Sprintf("w%d", p.ids), text)
}

// at returns the address of a place; "" is the conversation.
func (p *play) at(place string) string {
	if place == "" {
		return p.conv
	}
	return place + "@" + domain
}

func (p *play) String() string {
	var b strings.Builder
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	for name, u := range p.s.users {
		for _, m := range u.got {
			fmt.Fprintf(&b, "%s saw [%s] %.300q %s %s\n", name, m.id, m.body, m.transfer, m.state)
		}
		for id, c := range u.refused {
			fmt.Fprintf(&b, "%s was refused %s: %s\n", name, id, c)
		}
	}
	return b.String()
}
