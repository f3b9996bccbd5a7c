package component_test

import (
	"flag"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"baton/component"
	"baton/integration/hostile"
)

const hostileDir = "../testdata/hostile"

// hostileOffice: Carol talks with Alice, Dave with Bob, Erin with a bot; Adam has
// no part in anything.
const hostileOffice = `config
  queues: support; billing; front auto; empty
  agents: alice support; adam billing capacity=1; bob billing; robo front bot; sue supervisor
auto ping disco roster
in <presence from='alice@example.com/a' to='desk@handoff.example.com'/>
in <presence from='bob@example.com/b' to='desk@handoff.example.com'/>
in <presence from='robo@example.com/r' to='desk@handoff.example.com'/>
in <message id='m1' from='carol@example.net/phone' to='support@handoff.example.com'><body>Hi</body></message>
out <message to='alice@example.com' …>…</message>
in <message id='a1' from='alice@example.com/a' to='desk@handoff.example.com'><body>y</body></message>
out <presence from='carol.$c@handoff.example.com/chat' to='alice@example.com'>…</presence>
out <message to='alice@example.com' …>…</message>
out <message to='alice@example.com' …>…</message>
in <message id='m1' from='dave@example.net/phone' to='billing@handoff.example.com'><body>Hi</body></message>
out <message to='bob@example.com' …>…</message>
in <message id='b1' from='bob@example.com/b' to='desk@handoff.example.com'><body>y</body></message>
out <presence from='dave.$d@handoff.example.com/chat' to='bob@example.com'>…</presence>
out <message to='bob@example.com' …>…</message>
out <message to='bob@example.com' …>…</message>
in <message id='m1' from='erin@example.net/phone' to='front@handoff.example.com'><body>Hi</body></message>
out <presence from='erin.$e@handoff.example.com/chat' to='robo@example.com'>…</presence>
out <message to='robo@example.com' …>…</message>
tick 3s
none
`

// secretWord is in the bodies of the corpus; the log must not hold it.
const secretWord = "nightjar"

// hostileCases returns the corpus by category.
func hostileCases(t testing.TB) map[string][]hostile.Case {
	all, err := hostile.Load(hostileDir)
	require.NoError(t, err)
	by := map[string][]hostile.Case{}
	for _, c := range all {
		by[c.Category] = append(by[c.Category], c)
	}
	return by
}

// TestHostile plays the corpus, category by category, into one office that goes
// on. After each case two other people exchange a word.
func TestHostile(t *testing.T) {
	inUTC(t)
	by := hostileCases(t)
	total := 0
	for _, category := range slices.Sorted(maps.Keys(by)) {
		total += len(by[category])
		t.Run(category, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { playHostile(t, by[category]) })
		})
	}
	require.GreaterOrEqual(t, len(by), 10, "categories")
	require.GreaterOrEqual(t, total, 400, "inputs")
}

// onlyCase says which cases are played.
var onlyCase = flag.String("hostile", "", "play only the hostile cases with this in their names")

// siege is an office under attack.
type siege struct {
	*world
	t      require.TestingT // of the case that is played
	values map[string]string
	n      int // cases so far
}

// caught is a failed check of one case: a bubble has no subtests.
type caught struct{ text string }

func (c *caught) Errorf(format string, args ...any) { c.text += fmt.Sprintf(format, args...) }
func (c *caught) FailNow()                          { panic(c) }

// check plays a case and returns what is wrong with what came of it.
func (s *siege) check(c hostile.Case) (wrong string) {
	now := &caught{}
	s.t = now
	defer func() {
		if p := recover(); p != nil && p != any(now) {
			panic(p)
		}
		wrong = now.text
		s.take() // the next case shall not suffer for it
	}()
	s.play(c)
	return ""
}

// besiege opens the office; close it with shut.
func besiege(t testing.TB) *siege {
	s := &siege{world: newWorld(t.TempDir())}
	s.office.component.Rate = component.Rate{Count: 20, Per: time.Second}
	s.office.policy.Inbox = 64
	steps, err := readScenario("office", hostileOffice)
	require.NoError(t, err)
	for _, step := range steps {
		if err := s.step(step); err != nil {
			s.shut()
			t.Fatal(step.where(), err)
		}
	}
	at := func(local string) string { return local + "@" + ourDomain }
	s.values = map[string]string{
		"service": ourDomain, "desk": at("desk"), "queue": at("support"), "empty": at("empty"),
		"conversation": at("carol." + s.names["c"]), "absent": at("carol.aaaaaaaa"), "other": at("dave." + s.names["d"]),
		"bots": at("erin." + s.names["e"]), "botqueue": at("front"), "short": s.names["c"], "session": "carol." + s.names["c"] + ".1",
		"carol": "carol@example.net/phone", "alice": "alice@example.com/a", "bob": "bob@example.com/b", "erin": "erin@example.net/phone",
		"adam": "adam@example.com/a", "robo": "robo@example.com/r", "sue": "sue@example.com/s", "server": "example.com",
	}
	return s
}

