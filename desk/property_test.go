package desk_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"baton/desk"
	"baton/handoff"
)

// TestProperty lets people do what they like while the channel fails, the store
// fails, and the desk is restarted and killed; when all that is over, what
// invariants.md asks for holds.
func TestProperty(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(struct{ rapid.TB }{t}, func(rt *rapid.T) { // a T of its own: rapid asks a real one for its deadline
			dir, err := os.MkdirTemp(t.TempDir(), "")
			require.NoError(rt, err)
			w := &wild{scene: newScene(rt, filepath.Join(dir, "desk.db")), rt: rt, said: map[string]desk.Line{}}
			w.outbox = desk.OutboxOptions{Window: rapid.IntRange(1, 4).Draw(rt, "window"), Tries: 4}
			w.grace = draw(w, "grace", 0, 20*time.Second)
			w.idle, w.memory = draw(w, "idle", 0, 40*time.Second), draw(w, "memory", 0, 50*time.Second)
			w.directory.Queues, w.directory.Agents = w.anyQueues(), overseers()
			w.start()
			defer func() { w.stop() }()
			w.courier.does(troubled(rapid.Uint64().Draw(rt, "trouble")))
			rt.Repeat(map[string]func(*rapid.T){
				"":         w.within,
				"caller":   func(rt *rapid.T) { w.ask(w.callerSays()) },
				"agent":    func(rt *rapid.T) { w.ask(w.agentSays()) },
				"answer":   func(rt *rapid.T) { w.ask(w.answers()) },
				"hand":     func(rt *rapid.T) { w.ask(w.hands()) },
				"move":     func(rt *rapid.T) { w.ask(w.moves()) },
				"end":      func(rt *rapid.T) { w.ask(w.ends()) },
				"presence": func(rt *rapid.T) { w.ask(w.presence()) },
				"break":    func(rt *rapid.T) { w.ask(w.breaks()) },
				"take":     func(rt *rapid.T) { w.ask(w.takes()) },
				"listen":   func(*rapid.T) { w.ask(w.listens()) },
				"hold":     func(*rapid.T) { w.ask(w.holds()) },
				"burst":    w.burst,
				"time":     w.time,
				"channel":  w.channel,
				"store":    w.fault,
				"restart":  w.reboot,
			})
			w.quiesce()
			w.check()
		})
	})
}

// troubled is a channel of varying luck.
func troubled(seed uint64) func(desk.Item) verdict {
	r := rand.New(rand.NewPCG(seed, 0))
	return func(desk.Item) verdict {
		v := verdict{}
		switch r.IntN(10) {
		case 0, 1:
			v.err = errBounce
		case 2:
			v.err = []error{errBounce, desk.ErrNever, desk.ErrDown}[r.IntN(3)]
		}
		if r.IntN(3) == 0 {
			v.late = time.Duration(r.IntN(3000)) * time.Millisecond
		}
		if r.IntN(8) == 0 {
			v.hold = time.Duration(r.IntN(2000)) * time.Millisecond
		}
		return v
	}
}

// wild is a scene in which anything may happen.
type wild struct {
	*scene
	rt     *rapid.T
	bodies int
	said   map[string]desk.Line // what was taken in, by its body
	unsure int                  // lines that may have been

	permits []permit // what supervisors may hear
}

func draw[E any](w *wild, name string, of ...E) E { return rapid.SampledFrom(of).Draw(w.rt, name) }

func (w *wild) anyChat() *chat {
	return w.chat(draw(w, "caller", carol, dave), draw(w, "entry", "support", "night", "front"))
}

// someChat is one that began; nil when none did.
func (w *wild) someChat() *chat {
	var begun []*chat
	for _, c := range w.chats() {
		if c.begun() {
			begun = append(begun, c)
		}
	}
	if len(begun) == 0 {
		return nil
	}
	return draw(w, "chat", begun...)
}

func (w *wild) chats() (all []*chat) {
	for _, p := range []handoff.Party{carol, dave} {
		for _, entry := range []string{"support", "night", "front"} {
			all = append(all, w.chat(p, entry))
		}
	}
	return all
}

func (w *wild) anyAgent() handoff.Party { return draw(w, "agent", alice, adam, bob, ben, robo) }

// text is a message; some come twice.
func (w *wild) text() desk.Text {
	w.bodies++
	return desk.Text{Body: fmt.Sprintf("m%d", w.bodies), OriginID: draw(w, "origin", "", "", "o1", "o2", "o3")}
}

func (w *wild) callerSays() desk.Request {
	return desk.CallerSays{Caller: w.anyChat().caller(), Text: w.text()}
}

func (w *wild) agentSays() desk.Request {
	c := w.someChat()
	if c == nil {
		return nil
	}
	by := w.anyAgent()
	if in := w.partOf(c); len(in) > 0 && rapid.IntRange(0, 3).Draw(w.rt, "whoever") > 0 {
		by = draw(w, "speaker", in...)
	}
	if rapid.IntRange(0, 4).Draw(w.rt, "note") == 0 {
		return desk.Note{Local: c.local(), By: by, Text: w.text()}
	}
	return desk.AgentSays{Local: c.local(), By: by, Text: w.text(), Aloud: rapid.IntRange(0, 3).Draw(w.rt, "aloud") == 0,
		About: rapid.Uint64Range(0, c.now().Seq).Draw(w.rt, "about"), Changes: rapid.Bool().Draw(w.rt, "changes")}
}

// partOf returns the agents who are in the conversation.
func (w *wild) partOf(c *chat) []handoff.Party {
	var in []handoff.Party
	for _, a := range agents() {
		if c.now().Has(a.JID) {
			in = append(in, a.JID)
		}
	}
	return in
}

