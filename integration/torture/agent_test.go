package torture

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"

	"baton/integration/client"
)

// agent answers, hands on and takes over at random.
type agent struct {
	*person
	rand *rand.Rand // used by the client's own goroutine only
	said []*saying
}

func newAgent(w *world, name string, native bool, seed uint64) *agent {
	a := &agent{person: newPerson(w, name), rand: rand.New(rand.NewPCG(seed, uint64(len(name))))}
	a.native, a.hear = native, a.act
	return a
}

// show tells the transfer desk that the agent is there.
func (a *agent) show() { a.send("<presence to='" + desk + "'/>") }

func (a *agent) act(e client.Event) {
	payload, _ := e.Payload()
	from := bare(e.From)
	switch {
	case e.Kind == client.KindIQ && payload.Name.Space == ns && payload.Name.Local == "offer":
		a.answer(func(yes bool) string {
			word := "decline"
			if yes {
				word = "accept"
			}
			return a.request(from, fmt.Sprintf("<%s xmlns='%s' id='%s'/>", word, ns, payload.Attr("id")))
		})
	case e.Kind != client.KindMessage || e.Type == "error" || e.Carbon != "":
	case from == desk && strings.Contains(e.Body, "Take it?"):
		tag := offered.FindString(e.Body)
		a.answer(func(yes bool) string {
			word := "n "
			if yes {
				word = "y "
			}
			return message(desk, a.id(), a.id(), word+tag, "")
		})
	case numbered.MatchString(e.Body) && !a.w.calm.Load():
		a.hold(from)
	}
}

var offered = regexp.MustCompile(`#\d+`)

// id is any id that was not used yet.
func (a *agent) id() string { return fmt.Sprintf("%s-%x", a.name, a.rand.Uint64()) }

// answer takes most offers, declines some, and lets some run out.
func (a *agent) answer(xml func(yes bool) string) {
	switch n := a.rand.IntN(100); {
	case n < 80:
		a.send(xml(true))
	case n < 92:
		a.send(xml(false))
	}
}

// hold is what a holder does about a caller's line.
func (a *agent) hold(conv string) {
	if a.rand.IntN(100) < 40 {
		a.mu.Lock()
		s := &saying{body: fmt.Sprintf("%s %d", a.name, len(a.said)+1)}
		s.id = s.body
		a.said = append(a.said, s)
		a.mu.Unlock()
		a.send(message(conv, s.id, s.body, s.body, ""))
	}
	switch n := a.rand.IntN(1000); {
	case n < 25:
		a.send(message(conv, a.id(), a.id(), "!transfer "+a.colleague()+" by word", ""))
	case n < 50:
		a.send(a.request(conv, fmt.Sprintf("<transfer xmlns='%s'><target jid='%s'/></transfer>", ns, a.colleague())))
	case n < 60:
		a.send(a.request(conv, fmt.Sprintf("<transfer xmlns='%s' mode='blind'><target jid='%s'/></transfer>", ns, a.colleague())))
	case n < 64: // sessions end before they were handed on too often
		a.send(message(conv, a.id(), a.id(), "!done", ""))
	}
}

// colleague is somebody else.
func (a *agent) colleague() string {
	for {
		if other := a.w.agents[a.rand.IntN(len(a.w.agents))]; other != a {
			return other.jid()
		}
	}
}

func (a *agent) request(to, payload string) string {
	return fmt.Sprintf("<iq type='set' to='%s' id='%s'>%s</iq>", to, a.id(), payload)
}