// shut closes what a failed check left open.
func (s *siege) shut() {
	if s.halt != nil {
		s.halt()
	}
}

func playHostile(t *testing.T, cases []hostile.Case) {
	s := besiege(t)
	defer s.shut()
	dials := len(s.server.dials)
	for _, c := range cases {
		if !strings.Contains(c.Name, *onlyCase) {
			continue
		}
		if wrong := s.check(c); wrong != "" {
			t.Errorf("%s: want %s %.200s%s", c, c.Want.Verb, c.Want.Arg, wrong)
		}
	}
	drops := 0
	for _, c := range cases {
		if c.Want.Verb == hostile.Dropped && strings.Contains(c.Name, *onlyCase) {
			drops++
		}
	}
	require.Equal(t, drops, len(s.server.dials)-dials, "times the link broke")
	require.NotContains(t, s.log.String(), secretWord)
	require.NoError(t, s.server.complaint())
	require.NoError(t, s.end())
}

// play plays a case, looks what came of it, and clears up.
func (s *siege) play(c hostile.Case) {
	if c.Want.Verb == hostile.Dropped {
		time.Sleep(time.Minute) // nothing is left that would be sent again
		synctest.Wait()
	}
	s.n++
	s.values["mallory"] = fmt.Sprintf("mallory%d@example.org/m", s.n)
	s.values["name"] = fmt.Sprintf("Mallory%d", s.n)
	sender := ""
	for i := range c.Times {
		for _, in := range c.Input {
			s.values["n"] = strconv.Itoa(s.n*1000 + i)
			raw := hostile.Expand(in, s.values)
			sender = senderOf(raw)
			if err := s.server.send(raw); c.Want.Verb != hostile.Dropped { // it may hang up before the end
				require.NoError(s.t, err)
			}
		}
	}
	synctest.Wait()
	if c.Want.Verb == hostile.Dropped {
		s.server.send(strings.Repeat(" ", 64)) // behind which even an unfinished reference is wrong
		time.Sleep(time.Second)
		for _, who := range []string{"alice", "bob", "robo"} { // as a server does for who is online
			require.NoError(s.t, s.server.send("<presence from='"+s.values[who]+"' to='"+s.values["desk"]+"'/>"))
		}
		time.Sleep(time.Minute) // and the next pause is a short one
		synctest.Wait()
	}
	got := s.take()
	is := s.treatment(got, sender)
	if is.Verb == hostile.Opens {
		s.leave(sender)
	}
	want := hostile.Want{Verb: c.Want.Verb, Arg: hostile.Expand(c.Want.Arg, s.values)}
	switch {
	case want.Verb == hostile.Dropped:
		if len(got) > 0 {
			s.unlike(is, got)
		}
	case want.Verb == hostile.Bounded:
		most, err := strconv.Atoi(want.Arg)
		require.NoError(s.t, err)
		require.NotEmpty(s.t, got)
		require.LessOrEqual(s.t, len(got), most)
		for _, r := range got {
			require.Equal(s.t, bareOf(sender), bareOf(r.attr("to")), r.raw)
		}
	case want.Verb == hostile.Told || want.Verb == hostile.Answered:
		if is.Verb != want.Verb || !strings.Contains(is.Arg, want.Arg) {
			s.unlike(is, got)
		}
	case want != is:
		s.unlike(is, got)
	}
	time.Sleep(6 * time.Second) // the buckets are full again
	synctest.Wait()
	s.canary()
}

func bareOf(addr string) string {
	b, _, _ := strings.Cut(addr, "/")
	return b
}

// unlike fails a case, with the line that would expect what came of it: to be
// read before it is copied.
func (s *siege) unlike(is hostile.Want, got []*received) {
	s.t.Errorf("\n  got: < %s %s%s", is.Verb, is.Arg, show(got))
	s.t.FailNow()
}

var fromAttr = regexp.MustCompile(`^<[^>]*? from=(?:'([^']*)'|"([^"]*)")`)

func senderOf(raw string) string {
	m := fromAttr.FindStringSubmatch(raw)
	if m == nil {
		return ""
	}
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&apos;", "'", "&quot;", `"`, "&#10;", "\n", "&amp;", "&").Replace(m[1] + m[2])
}

// take takes what came.
func (s *siege) take() []*received {
	got := s.server.left()
	for _, r := range got {
		s.server.expected(r)
	}
	return got
}

func show(got []*received) string {
	var b strings.Builder
	for _, r := range got {
		fmt.Fprintf(&b, "\n  came: %.600s", r.raw)
	}
	return b.String()
}

// otherSide is who hears what somebody says.
var otherSide = map[string]string{"carol@example.net": "alice@example.com", "alice@example.com": "carol@example.net",
	"erin@example.net": "robo@example.com", "robo@example.com": "erin@example.net"}