// moves is what is done to a session besides handing it on.
func (w *wild) moves() desk.Request {
	c := w.someChat()
	if c == nil {
		return nil
	}
	by := w.anyAgent()
	if in := w.partOf(c); len(in) > 0 && rapid.Bool().Draw(w.rt, "part of it") {
		by = draw(w, "who", in...)
	}
	switch draw(w, "move", "return", "reclaim", "part", "send away", "cancel", "done") {
	case "return":
		return c.returning(by)
	case "reclaim":
		return c.reclaiming(by)
	case "part":
		return desk.Part{Local: c.local(), By: by}
	case "send away":
		return desk.Part{Local: c.local(), By: by, Who: w.anyAgent()}
	case "cancel":
		return c.cancelling(by)
	}
	if by == c.now().Holder {
		return nil
	}
	return c.ending(by)
}

func (w *wild) answers() desk.Request {
	c := w.someChat()
	if c == nil {
		return nil
	}
	a := desk.Answer{Local: c.local(), ID: c.now().Last.ID, By: w.anyAgent()}
	if o := c.now().Offer; o.Open() {
		a.ID = o.ID
		if rapid.IntRange(0, 3).Draw(w.rt, "whoever") > 0 {
			a.By = draw(w, "ringing", o.Ringing...)
		}
	}
	if rapid.IntRange(0, 2).Draw(w.rt, "no") == 0 {
		return desk.Decline{Answer: a}
	}
	return desk.Accept{Answer: a}
}

func (w *wild) hands() desk.Request {
	c := w.someChat()
	if c == nil || c.now().Holder == "" {
		return nil
	}
	if c.now().Offer.Open() && rapid.Bool().Draw(w.rt, "cancel") {
		return c.cancelling(c.now().Holder)
	}
	to := desk.Target{Agent: w.anyAgent()}
	if rapid.Bool().Draw(w.rt, "queue") {
		to = desk.Target{Queue: draw(w, "to", "support", "billing", "night", "front")}
	}
	return c.by(draw(w, "mode", handoff.Warm, handoff.Warm, handoff.Blind, handoff.Consult, handoff.Join), c.now().Holder, to)
}

func (w *wild) ends() desk.Request {
	c := w.someChat()
	if c == nil {
		return nil
	}
	if h := c.now().Holder; h != "" && rapid.Bool().Draw(w.rt, "holder") {
		return c.ending(h)
	}
	return c.hangingUp()
}

func (w *wild) presence() desk.Request {
	return desk.Presence{Agent: w.anyAgent(), Available: rapid.IntRange(0, 3).Draw(w.rt, "there") > 0,
		Online: rapid.Bool().Draw(w.rt, "online")}
}

// ask asks one thing; nil is nothing to ask.
func (w *wild) ask(req desk.Request) {
	if req == nil {
		return
	}
	res, err := w.do(req)
	w.note(res, err)
	w.permit(req, res, err)
}

// note remembers what was taken in.
func (w *wild) note(res desk.Result, err error) {
	if err != nil {
		require.NotErrorIs(w.rt, err, desk.ErrStore)
		require.NotErrorIs(w.rt, err, desk.ErrStopped)
		return
	}
	if res.Line.Seq > 0 && !res.Duplicate {
		require.NotContains(w.rt, w.said, res.Line.Body)
		w.said[res.Line.Body] = res.Line
	}
}

// burst asks several things that share a batch.
func (w *wild) burst(rt *rapid.T) {
	kinds := []func() desk.Request{w.callerSays, w.callerSays, w.agentSays, w.answers, w.answers, w.hands, w.moves, w.moves, w.ends, w.presence,
		w.breaks, w.takes, w.listens, w.holds}
	var reqs []desk.Request
	for range rapid.IntRange(2, 8).Draw(rt, "n") {
		if req := draw(w, "request", kinds...)(); req != nil {
			reqs = append(reqs, req)
		}
	}
	results, errs := w.submit(reqs...)
	for i := range reqs {
		w.note(results[i], errs[i])
		w.permit(reqs[i], results[i], errs[i])
	}
}

func (w *wild) time(rt *rapid.T) {
	w.pass(time.Duration(rapid.IntRange(0, 40_000).Draw(rt, "ms")) * time.Millisecond)
}

func (w *wild) channel(rt *rapid.T) {
	w.desk.Outbox().Down(desk.XMPP)
	w.pass(time.Duration(rapid.IntRange(0, 5).Draw(rt, "s")) * time.Second)
	if rapid.IntRange(0, 3).Draw(rt, "up") > 0 {
		w.desk.Outbox().Up(desk.XMPP, w.courier)
		w.settle()
	}
}

// fault makes the store fail one message, or not know what became of it.
func (w *wild) fault(rt *rapid.T) {
	req := w.callerSays()
	cause := draw(w, "cause", errBroken, desk.ErrUnknownOutcome, nil)
	if cause != nil {
		w.store.breakDown(cause)
	} else {
		w.store.forgets(true)
	}
	_, err := w.do(req)
	w.store.breakDown(nil)
	w.store.forgets(false)
	require.True(rt, err == nil || errors.Is(err, desk.ErrStore), "%v", err)
	if err != nil && cause == nil {
		w.unsure++
	}
	w.settle()
}

func (w *wild) reboot(rt *rapid.T) {
	w.forbid()
	w.cut = rapid.Bool().Draw(rt, "cut")
	if rapid.Bool().Draw(rt, "crash") {
		w.crash()
	} else {
		w.restart()
	}
	for _, a := range agents() {
		if rapid.IntRange(0, 2).Draw(rt, "there") > 0 {
			w.arrive(a.JID)
		}
	}
}