var children = regexp.MustCompile(`(?s)^<message [^>]*>(.*?)(<origin-id xmlns='urn:xmpp:sid:0'|<no-store )`)

// treatment says in the corpus' words what came of a case.
func (s *siege) treatment(got []*received, sender string) hostile.Want {
	if len(got) > 1 && receipt.MatchString(got[0].raw) && got[0].attr("to") == sender {
		got = got[1:] // of a message that asks for one
	}
	if len(got) == 0 {
		return hostile.Want{Verb: hostile.Ignored}
	}
	who, r := bareOf(sender), got[0]
	to := bareOf(r.attr("to"))
	own := to == who && !slices.ContainsFunc(got, func(o *received) bool { return !strings.HasPrefix(o.attr("to"), who) })
	switch {
	case own && r.attr("type") == "error" && r.attr("to") == sender && onlyTold(got[1:]):
		return hostile.Want{Verb: hostile.Fails, Arg: conditionOf(r)}
	case own && r.name.Local == "iq" && r.attr("type") == "result" && len(got) == 1:
		return hostile.Want{Verb: hostile.Answered, Arg: r.raw}
	case own && r.name.Local == "presence":
		return hostile.Want{Verb: hostile.Subscribed}
	case own && onlyTold(got) && len(got) == 1:
		return hostile.Want{Verb: hostile.Told, Arg: r.raw}
	case len(got) == 1 && to == otherSide[who] && r.name.Local == "message":
		if m := children.FindStringSubmatch(r.raw); m != nil && strings.HasPrefix(m[2], "<origin-id") {
			return hostile.Want{Verb: hostile.Relayed, Arg: m[1]}
		} else if m != nil {
			return hostile.Want{Verb: hostile.Passed, Arg: m[1]}
		}
	case len(got) <= 2: // the offer, and maybe the answer to who connected
		i := slices.IndexFunc(got, func(o *received) bool { return o.attr("to") == "alice@example.com" && offered.MatchString(o.raw) })
		if i >= 0 && (len(got) == 1 || got[1-i].attr("to") == sender && got[1-i].attr("type") == "result") {
			return hostile.Want{Verb: hostile.Opens, Arg: offered.FindStringSubmatch(got[i].raw)[1]}
		}
	}
	return hostile.Want{Verb: "something else"}
}

var receipt = regexp.MustCompile(`^<message [^>]*><received xmlns='urn:xmpp:receipts' id='[^']*'/><no-store xmlns='urn:xmpp:hints'/></message>$`)

var offered = regexp.MustCompile(`<body>⚙ \*(.*?)\* for Support · #\d+`)

func onlyTold(got []*received) bool {
	for _, r := range got {
		if r.name.Local != "message" || !strings.Contains(r.raw, "<body>⚙ ") {
			return false
		}
	}
	return true
}

func conditionOf(r *received) string {
	for _, k := range r.kids {
		if e, ok := k.(*element); ok && e.name.Local == "error" && len(e.kids) == 2 {
			return e.kids[0].(*element).name.Local
		}
	}
	return "none"
}

// leave ends the session that a case opened.
func (s *siege) leave(sender string) {
	require.NoError(s.t, s.server.send(fmt.Sprintf("<iq type='set' id='leave' from='%s' to='%s'><disconnect xmlns='urn:xmpp:handoff:0'/></iq>",
		escaped(sender), s.values["queue"])))
	time.Sleep(2 * time.Second)
	synctest.Wait()
	got := s.take()
	require.True(s.t, slices.ContainsFunc(got, func(r *received) bool {
		return r.attr("id") == "leave" && r.attr("type") == "result"
	}), "%s", show(got))
}

// canary has Dave and Bob exchange a word, and somebody ping the service:
// nobody else is the wiser.
func (s *siege) canary() {
	word := fmt.Sprintf("canary %d", s.n)
	s.exchange("dave@example.net/phone", "billing@"+ourDomain, "bob@example.com", word)
	s.exchange("bob@example.com/b", s.values["other"], "dave@example.net", word)
	require.NoError(s.t, s.server.send("<iq type='get' id='alive' from='frank@example.net/x' to='"+ourDomain+"'><ping xmlns='urn:xmpp:ping'/></iq>"))
	synctest.Wait()
	got := s.take()
	require.Len(s.t, got, 1, "%s", show(got))
	require.Equal(s.t, "result frank@example.net/x", got[0].attr("type")+" "+got[0].attr("to"))
	require.NoError(s.t, s.server.complaint())
}

func (s *siege) exchange(from, to, receiver, word string) {
	require.NoError(s.t, s.server.send(fmt.Sprintf("<message type='chat' id='k%d' from='%s' to='%s'><body>%s</body></message>", s.n, from, to, word)))
	synctest.Wait()
	got := s.take()
	require.Len(s.t, got, 1, "%s", show(got))
	require.Equal(s.t, receiver, got[0].attr("to"))
	require.Contains(s.t, got[0].raw, "<body>"+word+"</body>")
}
